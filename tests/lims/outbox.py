"""How a change becomes an event and none is forgotten: the transactional outbox of the Image API.

A mark in the producer's database (collection `outbox`: plant and id) stands from before a change until the broker has
acknowledged its event. Marks that a killed API has left are sent again at the next start, as the documents are then; to
send an event twice does no harm. Whether the real Image API has anything like it is not known: without it a kill between
its database and its broker makes the two databases differ for good, whoever consumes."""

import threading

import confluent_kafka
import prometheus_client
from pymongo.errors import PyMongoError

from . import settings
from .events import to_json

IMAGES = prometheus_client.Gauge("image_api_image", "Number of images in the DB")
SIZE = prometheus_client.Gauge("image_api_image_size", "Size of the image in the DB")


class Outbox:
    def __init__(self, database):
        self.marks = database["outbox"]
        # One request at a time keeps the events of an image in their order, whatever is sent again; a broker that is
        # away is waited for.
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": settings.KAFKA_BOOTSTRAP_SERVERS, "acks": "all", "linger.ms": 5, "message.timeout.ms": 0,
            "max.in.flight.requests.per.connection": 1, "reconnect.backoff.max.ms": 1000})
        self.acknowledged, self.ending = [], threading.Event()
        self.thread = threading.Thread(target=self._settle, daemon=True)

    def start(self, images):
        """images: {plant: its Images}"""
        for mark in self.marks.find().sort("_id"):
            document = images[mark["plant"]].get(mark["id"])
            if document is None:  # marked, and killed before it was there
                self.unmark(mark["_id"])
            else:
                self.send(mark["_id"], mark["plant"], document)
        self.thread.start()

    def stop(self):
        self.producer.flush(4)
        self.ending.set()
        self.thread.join()

    def mark(self, plant, id_):
        return self.marks.insert_one({"plant": plant, "id": id_}).inserted_id

    def unmark(self, mark):
        self.marks.delete_one({"_id": mark})

    def send(self, mark, plant, fields):
        value = to_json(fields)
        self.producer.produce(plant, value=value, key=f"{plant}-{fields['id']}",
                              on_delivery=lambda error, _: error or self.acknowledged.append(mark))
        IMAGES.inc()
        SIZE.inc(len(value))

    def _settle(self):
        """Takes away the marks of what has been acknowledged."""
        while not self.ending.is_set() or self.acknowledged:
            self.producer.poll(0.1)
            marks = list(self.acknowledged)
            if not marks:
                continue
            try:
                self.marks.delete_many({"_id": {"$in": marks}})
                del self.acknowledged[:len(marks)]
            except PyMongoError:
                if self.ending.wait(1):
                    return
