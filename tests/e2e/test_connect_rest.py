"""Kafka Connect's REST API on the admin listener: clients from PyPI drive it, beside Kafka Connect itself, and what it says
is what /ready says."""

import json
import time

import pytest
from kafka_connect.kafka_connect import KafkaConnect
from kafka_connect_api.kafka_connect_api import Api, Cluster
from kafkaconnect.connect import Connect as Kafkaconnect
from openapi_spec_validator import validate

from conftest import Pipeline
from rig.connect import Connect
from rig.mongodb import Mongod
from rig.process import wait_until
from rig.rest import OPENAPI, Rest, check_described, described, routes, shape
from rig.sluice import Sluice

OLD = "2023-10-08T15:39:49"


def numbered(numbers):
    return [json.dumps({"id": n, "updated_at": OLD}).encode() for n in numbers]


def offsets(topic, **at):
    """The body that names an offset for partitions: p0=5, p1=None."""
    return {"offsets": [{"partition": {"kafka_topic": topic, "kafka_partition": int(partition[1:])},
                         "offset": None if offset is None else {"kafka_offset": offset}}
                        for partition, offset in at.items()]}


def members_of(pipeline):
    admin, group = pipeline.kafka.admin(), pipeline.group  # held until the answer is there
    return [member.member_id for member in admin.describe_consumer_groups([group])[group].result(10).members]


class Running:
    """A pipeline with its admin listener."""

    def __init__(self, pipeline, ini="", partitions=2, edit=lambda ini: ini, **more):
        self.pipeline, self.topic = pipeline, pipeline.topic(partitions=partitions)
        pipeline.make_dlq()
        self.sluice = Sluice(edit(pipeline.ini(f"tasks.max = {partitions}\n{ini}", **more)), admin=True)
        self.rest = Rest(self.sluice.admin, pipeline.name)

    def __enter__(self):
        self.sluice.__enter__()
        self.sluice.wait_ready()
        return self

    def __exit__(self, *error):
        self.sluice.__exit__(*error)

    def produce(self, values, partition=-1):
        self.pipeline.kafka.produce(self.topic, values, partition=partition)

    def stored(self):
        return self.sluice.total("sluice_records_stored_total")

    def wait_stored(self, count):
        self.sluice.wait_total("sluice_records_stored_total", count)

    def members(self):
        return members_of(self.pipeline)

    def wait_left(self):
        """It is STOPPED once it leaves the group; the broker may be a moment behind."""
        self.rest.wait_states("STOPPED", [])
        wait_until("the group to be left", lambda: not self.members())

    def wait_committed(self, ends):
        wait_until(f"offsets {ends}", lambda: self.pipeline.kafka.committed(self.pipeline.group, self.topic, len(ends)) == ends)


@pytest.fixture
def running(pipeline):
    with Running(pipeline) as running:
        yield running


# ---- The description ----------------------------------------------------------------------------------------


def test_the_description_is_openapi_and_names_every_route_and_no_other():
    validate(OPENAPI)
    assert described() == routes() and len(routes()) > 30


# ---- What cannot be, and who may ------------------------------------------------------------------------


def test_what_a_static_configuration_cannot_do_is_told_and_so_is_bad_input(running):
    rest, name = running.rest, running.pipeline.name
    for method, path in (("POST", "/connectors"), ("DELETE", f"/connectors/{name}"), ("PUT", f"/connectors/{name}/config"),
                         ("PATCH", f"/connectors/{name}/config")):
        answer = rest.call(method, path, {} if method != "DELETE" else None)
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", answer
        assert answer.json["error_code"] == 405 and "INI files" in answer.json["message"]
    answer = rest.call("GET", f"/connectors/{name}/pause")
    assert answer.status == 405 and answer.headers["Allow"] == "PUT"
    assert rest.call("GET", "/connectors/nope/topics").status == 404
    validation = f"/connector-plugins/{rest.of('/config').json['connector.class']}/config/validate"
    assert rest.call("PUT", validation, "{").status == 400 and rest.call("PUT", validation, "[]").status == 400
    assert rest.call("PUT", validation, {"x": 1}).status == 400
    assert rest.call("PUT", validation, "level=DEBUG", **{"Content-Type": "application/x-www-form-urlencoded"}).status == 415
    assert rest.call("PUT", validation, json.dumps({"x": "y" * (1 << 20)})).status == 413
    assert rest.call("PUT", validation, {"connector.class": "other"}).status == 400
    for value, count in (("TRUE", 1), ("false", 2), ("no", 2)):  # as Java reads a boolean
        assert len(rest.call("GET", f"/connector-plugins?connectorsOnly={value}").json) == count


def test_a_page_of_another_site_can_neither_pause_nor_read_and_curl_can(running):
    rest, name = running.rest, running.pipeline.name
    pause = ("PUT", f"/connectors/{name}/pause")
    restart = ("POST", f"/connectors/{name}/restart?includeTasks=true")
    for method, path in (pause, restart):
        assert rest.call(method, path, None, Origin="http://evil.example").status == 403
        assert rest.call(method, path, None, Origin="null").status == 403
        assert rest.call(method, path, None, **{"Sec-Fetch-Site": "cross-site"}).status == 403
        assert rest.call(method, path, None, Host="evil.example").status == 421
        assert rest.call(method, path, None, Origin=rest.url).status == 202
        assert rest.call(method, path, None).status == 202
    assert rest.call("GET", f"/connectors/{name}/config", None, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    rest.wait_states("PAUSED", ["PAUSED", "PAUSED"])


def test_the_configuration_is_told_under_connects_names_without_a_secret(pipeline):
    sections = "[kafka.producer]\nssl.key.password = S3cr3t-Pl4nt\n[metrics]\nalias.stored = sluice_records_stored_total\n"
    with Running(pipeline, kafka=sections) as running:
        rest = running.rest
        config = rest.of("/config").json
        assert config["name"] == pipeline.name and config["tasks.max"] == "2" and config["topics"] == running.topic
        assert config["connector.class"] == "mongodb-image" and config["connection.uri"] == "***"
        assert config["key.field"] == "id" and config["errors.tolerance"] == "all"
        assert config["transforms"] == "event" and config["transforms.event.type"] == "json-event"
        assert config["transforms.event.convert.id"] == "int"
        assert config["consumer.override.session.timeout.ms"] == "6000"
        assert config["producer.override.ssl.key.password"] == "***"
        assert config["kafka.bootstrap.servers"] == pipeline.kafka.bootstrap and config["http.admin.listen"]
        validated = rest.call("PUT", "/connector-plugins/mongodb-image/config/validate",
                              {**config, "connection.uri": "mongodb://u:S3cr3t-Pl4nt@h/", "batch.max.records": "x", "databse": "y"})
        check_described("PUT", "/connector-plugins/{plugin}/config/validate", validated)
        assert validated.json["error_count"] == 2 and "S3cr3t-Pl4nt" not in validated.text
        assert {c["value"]["name"]: c["value"]["errors"] for c in validated.json["configs"] if c["value"]["errors"]} == {
            "batch.max.records": ["batch.max.records: got 'x', wanted a whole number, at least 1, at most 100000"],
            "databse": ["databse: no such option, did you mean database?"]}
        assert "S3cr3t-Pl4nt" not in rest.call("GET", "/connectors?expand=info&expand=status").text


def test_a_log_level_is_changed_while_it_runs(running):
    rest = running.rest
    assert rest.call("GET", "/admin/loggers/consumer").json == {"level": "INFO", "last_modified": None}
    assert rest.call("PUT", "/admin/loggers/consumer", {"level": "debug"}).json == ["consumer"]
    changed = rest.call("GET", "/admin/loggers").json
    assert changed["consumer"]["level"] == changed["root"]["level"] == "DEBUG" and changed["task"]["level"] == "INFO"
    assert abs(changed["consumer"]["last_modified"] / 1000 - time.time()) < 60
    assert rest.call("PUT", "/admin/loggers/consumer", {"level": "LOUD"}).status == 404
    assert rest.call("PUT", "/admin/loggers/nope", {"level": "INFO"}).status == 404
    check_described("GET", "/admin/loggers", rest.call("GET", "/admin/loggers"))
    assert "the level of consumer becomes DEBUG, asked for by 127.0.0.1" in running.sluice.text()
    assert rest.call("PUT", "/admin/loggers/root?scope=cluster", {"level": "WARN"}).status == 204
    assert {logger["level"] for logger in rest.call("GET", "/admin/loggers").json.values()} == {"WARN"}


# ---- Beside Kafka Connect -----------------------------------------------------------------------------------


def read_everything(url, name):
    """What three clients from PyPI read of a running connector, as shapes."""
    first, second, third = KafkaConnect(url), Cluster(Api(url=url)), Kafkaconnect(url)
    connector = second.connectors[name]
    assert list(second.connectors) == first.list_connectors() == json.loads(third.list()) == [name]
    assert connector.exists() and connector.config["connector.class"] == connector.connector_class
    assert first.list_connectors(state="running") == [name] and first.list_connectors(state="paused") == []
    return {
        "cluster": shape(first.get_cluster_info()),
        "expanded": shape(first.list_connectors(expand="status")[name]),
        "connector": shape(first.get_connector(name)),
        "config": shape(first.get_connector_config(name), "config"),
        "status": shape(first.get_connector_status(name)),
        "tasks": shape(first.list_connector_tasks(name)),
        "task": shape(first.get_connector_task_status(name, 1)),
        "topics": shape(first.list_connector_topics(name)[name]),
        "plugins": shape(first.list_connector_plugins()),
        "validated": shape(first.validate_connector_config(connector.connector_class,
                                                           {"connector.class": connector.connector_class, "name": name,
                                                            "topics": "t"})),
        "running": [task.is_running() for task in connector.tasks],
        "state": connector.state,
        "text": shape(json.loads(third.status(name))),
    }


def control_everything(url, rest):
    """What they do to it, and what comes of it."""
    name, first, second, third = rest.name, KafkaConnect(url), Cluster(Api(url=url)), Kafkaconnect(url)
    first.pause_connector(name)
    rest.wait_states("PAUSED", ["PAUSED", "PAUSED"])
    second.connectors[name].resume()
    rest.wait_states("RUNNING", ["RUNNING", "RUNNING"])
    third.pause(name)
    rest.wait_states("PAUSED", ["PAUSED", "PAUSED"])
    first.resume_all_connectors()
    rest.wait_states("RUNNING", ["RUNNING", "RUNNING"])
    for task in second.connectors[name].tasks:
        task.restart()
    rest.wait_states("RUNNING", ["RUNNING", "RUNNING"])
    assert third.restart(name) == "" and first.restart_connector(name) is None
    restarted = first.restart_connector(name, include_tasks=True)
    rest.wait_states("RUNNING", ["RUNNING", "RUNNING"])
    first.stop_connector(name)
    rest.wait_states("STOPPED", [])
    stopped = first.get_connector(name)["tasks"]
    first.resume_connector(name)
    rest.wait_states("RUNNING", ["RUNNING", "RUNNING"])
    return restarted["connector"]["state"], sorted(task["state"] for task in restarted["tasks"]), stopped


# (method, path, the description's path, body): the same answer is wanted of both, status and shape
RUNNING = [
    ("GET", "/", "/", None),
    ("GET", "/health", "/health", None),
    ("GET", "/connectors", "/connectors", None),
    ("GET", "/connectors/", "/connectors", None),
    ("GET", "/connectors?expand=x", "/connectors", None),
    ("GET", "/connectors?expand", "/connectors", None),
    ("GET", "/connectors?expand=status&expand=info", "/connectors", None),
    ("GET", "/connectors/{}", "/connectors/{connector}", None),
    ("GET", "/connectors/{}/config", "/connectors/{connector}/config", None),
    ("GET", "/connectors/{}/status", "/connectors/{connector}/status", None),
    ("GET", "/connectors/{}/tasks", "/connectors/{connector}/tasks", None),
    ("GET", "/connectors/{}/tasks/0/status", "/connectors/{connector}/tasks/{task}/status", None),
    ("GET", "/connectors/{}/tasks/9/status", "/connectors/{connector}/tasks/{task}/status", None),
    ("GET", "/connectors/{}/topics", "/connectors/{connector}/topics", None),
    ("GET", "/connectors/{}/offsets", "/connectors/{connector}/offsets", None),
    ("GET", "/connectors/nope", "/connectors/{connector}", None),
    ("GET", "/connectors/nope/config", "/connectors/{connector}/config", None),
    ("GET", "/connectors/nope/tasks", "/connectors/{connector}/tasks", None),
    ("GET", "/connectors/nope/offsets", "/connectors/{connector}/offsets", None),
    ("PUT", "/connectors/nope/pause", "/connectors/{connector}/pause", None),
    ("DELETE", "/connectors/nope/offsets", "/connectors/{connector}/offsets", None),
    ("PATCH", "/connectors/{}/offsets", "/connectors/{connector}/offsets", {"p0": 0}),
    ("DELETE", "/connectors/{}/offsets", "/connectors/{connector}/offsets", None),
    ("POST", "/connectors/{}/restart?onlyFailed=true", "/connectors/{connector}/restart", None),
    ("POST", "/connectors/{}/restart?includeTasks=true&onlyFailed=true", "/connectors/{connector}/restart", None),
    ("PUT", "/connectors/{}/topics/reset", "/connectors/{connector}/topics/reset", None),
    ("GET", "/connector-plugins/nope/config", "/connector-plugins/{plugin}/config", None),
    ("PUT", "/admin/loggers/root", "/admin/loggers/{logger}", {}),
]
STOPPED = [
    ("GET", "/connectors/{}/status", "/connectors/{connector}/status", None),
    ("GET", "/connectors/{}/tasks", "/connectors/{connector}/tasks", None),
    ("POST", "/connectors/{}/tasks/0/restart", "/connectors/{connector}/tasks/{task}/restart", None),
    ("PATCH", "/connectors/{}/offsets", "/connectors/{connector}/offsets", {"p0": 3, "p1": None}),
    ("GET", "/connectors/{}/offsets", "/connectors/{connector}/offsets", None),
    ("PATCH", "/connectors/{}/offsets", "/connectors/{connector}/offsets", {"p0": "x"}),
    ("PATCH", "/connectors/{}/offsets", "/connectors/{connector}/offsets", {"p0": "2"}),
    ("PATCH", "/connectors/{}/offsets", "/connectors/{connector}/offsets", {}),
    ("PATCH", "/connectors/{}/offsets", "/connectors/{connector}/offsets", {"p0": None}),
    ("DELETE", "/connectors/{}/offsets", "/connectors/{connector}/offsets", None),
    ("DELETE", "/connectors/{}/offsets", "/connectors/{connector}/offsets", None),
    ("GET", "/connectors/{}/offsets", "/connectors/{connector}/offsets", None),
]


def answers(rest, calls, topic):
    found = []
    for method, path, template, body in calls:
        if path.endswith("/offsets") and body is not None:
            body = offsets(topic, **body)
        answer = rest.call(method, path.format(rest.name), body)
        check_described(method, template, answer)
        told = shape(answer.json, "config" if path.endswith("/config") else "")
        found.append((method, path, body, answer.status, told))
    return json.loads(json.dumps(found).replace(topic, "TOPIC").replace(rest.name, "NAME"))


def test_clients_of_kafka_connect_do_their_round_trips_here_and_there_alike(kafka, mongod):
    """The same calls, the same statuses, the same shapes; and both are as described."""
    ours, theirs = Pipeline(kafka, mongod), Pipeline(kafka, mongod)
    with Running(ours) as running:
        topic = theirs.topic(partitions=2)
        theirs.make_dlq()
        connect = Connect(theirs, mongod.uri).start()
        try:
            rests = running.rest, Rest(f"127.0.0.1:{connect.port}", theirs.name)
            topics = running.topic, topic
            for name, partitions in ((topics[0], 2), (topics[1], 2)):
                for partition in range(partitions):
                    kafka.produce(name, numbered(range(5)), partition=partition)
            wait_until("Kafka Connect", lambda: connect.tasks() == ["RUNNING"] * 2, 120, 0.5)
            for rest in rests:
                wait_until("offsets", lambda rest=rest: [o["offset"]["kafka_offset"] for o in
                                                         rest.of("/offsets").json["offsets"]] == [5, 5])
            read = [read_everything(rest.url, rest.name) for rest in rests]
            assert read[0] == read[1]
            got = [answers(rest, RUNNING, topic) for rest, topic in zip(rests, topics)]
            for mine, other in zip(*got):
                assert mine == other
            done = [control_everything(rest.url, rest) for rest in rests]
            assert done[0] == done[1]
            for rest in rests:
                assert rest.of("/stop", "PUT").status == 204
                rest.wait_states("STOPPED", [])
            # Connect says so before its tasks have left the group, whose offsets it cannot change until then (500).
            wait_until("both groups to be left", lambda: not members_of(ours) + members_of(theirs))
            got = [answers(rest, STOPPED, topic) for rest, topic in zip(rests, topics)]
            for mine, other in zip(*got):
                assert mine == other
            assert [rest.call("GET", "/connectors/nope").json["message"] for rest in rests] == ["Connector nope not found"] * 2
        finally:
            connect.kill9()


# ---- An operator at work ------------------------------------------------------------------------------------


def test_a_paused_pipeline_puts_nothing_keeps_its_membership_and_loses_nothing(running):
    rest = running.rest
    running.produce(numbered(range(500)))
    running.wait_stored(1)
    assert rest.of("/pause", "PUT").status == 202
    rest.wait_states("PAUSED", ["PAUSED", "PAUSED"])
    stored, members = running.stored(), running.members()
    running.produce(numbered(range(500, 1000)))
    assert rest.of("/pause", "PUT").status == 202  # once more changes nothing
    time.sleep(1)
    assert running.stored() == stored and running.members() == members and len(members) == 1
    assert running.sluice.ready()[0] and rest.call("GET", "/health").status == 200
    assert rest.of("/resume", "PUT").status == 202
    running.wait_stored(1000)
    assert len(running.pipeline.documents(running.topic)) == 1000 and running.members() == members
    assert rest.of("/topics").json == {running.pipeline.name: {"topics": [running.topic]}}


def test_a_stopped_pipeline_goes_on_from_the_offsets_it_is_given(running):
    rest, name = running.rest, running.pipeline.name
    for partition in (0, 1):
        running.produce(numbered(range(10)), partition)
    running.wait_stored(20)
    assert rest.of("/offsets", "PATCH", offsets(running.topic, p0=4)).status == 400
    rest.of("/stop", "PUT")
    running.wait_left()
    assert running.sluice.running()
    assert rest.of("/offsets").json == offsets(running.topic, p0=10, p1=10)
    assert rest.of("/offsets", "PATCH", offsets(running.topic, p7=0)).status == 400
    assert rest.of("/offsets", "PATCH", offsets("nope", p0=0)).status == 400
    for no_topic in ("a" * 600, "a/b"):
        answer = rest.of("/offsets", "PATCH", offsets(no_topic, p0=0, p1=0))
        assert answer.status == 400 and no_topic[:249] in answer.json["message"], answer
    assert rest.of("/offsets").json == offsets(running.topic, p0=10, p1=10)
    assert rest.of("/offsets", "PATCH", offsets(running.topic, p0=4, p1=None)).status == 200
    assert rest.of("/offsets").json == offsets(running.topic, p0=4)
    rest.of("/resume", "PUT")
    running.wait_stored(20 + 6 + 10)  # earliest, where there is none
    running.wait_committed([10, 10])
    rest.of("/stop", "PUT")
    running.wait_left()
    with Sluice(running.sluice.folder.joinpath("pipeline.ini").read_text(), "another") as another:
        another.wait_ready()
        for method, body in (("PATCH", offsets(running.topic, p0=0)), ("PATCH", offsets(running.topic, p0=None)),
                             ("DELETE", None)):
            answer = rest.of("/offsets", method, body)
            assert answer.status == 409 and "still has members" in answer.json["message"], answer
            assert f"connect-{name}" in answer.json["message"]
        assert another.stop() == 0
    assert rest.of("/offsets").json == offsets(running.topic, p0=10, p1=10)
    assert rest.of("/offsets", "DELETE").status == 200 and rest.of("/offsets").json == {"offsets": []}
    rest.of("/resume", "PUT")
    running.wait_stored(36 + 20)


# ---- RUNNING, said the API ----------------------------------------------------------------------------------


class Truth:
    """/ready, /health, the status and the metrics, which must agree within 15 s."""

    def __init__(self, running):
        self.rest, self.sluice = running.rest, running.sluice

    def agree(self):
        """{component: cause} of what is not ready, when all say the same; None when they do not."""
        ready, body = self.sluice.ready()
        causes = {name: c["detail"] for name, c in body.get("components", {}).items() if not c["ready"]}
        health, connector = self.rest.call("GET", "/health"), self.rest.of("/status").json["connector"]
        assert (health.status, health.json["status"]) in ((200, "healthy"), (500, "unhealthy"), (503, "starting"))
        lines = sorted(f"{name}: {cause}" for name, cause in causes.items())
        metrics = self.sluice.metrics()
        red = {key.split('"')[1] for key, value in metrics.items() if key.startswith("sluice_component_ready{") and not value}
        assert self.sluice.get("/live")[0] == 200
        verdicts = {ready, not causes, health.status == 200, connector["state"] == "RUNNING", metrics.get("sluice_ready") == 1}
        same = len(verdicts) == 1 and red == set(causes) and sorted(connector.get("trace", "").splitlines()) == lines
        return causes if same and all(line in health.json["message"] for line in lines) else None

    def wait_red(self, component, cause, failed_tasks=()):
        def red():
            causes = self.agree() or {}
            connector, tasks = self.rest.states()
            return (any(name.startswith(component) and cause in text for name, text in causes.items()) and
                    connector == "FAILED" and all(tasks[i] == "FAILED" for i in failed_tasks))

        wait_until(f"{component} ({cause})", red, 15, 0.2)

    def wait_green(self, seconds=30):
        wait_until("all green", lambda: self.agree() == {} and self.rest.states() == ("RUNNING", ["RUNNING", "RUNNING"]),
                   seconds, 0.2)


def test_status_and_ready_name_the_same_component_and_cause_and_are_green_again(kafka):
    """MongoDB, Kafka and the dead letter topic away in turn, without a restart in between."""
    producer = "[kafka.producer]\nmessage.timeout.ms = 5000\n"  # after which a letter is known not to have arrived
    with Mongod() as mongod, Running(Pipeline(kafka, mongod), kafka=producer) as running:
        truth = Truth(running)
        running.produce(numbered(range(10)))
        running.wait_stored(10)
        truth.wait_green()

        mongod.process.kill9()
        running.produce(numbered(range(10, 20)), partition=1)
        truth.wait_red("", "No suitable servers found")
        mongod.process.start()
        truth.wait_green()

        kafka.brokers[0].process.kill9()
        truth.wait_red("broker", "")
        kafka.brokers[0].process.start()
        truth.wait_green(60)

        admin = kafka.admin()
        admin.delete_topics([running.pipeline.dlq])[running.pipeline.dlq].result(10)
        wait_until("the end of the topic", lambda: not kafka.has_topic(running.pipeline.dlq))
        running.produce([b"no json"], partition=0)
        truth.wait_red("dead-letter", running.pipeline.dlq)
        running.pipeline.make_dlq()
        truth.wait_green(60)
        assert len(running.pipeline.letters()) == 1 and len(running.pipeline.documents(running.topic)) == 20


def test_a_failed_task_does_not_hide_and_an_operator_steps_over_its_record(pipeline):
    """errors.tolerance = none: one of two tasks is FAILED for a record, until its offset is passed by hand."""
    with Running(pipeline, edit=lambda ini: ini.replace("errors.tolerance = all", "errors.tolerance = none")) as running:
        rest, truth = running.rest, Truth(running)
        running.produce([b"no json", *numbered(range(5))], partition=1)
        truth.wait_red("task-", "json.invalid")
        running.produce(numbered(range(5, 10)), partition=0)
        running.wait_stored(5)

        def one_failed():  # what is tried again is RUNNING for a moment
            tasks = sorted((rest.of(f"/tasks/{i}/status").json for i in range(2)), key=lambda task: task["state"])
            return tasks if [task["state"] for task in tasks] == ["FAILED", "RUNNING"] else None

        failed, other = wait_until("one task of two to be FAILED", one_failed)
        assert "json.invalid" in failed["trace"] and "trace" not in other
        rest.of("/stop", "PUT")
        running.wait_left()
        assert rest.of("/offsets", "PATCH", offsets(running.topic, p1=1)).status == 200
        rest.of("/resume", "PUT")
        truth.wait_green()
        running.wait_committed([5, 6])
        assert len(pipeline.documents(running.topic)) == 10


def test_a_task_whose_breaker_has_tripped_is_restarted_at_once(pipeline):
    """Its pause would last a minute."""
    with Running(pipeline, "errors.deadletterqueue.max.consecutive = 5") as running:
        rest, truth = running.rest, Truth(running)
        running.produce([b"no json"] * 8, partition=0)
        truth.wait_red("", "errors.deadletterqueue.max.consecutive")
        running.produce(numbered(range(5)), partition=0)
        failed = rest.states()[1].index("FAILED")
        answer = rest.of("/restart?includeTasks=true&onlyFailed=true", "POST")
        assert answer.status == 202
        states = {task["id"]: task["state"] for task in answer.json["tasks"]}
        assert answer.json["connector"]["state"] == "RESTARTING" and states == {failed: "RESTARTING", 1 - failed: "RUNNING"}
        truth.wait_green(20)
        running.wait_committed([13, 0])
        assert len(pipeline.letters()) == 8 and len(pipeline.documents(running.topic)) == 5
