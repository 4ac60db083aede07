"""One Kafka and one MongoDB (a replica set of one member, with fault points) for the whole session; every test has topics,
databases and a pipeline name of its own."""

import itertools
import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from rig.kafka import Kafka  # noqa: E402
from rig.mongodb import Mongod  # noqa: E402
from rig.secure_kafka import SecureKafka  # noqa: E402

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kafka():
    with Kafka() as kafka:
        yield kafka


@pytest.fixture(scope="session")
def mongod():
    with Mongod(members=1) as mongod:
        yield mongod


@pytest.fixture(scope="session")
def secure_kafka():
    with SecureKafka() as kafka:
        yield kafka


class Pipeline:
    """Names of one test's own, and INI files that use them."""

    def __init__(self, kafka, mongod):
        self.kafka, self.mongod = kafka, mongod
        self.name = f"p{next(numbers)}"
        self.group = f"connect-{self.name}"
        self.dlq = f"{self.name}.dlq"
        self.topics = []

    def topic(self, suffix="potato", partitions=1, **config):
        name = self.kafka.create_topic(f"{self.name}-{suffix}", partitions, **config)
        self.topics.append(name)
        return name

    def make_dlq(self):
        return self.kafka.create_topic(self.dlq, max_message_bytes=100000000)

    @property
    def database(self):
        return self.mongod.client()[self.name]

    def documents(self, topic):
        with self.mongod.client() as client:
            return {d["id"]: d for d in client[self.name][f"images-{topic}"].find({}, {"_id": 0})}

    def ini(self, pipeline="", kafka="", sink="", transform="", uri=None, topics=None):
        return f"""
[pipeline]
name = {self.name}
topics = {", ".join(topics or self.topics)}
transforms = event
sink = images
errors.tolerance = all
errors.deadletterqueue.topic.name = {self.dlq}
errors.retry.delay.initial.ms = 100
errors.retry.delay.max.ms = 1 s
offset.flush.interval.ms = 200
{pipeline}

[kafka]
bootstrap.servers = {self.kafka.bootstrap}

[kafka.consumer]
session.timeout.ms = 6000
heartbeat.interval.ms = 500
{kafka}

[transform.event]
plugin = json-event
required = id
convert.id = int
convert.data = hex
convert.created_at = date
convert.updated_at = date
{transform}

[sink.images]
plugin = mongodb-image
connection.uri = {uri or self.mongod.uri}
database = {self.name}
collection = images-${{topic}}
key.field = id
{sink}
"""

    def lims_ini(self, pipeline="", **more):
        """The same for the leaf system's own consumer database."""
        return self.ini(pipeline, **more).replace(f"database = {self.name}", "database = imagedbplantconsumer").replace(
            "images-${topic}", "imagecolplant${topic}")

    def letter_origins(self):
        """(topic, partition, offset) of each dead letter, whoever wrote it."""
        found = []
        for letter in self.kafka.read(self.dlq) if self.kafka.has_topic(self.dlq) else []:
            headers = {name: value for name, value in letter.headers() if name.startswith("__connect.errors.")}
            found.append((headers["__connect.errors.topic"].decode(), int(headers["__connect.errors.partition"]),
                          int(headers["__connect.errors.offset"])))
        return found

    def letters(self, count=None):
        """(code, stage, topic, partition, offset) of each dead letter."""
        found = []
        for letter in self.kafka.read(self.dlq, count):
            headers = {name: value.decode() for name, value in letter.headers() if value is not None}
            found.append((headers["__sluice.error.code"], headers["__connect.errors.stage"],
                          headers["__connect.errors.topic"], int(headers["__connect.errors.partition"]),
                          int(headers["__connect.errors.offset"])))
        return found


@pytest.fixture
def pipeline(kafka, mongod):
    return Pipeline(kafka, mongod)


def pytest_configure(config):
    config.addinivalue_line("markers", "peer: a fault that is also tried on Kafka Connect")
    config.faults = pytest.StashKey()
    config.stash[config.faults] = []


def pytest_terminal_summary(terminalreporter, config):
    """One line a fault, and what they add up to."""
    faults = config.stash[config.faults]
    for name, verdict, recovered in faults:
        after = f"recovered in {recovered:.1f} s" if recovered is not None else "did not recover by itself"
        terminalreporter.write_line(f"{name}: {verdict}, {after}")
    if faults:
        sums = {what: sum(getattr(verdict, what) for _, verdict, _ in faults) for what in ("lost", "doubled", "stale")}
        terminalreporter.write_line(f"{len(faults)} faults: " + ", ".join(f"{what} {n}" for what, n in sums.items()))
