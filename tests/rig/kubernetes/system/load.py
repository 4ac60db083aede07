"""As many changes as can be made, for a while: into the producer's database and onto the topics, as the Image API does, with ids
behind those that are there. The jobs are to be paused meanwhile.

    python -m pods.load COUNT
"""

import random
import sys

import pymongo
from confluent_kafka import Producer

from lims.classes import PLANTS
from lims.events import PRODUCER, ImageApi, Leaves, collection_of
from lims import settings


def main(count):
    with pymongo.MongoClient(settings.MONGODB_PRODUCER_URI) as client:
        last = (client[PRODUCER][collection_of(plant)].find_one(sort=[("id", -1)]) for plant in PLANTS)
        leaves = Leaves(random.randrange(1 << 30), start_id=max(document["id"] for document in last) + 1)
        producer = Producer({"bootstrap.servers": settings.KAFKA_BOOTSTRAP_SERVERS, "acks": "all", "linger.ms": 5,
                             "queue.buffering.max.kbytes": 32768})
        api = ImageApi(client, producer, leaves)
        api.run(count, lambda done: print(f"{done} of {count}", flush=True))
        print(f"{api.bytes} bytes", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
