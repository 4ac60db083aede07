"""One bad record costs one dead letter: never its neighbours, never the task."""

import json

from rig.process import wait_until
from rig.sluice import Sluice, sluice as command

DEEP = 120

BAD = {
    "json.invalid": b'{"id":1,',
    "json.duplicate-name": b'{"id":1,"a":1,"a":2}',
    "json.type": b'{"id":true}',
    "json.hex": b'{"id":1,"data":"0g"}',
    "json.missing-field": b'{"camera_id":1}',
    "json.date": b'{"id":1,"updated_at":"2023-02-29T00:00:00"}',
    "json.utf8": b'{"id":1,"disease":"\xff"}',
    "json.too-deep": b'{"id":1,"d":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "json.empty": b"",
    "record.null-value": None,
    "json.not-object": b"[1]",
    "json.number-range": b'{"id":9223372036854775808}',
    "json.schema-framed": b'\x00\x00\x00\x00\x01{"id":1}',
    "mongodb.id-field": b'{"id":1,"_id":5}',
    "mongodb.field-name": b'{"id":1,"a.b":5}',
}


def good(number):
    return json.dumps({"id": number, "updated_at": "2023-10-08T15:39:49.123123", "data": "ffd8" * 10}).encode()


def test_each_kind_of_bad_event_gives_one_letter_and_every_good_one_is_stored(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    values, expected = [], []
    for number in range(5000):
        values.append(good(number))
        if number % 100 == 50:  # 1 % of each kind
            for code, value in BAD.items():
                stage = "TASK_PUT" if code.startswith("mongodb.") else "TRANSFORMATION"
                expected.append((code, stage, topic, 0, len(values)))
                values.append(value)
    pipeline.kafka.produce(topic, values)
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_stored_total", 5000)
        sluice.wait_total("sluice_records_dead_lettered_total", len(expected))
        wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0)
        assert sluice.total("sluice_records_rejected_total") == len(expected)
        assert sluice.stop() == 0
    assert sorted(pipeline.letters()) == sorted(expected)
    assert set(pipeline.documents(topic)) == set(range(5000))
    assert pipeline.kafka.committed(pipeline.group, topic) == [len(values)]


def test_documents_that_are_too_large_are_letters_and_their_neighbours_are_stored(pipeline):
    topic = pipeline.topic(max_message_bytes=110000000)
    pipeline.make_dlq()
    sizes = (16 * 2**20 + 5000, 16 * 2**20 + 20000, 49_000_000)
    values = [good(1)]
    for number, size in enumerate(sizes):
        values += [b'{"id":%d,"text":"%s"}' % (100 + number, b"x" * size), good(2 + number)]
    values.append(b'{"id":200,"validated":"no"}')
    pipeline.kafka.produce(topic, values)
    with pipeline.mongod.client() as client:
        client[pipeline.name].create_collection(f"images-{topic}", validator={"validated": {"$ne": "no"}})
    with Sluice(pipeline.ini(kafka="fetch.wait.max.ms = 100")) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 4)
        sluice.wait_total("sluice_records_stored_total", 4)
        assert sluice.total("sluice_puts_total") < 20
        assert sluice.stop() == 0
    assert sorted(pipeline.letters()) == [*(("mongodb.document-too-large", "TASK_PUT", topic, 0, offset)
                                            for offset in (1, 3, 5)), ("mongodb.validation", "TASK_PUT", topic, 0, 7)]
    assert set(pipeline.documents(topic)) == {1, 2, 3, 4}


def test_a_letter_keeps_key_value_headers_and_timestamp_byte_for_byte(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    headers = [("trace", None), ("k", b"a"), ("k", b"b"), ("bin", b"\x00\xff\x80"), ("empty", b""), ("", b"no name"),
               ("long", b"x" * 10000)]
    producer = pipeline.kafka.producer()
    for key in (None, b"", b"\x00\xff\x0a"):
        producer.produce(topic, value=b"not json", key=key, headers=headers, timestamp=1700000000123)
    producer.produce(topic, value=b"", key=b"empty")
    assert producer.flush(30) == 0
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 4)
        assert sluice.stop() == 0
    letters = sorted(pipeline.kafka.read(pipeline.dlq), key=lambda m: m.key() or b"~")
    assert {letter.key() for letter in letters} == {None, b"", b"\x00\xff\x0a", b"empty"}
    for letter in letters:
        own = [(name, value) for name, value in letter.headers() or []
               if not name.startswith(("__connect.", "__sluice."))]
        if letter.key() == b"empty":
            assert letter.value() == b"" and own == []
        else:
            assert letter.value() == b"not json" and own == headers and letter.timestamp()[1] == 1700000000123


def test_try_agrees_with_run_on_every_bad_event(pipeline, tmp_path):
    config = tmp_path / "pipeline.ini"
    pipeline.topics = ["potato"]
    config.write_text(pipeline.ini())
    for code, value in BAD.items():
        if value is None:
            continue
        event = tmp_path / "event.json"
        event.write_bytes(value)
        done = command("try", "-c", config, "--whole", event)
        assert done.returncode == 1 and done.stdout.decode(errors="replace").startswith(f"REJECT {code}: "), done


def test_tolerance_none_fails_the_task_without_a_letter_and_goes_on_when_the_cause_is_gone(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [good(1), b'{"id":2,"validated":"no"}', good(3)])
    with pipeline.mongod.client() as client:
        database = client[pipeline.name]
        database.create_collection(f"images-{topic}", validator={"validated": {"$ne": "no"}})
        ini = pipeline.ini().replace("errors.tolerance = all", "errors.tolerance = none")
        with Sluice(ini) as sluice:
            wait_until("the task to be FAILED", lambda: "mongodb.validation" in sluice.cause("task-0"))
            assert pipeline.kafka.committed(pipeline.group, topic)[0] in (None, 0, 1)
            database.command("collMod", f"images-{topic}", validator={})
            wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0 and
                       len(pipeline.documents(topic)) == 3)
            assert sluice.stop() == 0
    assert pipeline.letters() == []


def test_a_stream_of_letters_is_stopped_and_told_until_something_is_stored(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [b'{"id":%d,"validated":"no"}' % n for n in range(6)])
    with pipeline.mongod.client() as client:
        database = client[pipeline.name]
        database.create_collection(f"images-{topic}", validator={"validated": {"$ne": "no"}})
        ini = pipeline.ini("errors.deadletterqueue.max.consecutive = 2\nerrors.deadletterqueue.pause.ms = 500")
        with Sluice(ini) as sluice:
            wait_until("the breaker", lambda: "errors.deadletterqueue.max.consecutive" in sluice.cause("breaker-0"))
            database.command("collMod", f"images-{topic}", validator={})
            sluice.wait_total("sluice_records_stored_total", 4)
            wait_until("the breaker to be closed", lambda: sluice.ready()[0] and sluice.cause("breaker-0") == "")
            assert sluice.stop() == 0
    assert len(pipeline.letters()) == 2


def test_without_a_dead_letter_topic_the_error_log_has_each_bad_event_and_its_offset_is_committed(pipeline):
    topic = pipeline.topic()
    pipeline.kafka.produce(topic, [b'{"id":0}', b"not JSON", b'{"id":1}', b'{"name":"nobody"}', b'{"id":2}'])
    ini = pipeline.ini("errors.log.enable = true").replace(f"errors.deadletterqueue.topic.name = {pipeline.dlq}\n", "")
    with Sluice(ini) as sluice:
        wait_until("all committed", lambda: pipeline.kafka.committed(pipeline.group, topic) == [5])
        told = [line for line in sluice.text().splitlines() if "json." in line]
        assert sluice.stop() == 0
    assert len(told) == 2, told
    for line, code, offset in zip(told, ("json.invalid", "json.missing-field"), (1, 3)):
        assert code in line and topic in line and f"{offset}" in line, line
    assert sorted(pipeline.documents(topic)) == [0, 1, 2]


def test_tombstones_delete_when_the_pipeline_says_so(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    keys = [b"1", b"2", b"3", b"2", b"9", None]
    pipeline.kafka.produce(topic, [b'{"id":1}', b'{"id":2}', b'{"id":3}', None, None, None], keys=keys)
    with Sluice(pipeline.ini("null.values = delete", sink="null.key.type = int")) as sluice:
        wait_until("all committed", lambda: pipeline.kafka.committed(pipeline.group, topic) == [6])
        assert sluice.total("sluice_mongodb_image_documents_deleted_total") == 1
        assert sluice.stop() == 0
    assert sorted(pipeline.documents(topic)) == [1, 3]
    assert pipeline.letters(1) == [("mongodb.missing-key", "TASK_PUT", topic, 0, 5)]
