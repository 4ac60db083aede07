"""Dead letters listed, counted and explained: `sluice dlq ls | stats | show | test | export`."""

import base64
import collections
import json
import pathlib
import re
import signal
import subprocess
import time

import pytest

from conftest import Pipeline
from rig.connect import Connect
from rig.dlq import Dlq, sluice_headers, spring_headers
from rig.process import free_port, wait_until
from rig.sluice import Sluice, binary
from test_bad_events import BAD

CODES = {code: BAD[code] for code in list(BAD)[:9] + ["mongodb.id-field"]}
EACH = 1000
HOSTILE = b"<script>alert(1)</script>\x1b[2J\x00\xff\xe2\x80\xae\xc2\x85"


class Letters:
    """10,000 letters of ten codes over three topics, made by Sluice itself; `made` is what was produced."""

    def __init__(self, kafka, mongod):
        self.pipeline = Pipeline(kafka, mongod)
        self.pipeline.make_dlq()
        topics = [self.pipeline.topic(plant) for plant in ("potato", "tomato", "pepper")]
        self.made, values = [], collections.defaultdict(list)
        for number in range(EACH):
            for kind, (code, value) in enumerate(CODES.items()):
                topic = topics[(number + kind) % 3]
                self.made.append((code, topic, len(values[topic])))
                values[topic].append(value)
        for topic in topics:
            kafka.produce(topic, values[topic], keys=[str(i % 50).encode() for i in range(len(values[topic]))],
                          headers=[("batch", b"night"), ("trace", None)])
        self.ini = self.pipeline.ini("errors.deadletterqueue.max.consecutive = 0")
        with Sluice(self.ini) as sluice:
            sluice.wait_total("sluice_records_dead_lettered_total", len(self.made))
            self.counted = {code: sluice.total("sluice_records_dead_lettered_total", code=code) for code in CODES}
            assert sluice.stop() == 0
        self.topics = topics
        self.dlq = Dlq(self.ini)

    def count(self, **wanted):
        return sum(all(dict(code=c, topic=t, offset=o)[name] == value for name, value in wanted.items())
                   for c, t, o in self.made)


@pytest.fixture(scope="module")
def letters(kafka, mongod):
    return Letters(kafka, mongod)


@pytest.fixture
def few(pipeline):
    """A pipeline with an empty dead letter topic, and its command line."""
    pipeline.topic()
    pipeline.make_dlq()
    pipeline.command = Dlq(pipeline.ini())
    return pipeline


# ---- Counting -----------------------------------------------------------------------------------------


def test_stats_agree_with_what_was_produced_by_code_topic_stage_and_hour(letters):
    stats = letters.dlq.stats("--by", "code")
    assert {group["code"]: group["count"] for group in stats["groups"]} == {code: EACH for code in CODES}
    assert (stats["matched"], stats["read"], stats["repeats"]) == (10 * EACH, 10 * EACH, 0)
    assert letters.counted == {code: EACH for code in CODES}  # as the pipeline's own metrics have it
    stats = letters.dlq.stats("--by", "topic,code")
    assert len(stats["groups"]) == 30
    for group in stats["groups"]:
        assert group["count"] == letters.count(topic=group["topic"], code=group["code"]), group
    by_stage = {group["stage"]: group["count"] for group in letters.dlq.stats("--by", "stage")["groups"]}
    assert by_stage == {"TRANSFORMATION": 9 * EACH, "TASK_PUT": EACH}
    assert sum(group["count"] for group in letters.dlq.stats("--by", "hour")["groups"]) == 10 * EACH


def test_stats_mark_the_codes_that_are_new(letters):
    text = letters.dlq.text("stats", "--new-since", "1 h")
    assert len(re.findall(r"^json\..* new$", text, re.M)) == 9 and "█" in text and "oldest" in text
    assert " new\n" not in letters.dlq.text("stats", "--new-since", "2999-01-01")


FILTERS = [
    (("--code", "json.hex"), lambda code, topic, offset: code == "json.hex"),
    (("--code", "mongodb.*"), lambda code, topic, offset: code.startswith("mongodb.")),
    (("--stage", "task_put"), lambda code, topic, offset: code.startswith("mongodb.")),
    (("--topic", "*-tomato"), lambda code, topic, offset: topic.endswith("-tomato")),
    (("--topic", "*-tomato", "--offset", "10-19"), lambda code, topic, offset: "tomato" in topic and 10 <= offset <= 19),
    (("--topic", "*-pepper", "--offset", "-4"), lambda code, topic, offset: "pepper" in topic and offset <= 4),
    (("--partition", "1"), lambda code, topic, offset: False),
    (("--key", "7"), lambda code, topic, offset: offset % 50 == 7),
    (("--header", "batch"), lambda code, topic, offset: True),
    (("--header", "batch=night", "--code", "json.utf8"), lambda code, topic, offset: code == "json.utf8"),
    (("--header", "batch=day"), lambda code, topic, offset: False),
    (("--since", "1 h"), lambda code, topic, offset: True),
    (("--until", "1 h"), lambda code, topic, offset: False),
]


@pytest.mark.parametrize("filters,wanted", FILTERS, ids=[" ".join(f) for f, _ in FILTERS])
def test_each_filter_lets_through_what_it_says(letters, filters, wanted):
    expected = sorted((topic, offset, code) for code, topic, offset in letters.made if wanted(code, topic, offset))
    listed = letters.dlq.list(*filters)
    assert sorted((e["origin"]["topic"], e["origin"]["offset"], e["code"]) for e in listed) == expected
    assert letters.dlq.stats(*filters)["matched"] == len(expected)


def test_ls_lists_the_newest_first_and_says_that_there_are_more(letters):
    done = letters.dlq.run("ls")
    rows = done.stdout.decode().splitlines()
    assert rows[0].split()[:4] == ["LETTER", "FAILED", "AT", "(UTC)"] and len(rows) == 51
    assert rows[1].startswith(f"0:{10 * EACH - 1} ") and b"--limit" in done.stderr
    offsets = [entry["letter"]["offset"] for entry in letters.dlq.list("--limit", "200")]
    assert offsets == sorted(offsets, reverse=True)


def test_a_letter_is_found_by_the_record_it_is_about(letters):
    code, topic, offset = letters.made[4321]
    text = letters.dlq.text("show", f"{topic}:0:{offset}")
    assert re.search(rf"Code +{re.escape(code)}\n", text) and f"{topic}:0:{offset}" in text
    assert "trace = (null)" in text and "batch = night" in text
    assert "no such letter" in letters.dlq.refusal("show", f"{topic}:0:999999", code=1)


def test_test_tells_what_would_become_of_each(letters):
    done = letters.dlq.run("test", "--code", "json.date", "--limit", "5", "--json")
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 1 and [line["outcome"] for line in lines] == ["would be rejected"] * 5
    assert {line["code"] for line in lines} == {"json.date"} and b"5 would be rejected" in done.stderr
    mended = Dlq(letters.ini.replace("convert.updated_at = date\n", ""))
    assert all(line["outcome"] == "would pass" for line in mended.lines("test", "--code", "json.date", "--limit", "5"))
    assert letters.pipeline.documents(letters.topics[0]) == {}  # nothing was written


# ---- Letters of all kinds -------------------------------------------------------------------------------


def test_letters_of_other_systems_are_listed_with_what_they_tell(few):
    topic = few.topics[0]
    connect = [("__connect.errors.topic", topic.encode()), ("__connect.errors.partition", b"3"),
               ("__connect.errors.offset", b"99"), ("__connect.errors.connector.name", b"somebody-else"),
               ("__connect.errors.stage", b"VALUE_CONVERTER"), ("__connect.errors.exception.message", None),
               ("__connect.errors.exception.class.name", b"org.apache.kafka.connect.errors.DataException")]
    for headers in (connect, spring_headers(topic, 5, 2**40), [("__streams.errors.topic", b"s"),
                    ("__streams.errors.exception", b"java.lang.Boom"), ("__streams.errors.offset", b"x")],
                    [("k", b"a"), ("k", None), ("k", b"")], None):
        few.kafka.produce(few.dlq, [b"{}"], headers=headers)
    by_offset = {entry["letter"]["offset"]: entry for entry in few.command.list()}
    told = [(e["writer"], e["code"].rsplit(".", 1)[-1], e["origin"] and tuple(e["origin"].values()))
            for _, e in sorted(by_offset.items())]
    assert told == [("kafka-connect", "DataException", (topic, 3, 99)),
                    ("spring-kafka", "ListenerExecutionFailedException", (topic, 5, 2**40)),
                    ("kafka-streams", "Boom", ("s", None, None)), ("unknown", "unknown", None), ("unknown", "unknown", None)]
    assert [h["value"] for h in by_offset[3]["headers"]] == [{"text": "a"}, None, {"text": ""}]
    for offset in by_offset:
        assert f"Letter 0:{offset} of" in few.command.text("show", f"0:{offset}")
    assert "no header tells" in few.command.text("test", "0:4", code=1)
    assert "json.missing-field" in few.command.text("test", "--as-topic", topic, "0:4", code=1)


def test_letters_of_kafka_connect_itself_are_told_and_sent_again(few):
    topic, bad, good = few.topics[0], b'{"id": 1, ', b'{"id": 1, "disease": "Healthy"}'
    few.kafka.produce(topic, [bad], keys=[b"1"], headers=[("trace", b"7")])
    connect = Connect(few, few.mongod.uri).start()
    try:
        wait_until("Kafka Connect's letter", lambda: few.kafka.ends(few.dlq)[0] == 1, 90, 0.5)
    finally:
        connect.kill9()
    (entry,) = few.command.list()
    assert (entry["writer"], tuple(entry["origin"].values())) == ("kafka-connect", (topic, 0, 0))
    assert entry["code"].startswith(("org.apache.kafka.connect.", "org.bson.", "com.mongodb."))
    patched = few.command.config.parent / "letter.ndjson"
    line = json.loads(few.command.text("export"))
    line["value"] = {"text": good.decode()}
    patched.write_text(json.dumps(line))
    assert few.command.outcomes("--to-sink", "--from", str(patched)) == {"0:0": "applied"}
    assert few.documents(topic) == {1: {"id": 1, "disease": "Healthy"}} and few.command.list() == []


def test_hostile_bytes_reach_the_terminal_harmlessly(few):
    headers = [("x\x1b[31m", HOSTILE), ("bin", b"\x00\xff\x80")]
    headers += sluice_headers(HOSTILE[25:].decode("latin1"), 0, 1, "json.invalid", few.name, message=HOSTILE[:40].decode("latin1"))
    few.kafka.produce(few.dlq, [HOSTILE], keys=[HOSTILE], headers=headers)
    for output in (few.command.run("show", "0:0").stdout, few.command.run("ls").stdout,
                   few.command.run("test", "0:0").stdout, few.command.run("ls", "--json").stdout,
                   few.command.run("replay", "--to-sink", "0:0").stdout):
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", output), output
        assert "‮" not in output.decode() or b'"' in output[:2]  # valid UTF-8; only JSON may hold what turns the direction
    assert "\\x1b[2J\\x00\\xff\\u202e" in few.command.text("show", "0:0")
    assert few.command.run("show", "--raw", "0:0").stdout == HOSTILE


def test_null_empty_and_binary_are_told_apart(few):
    for key, value in ((None, None), (b"", b""), (b"\x00\xff\n", b"\xff\xd8\xff\xe0 a picture")):
        few.kafka.produce(few.dlq, [value], keys=[key], headers=sluice_headers(few.topics[0], 0, 7, "x", few.name))
    shown = [few.command.text("show", f"0:{i}") for i in range(3)]
    assert "Key        (null)" in shown[0] and "  (null)\n" in shown[0]
    assert "Key        (empty)" in shown[1] and "  (empty)\n" in shown[1]
    assert "Key        \\x00\\xff\\n" in shown[2] and "00000000  ff d8 ff e0" in shown[2]
    entries = [json.loads(few.command.text("show", "--json", f"0:{i}")) for i in range(3)]
    assert [entry["key"] for entry in entries] == [None, {"text": ""}, {"base64": base64.b64encode(b"\x00\xff\n").decode()}]
    assert [entry["value"] and set(entry["value"]) for entry in entries] == [None, {"text"}, {"base64"}]


def test_the_place_the_reason_speaks_of_is_marked_and_long_fields_are_folded(few):
    event = {"id": 1, "data": "ffd8ffe0" * 5000, "updated_at": "2023-02-29T00:00:00"}
    few.kafka.produce(few.topics[0], [json.dumps(event).encode(), b'{"id":1, "a" 2}'])
    with Sluice(few.ini()) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 2)
    text = few.command.text("show", "0:0")
    assert '"data": "<40000 hex digits: 20000 bytes of JPEG: ffd8ffe0ffd8ffe0…>"' in text
    assert '\n>   "updated_at": "2023-02-29T00:00:00"' in text
    text = few.command.text("show", "0:1")
    assert re.search(r'at byte (\d+):\n  \{"id":1, "a" 2}\n  ( +)\^\n', text), text
    match = re.search(r"at byte (\d+):\n.*\n  ( *)\^", text)
    assert len(match[2]) == int(match[1])


def test_two_letters_about_one_record_are_listed_once(few):
    """A record that is consumed again after a crash gives its letter again."""
    for _ in range(3):
        few.kafka.produce(few.dlq, [b"{"], headers=sluice_headers(few.topics[0], 0, 17, "json.invalid", few.name))
    assert [entry["letter"]["offset"] for entry in few.command.list()] == [2]
    stats = few.command.stats()
    assert (stats["matched"], stats["repeats"], stats["read"]) == (1, 2, 3)
    assert len(few.command.list("--all")) == 3
    few.command.text("discard", "--reason", "told once", "--yes", "0:1")
    assert few.command.list() == [] and few.command.stats()["decided"] == 3


def test_an_export_is_byte_exact(few):
    source = [(None, None), (b"", b""), (b"k\x00\xff", HOSTILE), ("ключ".encode(), '{"ä": "🥔"}'.encode()),
              (b"big", bytes(range(256)) * 1000)]
    own = [("trace", None), ("k", b"a"), ("k", b"b"), ("bin", b"\x00\xff\x80"), ("", b""), ("long", b"x" * 10240)]
    for i, (key, value) in enumerate(source):
        headers = own + sluice_headers(few.topics[0], 0, 100 + i, "x", few.name)
        few.kafka.produce(few.dlq, [value], keys=[key], headers=headers)
    before = few.kafka.read(few.dlq, len(source))
    file, copy = few.command.config.parent / "letters.ndjson", few.kafka.create_topic(f"{few.name}-copy",
                                                                                      max_message_bytes=10000000)
    few.command.text("export", "-o", str(file))
    few.command.text("replay", "--from", str(file), f"--to-topic={copy}")
    after = few.kafka.read(copy, len(source))
    assert [(m.key(), m.value(), m.timestamp()) for m in after] == [(m.key(), m.value(), m.timestamp()) for m in before]
    for message in after:
        assert [h for h in message.headers() if not h[0].startswith("__")] == own
    assert few.command.list() == []  # they are replayed


# ---- Refusals and long work -------------------------------------------------------------------------------


def test_refusals_say_what_was_got_and_what_is_wanted(letters, few):
    dlq = letters.dlq
    assert "wanted a letter as PARTITION:OFFSET" in dlq.refusal("show", "0;1")
    assert "which letter?" in dlq.refusal("show")
    assert "--offset: got 'x', wanted offsets: 17, 10-20" in dlq.refusal("ls", "--offset", "x")
    assert "--since: got 'yesterday', wanted a time in UTC" in dlq.refusal("ls", "--since", "yesterday")
    assert "--by: got 'color', wanted some of code" in dlq.refusal("stats", "--by", "color")
    assert "--limit: got '0'" in dlq.refusal("ls", "--limit", "0")
    assert "wanted one of --to-sink and --to-topic" in dlq.refusal("replay", "0:1")
    assert "give --reason" in dlq.refusal("discard", "0:1")
    assert "that is where dead letters are" in dlq.refusal("replay", f"--to-topic={letters.pipeline.dlq}", "0:1")
    assert "give --yes" in dlq.refusal("replay", "--to-sink")
    assert "did you mean stats" in dlq.refusal("stat")
    done = few.command.run("replay", "--to-sink", "--from", "-", "--yes", stdin=b'{"letter": 1}\n')
    assert done.returncode == 2 and b"-:1: letter: wanted" in done.stderr
    no_topic = Dlq(few.ini().replace(f"errors.deadletterqueue.topic.name = {few.dlq}\n", "errors.log.enable = true\n"))
    assert "this pipeline has no dead letters" in no_topic.refusal("ls")
    gone = Dlq(few.ini().replace(f"topic.name = {few.dlq}", "topic.name = nowhere.dlq"))
    assert "the topic nowhere.dlq does not exist" in gone.refusal("ls", code=3)
    away = Dlq(few.ini().replace(few.kafka.bootstrap, f"127.0.0.1:{free_port()}"))
    assert "Connection refused" in away.refusal("ls", code=3)


def test_a_scan_that_is_interrupted_ends_at_once_and_tells_nothing_of_a_part(letters):
    for delay in (0.05, 0.1, 0.2, 0.4):
        child = subprocess.Popen([binary(), *map(str, letters.dlq.arguments("stats"))], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        time.sleep(delay)
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=20)
        whole = b"10000 open letters match" in out  # it was quicker
        assert child.returncode in ((0, 130) if whole else (130, -signal.SIGINT)) and (whole or out == b"")


def test_help_is_there_for_every_verb(letters):
    from rig.sluice import sluice
    overview = sluice("dlq", "--help").stdout.decode()
    for verb in ("ls", "stats", "show", "test", "replay", "export", "discard"):
        assert re.search(rf"^  {verb} ", overview, re.M)
        text = sluice("dlq", verb, "--help").stdout.decode()
        assert f"Usage: sluice dlq {verb}" in text and "Examples:" in text and "--code=PATTERN" in text
