"""An independent ledger: what was produced, as the broker acknowledged it, and what became of it, record by record.

Every good event leaves a mark of its own in its document (`m<n % marks>` = n beside `n` and `updated_at`, both growing), so
that a document tells which of its events arrived, and whether an older one came over a newer one."""

import collections
import dataclasses
import datetime
import json
import random
import threading
import time

MARKS = 50
BEGINNING = datetime.datetime(2023, 10, 8)


@dataclasses.dataclass(frozen=True)
class Event:
    number: int
    id: int
    topic: str
    partition: int
    offset: int
    bad: bool


@dataclasses.dataclass
class Verdict:
    """What a fault has cost. lost: good events without their mark, bad ones without a letter; doubled: ids with two
    documents; misjudged: good events with a letter; stale: documents where an older event came over a newer one. A mark
    that a later event of the same id has taken over cannot be missed: lost is the least that it can be."""
    produced: int = 0
    stored: int = 0
    letters: int = 0
    lost: int = 0
    doubled: int = 0
    stale: int = 0
    misjudged: int = 0
    letters_again: int = 0  # of one record: at-least-once, after a kill

    def costs(self):
        return self.lost + self.doubled + self.stale + self.misjudged

    def __str__(self):
        again = f" ({self.letters_again} again)" if self.letters_again else ""
        return (f"produced {self.produced}, stored {self.stored}, dead-lettered {self.letters}{again}, "
                f"lost {self.lost}, doubled {self.doubled}, stale {self.stale}"
                f"{f', good ones dead-lettered {self.misjudged}' if self.misjudged else ''}")


class Stream(threading.Thread):
    """`with Stream(kafka, topics) as stream:` produces events at a rate until the end; stream.events is the ledger."""

    def __init__(self, kafka, topics, ids=200, bad=0.02, rate=500, seed=1, size=0):
        super().__init__(daemon=True)
        self.producer = kafka.producer(acks="all", enable_idempotence=True, message_timeout_ms=300000)
        self.topics, self.ids, self.bad, self.rate = topics, ids, bad, rate
        self.random = random.Random(seed)
        self.filler = self.random.randbytes(size // 2).hex()  # not to be compressed away
        self.events, self.number, self.failures = [], 0, []
        self.ending = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()

    def finish(self, seconds=120):
        """Ends the stream; every event has its offset then."""
        self.ending.set()
        self.join()
        assert self.producer.flush(seconds) == 0 and not self.failures, self.failures[:3]
        return self

    def wait_events(self, more, seconds=60):
        wanted, deadline = self.number + more, time.monotonic() + seconds
        while self.number < wanted:
            assert time.monotonic() < deadline, f"the stream is stuck at {self.number} events"
            time.sleep(0.02)

    def value(self, id_, number, bad):
        when = (BEGINNING + datetime.timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
        text = json.dumps({"id": id_, "n": number, f"m{number % MARKS}": number, "updated_at": when, "text": self.filler})
        return (text[:-1] if bad else text).encode()

    def produce(self, id_=None, bad=None):
        number, topic = self.number, self.random.choice(self.topics)
        id_ = self.random.randrange(self.ids) if id_ is None else id_
        bad = self.random.random() < self.bad if bad is None else bad
        self.number += 1

        def acknowledged(error, message):
            if error is not None:
                self.failures.append(str(error))
            else:
                self.events.append(Event(number, id_, topic, message.partition(), message.offset(), bad))

        while True:
            try:
                self.producer.produce(topic, self.value(id_, number, bad), key=str(id_), on_delivery=acknowledged)
                return
            except BufferError:
                self.producer.poll(0.1)

    def produce_again(self, part):
        """The oldest part of the events, as they were."""
        for event in sorted(self.events, key=lambda event: event.number)[:int(len(self.events) * part)]:
            self.producer.produce(event.topic, self.value(event.id, event.number, event.bad), key=str(event.id))
            self.producer.poll(0)
        assert self.producer.flush(60) == 0

    def run(self):
        began, produced = time.monotonic(), 0
        while not self.ending.wait(0.02):
            while produced < (time.monotonic() - began) * self.rate:
                self.produce()
                produced += 1
            self.producer.poll(0)

    # ---- What became of them ----

    def ends(self):
        """{(topic, partition): the offset behind the last event}"""
        ends = collections.defaultdict(int)
        for event in self.events:
            ends[event.topic, event.partition] = max(ends[event.topic, event.partition], event.offset + 1)
        return dict(ends)

    def judge(self, documents, letters):
        """documents: {topic: [document, ...]}; letters: [(topic, partition, offset), ...]"""
        again = len(letters) - len(set(letters))
        letters = set(letters)
        verdict = Verdict(produced=len(self.events), letters=len(letters), letters_again=again)
        wanted = collections.defaultdict(dict)
        for event in sorted(self.events, key=lambda event: event.number):
            if event.bad:
                verdict.lost += (event.topic, event.partition, event.offset) not in letters
            else:
                verdict.misjudged += (event.topic, event.partition, event.offset) in letters
                wanted[event.topic, event.id][f"m{event.number % MARKS}"] = event.number
                verdict.stored += 1
        found = {}
        for topic, of_topic in documents.items():
            for document in of_topic:
                verdict.doubled += (topic, document["id"]) in found
                found[topic, document["id"]] = document
        for key, marks in wanted.items():
            document = found.get(key, {})
            missing = sum(document.get(mark) != number for mark, number in marks.items())
            verdict.lost += missing
            verdict.stored -= missing
            newest = max((document.get(f"m{i}", -1) for i in range(MARKS)), default=-1)
            verdict.stale += bool(document) and document["n"] < newest
        return verdict
