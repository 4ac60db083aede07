"""The Db Synchronizer Job (section 6.3): the consumer's database made equal to the producer's, once at the start and every
600 s; the batch way.

Whether the real one carries everything each time or what has changed is not told: SYNC=all reads and writes every document,
SYNC=changes (after a first round) those that have been created or updated since the last round.

    python -m lims.db_synchronizer_job        PORT (5003), METRICS_PORT (8051), MONGODB_PRODUCER_URI, MONGODB_CONSUMER_URI,
                                              CLOCK_FACTOR, SYNC
"""

import prometheus_client
import pymongo
from bson.raw_bson import RawBSONDocument

from . import job, settings
from .classes import PLANTS
from .events import CONSUMER, PRODUCER, collection_of
from .settings import one_of

PERIOD_SECONDS = 600
BATCH = 100
SYNC = one_of("SYNC", "all", "changes")
IMAGES = prometheus_client.Gauge("db_synchronizer_job_image", "Number of images in the DB")
SIZE = prometheus_client.Gauge("db_synchronizer_job_image_size", "Size of the image in the DB")


class Copy:
    """One plant's collection in both databases."""

    def __init__(self, producer, consumer, plant):
        self.source = producer[PRODUCER].get_collection(collection_of(plant))
        self.target = consumer[CONSUMER][collection_of(plant)]
        self.raw = self.source.with_options(self.source.codec_options.with_options(document_class=RawBSONDocument))
        self.since = None

    def wanted(self):
        if SYNC == "all" or self.since is None:
            return {}
        return {"$or": [{"updated_at": {"$gte": self.since}}, {"created_at": {"$gte": self.since}}]}

    def newest(self):
        """When the last change was; None: there are no documents."""
        latest = next(self.source.aggregate([{"$group": {"_id": None, "created_at": {"$max": "$created_at"},
                                                         "updated_at": {"$max": "$updated_at"}}}]), {"_id": None})
        return max((when for when in latest.values() if when is not None), default=None)

    def batches(self):
        """Copies, and tells how many documents and bytes after each batch."""
        # Asked before the reading begins: a document may change when the cursor has passed it already.
        newest, batch = self.newest(), []
        for document in self.raw.find(self.wanted(), batch_size=BATCH):
            batch.append(document)
            if len(batch) == BATCH:
                yield self.write(batch)
                batch = []
        if batch:
            yield self.write(batch)
        self.since = newest

    def write(self, batch):
        """By id: each database has an _id of its own."""
        self.target.bulk_write([pymongo.UpdateOne({"id": document["id"]}, {"$set": {
            name: value for name, value in document.items() if name != "_id"}}, upsert=True) for document in batch],
            ordered=False)
        return len(batch), sum(len(document.raw) for document in batch)


def connected(uri):
    return pymongo.MongoClient(uri, journal=True, serverSelectionTimeoutMS=3000)


def synchronize(say):
    with connected(settings.MONGODB_PRODUCER_URI) as producer, connected(settings.MONGODB_CONSUMER_URI) as consumer:
        copies = {plant: Copy(producer, consumer, plant) for plant in PLANTS}
        for copy in copies.values():
            copy.target.create_index("id", unique=True)
        yield from rounds(copies, say)


def rounds(copies, say):
    while True:
        say("synchronizing")
        for plant, copy in copies.items():
            images = 0
            for count, size in copy.batches():
                images += count
                IMAGES.inc(count)
                SIZE.inc(size)
                yield 0
            say(f"{plant}: {images} images")
        say("both databases are equal")
        yield PERIOD_SECONDS


if __name__ == "__main__":
    prometheus_client.start_http_server(settings.metrics_port(8051), settings.LISTEN_ADDRESS)
    job.run("Db Synchronizer Job", 5003, synchronizer=synchronize)
