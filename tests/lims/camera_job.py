"""The Camera Job (section 6.1.3): a new photo every 30 s, of the one plant that it is for, or of any.

    python -m lims.camera_job        PORT (5000), IMAGE_API_URL, CLOCK_FACTOR, PLANT, CAMERA_ID
"""

import os
import random

from . import job
from .classes import PLANTS
from .clients import ImageApi
from .settings import one_of

PERIOD_SECONDS = 30
PLANT = one_of("PLANT", "", *PLANTS)
CAMERA_ID = int(os.environ.get("CAMERA_ID", "1"))


def anywhere():
    """Somewhere in the fields."""
    return [round(random.uniform(48, 49), 6), round(random.uniform(16, 17), 6)]


def take_photos(say):
    api = ImageApi()
    while True:
        plant = PLANT or random.choice(PLANTS)
        image = api.create(plant, camera_id=CAMERA_ID, gps_coordinates=anywhere())
        say(f"{plant} {image['id']}: new")
        yield PERIOD_SECONDS


if __name__ == "__main__":
    job.run("Camera Job", 5000, camera=take_photos)
