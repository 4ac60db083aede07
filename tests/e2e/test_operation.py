"""What whoever is on call sees: a real Prometheus scrapes a real run, the dashboard's and the alerts' queries are answered,
and a fault turns /ready and an alert within 15 s, back again by itself, with a line in the log."""

import json
import re
import subprocess
import threading
import time

import prometheus_client
import pytest
import yaml

from conftest import Pipeline
from lims import db_synchronizer_job, outbox
from rig.process import wait_until
from rig.prometheus import RULES, Prometheus
from rig.sluice import TOP, Sluice

DASHBOARD = TOP / "manifests" / "grafana" / "sluice.json"
ALIASES = re.search(r"^\[metrics\]\n[^\[]*", (TOP / "manifests" / "base" / "base.ini").read_text(), re.M)[0]
LEAF_SYSTEM = (outbox.IMAGES, outbox.SIZE, db_synchronizer_job.IMAGES, db_synchronizer_job.SIZE)
WITHIN_S = 15
YOUNG_S = 15  # SluiceNotReady leaves a process alone for so long


class Watch:
    """A pipeline under Prometheus's eyes, and /live asked all the time."""

    def __init__(self, kafka, mongod):
        self.pipeline = Pipeline(kafka, mongod)
        self.topic = self.pipeline.topic(partitions=2)
        self.pipeline.make_dlq()
        # Longer than a fault: what is idle and stays in its group has to hear by itself that the broker is back.
        ini = self.pipeline.ini("tasks.max = 2").replace("session.timeout.ms = 6000", "session.timeout.ms = 45000")
        self.sluice = Sluice(ini + ALIASES)
        # The leaf system's own gauges, which the dashboard asks for as well; nothing else of this process.
        registry = prometheus_client.CollectorRegistry()
        for gauge in LEAF_SYSTEM:
            registry.register(gauge)
        self.leaf_system, _ = prometheus_client.start_http_server(0, "127.0.0.1", registry)
        self.prometheus = Prometheus({"sluice": self.sluice.port, "leaf-system": self.leaf_system.server_port})
        self.dead, self.over = [], threading.Event()

    def __enter__(self):
        self.sluice.start()
        self.began = time.monotonic()
        self.prometheus.__enter__()
        self.sluice.wait_ready()
        threading.Thread(target=self.watch_live, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.prometheus.__exit__(*error)
        self.leaf_system.shutdown()
        self.sluice.__exit__(*error)

    def watch_live(self):
        while not self.over.wait(0.25):
            status, body = self.sluice.get("/live")
            if status != 200:
                self.dead.append((status, body))

    def grow_up(self):
        time.sleep(max(0, self.began + YOUNG_S + 1 - time.monotonic()))


@pytest.fixture(scope="module")
def watch(kafka, mongod):
    with Watch(kafka, mongod) as watch:
        yield watch


def dashboard_queries():
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$job", ".+").replace("$instance", ".+").replace(
                "$__rate_interval", "10s")


def alert_metrics():
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            for name in re.findall(r"\b(?:up\b|(?:sluice|process)_\w+)(?![^\"]*\"\s*[,}])", rule["expr"]):
                yield rule["alert"], name


def test_the_alerts_are_right_and_each_says_what_to_do_first():
    for what in (["check", "rules", "rules.yaml"], ["test", "rules", "rules.test.yaml"]):
        told = subprocess.run(["promtool", *what], cwd=RULES.parent, capture_output=True, text=True, timeout=60)
        assert told.returncode == 0, told.stdout + told.stderr
    tested = (RULES.parent / "rules.test.yaml").read_text()
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            assert {"summary", "description", "runbook"} <= set(rule["annotations"]), rule["alert"]
            assert rule["labels"]["severity"] in ("warning", "critical")
            assert f'"{rule["alert"]}"' in tested, f"{rule['alert']} is not tested"


def test_the_dashboard_tells_of_every_panel_what_it_shows():
    dashboard = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            assert panel["description"] and panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_every_query_is_answered_with_data(watch):
    values = [b'{"id":%d,"updated_at":"2023-10-08T15:39:49.123123"}' % n for n in range(50)] + [b"bad"]
    asked = [*dashboard_queries(), *alert_metrics()]
    assert len(asked) > 90

    def unanswered():
        watch.pipeline.kafka.produce(watch.topic, values)
        return [query for query in asked if not watch.prometheus.query(query[1])]

    missing = asked
    deadline = time.monotonic() + 40
    while missing and time.monotonic() < deadline:
        missing = unanswered()
    assert missing == []
    numbers = {sample["value"][1] for _, query in asked for sample in watch.prometheus.query(query)}
    assert not numbers & {"+Inf", "-Inf"}


# Name: how it is made and undone, the component on /ready, the alert, the line of the log.  The task comes first, since its
# alert takes half a minute to be over.
FAULTS = {
    "task": (lambda w: (w.pipeline.mongod.fail_command("alwaysOn", failCommands=["update"], errorCode=13),
                        w.pipeline.kafka.produce(w.topic, [b'{"id":1}'], partition=0)),
             lambda w: w.pipeline.mongod.fail_command("off"), "task-{task}", "SluiceTaskFailed",
             r"ERROR task task=\d: FAILED: mongodb.unauthorized: "),
    "mongodb": (lambda w: w.pipeline.mongod.process.kill9(), lambda w: w.pipeline.mongod.process.start(), "sink-0",
                "SluiceNotReady", # with the record of the fault before on its way, or without
                r"WARN  task task=0: (its sink cannot be reached: \[sink.images\]|\d+ records wait to be delivered again:) mongodb"),
    "kafka": (lambda w: w.pipeline.kafka.brokers[0].process.kill9(),
              lambda w: w.pipeline.kafka.brokers[0].process.start(), "broker", "SluiceNotReady",
              r"WARN  consumer: kept from Kafka: .*127.0.0.1:"),
}


def red_one(sluice, component):
    """One look at /ready, since what is tried again is ready for a moment; {task} is that of the record's partition."""
    body = sluice.ready()[1]
    red = [name for name in {component.format(task=task) for task in range(2)}
           if body["components"].get(name, {}).get("detail")]
    return red[0] if red and body["state"] == "not ready" else None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_turns_ready_and_an_alert_within_15_s_and_back_again_by_itself(watch, fault):
    make, undo, component, alert, line = FAULTS[fault]
    watch.grow_up()
    assert watch.sluice.ready()[1]["state"] == "ready"
    logged = len(watch.sluice.text())
    make(watch)
    try:
        began = time.monotonic()
        component = wait_until(f"{component} on /ready", lambda: red_one(watch.sluice, component), WITHIN_S, 0.01)
        labels = {"task": component[-1]} if alert == "SluiceTaskFailed" else {"component": component}
        wait_until(f"{alert} for {component}", lambda: watch.prometheus.firing(alert, **labels),
                   began + WITHIN_S - time.monotonic())
    finally:
        undo(watch)
    watch.pipeline.mongod.wait()
    watch.pipeline.kafka.wait()
    wait_until("all to be ready again", lambda: watch.sluice.ready()[0], WITHIN_S)
    if alert == "SluiceNotReady":
        wait_until("the alert to be over", lambda: not watch.prometheus.firing(alert, **labels), WITHIN_S)
    assert re.search(line, watch.sluice.text()[logged:])
    assert watch.dead == []


def test_when_all_is_well_again_no_alert_of_a_fault_is_left(watch):
    for alert in ("SluiceNotReady", "SluiceNotReadyForLong", "SluiceTaskFailed", "SluiceDown"):
        wait_until(f"no {alert}", lambda: not watch.prometheus.firing(alert), 60)
