"""The User Job (section 6.1.5): three jobs that do to a random image what users would.

    python -m lims.users_job        PORT (5002), IMAGE_API_URL, CLOCK_FACTOR
"""

import random

from . import job
from .camera_job import anywhere
from .classes import PLANTS
from .clients import ImageApi

ACTIVATE_SECONDS, METADATA_SECONDS, DELETE_SECONDS = 300, 300, 700


def each(period_seconds, change):
    """A job that changes one random image a period: change(api, plant, image) tells what it did."""
    def work(say):
        api = ImageApi()
        while True:
            plant = random.choice(PLANTS)
            image = api.random(plant)
            say(f"{plant} {image['id']}: {change(api, plant, image)}")
            yield period_seconds

    return work


def activate(api, plant, image):
    api.update(plant, id=image["id"], is_active=not image["is_active"])
    return "deactivated" if image["is_active"] else "activated"


def change_metadata(api, plant, image):
    api.update(plant, id=image["id"], camera_id=random.randrange(1, 9), gps_coordinates=anywhere())
    return "moved, another camera"


def delete(api, plant, image):
    return api.delete(plant, image["id"])["message"]


if __name__ == "__main__":
    job.run("User Job", 5002, activate=each(ACTIVATE_SECONDS, activate), metadata=each(METADATA_SECONDS, change_metadata),
            delete=each(DELETE_SECONDS, delete))
