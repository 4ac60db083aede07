"""A log that is cut below what was read: its leader is lost, a replica that lagged behind is elected, and other records take
the offsets."""

import json

import pytest
from confluent_kafka import Consumer, TopicPartition

from conftest import Pipeline
from rig.kafka import Kafka
from rig.mongodb import Mongod
from rig.process import wait_until
from rig.sluice import Sluice

KEPT, READ = 50, 100  # offsets: where the lagging replica ends, and how far was read
ENDS = [150, 70]  # of each partition, with what is written after the cut: beyond what was read, and not
OLD = [range(0, READ), range(1000, 1000 + READ)]  # ids, by partition
NEW = [range(5000, 5000 + ENDS[0] - KEPT), range(6000, 6000 + ENDS[1] - KEPT)]


def numbered(numbers):
    return [json.dumps({"id": n}).encode() for n in numbers]


def ids(*ranges):
    return sorted(number for numbers in ranges for number in numbers)


def ini(pipeline, *options, **sections):
    """Its session is longer than a coordinator is away here: what is in hand must not be given up."""
    return pipeline.ini(*options, **sections).replace("session.timeout.ms = 6000", "session.timeout.ms = 45000")


@pytest.fixture(scope="module")
def cluster():
    with Kafka(brokers=3, broker_session_timeout_ms=2000, broker_heartbeat_interval_ms=500) as kafka:
        yield kafka


class CutLog:
    """A topic that is cut, another that stays whole, and pipelines that read both."""

    def __init__(self, kafka, mongod, name):
        self.kafka, self.mongod = kafka, mongod
        self.topic, self.whole = f"{name}-potato", f"{name}-tomato"
        self.leader, self.lagging = kafka.brokers[:2]
        kafka.create_topic(self.topic, 2, brokers=[1, 2], unclean_leader_election_enable="true", min_insync_replicas=1)
        kafka.create_topic(self.whole, replicas=3)
        self.produce([numbers[:KEPT] for numbers in OLD])
        kafka.produce(self.whole, numbered(range(10)))

    def pipeline(self, mongod=None):
        pipeline = Pipeline(self.kafka, mongod or self.mongod)
        pipeline.topics = [self.topic, self.whole]
        self.kafka.create_topic(pipeline.dlq, replicas=3)
        return pipeline

    def produce(self, by_partition):
        for partition, numbers in enumerate(by_partition):
            self.kafka.produce(self.topic, numbered(numbers), partition=partition)

    def partitions(self):
        return self.kafka.admin().list_topics(self.topic, timeout=10).topics[self.topic].partitions.values()

    def lag(self):
        """From here on only the leader has what is written."""
        self.lagging.process.freeze()
        wait_until("the replica to be out of sync", lambda: all(p.isrs == [1] for p in self.partitions()), 30, 0.3)
        self.produce([numbers[KEPT:] for numbers in OLD])

    def cut(self):
        self.leader.process.kill9()
        self.lagging.process.thaw()
        wait_until("the unclean election", lambda: all(p.leader == 2 for p in self.partitions()), 30, 0.3)
        self.produce(NEW)
        self.kafka.produce(self.whole, numbered(range(10, 20)))

    def heal(self):
        self.leader.process.start()
        wait_until("all replicas", lambda: all(len(p.isrs) == 2 for p in self.partitions()), 30, 0.3)

    def committed(self, pipeline):
        return self.kafka.committed(pipeline.group, self.topic, 2)

    def wait_read(self, *pipelines):
        for pipeline in pipelines:
            wait_until("all to be committed", lambda: self.committed(pipeline) == [READ, READ], 60, 0.3)

    def fails_in_words(self, pipeline, sluice):
        for partition in range(2):
            component = f"partition-{self.topic}-{partition}"
            wait_until("the partition to say so", lambda: "cut at offset 50" in sluice.cause(component), 60, 0.3)
            assert "up to offset 100 was read: 50 offsets" in sluice.cause(component)
        wait_until("the other topic to go on", lambda: len(pipeline.documents(self.whole)) == 20, 30, 0.3)
        assert sluice.ready()[1]["components"]["task-0"]["ready"]
        assert self.committed(pipeline) == [READ, READ] and sorted(pipeline.documents(self.topic)) == ids(*OLD)

    def goes_on_at_the_cut(self, pipeline, sluice, stored):
        wait_until("all to be committed", lambda: self.committed(pipeline) == ENDS, 60, 0.3)
        assert sluice.text().count("50 offsets that are gone, or hold other records now; going on at 50") == 2
        assert sluice.total("sluice_records_stored_total", topic=self.topic) == stored  # each once
        assert sorted(pipeline.documents(self.topic)) == ids(*OLD, *NEW)


def commit_by_hand(pipeline, topic, offsets):
    """As kafka-consumer-groups.sh does it: without a leader epoch."""
    consumer = Consumer({"bootstrap.servers": pipeline.kafka.bootstrap, "group.id": pipeline.group})
    consumer.commit(offsets=[TopicPartition(topic, p, offset) for p, offset in enumerate(offsets)], asynchronous=False)
    consumer.close()


def test_a_log_that_is_cut_while_it_is_read_is_noticed(cluster, mongod):
    log = CutLog(cluster, mongod, "running")
    fails, resets = log.pipeline(), log.pipeline()
    with Sluice(ini(fails), "fails") as failing, \
            Sluice(ini(resets, "offsets.out.of.range = reset", kafka="partition.assignment.strategy = range"), "resets") as resetting:
        log.lag()
        log.wait_read(fails, resets)
        log.cut()
        log.fails_in_words(fails, failing)
        log.goes_on_at_the_cut(resets, resetting, stored=len(ids(*OLD, *NEW)))
        assert failing.stop() == 0 and resetting.stop() == 0
    log.heal()


def test_what_is_in_hand_when_the_log_is_cut_is_delivered_before_it_goes_on(cluster, mongod):
    """Some of it is of what is left of the log, some of what is not."""
    log = CutLog(cluster, mongod, "in-hand")
    with Mongod(members=1) as slow:
        pipeline = log.pipeline(slow)
        slow.process.freeze()
        with Sluice(ini(pipeline, "offsets.out.of.range = reset\nauto.offset.reset = earliest")) as sluice:
            log.lag()
            sluice.wait_total("sluice_records_consumed_total", 2 * READ, topic=log.topic)
            log.cut()
            slow.process.thaw()
            log.goes_on_at_the_cut(pipeline, sluice, stored=len(ids(*OLD, *NEW)))
            assert sluice.stop() == 0
    log.heal()


def test_a_log_that_was_cut_while_nobody_read_it_is_noticed(cluster, mongod):
    log = CutLog(cluster, mongod, "restarted")
    fails, resets = log.pipeline(), log.pipeline()
    with Sluice(ini(fails), "fails-before") as failing, Sluice(ini(resets), "resets-before") as resetting:
        log.lag()
        log.wait_read(fails, resets)
        assert failing.stop() == 0 and resetting.stop() == 0
    log.cut()
    with Sluice(ini(fails), "fails") as failing, \
            Sluice(ini(resets, "offsets.out.of.range = reset\nauto.offset.reset = latest"), "resets") as resetting:
        log.fails_in_words(fails, failing)
        log.goes_on_at_the_cut(resets, resetting, stored=len(ids(*NEW)))
        assert failing.stop() == 0 and resetting.stop() == 0
    commit_by_hand(fails, log.topic, [KEPT, KEPT])
    with Sluice(ini(fails), "told") as told:
        wait_until("all to be committed", lambda: log.committed(fails) == ENDS, 60, 0.3)
        assert told.stop() == 0
    assert sorted(fails.documents(log.topic)) == ids(*OLD, *NEW)
