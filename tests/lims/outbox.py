"""How a change becomes an event and none is forgotten: the transactional outbox of the Image API.

A mark in the producer's database (collection `outbox`: plant and id) stands from before a change until the broker has
acknowledged its event. Where it is not known whether a change was made (the database went away, the API was killed), the
image is sent as it is then; to send it once too often does no harm. Whether the real Image API has anything like it is not
known: without it a kill between its database and its broker makes the two databases differ for good, whoever consumes."""

import collections
import contextlib
import threading

import confluent_kafka
import prometheus_client
from bson import ObjectId
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
        self.doubtful, self.acknowledged = collections.deque(), collections.deque()  # marks
        self.ending = threading.Event()

    def start(self, images):
        """images: {plant: its Images}"""
        self.doubtful.extend(self.marks.find().sort("_id"))  # what a killed one has left
        self.thread = threading.Thread(target=self._settle, args=(images,), daemon=True)
        self.thread.start()

    def stop(self):
        self.producer.flush(4)
        self.ending.set()
        self.thread.join()

    @contextlib.contextmanager
    def change(self, plant, id_):
        """Within it an image is changed and its event sent, or the mark given up."""
        mark = {"_id": ObjectId(), "plant": plant, "id": id_}
        try:
            self.marks.insert_one(mark)
            yield mark
        except Exception:
            self.doubtful.append(mark)
            raise

    def give_up(self, mark):
        self.marks.delete_one({"_id": mark["_id"]})

    def send(self, mark, fields):
        value = to_json(fields)
        self.producer.produce(mark["plant"], value=value, key=f"{mark['plant']}-{mark['id']}",
                              on_delivery=lambda error, _: error or self.acknowledged.append(mark))
        IMAGES.inc()
        SIZE.inc(len(value))

    def _settle(self, images):
        """Gives up the marks of what has been acknowledged, and sends what is in doubt."""
        while not self.ending.is_set() or self.acknowledged:
            self.producer.poll(0.1)
            try:
                while self.acknowledged:
                    self.give_up(self.acknowledged[0])
                    self.acknowledged.popleft()
                while self.doubtful:
                    self._send_again(self.doubtful[0], images)
                    self.doubtful.popleft()
            except (PyMongoError, BufferError, confluent_kafka.KafkaException):
                if self.ending.wait(1):
                    return

    def _send_again(self, mark, images):
        of_plant = images[mark["plant"]]
        with of_plant.lock:  # no newer change is sent between the reading and the sending
            document = of_plant.get(mark["id"])
            if document is None:  # it was not made
                self.give_up(mark)
            else:
                self.send(mark, document)
