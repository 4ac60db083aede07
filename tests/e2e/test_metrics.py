"""Metrics as a collector sees them: names are a contract, both formats parse, numbers add up, a partition's series exist on
the one member that owns it."""

import re
import subprocess
import threading
import time
import urllib.request

from confluent_kafka import TopicPartition
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from rig.process import wait_until
from rig.sluice import TOP, Sluice, sluice

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
BY_PARTITION = ("sluice_consumer_lag_records", "sluice_oldest_unfinished_age_seconds", "sluice_committed_offset",
                "sluice_partition_paused")
PLUGINS = ("sluice_mongodb_image_", "sluice_json_event_")


def event(number, data="ffd8"):
    return f'{{"id": {number}, "data": "{data}"}}'.encode()


def scrape(process, accept):
    request = urllib.request.Request(f"http://127.0.0.1:{process.port}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def reference():
    """{name: (type, labels)} of the table in the README, without those of plugins."""
    text = (TOP / "host" / "README.md").read_text()
    table = re.search(r"<!-- reference: --metrics -->\n(.*?)<!-- /reference -->", text, re.S)[1]
    rows = [[cell.strip(" `") for cell in line.split("|")[1:4]] for line in table.splitlines()[2:]]
    return {name: (kind, {label for label in labels.split(", ") if label}) for name, kind, labels in rows}


def own(family):
    return not family.name.startswith(PLUGINS)


def labels_of(family):
    return {label for sample in family.samples for label in sample.labels} - {"le"}


def series(process):
    """{(name, topic, partition): value} of what there is of each partition."""
    pattern = re.compile(r'(\w+)\{topic="([^"]*)",partition="(\d+)"\}')
    found = {pattern.fullmatch(key): value for key, value in process.metrics().items() if pattern.fullmatch(key)}
    return {match.groups(): value for match, value in found.items()}


def test_a_fresh_process_serves_exactly_what_the_reference_lists(pipeline):
    pipeline.topic()
    pipeline.make_dlq()
    often = "statistics.interval.ms = 200"
    with Sluice(pipeline.ini(kafka=f"{often}\n[kafka.producer]\n{often}")) as process:
        process.wait_ready()
        wait_until("librdkafka's statistics", lambda: process.total("sluice_kafka_received_bytes_total",
                                                                    client="dead-letter-producer") > 0)
        hashed = re.search(r"the configuration's hash is ([0-9a-f]{16})\n", process.text())[1]
        assert process.total("sluice_config_info", hash=hashed) == 1
        kind, text = scrape(process, "text/plain")
        assert kind.startswith("text/plain; version=0.0.4")
        names = {line.split()[2]: line.split()[3] for line in text.splitlines() if line.startswith("# TYPE ")}
        assert {name: kind for name, kind in names.items() if not name.startswith(PLUGINS)} == {
            name: kind for name, (kind, _) in reference().items()}
        for family in filter(own, parse_prometheus(text)):
            name = family.name + ("_total" if family.type == "counter" else "")
            assert not family.samples or labels_of(family) == reference()[name][1], name
        checked = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, timeout=30)
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_openmetrics_says_the_same_to_who_asks_for_it(pipeline):
    pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini()) as process:
        process.wait_ready()
        kind, text = scrape(process, f"{OPENMETRICS};q=0.5,text/plain;version=0.0.4;q=0.2")
        assert kind.startswith("application/openmetrics-text; version=1.0.0")
        assert text.endswith("\n# EOF\n")
        families = list(parse_openmetrics(text))
        wanted = {name.removesuffix("_total"): kind for name, (kind, _) in reference().items()}
        assert {f.name: f.type for f in families if own(f)} == wanted
        assert all(f.name.endswith("_" + f.unit) for f in families if f.unit)
        assert {f.name: f.unit for f in families}["sluice_task_time_seconds"] == "seconds"


def test_what_is_counted_adds_up(pipeline):
    topic = pipeline.topic(partitions=2)
    pipeline.make_dlq()
    good = [event(number, "ffd8" * 50) for number in range(300)]
    bad = [b"no json" for _ in range(7)]
    pipeline.kafka.produce(topic, good + bad, keys=[b"key"] * 307)
    aliases = "\n[metrics]\nalias.consumer_image = sluice_records_stored_total\n" \
              "alias.consumer_image_size = sluice_consumed_bytes_total\n"
    began = time.monotonic()
    with Sluice(pipeline.ini("tasks.max = 2", kafka="statistics.interval.ms = 200") + aliases) as process:
        process.wait_total("sluice_records_dead_lettered_total", 7, topic=topic)
        wait_until("lag 0", lambda: process.total("sluice_consumer_lag_records") == 0 and
                   process.total("sluice_committed_offset") == 307 and process.total("sluice_buffer_used_bytes") == 0)
        consumed = sum(map(len, good + bad)) + 307 * len(b"key")
        assert process.total("sluice_consumed_bytes_total", topic=topic) == consumed
        # as the sink was handed them: hex has become bytes, JSON is BSON
        assert 300 * 100 < process.total("sluice_stored_bytes_total", topic=topic) < consumed
        assert process.total("sluice_batch_records_sum") == 307
        assert process.total("sluice_batch_bytes_sum") == consumed
        batches = process.total("sluice_batches_total")
        assert process.total("sluice_batch_records_count") == process.total("sluice_transform_duration_seconds_count") == batches
        assert process.total("sluice_put_duration_seconds_count") == process.total("sluice_puts_total") > 0
        assert process.total("sluice_delivery_latency_seconds_count", topic=topic) == 300
        assert 0 < process.total("sluice_delivery_latency_seconds_sum", topic=topic) < 300 * (time.monotonic() - began + 10)
        commits = process.total("sluice_commits_total")
        assert process.total("sluice_commit_duration_seconds_count") == commits > 0
        assert process.total("sluice_oldest_unfinished_age_seconds") == process.total("sluice_partition_paused") == 0
        assert process.total("sluice_assigned_partitions") == 2 and process.total("sluice_held_partitions") == 0
        assert process.total("sluice_buffer_limit_bytes") == 32 << 20
        assert process.total("sluice_task_state", state="running") == 2 == process.total("sluice_task_state")
        # a second name for dashboards that know another
        metrics = process.metrics()
        assert metrics[f'consumer_image{{topic="{topic}"}}'] == 300
        assert metrics[f'consumer_image_size{{topic="{topic}"}}'] == consumed
        # librdkafka's own
        wait_until("statistics", lambda: process.total("sluice_kafka_received_bytes_total", client="consumer") > consumed)
        assert process.total("sluice_kafka_broker_connected", broker=f"{pipeline.kafka.bootstrap}/1") == 1
        wait_until("a round trip", lambda: 0 < process.total("sluice_kafka_broker_rtt_seconds") < 5)  # of the last second


def test_a_task_that_waits_is_seen_waiting(pipeline, mongod):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini()) as process:
        process.wait_ready()

        def spent(activity):
            return process.total("sluice_task_time_seconds_total", activity=activity)

        idle, began = spent("idle"), time.monotonic()
        time.sleep(1.5)
        assert 0.5 < spent("idle") - idle < time.monotonic() - began + 0.6  # while nothing happens, not behind it
        mongod.fail_command("alwaysOn", failCommands=["update"], errorCode=112)  # WriteConflict: to be tried again
        try:
            pipeline.kafka.produce(topic, [event(1)])
            process.wait_total("sluice_records_retried_total", 2)
            wait_until("an age", lambda: process.total("sluice_oldest_unfinished_age_seconds") > 1.5)
            assert process.total("sluice_partition_paused", topic=topic) == process.total("sluice_held_partitions") == 1
            assert process.total("sluice_buffer_used_bytes") > len(event(1))
            wait_until("backoff", lambda: spent("backoff") > 1 and spent("put") > 0)
        finally:
            mongod.fail_command("off")
        process.wait_total("sluice_records_stored_total", 1)
        wait_until("nothing unfinished", lambda: process.total("sluice_oldest_unfinished_age_seconds") ==
                   process.total("sluice_held_partitions") == process.total("sluice_buffer_used_bytes") == 0)


def test_metrics_and_ready_say_the_same(pipeline):
    pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini(uri="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")) as process:
        wait_until("the cause", lambda: process.cause("task-0") and process.total("sluice_component_ready", component="group"))
        assert process.total("sluice_ready") == 0 == process.total("sluice_component_ready", component="task-0")
        assert set(process.ready()[1]["components"]) == set(re.findall(
            r'sluice_component_ready\{component="([^"]+)"\}', process.get("/metrics")[1]))
        assert process.total("sluice_task_state", state="starting") == 1


class Watch(threading.Thread):
    """Scrapes two members over and over: every series seen on both at once, every number below 0."""

    def __init__(self, first, second):
        super().__init__(daemon=True)
        self.first, self.second = first, second
        self.stopped, self.wrong, self.scrapes = threading.Event(), [], 0
        self.start()

    def run(self):
        while not self.stopped.wait(0.05):
            if not self.first.running() or not self.second.running():
                continue
            # what the one has before and behind a look at the other, it has at that moment
            before, other, behind = series(self.first), series(self.second), series(self.first)
            self.scrapes += 1
            self.wrong += before.keys() & other.keys() & behind.keys()
            self.wrong += [(key, value) for one in (before, other) for key, value in one.items() if value < 0]

    def end(self):
        self.stopped.set()
        self.join()
        assert self.wrong == [] and self.scrapes > 3


def partitions_of(member):
    return {key[2] for key in series(member)}


def test_the_series_of_a_partition_are_where_the_partition_is(pipeline):
    topic = pipeline.topic(partitions=4)
    pipeline.make_dlq()
    for partition in range(4):
        pipeline.kafka.produce(topic, [event(partition * 100 + n) for n in range(25)], partition=partition)
    every = {"0", "1", "2", "3"}
    first, second = Sluice(pipeline.ini(), "first"), Sluice(pipeline.ini(), "second")
    with first:
        wait_until("all on the first", lambda: len(series(first)) == 16)
        assert {name for name, _, _ in series(first)} == set(BY_PARTITION)
        watch = Watch(first, second)
        with second:
            wait_until("two each", lambda: partitions_of(first) | partitions_of(second) == every and
                       len(series(first)) == len(series(second)) == 8)
            assert partitions_of(first).isdisjoint(partitions_of(second))
            assert first.stop() == 0
            wait_until("all on the second", lambda: len(series(second)) == 16)
            wait_until("the broker's view", lambda: second.total("sluice_consumer_lag_records") == 0 and
                       second.total("sluice_committed_offset") == 100)
            # the log is cut below what is committed, and then grows
            pipeline.kafka.admin().delete_records([TopicPartition(topic, p, 25) for p in range(4)])
            pipeline.kafka.produce(topic, [event(500)], partition=0)
            wait_until("the next one", lambda: second.total("sluice_committed_offset") == 101)
            watch.end()


def test_an_alias_that_cannot_be_is_told_with_its_line(tmp_path):
    path = tmp_path / "pipeline.ini"
    path.write_text("[pipeline]\nname = p\ntopics = t\nsink = out\n[kafka]\nbootstrap.servers = localhost:9092\n"
                    "[sink.out]\nplugin = file\npath = -\n[metrics]\n"
                    "alias.images = sluice_records_store_total\n"
                    "alias.sluice_ready = sluice_puts_total\n"
                    "alias.lines = sluice_file_lines_total\n"  # a plugin's: known as well
                    "alias.size = sluice_batch_bytes\n")
    done = sluice("validate", "-c", path)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        f"{path}:11: error: [metrics] alias.images: there is no metric sluice_records_store_total, did you mean "
        "sluice_records_stored_total?",
        f"{path}:12: error: [metrics] alias.sluice_ready: there is a metric of that name already",
        f"{path}:14: error: [metrics] alias.size: sluice_batch_bytes is a histogram, wanted a counter or gauge"]

