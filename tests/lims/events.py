"""What the Image API does: changes the producer's database and tells each change as an event. Deterministic by seed.

An event is the document as JSON: timestamps by datetime.isoformat() (microseconds, no zone, no fraction when it is zero),
the picture as hex. A create has every field; an update may leave out what has not changed; a delete is an update that
sets is_deleted."""

import datetime
import json
import random

from bson import ObjectId
from pymongo import UpdateOne

from .classes import CLASSES, PLANTS as TOPICS
from .pictures import album

PRODUCER, CONSUMER = "imagedbplantproducer", "imagedbplantconsumer"


def collection_of(topic):
    return f"imagecolplant{topic}"


def floored(when):
    """As pymongo stores it: BSON dates are milliseconds."""
    return when.replace(microsecond=when.microsecond // 1000 * 1000) if when else None


class Leaves:
    """The documents as the Image API knows them, and the events that its changes make. A topic's last part, behind a
    hyphen, is the plant."""

    def __init__(self, seed, start_id=1, topics=TOPICS):
        self.rng = random.Random(seed)
        self.pictures = album(seed)
        self.clock = datetime.datetime(2023, 10, 8, 15, 39, 49, 123123)
        self.documents = {topic: {} for topic in topics}
        self.next_id = start_id
        self.topics = topics

    def now(self):
        self.clock += datetime.timedelta(microseconds=self.rng.randrange(1, 3_000_000))
        if self.rng.random() < 0.01:
            self.clock = self.clock.replace(microsecond=0) + datetime.timedelta(seconds=1)
        return self.clock

    def create(self, topic):
        now = self.now()
        document = {
            "id": self.next_id,
            "camera_id": self.rng.randrange(1, 9),
            "data": self.rng.choice(self.pictures),
            "gps_coordinates": [round(self.rng.uniform(47, 49), 6), self.rng.choice((16.0, 16.585654))],
            "created_at": now,
            "updated_at": self.rng.choice((None, now)),
            "is_active": False,
            "is_deleted": False,
            "disease": None,
            "percentage": None,
        }
        self.documents[topic][self.next_id] = document
        self.next_id += 1
        return document, dict(document)

    def update(self, topic):
        document = self.documents[topic][self.rng.choice(list(self.documents[topic]))]
        changes = self.rng.choice((
            {"is_active": self.rng.random() < 0.5},
            self.recognition(topic),
            {"gps_coordinates": [48.0, round(self.rng.uniform(16, 17), 6)]},
            {"is_deleted": True},
        ))
        changes["updated_at"] = self.now()
        document.update(changes)
        whole = self.rng.random() < 0.3
        return document, dict(document) if whole else {"id": document["id"], **changes}

    def recognition(self, topic):
        return {"disease": self.rng.choice(CLASSES[topic.rsplit("-", 1)[-1]]),
                "percentage": self.rng.choice((1.0, 1e-05, 0.75, 87.5))}

    def step(self):
        """One change: (topic, the document now, the event's fields)."""
        topic = self.rng.choice(self.topics)
        few = len(self.documents[topic]) < 3
        return (topic, *(self.create(topic) if few or self.rng.random() < 0.6 else self.update(topic)))

    def key(self, topic, fields):
        """Absent, or ending in the id: both occur."""
        return self.rng.choice((None, str(fields["id"]).encode(), f"{topic}-{fields['id']}".encode()))


def to_json(fields):
    def value(item):
        return item.isoformat() if isinstance(item, datetime.datetime) else item.hex()

    return json.dumps(fields, default=value).encode()


def stored(document):
    return {name: floored(item) if isinstance(item, datetime.datetime) else item for name, item in document.items()}


def populate(client, leaves, each):
    """Both databases come populated: the same documents, with an _id of their own in each."""
    for topic in leaves.topics:
        documents = [stored(leaves.create(topic)[0]) for _ in range(each)]
        for database in (PRODUCER, CONSUMER):
            client[database][collection_of(topic)].insert_many([{"_id": ObjectId(), **d} for d in documents])


class ImageApi:
    """Carries changes out: into the producer's database, and onto the topics."""

    def __init__(self, client, producer, leaves):
        self.client, self.producer, self.leaves = client, producer, leaves
        self.failures = []
        self.bytes = 0

    def run(self, count, progress=lambda done: None, chunk=200):
        for begin in range(0, count, chunk):
            writes = {topic: {} for topic in self.leaves.topics}
            for _ in range(min(chunk, count - begin)):
                topic, document, fields = self.leaves.step()
                writes[topic][document["id"]] = document
                self.send(topic, fields)
            for topic, documents in writes.items():
                if documents:
                    self.client[PRODUCER][collection_of(topic)].bulk_write(
                        [UpdateOne({"id": key}, {"$set": stored(d)}, upsert=True) for key, d in documents.items()],
                        ordered=False)
            progress(min(begin + chunk, count))
        assert self.producer.flush(120) == 0 and not self.failures, self.failures[:3]

    def send(self, topic, fields):
        value = to_json(fields)
        self.bytes += len(value)
        while True:
            try:
                self.producer.produce(topic, value=value, key=self.leaves.key(topic, fields),
                                      on_delivery=lambda error, _: self.failures.append(error) if error else None)
                self.producer.poll(0)
                return
            except BufferError:
                self.producer.poll(0.1)
