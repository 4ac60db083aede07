"""`sluice import`: a Kafka Connect configuration becomes an INI that does the same, or says what it does not."""

import json

import pytest

from rig.connect import Connect
from rig.process import wait_until
from rig.sluice import Sluice, TOP, sluice

FIXTURES = TOP / "tests" / "unit" / "fixtures" / "connect"
STRATEGIES = "com.mongodb.kafka.connect.sink"
GOOD = {
    "name": "plants",
    "connector.class": "com.mongodb.kafka.connect.MongoSinkConnector",
    "topics": "potato",
    "connection.uri": "mongodb://mongo/",
    "database": "plants",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "document.id.strategy": f"{STRATEGIES}.processor.id.strategy.PartialValueStrategy",
    "document.id.strategy.partial.value.projection.list": "id",
    "document.id.strategy.partial.value.projection.type": "AllowList",
    "writemodel.strategy": f"{STRATEGIES}.writemodel.strategy.ReplaceOneBusinessKeyStrategy",
}


def import_(tmp_path, config, *options):
    """What the command ended with, and the file it made."""
    done = sluice("import", *options, "-", stdin=json.dumps(config).encode())
    made = tmp_path / "imported.ini"
    made.write_bytes(done.stdout)
    return done, made


def findings(done):
    return done.stderr.decode().splitlines()


@pytest.mark.parametrize("name", ["business-key.json", "timestamps.json", "standalone.properties"])
def test_what_has_a_counterpart_is_imported_into_a_file_that_validates(tmp_path, name):
    """Beside a worker's file too, whose secrets are files of a folder."""
    (tmp_path / "kafka-password").write_text("secret\n")
    worker = tmp_path / "worker.properties"
    worker.write_text((FIXTURES / "worker.properties").read_text().replace("/run/secrets", str(tmp_path)))
    for options in (["--bootstrap-servers", "localhost:9092"], ["--worker", worker]):
        done = sluice("import", *options, FIXTURES / name)
        assert done.returncode == 0, done.stderr.decode()
        made = tmp_path / "imported.ini"
        made.write_bytes(done.stdout)
        checked = sluice("validate", "-c", made, env={"MONGODB_PASSWORD": "secret"})
        assert checked.returncode == 0, checked.stderr.decode() + made.read_text()


@pytest.mark.parametrize("change, empty", [
    ({"name": ""}, "[pipeline] name is empty"),
    ({"topics": ""}, "[pipeline] topics is empty"),
    ({"topics": "", "topics.regex": r"(?!internal)\w+"}, "[pipeline] topics.regex is empty"),
    ({"connector.class": "com.example.OtherSink"}, "[sink.mongodb] plugin is missing"),
    ({"connection.uri": ""}, "[sink.mongodb] connection.uri is empty"),
    ({"document.id.strategy": "BsonOidStrategy"}, "[sink.mongodb] key.field: got ''"),
    ({"writemodel.strategy": "DeleteOneBusinessKeyStrategy"}, "[sink.mongodb] key.field: got ''"),
    ({"topics": "a,b", "topic.override.a.collection": "x"}, "[sink.mongodb] collection: got ''"),
    ({"connection.uri": "mongodb://u:${file:/etc/mongo.properties:password}@mongo/"}, "/etc/mongo.properties:password"),
])
def test_what_would_be_a_guess_is_left_to_be_set_and_validate_refuses_it(tmp_path, change, empty):
    done, made = import_(tmp_path, {**GOOD, **change}, "--bootstrap-servers", "localhost:9092")
    assert done.returncode == 1 and findings(done)[0].startswith(("import: no counterpart: ", "import: to be set: "))
    checked = sluice("validate", "-c", made)
    assert checked.returncode == 2 and empty in checked.stderr.decode(), checked.stderr.decode() + made.read_text()


def test_everything_that_is_lost_is_told_each_by_its_name(tmp_path):
    done = sluice("import", FIXTURES / "sample.json")
    told = findings(done)
    assert done.returncode == 1
    for key in ("value.converter", "transforms.mask.type", "transforms.route.type", "post.processor.chain", "timeseries.timefield",
                "change.data.capture.handler", "delete.on.null.values", "errors.tolerence", "document.id.strategy",
                "consumer.override.ssl.truststore.location", "consumer.override.ssl.key.password"):
        assert sum(line.startswith(f"import: no counterpart: {key}") for line in told) == 1, (key, told)
    assert "S3cr3t" not in done.stderr.decode()
    assert any(line.startswith("import: advice: connection.uri: a secret in plain text") for line in told)
    assert told[-1] == "import: 12 without a counterpart, 2 to be set, 0 differ"


def test_every_key_there_is_has_a_row(tmp_path):
    """keys.txt: what the ConfigDefs of Kafka Connect 4.1.1, its clients and mongo-kafka 2.0.1 hold."""
    keys = (FIXTURES / "keys.txt").read_text().split()
    done, _ = import_(tmp_path, {**dict.fromkeys(keys, "x"), "connector.class": GOOD["connector.class"], "topics": "potato"})
    assert [line for line in findings(done) if "no key of Kafka Connect" in line] == []
    done, _ = import_(tmp_path, {**GOOD, "consumer.override.max.pol.records": "5"})
    assert findings(done)[0].startswith("import: no counterpart: consumer.override.max.pol.records: no key of Kafka Connect")


@pytest.mark.parametrize("text, why", [
    (b"{", "line 1, column 1: "),
    (b"[]", "got an array, wanted an object"),
    (b"{}", "no configuration in it"),
    (b'{"name": "a", "name": "b"}', "duplicate object key"),
    (b'{"topics": ["a"]}', "topics: got an array, wanted a string, a number or a boolean"),
    ('{"\\u001b\\u009b": null}'.encode(), r"\x1b\u009b: got null"),
    (b'{"name": "a", "config": {"name": "b"}}', "the name is 'a' beside the config and 'b' in it"),
])
def test_what_cannot_be_read_is_told_with_its_place(text, why):
    done = sluice("import", "-", stdin=text)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith("sluice import: -: ") and why in done.stderr.decode()


def test_a_connector_is_imported_and_goes_on_at_its_offsets(pipeline, mongod):
    """What Connect has stored is not consumed again, and what comes later is merged into it."""
    topic = pipeline.topic(partitions=2)
    pipeline.make_dlq()
    config = {"name": pipeline.name, "config": {
        **GOOD, "tasks.max": "2", "topics": topic, "connection.uri": mongod.uri, "database": pipeline.name,
        "collection": f"images-{topic}", "max.batch.size": 100, "errors.tolerance": "all",
        "errors.deadletterqueue.topic.name": pipeline.dlq, "errors.deadletterqueue.topic.replication.factor": 1}}
    config["config"].pop("name")
    events = [{"id": n % 100, "plant": "potato", "version": n} for n in range(300)]
    later = [{"id": n, "version": n} for n in range(50, 250)]

    def produce(some):
        pipeline.kafka.produce(topic, [json.dumps(event).encode() for event in some], [b"%d" % event["id"] for event in some])

    produce(events)
    connect = Connect(pipeline, mongod.uri, config=config)
    try:
        connect.start()
        wait_until("Connect to commit",
                   lambda: sum(n or 0 for n in pipeline.kafka.committed(pipeline.group, topic, 2)) == len(events), 180, 0.5)
    finally:
        connect.stop()
    assert pipeline.database[f"images-{topic}"].count_documents({"version": {"$type": "long"}}) == 100
    produce(later)
    pipeline.kafka.produce(topic, [b"no JSON"])

    done = sluice("import", "--worker", connect.worker, connect.connector)
    assert done.returncode == 0, done.stderr.decode()
    with Sluice(done.stdout.decode()) as imported:
        assert sluice("validate", "-c", imported.folder / "pipeline.ini").returncode == 0
        imported.wait_total("sluice_records_stored_total", 200)
        assert [code for code, *_ in pipeline.letters(1)] == ["json.invalid"]
        assert imported.total("sluice_records_consumed_total") == 201
        assert imported.stop() == 0
    expected = {event["id"]: event for event in events}
    for event in later:
        expected[event["id"]] = {**expected.get(event["id"], {}), **event}
    assert pipeline.documents(topic) == expected
    assert pipeline.database[f"images-{topic}"].count_documents({}) == 250
    assert pipeline.database[f"images-{topic}"].count_documents({"version": {"$type": "int"}}) == 200
