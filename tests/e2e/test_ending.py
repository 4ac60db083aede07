"""How a process ends: drained, at once, or with a plugin that hangs; and a plugin from outside of the tree."""

import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import pytest

from rig.process import free_port, wait_until
from rig.sluice import TOP, Sluice, build_folder


def scripted_ini(bootstrap, topic, script, log, more=""):
    return f"""
[pipeline]
name = {topic}
topics = {topic}
sink = out
offset.flush.interval.ms = 100
{more}
[kafka]
bootstrap.servers = {bootstrap}
[kafka.consumer]
session.timeout.ms = 6000
[sink.out]
plugin = {build_folder()}/tests/abi/fixtures/scripted-sink.so
script.file = {script}
log.file = {log}
"""


@pytest.fixture
def scripted(pipeline, tmp_path):
    topic = pipeline.topic()
    script, log = tmp_path / "script", tmp_path / "log"

    def make(text, more=""):
        script.write_text(text)
        log.write_text("")
        return topic, log, scripted_ini(pipeline.kafka.bootstrap, topic, script, log, more)

    return make


def test_sigterm_lets_the_put_under_way_finish_and_commits_it(pipeline, scripted):
    topic, log, ini = scripted("hang 1500\n")
    pipeline.kafka.produce(topic, [b"x"] * 10)
    with Sluice(ini) as sluice:
        wait_until("a put", lambda: "put " in log.read_text())
        assert sluice.stop() == 0
    assert "stopping" in log.read_text()
    assert pipeline.kafka.committed(f"connect-{topic}", topic) == pipeline.kafka.ends(topic)


def test_the_partitions_of_a_process_that_ended_are_taken_over_at_once(pipeline, scripted):
    topic, log, ini = scripted("ok\n")
    with Sluice(ini, "first") as first, Sluice(ini, "second") as second:
        first.wait_ready()
        second.wait_ready()
        assert first.stop() == 0
        began = time.monotonic()
        pipeline.kafka.produce(topic, [b"x"])
        second.wait_total("sluice_records_stored_total", 1, 10)
        assert time.monotonic() - began < 5  # its session would have lasted 6 s
        assert second.stop() == 0


def test_a_revoked_partition_waits_for_its_batch_and_commits_it(pipeline, tmp_path):
    topic = pipeline.topic(partitions=2)
    script, log = tmp_path / "script", tmp_path / "log"
    script.write_text("hang 3000\n")
    log.write_text("")
    ini = scripted_ini(pipeline.kafka.bootstrap, topic, script, log, "tasks.max = 2").replace(
        "session.timeout.ms", "heartbeat.interval.ms = 300\nsession.timeout.ms")
    for partition in range(2):
        pipeline.kafka.produce(topic, [b"x"], partition=partition)
    with Sluice(ini, "first") as first:
        wait_until("both puts", lambda: log.read_text().count("put ") == 2)
        with Sluice(ini, "second") as second:
            wait_until("the second to own a partition", lambda: "partition assigned" in second.text(), 30)
            wait_until("both commits", lambda: pipeline.kafka.committed(f"connect-{topic}", topic, 2) == [1, 1])
            time.sleep(1)
            # each record was put once: its owner finished it before it gave the partition away
            assert log.read_text().count("put ") == 2, log.read_text()
            assert second.stop() == 0
        assert first.stop() == 0


def test_a_static_member_whose_place_another_has_taken_ends_with_1_and_its_reason(pipeline, scripted):
    topic, log, ini = scripted("ok\n")
    ini = ini.replace("[kafka.consumer]", "[kafka.consumer]\ngroup.instance.id = one\nheartbeat.interval.ms = 500")
    pipeline.kafka.produce(topic, [b"x"])
    with Sluice(ini, "first") as first:
        first.wait_total("sluice_records_stored_total", 1)
        with Sluice(ini, "second") as second:
            assert first.child.wait(20) == 1
            assert "fatal: FENCED_INSTANCE_ID" in first.text()
            pipeline.kafka.produce(topic, [b"y"])
            second.wait_total("sluice_records_stored_total", 1)
            assert second.stop() == 0
    assert pipeline.kafka.committed(f"connect-{topic}", topic) == [2]


def test_a_static_member_beside_one_that_is_not_waits_and_says_why(pipeline, scripted):
    _, _, ini = scripted("ok\n")
    with Sluice(ini, "dynamic") as dynamic:
        dynamic.wait_ready()
        with Sluice(ini.replace("[kafka.consumer]", "[kafka.consumer]\ngroup.instance.id = one"), "static") as static:
            wait_until("the reason on /ready", lambda: "no partition.assignment.strategy in common" in static.cause("group"))
            assert static.cause("broker") == ""
            assert dynamic.stop() == 0
            static.wait_ready()
            assert static.stop() == 0


def test_a_plugin_that_hangs_is_named_and_the_exit_code_is_1(pipeline, scripted):
    topic, log, ini = scripted("hang 60000\n", "task.shutdown.graceful.timeout.ms = 1 s")
    pipeline.kafka.produce(topic, [b"x"])
    with Sluice(ini) as sluice:
        wait_until("a put", lambda: "put " in log.read_text())
        began = time.monotonic()
        assert sluice.stop() == 1
        assert time.monotonic() - began < 10
        assert "does not end: scripted-sink [sink.out] put(), 1 records" in sluice.text()


def test_a_put_that_comes_back_just_behind_the_deadline_is_committed_and_holds_up_nothing(pipeline, scripted):
    topic, log, ini = scripted("hang 3000\nok\n", "task.shutdown.graceful.timeout.ms = 1 s")
    pipeline.kafka.produce(topic, [b"x"])
    with Sluice(ini) as sluice:
        wait_until("a put", lambda: "put " in log.read_text(), step=0.01)
        time.sleep(1.85)  # the deadline is then 2.85 s behind the put, and what comes within 0.5 s of it is awaited
        began = time.monotonic()
        assert sluice.stop() == 0
        assert time.monotonic() - began < 8
    assert pipeline.kafka.committed(f"connect-{topic}", topic) == [1]


def test_a_second_signal_ends_it_at_once(pipeline, scripted):
    topic, log, ini = scripted("hang 60000\n")
    pipeline.kafka.produce(topic, [b"x"])
    with Sluice(ini) as sluice:
        wait_until("a put", lambda: "put " in log.read_text())
        sluice.signal(signal.SIGTERM)
        sluice.wait_for_text("stopping")
        sluice.signal(signal.SIGINT)
        assert sluice.child.wait(5) == 128 + signal.SIGINT


def look_up(sluice, topic, log, word, count=1):
    """Asks the scripted sink, from threads of their own; nobody waits for an answer."""
    def ask():
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=60):
            pass

    url = f"http://{sluice.admin}/topics/{topic}/keys/{urllib.parse.quote(word)}"
    for _ in range(count):
        threading.Thread(target=ask, daemon=True).start()
    wait_until("a lookup", lambda: "lookup" in log.read_text())


def test_a_lookup_is_told_of_the_end_and_nobody_behind_it_gets_a_turn(scripted):
    topic, log, ini = scripted("ok\n")
    with Sluice(ini, admin=True) as sluice:
        sluice.wait_ready()
        look_up(sluice, topic, log, "until-stopping", 8)
        began = time.monotonic()
        assert sluice.stop() == 0
        assert time.monotonic() - began < 8
        assert log.read_text().count("lookup") == 1


def test_a_lookup_that_hangs_keeps_the_process_neither_for_ever_nor_beyond_another_signal(scripted):
    topic, log, ini = scripted("ok\n")
    with Sluice(ini, admin=True) as sluice:
        sluice.wait_ready()
        look_up(sluice, topic, log, "hang 120000")
        sluice.signal(signal.SIGTERM)
        sluice.wait_for_text("stopped after")
        sluice.signal(signal.SIGHUP)
        time.sleep(0.5)
        assert sluice.running() and "SIGHUP" not in sluice.text()
        sluice.signal(signal.SIGTERM)
        assert sluice.child.wait(5) == 0
        assert "a request does not end" in sluice.text()


def test_sigterm_while_no_broker_answers_ends_it_soon(scripted):
    _, _, ini = scripted("ok\n")
    lines = [f"bootstrap.servers = 127.0.0.1:{free_port()}" if line.startswith("bootstrap") else line
             for line in ini.splitlines()]
    with Sluice("\n".join(lines)) as sluice:
        wait_until("/ready to say so", lambda: "refused" in sluice.cause("broker") or "down" in sluice.cause("broker"))
        assert sluice.get("/live")[0] == 200
        began = time.monotonic()
        assert sluice.stop() == 0
        assert time.monotonic() - began < 10


def test_sigterm_while_the_database_is_away_ends_it_soon(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [b'{"id":1}'])
    with Sluice(pipeline.ini(uri=f"mongodb://127.0.0.1:{free_port()}/")) as sluice:
        wait_until("/ready to say so", lambda: "mongodb." in sluice.cause("sink-0"))
        assert sluice.stop() == 0
    assert pipeline.kafka.committed(pipeline.group, topic)[0] in (None, 0)


def test_a_broker_that_is_killed_and_restarted_costs_nothing(pipeline, scripted):
    from rig.kafka import Kafka
    with Kafka() as kafka:
        topic = kafka.create_topic("restarted")
        kafka.produce(topic, [b"x"] * 100)
        _, log, ini = scripted("ok\n")
        ini = ini.replace(pipeline.kafka.bootstrap, kafka.bootstrap).replace(
            f"topics = {pipeline.topics[0]}", f"topics = {topic}")
        with Sluice(ini) as sluice:
            sluice.wait_total("sluice_records_stored_total", 100)
            kafka.brokers[0].process.kill9()
            wait_until("/ready to be red", lambda: not sluice.ready()[0], 30)
            assert sluice.get("/live")[0] == 200
            kafka.brokers[0].process.start()
            kafka.wait()
            kafka.produce(topic, [b"x"] * 100)
            sluice.wait_total("sluice_records_stored_total", 200, 60)
            wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0)
            sluice.wait_ready(60)
            assert sluice.stop() == 0


def test_a_plugin_built_outside_of_the_tree_receives_records(pipeline, tmp_path):
    prefix = tmp_path / "prefix"
    subprocess.run(["cmake", "--install", build_folder(), "--prefix", prefix, "--component", "sdk"], check=True,
                   capture_output=True)
    pc = next(prefix.rglob("sluice-sdk.pc"))
    (tmp_path / "sink.c").write_text((TOP / "sdk" / "template" / "sink.c").read_text())
    subprocess.run("cc sink.c $(pkg-config --cflags sluice-sdk) -o my-sink.so", shell=True, check=True, cwd=tmp_path,
                   env={**os.environ, "PKG_CONFIG_PATH": str(pathlib.Path(pc).parent)})
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [b"small", b"x" * 2000, b"small"])
    ini = f"""
[pipeline]
name = {pipeline.name}
topics = {topic}
sink = mine
plugin.path = {tmp_path}
errors.tolerance = all
errors.deadletterqueue.topic.name = {pipeline.dlq}
[kafka]
bootstrap.servers = {pipeline.kafka.bootstrap}
[sink.mine]
plugin = my-sink
limit = 1000
"""
    with Sluice(ini) as sluice:
        sluice.wait_total("sluice_records_stored_total", 2)
        sluice.wait_total("sluice_records_dead_lettered_total", 1)
        assert sluice.stop() == 0
    assert pipeline.letters() == [("my-sink.too-large", "TASK_PUT", topic, 0, 1)]


def test_sighup_tells_what_a_restart_would_change_and_changes_nothing(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_ready()
        config = sluice.folder / "pipeline.ini"
        text = config.read_text()

        def hang_up(written):
            config.write_text(written)
            sluice.signal(signal.SIGHUP)

        def told(words):
            wait_until(words, lambda: words in sluice.log.read_text())

        hang_up(text)
        told("SIGHUP: the files say what is running")
        hang_up(text.replace("errors.retry.delay.max.ms = 1 s", "errors.retry.delay.max.ms = 2 s\ntasks.max = 2")
                .replace("offset.flush.interval.ms = 200\n", ""))
        told("a restart would change [pipeline] errors.retry.delay.max.ms")
        told("a restart would set [pipeline] tasks.max")
        told("a restart would unset [pipeline] offset.flush.interval.ms")
        hang_up(text.replace("plugin = json-event", "plugin = json-evnt") + "\nrubbish\n")
        told("the files have errors, with which Sluice would not start again; it runs on as it is")
        told("json-evnt")
        config.unlink()
        sluice.signal(signal.SIGHUP)
        told("No such file")
        pipeline.kafka.produce(topic, [b'{"id":1}'])
        sluice.wait_total("sluice_records_stored_total", 1)
        assert sluice.stop() == 0


def test_sighup_with_a_file_that_cannot_be_read_to_its_end_is_given_up_and_it_runs_on(pipeline):
    pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_ready()
        config = sluice.folder / "pipeline.ini"
        config.unlink()
        os.mkfifo(config)  # nobody writes
        sluice.signal(signal.SIGHUP)
        sluice.wait_for_text("validate has not ended after 10 s, and is killed")
        config.unlink()
        config.write_text(pipeline.ini())
        sluice.signal(signal.SIGHUP)
        sluice.wait_for_text("the files say what is running")
        assert sluice.stop() == 0
