"""`validate --connect`: what the servers would refuse or lose, told before the run, with nothing changed."""

import json
import socket
import struct
import time

import pytest
from confluent_kafka import Consumer

from conftest import Pipeline
from rig.process import wait_until
from rig.sluice import Sluice, sluice


class Asked:
    """What one `validate --connect` said."""

    def __init__(self, folder, ini, *arguments):
        self.path = folder / "pipeline.ini"
        self.path.write_text(ini)
        began = time.monotonic()
        done = sluice("validate", "-c", self.path, "--connect", *arguments)
        self.seconds = time.monotonic() - began
        self.code, self.fine, self.problems = done.returncode, done.stdout.decode(), done.stderr.decode().splitlines()

    def at(self, option, severity="error"):
        """The problems at the line of an option."""
        line = 1 + next(i for i, text in enumerate(self.path.read_text().splitlines()) if text.startswith(option))
        start = f"{self.path}:{line}: {severity}: "
        return [text.removeprefix(start) for text in self.problems if text.startswith(start)]


@pytest.fixture
def ask(tmp_path):
    return lambda ini, *arguments: Asked(tmp_path, ini, *arguments)


def test_a_pipeline_whose_servers_are_fine_is_fine_and_nothing_is_changed(pipeline, ask):
    topics = [pipeline.topic("potato", partitions=3), pipeline.topic("tomato")]
    pipeline.kafka.create_topic(pipeline.dlq, max_message_bytes=110000000, retention_ms=-1)
    asked = ask(pipeline.ini())
    assert (asked.code, asked.problems) == (0, []), asked.problems
    assert asked.fine.splitlines() == [
        f"ok   broker 1 at {pipeline.kafka.bootstrap} (plaintext)", f"ok   topic {topics[0]}: 3 partitions",
        f"ok   topic {topics[1]}: 1 partition", f"ok   group {pipeline.group}: no members",
        f"ok   dead letter topic {pipeline.dlq}: there, and ours to write", "ok   [transform.event] json-event opens",
        "ok   [sink.images] mongodb-image finds all that it needs", f"{pipeline.name}: fine"]
    groups = pipeline.kafka.admin().list_consumer_groups().result(10).valid
    assert pipeline.group not in [group.group_id for group in groups]
    assert not pipeline.kafka.has_topic(f"{pipeline.dlq}.state") and pipeline.kafka.ends(pipeline.dlq) == [0]
    with pipeline.mongod.client() as client:
        assert pipeline.name not in client.list_database_names()


def test_mistakes_in_the_files_come_first_and_no_server_is_asked(pipeline, ask):
    pipeline.topics.append("anything")
    asked = ask(pipeline.ini("tasks.max = two"))
    assert asked.code == 2 and len(asked.problems) == 1 and "ok " not in asked.fine


def test_a_misspelt_topic_is_told_with_its_line_and_the_name_that_is_there(pipeline, ask):
    potato, tomato = pipeline.topic("potato"), pipeline.topic("tomato")
    pipeline.make_dlq()
    asked = ask(pipeline.ini(topics=[potato, tomato + "e"]))
    assert asked.code == 3 and asked.at("topics") == [f"topic {tomato}e does not exist ({tomato} exists)"]
    assert f"ok   topic {potato}: 1 partition" in asked.fine


def test_topics_regex_is_asked_for_what_matches(pipeline, ask):
    topics = [pipeline.topic("potato"), pipeline.topic("pepper")]
    pipeline.make_dlq()
    ini = pipeline.ini().replace(f"topics = {', '.join(topics)}", f"topics.regex = {pipeline.name}-p.*")
    assert all(f"ok   topic {topic}: 1 partition" in ask(ini).fine for topic in topics)
    asked = ask(ini.replace("-p.*", "-q.*"))
    assert asked.code == 3
    assert asked.at("topics.regex") == [f"no topic that is there, and ours to see, matches topics.regex = {pipeline.name}-q.*"]


def test_a_group_whose_members_assign_otherwise_is_a_warning(pipeline, ask):
    topic = pipeline.topic()
    pipeline.kafka.create_topic(pipeline.dlq, max_message_bytes=110000000, retention_ms=-1)
    member = Consumer({"bootstrap.servers": pipeline.kafka.bootstrap, "group.id": pipeline.group,
                       "partition.assignment.strategy": "range"})
    member.subscribe([topic])
    try:
        wait_until("an assignment", lambda: member.poll(0.1) or member.assignment())
        asked = ask(pipeline.ini())
        assert asked.code == 0 and len(asked.problems) == 1, asked.problems
        assert (f"warning: group {pipeline.group} has 1 member with partition.assignment.strategy = range, ours is "
                "cooperative-sticky") in asked.problems[0]
    finally:
        member.close()


def join_as(kafka, group, kind):
    """A member of a group that is none of consumers: JoinGroup version 2, as kafka: JoinGroupRequest.json has it."""
    def text(value):
        return struct.pack(">h", len(value)) + value.encode()

    request = (struct.pack(">hhi", 11, 2, 1) + text("test") + text(group) + struct.pack(">ii", 30000, 30000) + text("") +
               text(kind) + struct.pack(">i", 1) + text("default") + struct.pack(">i", 0))
    member = socket.create_connection(("127.0.0.1", kafka.brokers[0].port), 10)
    member.sendall(struct.pack(">i", len(request)) + request)
    assert struct.unpack_from(">h", member.recv(4096), 12)[0] == 0
    return member


def test_a_group_in_use_by_something_else_is_told(pipeline, ask):
    pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.committed(pipeline.group, pipeline.topics[0])  # from then on there is a coordinator
    with join_as(pipeline.kafka, pipeline.group, "connect"):
        asked = ask(pipeline.ini())
    assert asked.code == 3
    assert len(asked.at("[kafka]")) == 1 and f"group {pipeline.group} is in use, and not by consumers" in asked.at("[kafka]")[0]


def test_a_dead_letter_topic_that_is_missing_or_would_lose_letters_is_told(pipeline, ask):
    topic = pipeline.topic(max_message_bytes=5000000)
    option = "errors.deadletterqueue.topic.name"
    asked = ask(pipeline.ini())
    assert asked.code == 3 and f"the dead letter topic {pipeline.dlq} does not exist" in asked.at(option)[0]
    pipeline.kafka.create_topic(pipeline.dlq, cleanup_policy="compact,delete", retention_ms=3600000, retention_bytes=1000000,
                                max_message_bytes=1000000, min_insync_replicas=2, message_timestamp_before_max_ms=1000)
    pipeline.kafka.create_topic(f"{pipeline.dlq}.state")
    asked = ask(pipeline.ini())
    assert asked.code == 3 and [text.split(": ")[0] for text in asked.at(option)] == [
        f"the dead letter topic {pipeline.dlq} has cleanup.policy = compact",
        f"the dead letter topic {pipeline.dlq} has min.insync.replicas = 2 and a replication factor of 1"], asked.problems
    assert [text.split(":")[0] for text in asked.at(option, "warning")] == [
        f"the dead letter topic {pipeline.dlq} has retention.ms = 3600000, which counts from the record's own time",
        f"the dead letter topic {pipeline.dlq} has retention.bytes = 1000000",
        f"the dead letter topic {pipeline.dlq} has message.timestamp.before.max.ms = 1000",
        f"{pipeline.dlq}.state, where decisions about letters are kept, is not compacted",
        f"the dead letter topic {pipeline.dlq} has max.message.bytes = 1000000, topic {topic} 5000000"], asked.problems


def test_doubled_keys_are_named_for_every_topic_before_a_task_fails_over_them(pipeline, ask):
    potato, tomato, pepper = pipeline.topic("potato"), pipeline.topic("tomato"), pipeline.topic("pepper")
    pipeline.make_dlq()
    with pipeline.mongod.client() as client:
        database = client[pipeline.name]
        database[f"images-{potato}"].insert_many([{"id": 1}, {"id": 1}, {"id": 2}])
        database[f"images-{tomato}"].insert_many([{"id": 7}, {"id": 7}])
        database[f"images-{pepper}"].create_index("id")
        asked = ask(pipeline.ini())
        told = asked.at("plugin = mongodb-image")
        assert asked.code == 3 and len(told) == 3, asked.problems
        assert f"images-{potato} has several documents with one id" in told[0] and '"_id" : 1' in told[0]
        assert f"images-{tomato} has several documents with one id" in told[1] and '"_id" : 7' in told[1]
        assert f"images-{pepper} has an index id_1 that is in the way of the unique one on id" in told[2]
        assert "id_1" not in database[f"images-{potato}"].index_information()
    assert ask(pipeline.ini(sink="unique.index = off")).at("plugin = mongodb-image") == []


def test_too_many_documents_to_look_for_doubled_keys_are_a_warning(pipeline, ask):
    topic = pipeline.topic()
    pipeline.kafka.create_topic(pipeline.dlq, max_message_bytes=110000000, retention_ms=-1)
    pipeline.mongod.fail_command({"times": 1}, failCommands=["aggregate"], errorCode=50)  # MaxTimeMSExpired
    asked = ask(pipeline.ini())
    assert asked.code == 0 and len(asked.problems) == 1, asked.problems
    assert asked.at("plugin = mongodb-image", "warning") == [
        f"[sink.images] {pipeline.name}.images-{topic}: not looked for doubled keys: too many documents for the time there is"]


def test_servers_that_do_not_answer_are_told_both_and_in_time(pipeline, ask):
    pipeline.topics.append("potato")
    asked = ask(pipeline.ini(uri="mongodb://nobody.leaf.invalid/").replace(pipeline.kafka.bootstrap, "nobody.leaf.invalid:9092"))
    assert asked.code == 3 and asked.seconds < 10
    assert asked.at("bootstrap.servers") == ["nobody.leaf.invalid:9092 does not resolve here (Name or service not known)"]
    assert "Failed to resolve 'nobody.leaf.invalid'" in asked.at("plugin = mongodb-image")[0]
    assert "-    topics and group: no broker to ask" in asked.fine


def test_a_sink_that_hangs_is_given_up_and_named(pipeline, ask):
    pipeline.topic()
    pipeline.make_dlq()
    pipeline.mongod.process.freeze()
    try:
        asked = ask(pipeline.ini(uri=pipeline.mongod.uri + "&connectTimeoutMS=60000&serverSelectionTimeoutMS=60000"),
                    "--timeout", "1 s")
    finally:
        pipeline.mongod.process.thaw()
    assert asked.code == 3 and asked.seconds < 10
    assert any("no answer in time from mongodb-image [sink.images] verify()" in text for text in asked.problems), asked.problems


def test_problems_are_to_be_had_as_json(pipeline, ask):
    pipeline.topics.append(f"{pipeline.name}-potato")
    asked = ask(pipeline.ini(), "--json")
    told = json.loads(asked.fine)
    assert asked.code == 3 and [problem["severity"] for problem in told] == ["error", "error"]
    assert told[0]["message"].startswith(f"topic {pipeline.name}-potato does not exist")


# ---- An advertised name that nobody knows ------------------------------------------------------------------------


SENTENCE = ("the bootstrap server answers, but {} advertises {}, which does not resolve here "
            "(Name or service not known): look at the broker's advertised.listeners")


def test_an_advertised_name_that_does_not_resolve_is_told_and_waited_for(secure_kafka, mongod, tmp_path, ask):
    pipeline = Pipeline(secure_kafka, mongod)
    topic = pipeline.topic()
    pipeline.make_dlq()
    secure_kafka.produce(topic, [b'{"id":1}'])
    name = f"kafka-service.leaf.invalid:{secure_kafka.ports['LOST']}"
    ini = pipeline.ini().replace(secure_kafka.bootstrap, f"127.0.0.1:{secure_kafka.ports['LOST']}")
    asked = ask(ini)
    assert asked.code == 3 and asked.seconds < 15 and asked.at("bootstrap.servers") == [SENTENCE.format("broker 1", name)], asked.problems
    # A look-alike of /etc/hosts for this process alone, which learns the name later.
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    hosted = ("unshare", "--map-root-user", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh")
    sentence = SENTENCE.format("the group coordinator", name)
    with Sluice(ini, command=hosted) as run:
        wait_until("the same sentence on /ready", lambda: run.cause("broker") == sentence)
        time.sleep(3)
        assert run.cause("broker") == sentence and run.get("/live")[0] == 200
        assert run.text().count(sentence) == 1
        with hosts.open("a") as file:
            file.write("127.0.0.1 kafka-service.leaf.invalid\n")
        run.wait_total("sluice_records_stored_total", 1)
        wait_until("/ready", lambda: run.ready()[0])
        assert run.stop() == 0
