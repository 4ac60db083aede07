"""Every fault we can make, under a stream of numbered events with a ledger of its own: nothing lost, nothing doubled, no
older event over a newer one. `sh tests/faults.sh` runs the long form, three times in a row."""

import os
import random
import signal
import subprocess
import time

import pytest

from conftest import Pipeline
from rig.kafka import Kafka
from rig.mongodb import Mongod
from rig.process import free_port, wait_until
from rig.proxy import Proxy
from rig.trial import CONNECT, Fleet, Trial, either, topics_of


@pytest.fixture
def tell(request):
    def record(name, verdict, recovered):
        request.config.stash[request.config.faults].append((name, verdict, recovered))

    return record


# ---- The process -------------------------------------------------------------------------------------------------


@pytest.mark.peer
def test_kill_9_at_random_moments(pipeline, tell):
    rng = random.Random(7)
    with Fleet(pipeline, "tasks.max = 2") as fleet, Trial("kill -9", pipeline, topics_of(pipeline)) as trial:
        for _ in range(either(5, 20)):
            sluice = fleet.start()
            fleet.wait_more(1)
            time.sleep(rng.uniform(0, 0.8))
            fleet.kill()
        trial.heal()
        fleet.start()
        trial.end(tell)
        fleet.stop()


@pytest.mark.peer
def test_sigterm_under_load(pipeline, tell):
    rng = random.Random(8)
    with Fleet(pipeline, "tasks.max = 2", static=False) as fleet, \
            Trial("SIGTERM under load", pipeline, topics_of(pipeline)) as trial:
        for _ in range(either(4, 15)):
            fleet.start()
            fleet.wait_more(1)
            time.sleep(rng.uniform(0, 0.5))
            fleet.stop()
        trial.heal()
        fleet.start()
        verdict = trial.end(tell)
        fleet.stop()
    assert CONNECT or verdict.letters_again == 0


def test_three_processes_join_and_leave_clean_and_unclean(pipeline, tell):
    """As Kafka's own test_bounce: one after the other, each down before the next is."""
    with Fleet(pipeline, "tasks.max = 2") as fleet, \
            Trial("rolling bounces of three", pipeline, topics_of(pipeline, 6), partitions=6) as trial:
        for slot in range(3):
            fleet.start(slot).wait_ready()
        for number in range(either(2, 3)):
            for slot in range(3):
                (fleet.kill if number % 2 else fleet.stop)(slot)
                time.sleep(either(0.5, 2))
                fleet.start(slot).wait_ready()
        trial.heal()
        trial.end(tell)
        for slot in range(3):
            fleet.stop(slot)


def test_a_static_member_is_killed_while_it_gives_partitions_up(pipeline, mongod, tell):
    """It comes back within its session, so the group is not rebalanced again: every partition must have an owner already."""
    with Fleet(pipeline, "tasks.max = 2") as fleet, \
            Trial("killed giving partitions up", pipeline, topics_of(pipeline, 6), partitions=6) as trial:
        fleet.start(0)
        fleet.wait_more(300)
        mongod.process.freeze()  # so that it waits for its batches before it lets go
        try:
            trial.stream.wait_events(300)
            fleet.start(1)
            time.sleep(2)
            fleet.kill(0)
        finally:
            mongod.process.thaw()
        fleet.start(0)
        trial.heal()
        trial.end(tell)
        fleet.stop(0)
        fleet.stop(1)


def test_dynamic_members_come_and_go(pipeline, tell):
    with Fleet(pipeline, "tasks.max = 2", static=False) as fleet, \
            Trial("dynamic members", pipeline, topics_of(pipeline, 6), partitions=6) as trial:
        fleet.start(0).wait_ready()
        for number in range(either(2, 6)):
            fleet.start(1)
            fleet.wait_more(1, 1)
            fleet.start(2)
            time.sleep(1)
            fleet.kill(2) if number % 2 else fleet.stop(2)
            fleet.stop(1)
        trial.heal()
        trial.end(tell)
        fleet.stop(0)


def test_a_process_stopped_past_its_session_and_continued(pipeline, tell):
    with Fleet(pipeline, "tasks.max = 2", static=False) as fleet, \
            Trial("SIGSTOP past the session", pipeline, topics_of(pipeline)) as trial:
        first = fleet.start(0)
        fleet.wait_more(100, 0)
        fleet.start(1)
        fleet.wait_more(10, 1)
        for _ in range(either(1, 3)):
            first.freeze()
            time.sleep(8)  # the session is 6 s
            first.thaw()
            time.sleep(3)
        trial.heal()
        trial.end(tell)
        fleet.stop(0)
        fleet.stop(1)


# ---- Kafka -------------------------------------------------------------------------------------------------------


@pytest.mark.peer
def test_the_broker_is_killed_and_restarted(mongod, tell):
    with Kafka() as kafka:
        pipeline = Pipeline(kafka, mongod)
        with Fleet(pipeline, "tasks.max = 2") as fleet, Trial("broker killed", pipeline, topics_of(pipeline)) as trial:
            fleet.start()
            for _ in range(either(1, 3)):
                fleet.wait_more(300)
                kafka.brokers[0].process.kill9()
                time.sleep(either(3, 8))
                kafka.brokers[0].process.start()
                kafka.wait()
            trial.heal()
            trial.end(tell)
            fleet.stop()


def test_one_of_three_brokers_is_killed_while_partitions_move(mongod, tell):
    with Kafka(brokers=3, min_insync_replicas=2) as kafka:
        pipeline = Pipeline(kafka, mongod)
        with Fleet(pipeline, "tasks.max = 2") as fleet, \
                Trial("one of three brokers killed", pipeline, topics_of(pipeline, replicas=3)) as trial:
            fleet.start(0)
            fleet.wait_more(100, 0)
            for number in range(either(2, 6)):
                fleet.start(1)
                broker = kafka.brokers[number % 3].process
                broker.kill9()
                time.sleep(either(3, 6))
                broker.start()
                kafka.wait()
                fleet.stop(1)
            trial.heal()
            trial.end(tell)
            fleet.stop(0)


@pytest.mark.parametrize("how", ["cut", "silence", "slow"])
def test_the_network_to_the_broker(mongod, tell, how):
    port = free_port()
    with Proxy(free_port(), port) as proxy, \
            Kafka(advertised_listeners=f"PLAINTEXT://127.0.0.1:{port}", ports=[(proxy.target, free_port())]) as kafka:
        pipeline = Pipeline(kafka, mongod)
        with Fleet(pipeline, "tasks.max = 2") as fleet, \
                Trial(f"network to the broker: {how}", pipeline, topics_of(pipeline)) as trial:
            fleet.start()
            for _ in range(either(1, 3)):
                fleet.wait_more(300)
                disturb(proxy, how, either(4, 12))
            trial.heal()
            trial.end(tell)
            fleet.stop()


def disturb(proxy, how, seconds):
    if how == "cut":
        for _ in range(3):
            proxy.cut(refuse=True)
            time.sleep(seconds / 3)
            proxy.heal()
            time.sleep(0.3)
    elif how == "silence":
        proxy.silence()
        time.sleep(seconds)
        proxy.cut()
        proxy.heal()
    else:
        proxy.slow(0.2)
        time.sleep(seconds)
        proxy.heal()


# ---- MongoDB -----------------------------------------------------------------------------------------------------


@pytest.mark.peer
@pytest.mark.parametrize("how", ["cut", "silence", "slow"])
def test_the_network_to_the_database(pipeline, mongod, tell, how):
    with Proxy(mongod.ports[0]) as proxy:
        uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
        with Fleet(pipeline, "tasks.max = 2", uri=uri) as fleet, Trial(f"network to the database: {how}", pipeline, topics_of(pipeline)) as trial:
            fleet.start()
            for _ in range(either(1, 3)):
                fleet.wait_more(300)
                disturb(proxy, how, either(6, 15))
            trial.heal()
            trial.end(tell)
            fleet.stop()


@pytest.mark.peer
def test_the_primary_of_three_is_killed(kafka, tell):
    with Mongod(members=3) as mongod:
        pipeline = Pipeline(kafka, mongod)
        with Fleet(pipeline, "tasks.max = 2") as fleet, \
                Trial("primary of three killed", pipeline, topics_of(pipeline)) as trial:
            fleet.start()
            for _ in range(either(1, 3)):
                fleet.wait_more(300)
                primary = mongod.processes[mongod.primary()]
                primary.kill9()
                mongod.wait(60)
                time.sleep(1)
                primary.start()
            trial.heal()
            trial.end(tell)
            fleet.stop()


@pytest.mark.peer
def test_a_standalone_mongod_is_killed_and_restarted(kafka, tell):
    """What it has acknowledged must be in its journal: the offset is committed at once."""
    def eager(ini):
        return ini.replace("offset.flush.interval.ms = 200", "offset.flush.interval.ms = 10")

    with Mongod() as mongod:
        pipeline = Pipeline(kafka, mongod)
        with Fleet(pipeline, "tasks.max = 2", edit=eager) as fleet, \
                Trial("standalone mongod killed", pipeline, topics_of(pipeline)) as trial:
            fleet.start()
            for _ in range(either(3, 10)):
                fleet.wait_more(200)
                mongod.process.kill9()
                time.sleep(0.5)
                mongod.process.start()
                mongod.wait()
            trial.heal()
            trial.end(tell)
            fleet.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs, which takes root")
def test_the_disk_of_the_database_fills_up(kafka, tell):
    """mongod ends itself when it cannot write its journal; an operator makes room and starts it again."""
    mongod = Mongod()
    data = mongod.folder / "data-0"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=420m", "tmpfs", data], check=True)
    try:
        with mongod:
            pipeline = Pipeline(kafka, mongod)
            with Fleet(pipeline, "tasks.max = 2") as fleet, \
                    Trial("database's disk full", pipeline, topics_of(pipeline), ids=4000, size=120000, rate=200) as trial:
                fleet.start()
                wait_until("the disk to be full", lambda: not mongod.process.running(), 90)
                time.sleep(either(2, 20))
                subprocess.run(["mount", "-o", "remount,size=4g", data], check=True)
                mongod.process.start()
                mongod.wait(60)
                trial.heal()
                trial.end(tell)
                fleet.stop()
    finally:
        subprocess.run(["umount", "-l", data], check=True)


@pytest.mark.peer
def test_mongodb_is_frozen_for_longer_than_the_poll_interval(pipeline, mongod, tell):
    with Fleet(pipeline, "tasks.max = 2", kafka="max.poll.interval.ms = 7000") as fleet, \
            Trial("MongoDB frozen", pipeline, topics_of(pipeline)) as trial:
        sluice = fleet.start()
        fleet.wait_more(300)
        rebalances = 0 if CONNECT else sluice.total("sluice_rebalances_total")
        mongod.process.freeze()
        try:
            time.sleep(either(10, 40))
        finally:
            mongod.process.thaw()
        trial.heal()
        trial.end(tell)
        assert CONNECT or sluice.total("sluice_rebalances_total") == rebalances
        fleet.stop()


@pytest.mark.peer
def test_mongodb_is_away(kafka, tell):
    with Mongod() as mongod:
        pipeline = Pipeline(kafka, mongod)
        with Fleet(pipeline, "tasks.max = 2") as fleet, Trial("MongoDB away", pipeline, topics_of(pipeline)) as trial:
            fleet.start()
            fleet.wait_more(300)
            assert mongod.process.stop() == 0
            time.sleep(either(10, 150))
            mongod.process.start()
            mongod.wait()
            trial.heal()
            trial.end(tell)
            fleet.stop()


def test_credentials_are_withdrawn_and_restored(kafka, tell):
    with Mongod(0, "--auth") as mongod:
        admin = mongod.make_user("admin", "root", "secret")
        mongod.make_user("sluice", "readWriteAnyDatabase", "first")
        pipeline = Pipeline(kafka, mongod)
        uri = f"mongodb://sluice:first@127.0.0.1:{mongod.ports[0]}/?authSource=admin"
        with Fleet(pipeline, "tasks.max = 2", uri=uri) as fleet, \
                Trial("credentials withdrawn", pipeline, topics_of(pipeline)) as trial:
            sluice = fleet.start()
            fleet.wait_more(300)
            admin.command("revokeRolesFromUser", "sluice", roles=["readWriteAnyDatabase"])
            wait_until("a FAILED task", lambda: "mongodb.unauthorized" in sluice.cause("task-0"))
            time.sleep(either(2, 30))
            admin.command("updateUser", "sluice", pwd="second")
            wait_until("the other reason", lambda: "mongodb.authentication" in sluice.cause("task-0"))
            time.sleep(either(2, 30))
            admin.command("updateUser", "sluice", pwd="first")
            admin.command("grantRolesToUser", "sluice", roles=["readWriteAnyDatabase"])
            trial.heal()
            trial.end(tell)
            assert "first" not in sluice.text() and "second" not in sluice.text()
            fleet.stop()


# ---- Dead letters ------------------------------------------------------------------------------------------------


@pytest.mark.peer
def test_half_of_the_records_are_bad(pipeline, tell):
    with Fleet(pipeline, "tasks.max = 2") as fleet, \
            Trial("half of the records bad", pipeline, topics_of(pipeline), bad=0.5) as trial:
        fleet.start()
        fleet.wait_more(either(500, 5000))
        trial.heal()
        trial.end(tell)
        fleet.stop()


def test_half_of_the_records_are_bad_and_none_is_tolerated(pipeline, tell):
    with Fleet(pipeline, tolerance="none") as fleet, \
            Trial("half bad, none tolerated", pipeline, topics_of(pipeline), bad=0.5) as trial:
        sluice = fleet.start()
        wait_until("a FAILED task", lambda: "json.invalid" in sluice.cause("task-0"))
        trial.stream.wait_events(500)
        trial.stream.finish()
        first_bad = {}
        for event in sorted(trial.stream.events, key=lambda event: event.offset, reverse=True):
            if event.bad:
                first_bad[event.partition] = event.offset
        committed = pipeline.kafka.committed(pipeline.group, trial.stream.topics[0], 4)
        assert all(committed[partition] <= offset for partition, offset in first_bad.items()), (committed, first_bad)
        fleet.stop()
        fleet.tolerance = "all"  # as an operator would: let them become letters
        trial.heal()
        fleet.start()
        trial.end(tell)
        fleet.stop()


def test_the_dead_letter_topic_is_not_there(pipeline, tell):
    topic = pipeline.topic(partitions=4)
    with Fleet(pipeline, "tasks.max = 2") as fleet, \
            Trial("dead letter topic missing", pipeline, [topic], bad=0.1) as trial:
        sluice = fleet.start()
        wait_until("/ready to say so", lambda: pipeline.dlq in sluice.cause("dead-letter"), 60)
        trial.stream.wait_events(either(500, 5000))
        pipeline.make_dlq()
        trial.heal()
        trial.end(tell)
        fleet.stop()


def test_the_dead_letter_topic_takes_no_large_records(pipeline, tell):
    topic = pipeline.topic(partitions=4)
    pipeline.kafka.create_topic(pipeline.dlq, max_message_bytes=4000)
    with Fleet(pipeline, "tasks.max = 2") as fleet, \
            Trial("dead letter topic too small", pipeline, [topic], bad=0.1, size=5000, rate=200) as trial:
        fleet.start().wait_total("sluice_records_dead_lettered_total", either(20, 200))
        trial.heal()
        trial.end(tell)
        fleet.stop()
    for letter in pipeline.kafka.read(pipeline.dlq):
        headers = dict(letter.headers())
        assert letter.value() is None and int(headers["__sluice.value.omitted"]) > 5000
        assert letter.key() is not None


# ---- Order -------------------------------------------------------------------------------------------------------


def test_a_hot_key_is_updated_amid_rebalances_with_ordering_key(pipeline, tell):
    options = "tasks.max = 4\nordering = key\nbatch.max.records = 200"
    with Fleet(pipeline, options, static=False) as fleet, \
            Trial("hot key, ordering = key", pipeline, topics_of(pipeline), ids=3, rate=either(1000, 2000)) as trial:
        fleet.start(0).wait_ready()
        for _ in range(either(2, 6)):
            fleet.start(1).wait_ready()
            time.sleep(1)
            fleet.stop(1)
        trial.stream.wait_events(max(0, 10000 - trial.stream.number))
        trial.heal()
        trial.end(tell)
        fleet.stop(0)


@pytest.mark.peer
def test_old_events_are_replayed_against_newer_documents(pipeline, tell):
    with Fleet(pipeline, "tasks.max = 2") as fleet, \
            Trial("old events replayed", pipeline, topics_of(pipeline), rate=1000, bad=0) as trial:
        fleet.start()
        fleet.wait_more(either(2000, 10000))
        trial.stream.finish()
        wait_until("all of them", lambda: trial.lag() == 0, 60, 0.3)
        with pipeline.mongod.client() as client:
            collection = client[pipeline.name][f"images-{trial.stream.topics[0]}"]
            before = {document["id"]: document for document in collection.find()}
            trial.heal()
            trial.stream.produce_again(0.5)
            wait_until("the old ones", lambda: pipeline.kafka.committed(pipeline.group, trial.stream.topics[0], 4) ==
                       pipeline.kafka.ends(trial.stream.topics[0], 4), 60, 0.3)
            assert CONNECT or {document["id"]: document for document in collection.find()} == before
        trial.end(tell)
        fleet.stop()


def test_a_second_sigterm_ends_it_at_once_and_loses_nothing(pipeline, mongod, tell):
    with Fleet(pipeline, "tasks.max = 2") as fleet, \
            Trial("second SIGTERM, MongoDB frozen", pipeline, topics_of(pipeline)) as trial:
        sluice = fleet.start()
        fleet.wait_more(300)
        mongod.process.freeze()
        try:
            trial.stream.wait_events(300)
            sluice.signal(signal.SIGTERM)
            time.sleep(0.5)
            sluice.signal(signal.SIGTERM)
            assert sluice.child.wait(5) == 128 + signal.SIGTERM
        finally:
            mongod.process.thaw()
        trial.heal()
        fleet.start()
        trial.end(tell)
        fleet.stop()
