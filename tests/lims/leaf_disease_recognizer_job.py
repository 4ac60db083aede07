"""The Leaf Disease Recognizer Job (section 6.1.4): every 100 s, asks the Image Analyzer about each photo without a disease.

    python -m lims.leaf_disease_recognizer_job        PORT (5001), IMAGE_API_URL, IMAGE_ANALYZER_API_URL, CLOCK_FACTOR
"""

from . import job
from .classes import PLANTS
from .clients import Analyzer, ImageApi

PERIOD_SECONDS = 100
BATCH = 20


def recognize(say):
    api, analyzer = ImageApi(), Analyzer()
    while True:
        for plant in PLANTS:
            from_id = 1
            while images := api.unrecognized(plant, from_id, BATCH):
                for image in images:
                    found = analyzer.classify(plant, image["data"])
                    api.update(plant, id=image["id"], disease=found["predicted_class"], percentage=found["confidence"])
                    say(f"{plant} {image['id']}: {found['predicted_class']}")
                    yield 0
                from_id = images[-1]["id"] + 1
        yield PERIOD_SECONDS


if __name__ == "__main__":
    job.run("Leaf Disease Recognizer Job", 5001, recognizer=recognize)
