"""Kafka Connect's REST API on the admin listener: clients from PyPI drive it, beside Kafka Connect itself, and what it says
is what /ready says."""

import json
import time

import pytest
from confluent_kafka.admin import AdminClient
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


BAD = [b"no json"]


def offsets(topic, **at):
    """The body that names an offset for partitions: p0=5, p1=None."""
    return {"offsets": [{"partition": {"kafka_topic": topic, "kafka_partition": int(partition[1:])},
                         "offset": None if offset is None else {"kafka_offset": offset}}
                        for partition, offset in at.items()]}


class Running:
    """A pipeline with its admin listener."""

    def __init__(self, pipeline, ini="", partitions=2, uri=None, **more):
        self.pipeline, self.topic = pipeline, pipeline.topic(partitions=partitions)
        pipeline.make_dlq()
        self.sluice = Sluice(pipeline.ini(f"tasks.max = {partitions}\n{ini}", uri=uri, **more), admin=True)
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
        group = self.pipeline.group
        found = AdminClient({"bootstrap.servers": self.pipeline.kafka.bootstrap, "log_level": 0}).describe_consumer_groups(
            [group])[group].result(10)
        return [member.member_id for member in found.members]

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


def test_the_listener_serves_its_description(running):
    answer = running.rest.call("GET", "/connectors", None)
    assert answer.json == [running.pipeline.name]
    with_yaml = running.sluice.admin
    import urllib.request
    with urllib.request.urlopen(f"http://{with_yaml}/openapi.yaml", timeout=5) as got:
        assert got.headers["Content-Type"] == "application/yaml" and b"/connectors/{connector}/offsets" in got.read()


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
    ("GET", "/admin/loggers/root", "/admin/loggers/{logger}", None),
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
        found.append((method, path, body and len(body), answer.status, json.loads(
            json.dumps(shape(answer.json)).replace(rest.name, "NAME"))))
    return found


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
            wait_until("Kafka Connect", lambda: connect.tasks() == ["RUNNING"] * 2, 60)
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
            got = [answers(rest, STOPPED, topic) for rest, topic in zip(rests, topics)]
            for mine, other in zip(*got):
                assert mine == other
            assert [rest.call("GET", "/connectors/nope").json["message"] for rest in rests] == ["Connector nope not found"] * 2
        finally:
            connect.kill9()
