"""Dead letters sent again: `sluice dlq replay`, and what becomes of each."""

import json
import os
import pty
import re
import signal
import subprocess
import time

import pytest

from conftest import Pipeline
from lims.check import compare
from lims.events import ImageApi, Leaves, populate
from rig.dlq import Dlq, sluice_headers
from rig.kafka import Kafka
from rig.process import wait_until
from rig.sluice import Sluice, binary

OLD, NEW = "2023-01-01T00:00:00", "2024-01-01T00:00:00"


def event(number, **fields):
    return json.dumps({"id": number, **fields}).encode()


@pytest.fixture
def few(pipeline):
    """A pipeline, and a way to put letters about records 0, 1, ... of its topic."""
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.command = Dlq(pipeline.ini())

    def letters(*values, count=0, headers=(), first=0):
        for offset, value in enumerate(values, first):
            pipeline.kafka.produce(pipeline.dlq, [value], keys=[b"k"],
                                   headers=[*headers, *sluice_headers(topic, 0, offset, "x.y", pipeline.name, count)])
    pipeline.letters_of = letters
    return pipeline


def stored(few, number):
    return few.documents(few.topics[0]).get(number)


# ---- To the sink ------------------------------------------------------------------------------------------


def test_each_letter_ends_as_applied_filled_or_stale_and_replaying_twice_changes_nothing(few):
    collection = few.database[f"images-{few.topics[0]}"]
    collection.insert_many([{"id": 2, "updated_at": _date(NEW), "disease": "Healthy"},
                            {"id": 3, "updated_at": _date(NEW), "disease": "Healthy"}])
    few.letters_of(event(1, updated_at=OLD, disease="Rust"), event(2, updated_at=OLD, disease="Rust", camera_id=5),
                   event(3, updated_at=OLD, disease="Rust"), b"{")
    done = few.command.outcomes("--to-sink", code=1)
    assert done == {"0:0": "applied", "0:1": "filled", "0:2": "stale", "0:3": "rejected"}
    documents = few.documents(few.topics[0])
    assert documents[1]["disease"] == "Rust" and (documents[2]["disease"], documents[2]["camera_id"]) == ("Healthy", 5)
    assert [entry["letter"]["offset"] for entry in few.command.list()] == [3, 2]
    states = {e["letter"]["offset"]: e["decision"]["outcome"] for e in few.command.list("--all")}
    assert states == {0: "applied", 1: "filled", 2: "stale", 3: "rejected"}
    assert few.command.outcomes("--to-sink", code=1) == {"0:2": "stale", "0:3": "rejected"}
    assert few.command.outcomes("--to-sink", "--all", "0:0", "0:1") == {"0:0": "applied", "0:1": "stale"}
    assert few.documents(few.topics[0]) == documents
    assert [entry["letter"]["offset"] for entry in few.command.list()] == [3, 2]  # what was closed is not opened again
    text = few.command.text("show", "0:1")
    assert re.search(r"State +decided: filled at 20\d\d-.* by \S+@\S+", text)


def _date(text):
    from datetime import datetime
    return datetime.fromisoformat(text)


def test_a_dry_run_sends_and_decides_nothing(few):
    few.letters_of(event(1), b"{")
    done = few.command.run("replay", "--to-sink", "--dry-run")
    assert done.returncode == 1 and b"would pass" in done.stdout and b"would be rejected" in done.stdout
    assert b"dry run, nothing sent: 2 letters: 1 would be applied, 1 would be rejected" in done.stderr
    assert stored(few, 1) is None and len(few.command.list()) == 2
    assert not few.kafka.has_topic(f"{few.dlq}.state")


def test_a_patch_mends_a_value_and_shows_what_changes(few):
    few.letters_of(event(1, updated_at="yesterday", disease="Rust", camera_id=3), b"no json")
    patch = few.command.config.parent / "patch.json"
    patch.write_text(json.dumps({"updated_at": OLD, "camera_id": None, "is_active": True}))
    done = few.command.run("replay", "--to-sink", "--patch", patch)
    shown = done.stderr.decode()
    for line in ('- updated_at: "yesterday"', f'+ updated_at: "{OLD}"', "- camera_id: 3", "+ is_active: true"):
        assert line in shown
    assert done.returncode == 1 and b"left out  the value is no JSON, so it cannot be patched" in done.stdout
    assert stored(few, 1) == {"id": 1, "updated_at": _date(OLD), "disease": "Rust", "is_active": True}
    assert "wanted a JSON object" in few.command.refusal("replay", "--to-sink", "--patch", "-", "0:1", stdin=b"[]")
    assert "cannot be standard input" not in few.command.refusal("replay", "--to-sink", "--patch", "/nowhere", "0:1")


def test_a_value_is_mended_in_the_editor(few):
    few.letters_of(event(1, data="0g", disease="Rust"), b'{"id": 2, "disease": "x"')
    editor = few.command.config.parent / "editor"
    editor.write_text('#!/bin/sh\nsed -i -e "s/0g/0f/" -e "s/\\"x\\"$/\\"x\\"}/" "$2"\n')
    editor.chmod(0o755)
    env = {"EDITOR": f"{editor} --wait", "VISUAL": ""}
    done = few.command.run("replay", "--to-sink", "--edit", "--yes", env=env)
    assert done.returncode == 0 and b'- data: "0g"' in done.stderr and b'+ data: "0f"' in done.stderr
    assert stored(few, 1) == {"id": 1, "data": b"\x0f", "disease": "Rust"} and stored(few, 2) == {"id": 2, "disease": "x"}
    few.letters_of(b"{", first=2)
    env["EDITOR"] = "false"
    assert "the editor (false) ended with 1" in few.command.text("replay", "--to-sink", "--edit", "--yes", "0:2", code=1,
                                                                env=env)
    assert "wanted a terminal, or --yes" in few.command.refusal("replay", "--to-sink", "--edit", "0:2")


def test_an_editor_that_changes_nothing_changes_no_byte(few):
    """Binary with every byte in it, null, and JSON that is no JSON any more afterwards."""
    other = few.kafka.create_topic(f"{few.name}-other")
    binary_value = bytes(range(256)) + b"\xff\xd8\xff no line end"
    few.letters_of(binary_value, None, b'{"id": 1}')
    env = {"EDITOR": "true", "VISUAL": ""}
    done = few.command.run("replay", f"--to-topic={other}", "--edit", "--yes", "0:0", "0:1", env=env)
    assert done.returncode == 0 and done.stderr.count(b"(no difference)") == 2
    assert [message.value() for message in few.kafka.read(other, 2)] == [binary_value, None]
    env["EDITOR"] = "sed -i s/}//"
    assert "it is no JSON any more: line" in few.command.text("replay", "--to-sink", "--edit", "--yes", "0:2", code=1,
                                                               env=env)
    assert "--edit needs standard input" in few.command.refusal("replay", "--to-sink", "--edit", "--yes", "--from", "-")


def test_what_was_closed_stays_so_within_one_run_too(few):
    few.database[f"images-{few.topics[0]}"].insert_one({"id": 2, "updated_at": _date(NEW)})
    few.letters_of(event(2, updated_at=OLD, camera_id=5))
    line = few.command.text("export")
    twice = few.command.config.parent / "twice.ndjson"
    twice.write_text(line + line)
    ends = [json.loads(told)["outcome"] for told in
            few.command.text("replay", "--to-sink", "--from", str(twice), "--json").splitlines()]
    assert ends == ["filled", "stale"] and few.command.list() == []
    twice.write_text(line + "rubbish\n")
    assert "twice.ndjson:2: no JSON" in few.command.refusal("replay", "--to-sink", "--from", str(twice))
    assert "No such file" in few.command.refusal("replay", "--to-sink", "--from", "/nowhere")


def test_pipelines_that_share_a_topic_keep_to_their_own_letters(few):
    few.kafka.produce(few.dlq, [event(1)], headers=sluice_headers(few.topics[0], 0, 7, "x.y", few.name))
    few.kafka.produce(few.dlq, [event(1)], headers=sluice_headers(few.topics[0], 0, 7, "x.y", "another"))
    few.kafka.produce(few.dlq, [event(2)], headers=sluice_headers("elsewhere", 0, 7, "x.y", few.name))
    assert len(few.command.list()) == 3
    assert [e["connector"] for e in few.command.list("--pipeline", "another")] == ["another"]
    assert few.command.outcomes("--to-sink", code=1) == {"0:0": "applied", "0:1": "left out", "0:2": "left out"}
    assert len(few.command.list()) == 2  # the other pipeline's letter about the same record is open still
    text = few.command.text("replay", "--to-topic", code=1)
    assert "a letter of 'another', not of this pipeline" in text and "'elsewhere' is none of this pipeline's topics" in text
    assert few.command.outcomes("--to-sink", "--foreign", "0:1") == {"0:1": "applied"}


def test_a_letter_cannot_be_sent_to_where_letters_are(few):
    """Whoever may write to the dead letter topic may write any origin into a header."""
    few.letters_of(event(1))
    few.command.text("discard", "--reason", "makes the state topic", "--yes", "0:0")
    for topic in (few.dlq, f"{few.dlq}.state"):
        few.kafka.produce(few.dlq, [b'{"outcome":"discarded"}'], keys=[b"0:9"],
                          headers=sluice_headers(topic, 0, 1, "x", few.name))
    before = few.kafka.ends(few.dlq), few.kafka.ends(f"{few.dlq}.state")
    assert set(few.command.outcomes("--to-topic", "--foreign", code=1).values()) == {"left out"}
    assert (few.kafka.ends(few.dlq), few.kafka.ends(f"{few.dlq}.state")) == before


def test_a_letter_that_cannot_be_sent_holds_up_no_other(few):
    few.letters_of(event(1))
    few.kafka.produce(few.dlq, [event(2)], headers=sluice_headers(few.topics[0], 99, 1, "x", few.name))  # no such partition
    few.letters_of(event(3), first=2)
    assert few.command.outcomes("--to-topic", code=1) == {"0:0": "replayed", "0:1": "left out", "0:2": "replayed"}
    assert len(few.kafka.read(few.topics[0], 2)) == 2 and len(few.command.list()) == 1


def test_decisions_are_about_what_failed_before_them(few):
    """A record that fails again after it was decided on, and a topic that is made anew, are listed."""
    few.letters_of(event(1))
    few.command.text("discard", "--yes", "--reason", os.fsdecode(b"caf\xe9"), "0:0")
    assert few.command.list() == []
    few.kafka.produce(few.dlq, [event(1)], headers=sluice_headers(few.topics[0], 0, 0, "x.y", few.name))  # came late
    assert few.command.list() == []
    few.kafka.produce(few.dlq, [event(1)], headers=sluice_headers(few.topics[0], 0, 0, "x.y", few.name,
                                                                 at="2999-01-01T00:00:00.000Z"))
    assert [e["letter"]["offset"] for e in few.command.list()] == [2]
    (entry,) = [e for e in few.command.list("--all") if e["letter"]["offset"] == 0]
    assert entry["decision"]["reason"] == "caf\\xe9"


def test_a_sink_that_is_away_leaves_letters_as_they_were(few):
    few.letters_of(event(1), event(2))
    away = Dlq(few.ini(uri="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300"))
    assert "[sink.images] cannot be opened" in away.refusal("replay", "--to-sink", code=3)
    assert len(few.command.list()) == 2 and not few.kafka.has_topic(f"{few.dlq}.state")


def test_a_broker_that_goes_away_ends_a_replay_which_goes_on_later(mongod):
    with Kafka() as kafka:
        pipeline = Pipeline(kafka, mongod)
        topic = pipeline.topic()
        pipeline.make_dlq()
        command = Dlq(pipeline.ini(kafka="\n[kafka.producer]\nmessage.timeout.ms = 3000\n"))
        for number in range(400):
            kafka.produce(pipeline.dlq, [event(number)], headers=sluice_headers(topic, 0, number, "x.y", pipeline.name))
        child = subprocess.Popen([binary(), *map(str, command.arguments("replay", "--to-sink", "--yes", "--verbose"))],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(50):
            assert "applied" in child.stdout.readline()
        kafka.brokers[0].process.freeze()
        out, error = child.communicate(timeout=90)
        kafka.brokers[0].process.thaw()
        kafka.wait()
        done = len(pipeline.documents(topic))
        if child.returncode == 0:  # it was quicker
            assert done == 400
        else:
            assert child.returncode == 3 and "has not taken the last" in error and "not tried" in error
        left = len(command.list())
        assert left <= 400 - done + 101  # what may have been applied without a decision that is kept
        if left:
            assert set(command.outcomes("--to-sink", "--yes").values()) == {"applied"}
        assert len(pipeline.documents(topic)) == 400 and command.list() == []


# ---- To a topic ---------------------------------------------------------------------------------------------


def test_a_letter_goes_back_to_its_topic_and_comes_again_if_it_fails_again(few):
    few.kafka.produce(few.topics[0], [b"{", event(1)], headers=[("trace", b"7"), ("secret", b"s")])
    with Sluice(few.ini()) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 1)
        for count in range(1, 3):
            (entry,) = few.command.list()
            assert entry["replay_count"] == count - 1 and tuple(entry["origin"].values()) == (few.topics[0], 0, 0)
            few.command.text("replay", "--to-topic", "--header-deny", "sec*", "--max-replay-count", "2")
            sluice.wait_total("sluice_records_dead_lettered_total", count + 1)
            wait_until("the next letter", lambda: len(few.command.list()) == 1)
        assert "replayed 2 times already" in few.command.text("replay", "--to-topic", "--max-replay-count", "2", code=1)
        sluice.stop()
    (entry,) = few.command.list()
    names = [header["name"]["text"] for header in entry["headers"]]
    assert entry["replay_count"] == 2 and names.count("__connect.errors.topic") == 1 and names[0] == "trace"
    assert "secret" not in names and few.command.stats()["decided"] == 2
    assert [m.headers() for m in few.kafka.read(few.topics[0])][2][0] == ("trace", b"7")


def test_header_lists_and_another_topic(few):
    few.letters_of(event(1), headers=[("keep-a", b"1"), ("keep-b", None), ("drop", b"3")])
    other = few.kafka.create_topic(f"{few.name}-other")
    few.command.text("replay", f"--to-topic={other}", "--header-allow", "keep-*", "--header-deny", "*-b")
    (message,) = few.kafka.read(other, 1)
    assert message.key() == b"k" and message.value() == event(1)
    assert [name for name, _ in message.headers() if not name.startswith("__")] == ["keep-a"]


# ---- Many of them -------------------------------------------------------------------------------------------


def test_an_interrupted_replay_says_what_was_done_and_goes_on_with_the_rest(few):
    few.kafka.produce(few.dlq, [event(i) for i in range(60)],
                      headers=None)
    child = subprocess.Popen([binary(), *map(str, few.command.arguments(
        "replay", "--to-sink", "--as-topic", few.topics[0], "--rate", "20", "--verbose", "--yes"))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(5):
        assert "applied" in child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, error = child.communicate(timeout=20)
    done = len(few.documents(few.topics[0]))
    assert child.returncode == 130 and 5 <= done < 60, error
    assert f"{done} letters: {done} applied; {60 - done} not tried, the same command goes on with them" in error
    assert len(few.command.list()) == 60 - done
    few.command.text("replay", "--to-sink", "--as-topic", few.topics[0])
    assert len(few.documents(few.topics[0])) == 60 and few.command.list() == []


def test_a_second_signal_ends_it_at_once(few):
    few.letters_of(event(1), event(2))
    few.mongod.process.freeze()
    try:
        child = subprocess.Popen([binary(), *map(str, few.command.arguments("replay", "--to-sink"))],
                                 stderr=subprocess.PIPE)
        time.sleep(2)
        child.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=10)
        assert child.returncode in (143, -signal.SIGTERM)
    finally:
        few.mongod.process.thaw()
    assert len(few.command.list()) == 2


def test_many_letters_are_confirmed_on_a_terminal(few):
    few.letters_of(*(event(i) for i in range(4)))
    arguments = ("replay", "--to-sink", "--confirm-above", "3")
    assert "would ask: send 4 letters to the sink images; there is no terminal to ask on, so give --yes" \
        in few.command.refusal(*arguments)
    for answer, code, left in ((b"n\n", 2, 4), (b"y\n", 0, 0)):
        terminal, end = pty.openpty()
        child = subprocess.Popen([binary(), *map(str, few.command.arguments(*arguments))], stdin=end,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.write(terminal, answer)
        _, error = child.communicate(timeout=20)
        assert child.returncode == code and b"send 4 letters to the sink images? [y/N]" in error
        os.close(terminal)
        os.close(end)
        assert len(few.command.list()) == left


def test_after_a_mended_configuration_only_superseded_documents_differ_and_their_letters_say_so(pipeline, mongod):
    """A wrong conversion turns every event that names a disease into a letter, while others of the same keys go on."""
    leaves = Leaves(seed=5, topics=[pipeline.topic(plant) for plant in ("potato", "tomato", "pepper")])
    pipeline.make_dlq()
    broken = pipeline.lims_ini("errors.deadletterqueue.max.consecutive = 0", transform="convert.disease = date")
    with mongod.client() as client:
        populate(client, leaves, 30)
        ImageApi(client, pipeline.kafka.producer(), leaves).run(1500)
        with Sluice(broken) as sluice:
            wait_until("all events", lambda: sluice.total("sluice_records_stored_total") +
                       sluice.total("sluice_records_dead_lettered_total") == 1500, 60)
            assert sluice.stop() == 0
        command = Dlq(pipeline.lims_ini())
        letters = {(e["letter"]["partition"], e["letter"]["offset"]): e for e in command.list()}
        assert len(letters) > 100 and compare(client, topics=leaves.topics).differences
        assert {line["outcome"] for line in command.lines("test")} == {"would pass"}
        outcomes = command.outcomes("--to-sink", "--yes")
        result = compare(client, topics=leaves.topics)
    assert len(outcomes) == len(letters) and set(outcomes.values()) <= {"applied", "filled", "stale"}
    told = set()  # (collection, id) of the letters that changed nothing, or not all
    for letter, outcome in outcomes.items():
        if outcome != "applied":
            entry = json.loads(command.text("show", "--json", letter))
            value = json.loads(entry["value"]["text"])
            told.add((entry["origin"]["topic"], value["id"]))
    for difference in result.differences:
        topic, number = re.match(r"imagecolplant(\S+) id (\d+):", difference).groups()
        assert (topic, int(number)) in told, difference
    assert {outcome for outcome in outcomes.values()} >= {"applied", "stale"}
    assert len(command.list()) == sum(outcome == "stale" for outcome in outcomes.values())
