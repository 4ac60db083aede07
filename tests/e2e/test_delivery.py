"""Nothing is lost, nothing is doubled: processes killed, partitions moving, servers frozen."""

import json
import os
import random
import threading
import time

import pytest

from conftest import Pipeline
from lims.check import compare
from lims.events import ImageApi, Leaves, populate
from rig.kafka import Kafka
from rig.process import wait_until
from rig.sluice import Sluice

# `sh tests/kill.sh` asks for 20
KILLS = int(os.environ.get("SLUICE_KILL_ROUNDS", "5"))


def numbered(numbers):
    return [json.dumps({"id": n, "updated_at": "2023-10-08T15:39:49.123123"}).encode() for n in numbers]


def never_goes_back(commits):
    """Every commit of a partition is at or behind the one before it in the log."""
    last = {}
    for topic, partition, offset in commits:
        assert offset >= last.get((topic, partition), 0), (topic, partition, offset, last)
        last[topic, partition] = offset
    return last


def background(target):
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def test_kill_9_in_the_middle_of_a_run_loses_and_doubles_nothing(pipeline, mongod):
    leaves = Leaves(seed=5, topics=[pipeline.topic(plant) for plant in ("potato", "tomato", "pepper")])
    pipeline.make_dlq()
    rng = random.Random(3)
    ini = pipeline.lims_ini("tasks.max = 2", kafka=f"group.instance.id = {pipeline.name}-0")
    with mongod.client() as client:
        populate(client, leaves, 20)
        api = ImageApi(client, pipeline.kafka.producer(), leaves)
        sender = background(lambda: api.run(400 * KILLS, lambda _: time.sleep(0.3)))
        for number in range(KILLS):
            with Sluice(ini, f"sluice-{number}") as sluice:
                sluice.wait_total("sluice_records_stored_total", 1)
                time.sleep(rng.uniform(0.1, 0.9))
                sluice.kill9()
        sender.join(120)
        with Sluice(ini, "sluice-last") as sluice:
            wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0 and
                       all(pipeline.kafka.committed(pipeline.group, t) == pipeline.kafka.ends(t) for t in pipeline.topics),
                       60, 0.3)
            assert sluice.stop() == 0
        result = compare(client, topics=leaves.topics)
    assert not result.differences and result.compared > 100, str(result)
    assert pipeline.letters() == []
    assert len(never_goes_back(pipeline.kafka.commits(pipeline.group))) == 3


def test_two_processes_share_partitions_while_batches_are_in_flight(pipeline, mongod):
    topic = pipeline.topic(partitions=4)
    pipeline.make_dlq()
    sent, enough = [], threading.Event()

    def send():
        while not enough.is_set():
            sent.extend(range(len(sent), len(sent) + 200))
            pipeline.kafka.produce(topic, numbered(sent[-200:]))
            enough.wait(0.5)

    sender = background(send)
    ini = pipeline.ini("tasks.max = 2\nbatch.max.records = 50")
    with Sluice(ini, "first") as first:
        first.wait_total("sluice_records_stored_total", 200)
        for number in range(2):
            with Sluice(ini, f"second-{number}") as second:
                second.wait_total("sluice_records_stored_total", 100)
                assert second.stop() == 0
        with Sluice(ini, "third") as third:
            third.wait_total("sluice_records_stored_total", 100)
            assert first.stop() == 0  # the one that was there from the beginning leaves
            enough.set()
            sender.join(60)
            wait_until("all documents", lambda: len(pipeline.documents(topic)) == len(sent), 60, 0.3)
            wait_until("lag 0", lambda: third.total("sluice_consumer_lag_records") == 0)
            assert third.total("sluice_records_dead_lettered_total") == 0
            assert third.stop() == 0
    with mongod.client() as client:
        assert client[pipeline.name][f"images-{topic}"].count_documents({}) == len(sent)
    assert pipeline.kafka.committed(pipeline.group, topic, 4) == pipeline.kafka.ends(topic, 4)
    never_goes_back(pipeline.kafka.commits(pipeline.group))


@pytest.mark.parametrize("seconds", [30])
def test_a_frozen_mongod_costs_no_rebalance_and_no_letter(pipeline, mongod, seconds):
    topic = pipeline.topic(partitions=2)
    pipeline.make_dlq()
    ini = pipeline.ini("tasks.max = 2", kafka="max.poll.interval.ms = 10000")
    with Sluice(ini) as sluice:
        sluice.wait_ready()
        pipeline.kafka.produce(topic, numbered(range(500)))
        sluice.wait_total("sluice_records_stored_total", 500)
        rebalances = sluice.total("sluice_rebalances_total")
        mongod.process.freeze()
        try:
            began = time.monotonic()
            pipeline.kafka.produce(topic, numbered(range(500, 20000)))
            wait_until("/ready to be red", lambda: not sluice.ready()[0], 15)
            while time.monotonic() - began < seconds:
                assert sluice.get("/live")[0] == 200
                time.sleep(0.5)
        finally:
            mongod.process.thaw()
        wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0 and
                   len(pipeline.documents(topic)) == 20000, 60, 0.3)
        wait_until("/ready to be green", lambda: sluice.ready()[0])
        assert sluice.total("sluice_rebalances_total") == rebalances
        assert sluice.total("sluice_records_dead_lettered_total") == 0
        assert "MAXPOLL" not in sluice.text()
        assert sluice.stop() == 0
    assert pipeline.letters() == []


def test_the_lag_of_a_transactional_topic_reaches_0(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    producer = pipeline.kafka.producer(transactional_id=pipeline.name)
    producer.init_transactions()
    for number in range(6):
        producer.begin_transaction()
        for value in numbered(range(number * 10, number * 10 + 10)):
            producer.produce(topic, value)
        if number % 2:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_stored_total", 30)
        wait_until("the commit to reach the end",
                   lambda: pipeline.kafka.committed(pipeline.group, topic) == pipeline.kafka.ends(topic))
        wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0)
        assert sluice.stop() == 0
    assert sorted(pipeline.documents(topic)) == [n for n in range(60) if n // 10 % 2 == 0]


def test_the_lag_of_a_compacted_topic_reaches_0(pipeline):
    topic = pipeline.topic(cleanup_policy="compact", segment_ms=100, min_cleanable_dirty_ratio=0.01, segment_bytes=1048576)
    pipeline.make_dlq()
    for _ in range(3):
        pipeline.kafka.produce(topic, numbered(range(50)), keys=[str(n).encode() for n in range(50)])
        time.sleep(0.3)
    pipeline.kafka.produce(topic, numbered([99]), keys=[b"99"])
    wait_until("compaction", lambda: len(pipeline.kafka.read(topic)) < 151, 40, 0.5)
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_stored_total", 51)
        wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0 and
                   pipeline.kafka.committed(pipeline.group, topic) == pipeline.kafka.ends(topic))
        assert sluice.stop() == 0
    assert len(pipeline.documents(topic)) == 51


def test_three_records_and_then_nothing_are_stored_and_committed_within_a_second(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini("batch.max.records = 1000\nlinger.ms = 200")) as sluice:
        sluice.wait_ready()
        pipeline.kafka.produce(topic, numbered(range(3)))
        wait_until("three commits", lambda: sluice.total("sluice_committed_offset") == 3, 3)
        assert pipeline.kafka.committed(pipeline.group, topic) == [3]
        assert sluice.total("sluice_batches_total", closed_by="linger") == 1
        assert sluice.total("sluice_batches_total", closed_by="idle") == 0
        assert len(pipeline.documents(topic)) == 3
        assert sluice.stop() == 0


def test_a_topic_that_comes_later_is_consumed_from_its_beginning(pipeline):
    topic = pipeline.topic("potato")
    late = f"{pipeline.name}-potatoe"
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, numbered(range(5)))
    with Sluice(pipeline.ini(topics=[topic, late])) as sluice:
        sluice.wait_total("sluice_records_stored_total", 5)
        wait_until("/ready to name it", lambda: late in sluice.cause("topics"))
        wait_until("and a topic that is there", lambda: f"did you mean {topic}?" in sluice.cause("topics"))
        pipeline.kafka.create_topic(late)
        pipeline.kafka.produce(late, numbered(range(7)))
        sluice.wait_total("sluice_records_stored_total", 7, topic=late)
        sluice.wait_ready()
        assert sluice.stop() == 0


def test_an_offset_that_is_gone_from_the_broker_fails_its_partition_in_words(pipeline):
    from confluent_kafka import TopicPartition
    gone, other = pipeline.topic("potato"), pipeline.topic("tomato")
    pipeline.make_dlq()
    pipeline.kafka.produce(gone, numbered(range(50)))
    with Sluice(pipeline.ini()) as sluice:
        wait_until("50 committed", lambda: pipeline.kafka.committed(pipeline.group, gone) == [50])
        assert sluice.stop() == 0
    pipeline.kafka.produce(gone, numbered(range(50, 200)))
    admin = pipeline.kafka.admin()
    for result in admin.delete_records([TopicPartition(gone, 0, 120)]).values():
        result.result(10)
    pipeline.kafka.produce(other, numbered(range(3)))
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_stored_total", 3, topic=other)
        cause = sluice.cause(f"partition-{gone}-0")
        assert "offset 50 is gone" in cause and "120 to 200" in cause, cause
        assert sluice.stop() == 0
    assert pipeline.kafka.committed(pipeline.group, gone) == [50]
    assert len(pipeline.documents(gone)) == 50


@pytest.mark.parametrize("policy, assignor", [("fail", "cooperative-sticky"), ("reset", "cooperative-sticky"), ("reset", "range")])
def test_what_retention_takes_from_a_running_consumer_is_told_or_skipped(pipeline, mongod, policy, assignor):
    from confluent_kafka import TopicPartition
    topic = pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini(f"buffer.max.bytes = 8 MiB\noffsets.out.of.range = {policy}",
                             kafka=f"partition.assignment.strategy = {assignor}")) as sluice:
        sluice.wait_ready()
        mongod.process.freeze()
        try:
            pipeline.kafka.produce(topic, [b'{"id":%d,"data":"%s"}' % (n, b"00" * 5000) for n in range(4000)])
            admin = pipeline.kafka.admin()  # held until the answer is there
            for result in admin.delete_records([TopicPartition(topic, 0, 3900)]).values():
                result.result(10)
        finally:
            mongod.process.thaw()
        if policy == "fail":
            wait_until("the partition to say so", lambda: sluice.cause(f"partition-{topic}-0"), 30)
            assert "which has 3900 to 4000" in sluice.cause(f"partition-{topic}-0")
        else:
            wait_until("lag 0", lambda: pipeline.kafka.committed(pipeline.group, topic) == [4000], 30)
            assert "going on at 3900" in sluice.text()
        assert sluice.stop() == 0
    stored, (committed,) = sorted(pipeline.documents(topic)), pipeline.kafka.committed(pipeline.group, topic)
    if policy == "reset":
        stored, committed = [n for n in stored if n < 3900], len(stored) - 100
    assert stored == list(range(committed)) and 0 < committed < 3900  # what was in hand is stored


def test_topics_that_match_a_regex_are_consumed_those_that_come_later_too(pipeline):
    pipeline.make_dlq()
    ini = pipeline.ini(f"topics.regex = {pipeline.name}-(potato|tomato)", topics=["x"]).replace("topics = x\n", "")
    with Sluice(ini) as sluice:
        wait_until("/ready to say that none is there", lambda: "topics.regex" in sluice.cause("topics"))
        potato, other = pipeline.topic("potato"), pipeline.topic("potato-peel")
        for topic in (potato, other):
            pipeline.kafka.produce(topic, numbered(range(5)))
        sluice.wait_total("sluice_records_stored_total", 5, topic=potato)
        tomato = pipeline.topic("tomato")
        pipeline.kafka.produce(tomato, numbered(range(7)))
        sluice.wait_total("sluice_records_stored_total", 7, topic=tomato)
        sluice.wait_ready()
        assert sluice.stop() == 0
    assert pipeline.documents(other) == {}


def segment_of(kafka, topic, partition=0):
    (segment,) = kafka.folder.glob(f"*/data/{topic}-{partition}/*.log")
    return segment


def test_a_batch_that_cannot_be_read_is_told_and_never_passed(pipeline):
    topic, other = pipeline.topic(), pipeline.topic("tomato")
    pipeline.make_dlq()
    for number in range(3):  # a batch each
        pipeline.kafka.produce(topic, [b'{"id":%d,"disease":"D%d"}' % (number, number)])
    segment = segment_of(pipeline.kafka, topic)
    content = segment.read_bytes()
    with open(segment, "r+b") as file:  # as a disk does it
        file.seek(content.index(b'"D1"') + 1)
        file.write(b"X")
    pipeline.kafka.produce(other, [b'{"id":9}'])
    with Sluice(pipeline.ini(kafka="check.crcs = true")) as sluice:
        sluice.wait_total("sluice_records_stored_total", 2)
        wait_until("the reason on /ready", lambda: "cannot be read" in sluice.cause(f"partition-{topic}-0"))
        assert "at offset 1 or behind it" in sluice.cause(f"partition-{topic}-0")
        time.sleep(2)
        pipeline.kafka.produce(other, [b'{"id":10}'])
        sluice.wait_total("sluice_records_stored_total", 3)
        assert sluice.stop() == 0
    assert pipeline.kafka.committed(pipeline.group, topic) == [1] and set(pipeline.documents(topic)) == {0}


def test_letters_that_their_topic_refuses_hold_up_no_others(pipeline):
    """A compacted topic takes no letter without a key, and one with a limit none of long ago; a request is refused whole."""
    topic, now = pipeline.topic(), int(time.time() * 1000)
    pipeline.kafka.create_topic(pipeline.dlq, cleanup_policy="compact", message_timestamp_before_max_ms=3600000)
    producer = pipeline.kafka.producer()
    for number in range(40):
        producer.produce(topic, b"{", key=None if number == 7 else b"k%d" % number,
                         timestamp=now - 86400000 if number % 10 == 3 else now)
    producer.flush(10)
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 39)
        wait_until("the reason on /ready", lambda: sluice.cause("dead-letter") != "")
        wait_until("what is before it", lambda: pipeline.kafka.committed(pipeline.group, topic) == [7])
        sluice.kill9()
    letters = {message.key(): dict(message.headers()) for message in pipeline.kafka.read(pipeline.dlq, 39)}
    assert len(letters) == 39
    retimed = {key for key, headers in letters.items() if "__sluice.timestamp" in headers}
    assert retimed == {b"k3", b"k13", b"k23", b"k33"}
    assert int(letters[b"k3"]["__sluice.timestamp"]) == now - 86400000


def commits_of(sluice):
    return sluice.total("sluice_commits_total", result="succeeded")


def test_commits_are_known_for_their_partitions_whatever_the_order_they_came_in(pipeline):
    """Nothing to do is nothing to commit, after partitions have come and gone in any order."""
    topic = pipeline.topic(partitions=6)
    pipeline.make_dlq()
    with Sluice(pipeline.ini(), "first") as first:
        first.wait_ready()
        with Sluice(pipeline.ini(), "second") as second:
            second.wait_ready()
            for name in ("third", "fourth"):
                wait_until("an assignment each", lambda: second.total("sluice_rebalances_total", result="assigned") > 0)
                with Sluice(pipeline.ini(), name) as other:
                    other.wait_ready()
                    assert other.stop() == 0
            assert first.stop() == 0
            for number in range(60):
                pipeline.kafka.produce(topic, [b'{"id":%d}' % number], partition=number % 6)
            second.wait_total("sluice_records_stored_total", 60)
            wait_until("lag 0", lambda: second.total("sluice_consumer_lag_records") == 0)
            time.sleep(1)
            before = commits_of(second)
            time.sleep(2)
            assert commits_of(second) == before
            began = time.monotonic()
            assert second.stop() == 0 and time.monotonic() - began < 2
            assert "the last commit was not answered" not in second.text()


@pytest.mark.parametrize("strategy", ["cooperative-sticky", "roundrobin"])
def test_a_partition_without_a_leader_holds_up_no_other(mongod, strategy):
    with Kafka(brokers=3) as kafka:
        pipeline = Pipeline(kafka, mongod)
        pipeline.kafka.create_topic(pipeline.dlq, replicas=3)
        topic = pipeline.topic(partitions=12, replicas=1)  # on one broker each: four of them go with it
        for number in range(12):
            kafka.produce(topic, [b'{"id":%d}' % number], partition=number)
        with Sluice(pipeline.ini()) as warm:  # the group's coordinator is where it will stay
            warm.wait_total("sluice_records_stored_total", 12)
            assert warm.stop() == 0
        description = kafka.admin().list_topics(topic).topics[topic].partitions
        gone = kafka.brokers[2]
        lost = [number for number, partition in description.items() if partition.leader == 3]
        left = [number for number in range(12) if number not in lost]
        assert lost and left
        for number in range(12):
            kafka.produce(topic, [b'{"id":%d}' % (20 + number)], partition=number)
        gone.process.kill9()
        ini = pipeline.ini(kafka=f"partition.assignment.strategy = {strategy}")
        with Sluice(ini) as sluice:
            sluice.wait_total("sluice_records_stored_total", len(left), 60)
            wait_until("the reason on /ready", lambda: "start position is not known" in sluice.cause(f"partition-{topic}-{lost[0]}"))
            assert set(pipeline.documents(topic)) == {*range(12), *(20 + number for number in left)}
            gone.process.start()
            sluice.wait_total("sluice_records_stored_total", 12, 90)
            wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0)
            sluice.wait_ready(60)
            assert sluice.stop() == 0
        assert pipeline.kafka.committed(pipeline.group, topic, 12) == [2] * 12
