"""Fills a database as the system's two database images come: the same documents in both, each with an _id of its own.
Does nothing where there are documents.

    python -m lims.populate URI imagedbplantproducer|imagedbplantconsumer [IMAGES_OF_EACH_PLANT]
"""

import sys

import pymongo
from bson import ObjectId

from .events import Leaves, collection_of, stored

SEED = 20231008
PART = 100


def snapshot(each):
    """{plant: documents}: as many as `each`, with the ids from 1, all looked at by the recognizer, some changed by users."""
    leaves = Leaves(SEED)
    for plant in leaves.topics:
        leaves.next_id = 1
        for _ in range(each):
            document, _ = leaves.create(plant)
            document.update(leaves.recognition(plant))
        for _ in range(each // 4):
            leaves.update(plant)
    return {plant: [stored(document) for document in leaves.documents[plant].values()] for plant in leaves.topics}


def fill(client, database, documents):
    for plant, of_plant in documents.items():
        collection = client[database][collection_of(plant)]
        if collection.find_one(projection=["_id"]) is None:
            for begin in range(0, len(of_plant), PART):
                collection.insert_many([{"_id": ObjectId(), **d} for d in of_plant[begin:begin + PART]])


if __name__ == "__main__":
    uri, name, *each = sys.argv[1:]
    with pymongo.MongoClient(uri) as mongodb:
        fill(mongodb, name, snapshot(int(each[0]) if each else 100))
