"""Changes into the producer's database and onto the topics, as the Image API makes them, with ids behind those that are there. The
jobs are to be paused meanwhile.

    python -m pods.load COUNT [CHANGES_A_SECOND]        as many as can be made, without
"""

import random
import signal
import sys
import threading
import time

import pymongo
from confluent_kafka import Producer

from lims.classes import PLANTS
from lims.events import PRODUCER, ImageApi, Leaves, collection_of
from lims import settings

PART = 200


def main(count, rate=None):
    # Between two parts alone: what is in the database is on its topic as well then.
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    with pymongo.MongoClient(settings.MONGODB_PRODUCER_URI) as client:
        last = (client[PRODUCER][collection_of(plant)].find_one(sort=[("id", -1)]) for plant in PLANTS)
        leaves = Leaves(random.randrange(1 << 30), start_id=max(document["id"] for document in last) + 1)
        producer = Producer({"bootstrap.servers": settings.KAFKA_BOOTSTRAP_SERVERS, "acks": "all", "linger.ms": 5,
                             "queue.buffering.max.kbytes": 32768})
        api = ImageApi(client, producer, leaves)
        begin = time.monotonic()
        for done in range(PART, count + PART, PART):
            api.run(PART)
            print(f"{done} of {count}", flush=True)
            if ending.wait(max(0, begin + done / rate - time.monotonic()) if rate else 0):
                break
        print(f"{api.bytes} bytes in {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
