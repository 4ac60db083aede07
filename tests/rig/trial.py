"""What every fault is made of: processes of one pipeline, a stream with its ledger, and the verdict at the end."""

import os
import time

from rig.connect import Connect
from rig.ledger import Stream
from rig.process import wait_until
from rig.sluice import Sluice

LONG = os.environ.get("SLUICE_FAULTS") == "long"
CONNECT = os.environ.get("SLUICE_FAULTS_SYSTEM") == "connect"


def either(short, long):
    return long if LONG else short


def never_goes_back(commits):
    last = {}
    for topic, partition, offset in commits:
        assert offset >= last.get((topic, partition), 0), (topic, partition, offset, last)
        last[topic, partition] = offset


class Fleet:
    """Processes of one pipeline, Sluice's or Kafka Connect's; a static id each, so that a kill costs a second."""

    def __init__(self, pipeline, options="", static=True, edit=lambda ini: ini, tolerance="all", **sections):
        self.pipeline, self.options, self.static, self.edit = pipeline, options, static, edit
        self.tolerance, self.sections, self.running, self.number = tolerance, sections, {}, 0

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for process in self.running.values():
            if kind is not None:
                print(f"--- {process.name}: {process.log}\n{process.tail(60)}")
            process.kill9()

    def make(self, slot, name):
        if CONNECT:
            return Connect(self.pipeline, self.sections.get("uri") or self.pipeline.mongod.uri, self.tolerance, name)
        own = f"\n[kafka.consumer]\ngroup.instance.id = member-{slot}\n" if self.static else "\n[kafka.consumer]\n"
        ini = self.edit(self.pipeline.ini(self.options, **self.sections)).replace("\n[kafka.consumer]\n", own)
        if self.tolerance == "none":
            ini = ini.replace("errors.tolerance = all", "errors.tolerance = none").replace(
                f"errors.deadletterqueue.topic.name = {self.pipeline.dlq}\n", "")
        return Sluice(ini, name)

    def start(self, slot=0):
        self.number += 1
        self.running[slot] = self.make(slot, f"process-{self.number}").start()
        return self.running[slot]

    def kill(self, slot=0):
        self.running.pop(slot).kill9()

    def stop(self, slot=0):
        exit_code = self.running.pop(slot).stop(60)
        assert exit_code == 0 or CONNECT

    def done(self, slot):
        """Records dealt with: told by the process itself, or for the peer by the offsets of its group."""
        if not CONNECT:
            return self.running[slot].total("sluice_records_stored_total")
        return sum(offset or 0 for topic in self.pipeline.topics
                   for offset in self.pipeline.kafka.committed(self.pipeline.group, topic, 4))

    def wait_more(self, count, slot=0, seconds=60):
        wanted = self.done(slot) + count
        try:
            wait_until(f"{count} more records", lambda: self.done(slot) >= wanted, seconds, 0.3 if CONNECT else 0.03)
        except TimeoutError:
            if not CONNECT:  # the peer may be stuck by now: the end tells
                raise


class Trial:
    """One fault: its stream, and the line that it ends with."""

    def __init__(self, name, pipeline, topics, partitions=4, **stream):
        self.name, self.pipeline, self.partitions = name, pipeline, partitions
        self.stream = Stream(pipeline.kafka, topics, **stream)
        self.healed = time.monotonic()

    def __enter__(self):
        self.stream.__enter__()
        return self

    def __exit__(self, *error):
        self.stream.__exit__(*error)

    def heal(self):
        """The fault is over: from here on the time to recover counts."""
        self.healed = time.monotonic()

    def lag(self):
        pipeline, lag = self.pipeline, 0
        committed = {topic: pipeline.kafka.committed(pipeline.group, topic, self.partitions)
                     for topic in self.stream.topics}
        for (topic, partition), end in self.stream.ends().items():
            lag += max(0, end - (committed[topic][partition] or 0))
        return lag

    def wait_recovered(self, seconds):
        """How long it took; None: the peer has not."""
        try:
            wait_until(f"{self.name}: lag 0", lambda: self.lag() == 0, seconds, 0.3)
        except TimeoutError:
            if not CONNECT:
                raise
            return None
        return time.monotonic() - self.healed

    def end(self, record, seconds=90):
        """Everything has been dealt with; the verdict is told and returned."""
        self.stream.finish()
        recovered = self.wait_recovered(seconds)
        with self.pipeline.mongod.client() as client:
            documents = {topic: list(client[self.pipeline.name][f"images-{topic}"].find())
                         for topic in self.stream.topics}
        verdict = self.stream.judge(documents, self.pipeline.letter_origins())
        record(self.name, verdict, recovered)
        if not CONNECT:
            assert verdict.costs() == 0, f"{self.name}: {verdict}"
            never_goes_back(self.pipeline.kafka.commits(self.pipeline.group))
        return verdict


def topics_of(pipeline, partitions=4, **config):
    pipeline.kafka.create_topic(pipeline.dlq, replicas=config.get("replicas", 1), max_message_bytes=100000000)
    topic = pipeline.topic(partitions=partitions, **config)
    if CONNECT:  # Sluice makes its index itself
        pipeline.database[f"images-{topic}"].create_index("id", unique=True)
    return [topic]
