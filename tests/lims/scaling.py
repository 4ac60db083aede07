"""Does it scale, what happens as the flow grows, and what of it when the read side is flooded.  See scaling.sh.

A layout is so many processes with so many tasks each, over so many partitions of each topic. Its processes share the
partitions out while they are PAUSED and the backlog is produced; what is measured is from their resumption until every event
is stored. It is tried with the database as it is, and with one whose every write takes longer, as one does that
is in another zone or waits for a majority."""

import argparse
import collections
import contextlib
import os
import pathlib
import re
import statistics
import time
import urllib.request

from lims import report
from lims.classes import PLANTS
from lims.events import CONSUMER, Leaves, to_json
from lims.readers import CONNECTIONS, Readers
from rig.kafka import Kafka
from rig.mongodb import Mongod
from rig.process import free_port, wait_until
from rig.sluice import TOP, Sluice

CONF = TOP / "conf" / "plant-images.ini"
SLOW_MS = 20
# (partitions of each topic, processes, tasks of each)
LAYOUTS = ((1, 1, 1), (1, 1, 3), (1, 3, 1), (4, 1, 1), (4, 1, 4), (4, 3, 4))
READ_ROUNDS, READ_RATE = 3, 500
PING, IMAGE, COUNT = "/ping", "/image-plant/{topic}/{key}", "/image-plant/{topic}/total/"
# What readers ask for, and how often in a second: None is as often as they are answered.
READS = {"nothing": (None, 0), "100 images a second": (IMAGE, 100), "images": (IMAGE, None), "counts": (COUNT, None),
         "pings": (PING, None)}
MIB = 2**20


class Events:
    """As many creates as are asked for, each with an id of its own, ready as JSON but for that."""

    def __init__(self, seed=7):
        leaves = Leaves(seed)
        self.texts = [(plant, to_json({name: item for name, item in leaves.create(plant)[1].items() if name != "id"})[1:])
                      for plant in PLANTS for _ in range(50)]
        self.made = 0

    def next(self):
        self.made += 1
        plant, rest = self.texts[self.made % len(self.texts)]
        return plant, str(self.made).encode(), b'{"id": %d, %s' % (self.made, rest)


def send(producer, suffix, events, count):
    """[(topic, key)]"""
    sent = []
    for _ in range(count):
        plant, key, value = events.next()
        sent.append((plant + suffix, key.decode()))
        while True:
            try:
                producer.produce(plant + suffix, value, key)
                break
            except BufferError:
                producer.poll(0.01)
        producer.poll(0)
    return sent


class Consumers:
    """Processes of one pipeline, over topics with a suffix."""

    def __init__(self, kafka, mongod, suffix, partitions, processes, tasks, address=None):
        self.partitions = partitions * len(PLANTS)
        self.name = f"scaling{suffix}"  # one group: it goes on behind what others have stored
        text = CONF.read_text().replace("[pipeline]\nname = plant-images\ntopics = potato, tomato, pepper\ntasks.max = 2",
                                        f"[pipeline]\nname = {self.name}\ntopics = " +
                                        ", ".join(plant + suffix for plant in PLANTS) + f"\ntasks.max = {tasks}")
        assert self.name in text
        if address:
            text = text.replace("[http]\n", f"[http]\nread.listen = {address}\nread.path = /image-plant\n")
            text += "lookup.format = event\n"
        self.members = [Sluice(text, f"{self.name}-{i}", {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "MONGODB_URI": mongod.uri},
                               admin=True) for i in range(processes)]

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        for member in self.members:
            self.stack.enter_context(member)
        for member in self.members:
            member.wait_ready(60)
        wait_until("the partitions to be shared out", self.shared_out, 60)
        return self

    def __exit__(self, *failure):
        for member in self.members:
            member.stop()  # it commits
        return self.stack.__exit__(*failure)

    def shared_out(self):
        owned = [int(member.total("sluice_assigned_partitions")) for member in self.members]
        return sum(owned) == self.partitions and min(owned) >= self.partitions // len(self.members)

    def ask(self, what):
        for member in self.members:
            urllib.request.urlopen(urllib.request.Request(
                f"http://{member.admin}/connectors/{self.name}/{what}", method="PUT"), timeout=10).close()

    def stored(self):
        return int(sum(member.total("sluice_records_stored_total") for member in self.members))

    def latencies(self):
        """{at most so many seconds from an event's timestamp to its acknowledgement: how many}"""
        counts = {}
        for name, count in (pair for member in self.members for pair in member.metrics().items()):
            if found := re.match(r'sluice_delivery_latency_seconds_bucket{.*le="(.+?)"', name):
                counts[float(found[1])] = counts.get(float(found[1]), 0) + count
        return counts

    def cpu_seconds(self):
        return sum(member.cpu_seconds() for member in self.members)

    def peak(self):
        return max(member.memory()[1] for member in self.members)


class Bench:
    def __init__(self, kafka, mongod, events):
        self.kafka, self.mongod, self.events = kafka, mongod, events

    def cpu(self, consumers):
        """Seconds so far of: the Consumer, MongoDB, Kafka."""
        return (consumers.cpu_seconds(), self.mongod.process.cpu_seconds(), self.kafka.brokers[0].process.cpu_seconds())

    def spent(self, consumers, before):
        return [after - begin for after, begin in zip(self.cpu(consumers), before)]

    def forget(self):
        with self.mongod.client() as client:
            client.drop_database(CONSUMER)

    def backlog(self, partitions, processes, tasks, count, slow):
        suffix = f"-{partitions}"
        self.forget()
        with Consumers(self.kafka, self.mongod, suffix, partitions, processes, tasks) as consumers:
            self.fill(consumers, suffix, count)
            if slow:
                self.mongod.fail_command("alwaysOn", failCommands=["update"], blockConnection=True,
                                         blockTimeMS=SLOW_MS)
            before = self.cpu(consumers)
            seconds = self.drain(consumers, count)
            spent = self.spent(consumers, before)
            self.mongod.fail_command("off")
            self.all_there(count)
            return {"rate": count / seconds, "micros": [part / count * 1e6 for part in spent], "peak": consumers.peak()}

    def fill(self, consumers, suffix, count):
        consumers.ask("pause")
        time.sleep(1)
        producer = self.kafka.producer()
        send(producer, suffix, self.events, count)
        assert producer.flush(120) == 0
        time.sleep(2)  # whatever the servers still have to do for that

    def drain(self, consumers, count):
        """Seconds until so many are stored."""
        began = time.monotonic()
        consumers.ask("resume")
        wait_until("the backlog to be stored", lambda: consumers.stored() >= count, 300, 0.02)
        return time.monotonic() - began

    def offer(self, producer, rate, seconds):
        began, sent = time.monotonic(), 0
        while (now := time.monotonic() - began) < seconds:
            due = int(rate * now) - sent
            send(producer, "-1", self.events, due)
            sent += due
            time.sleep(0.002)
        return sent

    def all_there(self, count):
        with self.mongod.client() as client:
            database = client[CONSUMER]
            found = sum(database[name].count_documents({}) for name in database.list_collection_names())
        if found != count:
            raise RuntimeError(f"{found} documents of {count}")

    def flow(self, rate, seconds):
        """What becomes of so many events a second."""
        self.forget()
        with Consumers(self.kafka, self.mongod, "-1", 1, 1, 2) as consumers:
            producer = self.kafka.producer(queue_buffering_max_kbytes=200000)
            before, began = self.cpu(consumers), time.monotonic()
            sent = self.offer(producer, rate, seconds)
            took = time.monotonic() - began
            lag, spent = sent - consumers.stored(), self.spent(consumers, before)
            assert producer.flush(120) == 0
            wait_until("the rest", lambda: consumers.stored() >= sent, 300, 0.02)
            caught_up = time.monotonic() - began - took
            self.all_there(sent)
            return {"offered": sent / took, "lag": lag, "caught_up": caught_up, "peak": consumers.peak(),
                    "processors": [part / took for part in spent]}

    def read(self, path, pace, count, rate, seconds):
        """Nothing else, a backlog, then a flow, while readers ask for what was stored before."""
        self.forget()
        address = f"127.0.0.1:{free_port()}"
        with Consumers(self.kafka, self.mongod, "-1", 1, 1, 2, address) as consumers:
            producer = self.kafka.producer()
            paths = [path.format(topic=topic, key=key) for topic, key in send(producer, "-1", self.events, 300) if path]
            wait_until("what is read", lambda: consumers.stored() >= 300, 60)
            before = self.cpu(consumers)
            with Readers(address, paths, pace) as alone:
                time.sleep(seconds / 2)
            spent = self.spent(consumers, before)
            self.fill(consumers, "-1", count)
            with Readers(address, paths, pace) as beside:
                backlog = count / self.drain(consumers, 300 + count)
            before = consumers.latencies()
            with Readers(address, paths, pace):
                sent = self.offer(producer, rate, seconds)
            assert producer.flush(120) == 0
            wait_until("the rest", lambda: consumers.stored() >= 300 + count + sent, 300, 0.02)
            latencies = {most: so_many - before.get(most, 0) for most, so_many in consumers.latencies().items()}
            self.all_there(300 + count + sent)
            return {"alone": alone.rate, "spent": [part / (seconds / 2) for part in spent], "beside": beside.rate,
                    "backlog": backlog, "latencies": latencies, "peak": consumers.peak()}


def layouts(bench, count):
    rows = []
    for partitions, processes, tasks in LAYOUTS:
        fast, slow = (bench.backlog(partitions, processes, tasks, count, slow) for slow in (False, True))
        rows.append([3 * partitions, processes, tasks, f"{fast['rate']:.0f}", *(f"{part:.0f}" for part in fast["micros"]),
                     f"{fast['peak'] / MIB:.0f}", f"{slow['rate']:.0f}"])
        print(rows[-1], flush=True)
    return report.table(["partitions", "processes", "tasks of each", "events/s", "Consumer's CPU, µs an event", "MongoDB's",
                         "Kafka's", "peak memory of a process, MiB", f"events/s when a write takes {SLOW_MS} ms longer"], rows)


def flows(bench, rates, seconds):
    rows = []
    for rate in rates:
        got = bench.flow(rate, seconds)
        rows.append([f"{got['offered']:.0f}", got["lag"], f"{got['caught_up']:.1f}",
                     *(f"{part:.2f}" for part in got["processors"]), f"{got['peak'] / MIB:.0f}"])
        print(rows[-1], flush=True)
    return report.table(["offered, events/s", f"not stored after {seconds} s", "then stored within, s", "Consumer, processors",
                         "MongoDB, processors", "Kafka, processors", "Consumer's peak memory, MiB"], rows)


def percentile(rounds, part):
    """Milliseconds at most, of all events of these rounds."""
    counts = collections.Counter()
    for one in rounds:
        counts.update(one["latencies"])
    return min(most for most, so_many in counts.items() if so_many >= part * counts[float("inf")]) * 1000


def reads(bench, count, seconds):
    """In turn, so that what this machine does beside falls on all alike."""
    rounds = {name: [] for name in READS}
    for _ in range(READ_ROUNDS):
        for name, (path, pace) in READS.items():
            rounds[name].append(bench.read(path, pace, count, READ_RATE, seconds))
            print(name, {key: got for key, got in rounds[name][-1].items() if key != "latencies"}, flush=True)
    rows = []
    for name, of_name in rounds.items():
        alone, beside, peak = (statistics.median(one[key] for one in of_name) for key in ("alone", "beside", "peak"))
        spent = [statistics.median(parts) for parts in zip(*(one["spent"] for one in of_name))]
        backlogs = [one["backlog"] for one in of_name]
        rows.append([name, f"{alone:.0f}", f"{spent[0]:.2f}", f"{spent[1]:.2f}", f"{beside:.0f}",
                     f"{statistics.median(backlogs):.0f} ({min(backlogs):.0f}–{max(backlogs):.0f})",
                     *(f"{percentile(of_name, part):.0f}" for part in (0.5, 0.9, 0.99)), f"{peak / MIB:.0f}"])
    return report.table([f"{CONNECTIONS} readers ask for", "answers/s", "Consumer, processors", "MongoDB, processors",
                         "answers/s beside a backlog", "events/s of the backlog",
                         *(f"p{part} of {READ_RATE} events/s, at most ms" for part in (50, 90, 99)), "peak memory, MiB"], rows)


def main():
    parser = argparse.ArgumentParser(prog="scaling.sh", description="Processes, tasks and partitions; a growing flow; readers beside it.")
    parser.add_argument("--events", type=int, default=10000, help="of a backlog (10000)")
    parser.add_argument("--seconds", type=int, default=15, help="of a flow (15)")
    parser.add_argument("--rates", default="250,500,1000,2000,3000,4000", help="events a second")
    parser.add_argument("--tables", default="flows,layouts,reads", help="which of them")
    parser.add_argument("--readme", type=pathlib.Path, default=TOP / "manifests" / "README.md", help="where the tables go")
    arguments = parser.parse_args()
    with Kafka() as kafka, Mongod() as mongod:
        for partitions in sorted({partitions for partitions, _, _ in LAYOUTS}):
            for plant in PLANTS:
                kafka.create_topic(f"{plant}-{partitions}", partitions)
        kafka.create_topic("plant-images.dlq")
        bench = Bench(kafka, mongod, Events())
        makers = {"flows": lambda: flows(bench, [int(rate) for rate in arguments.rates.split(",")], arguments.seconds),
                  "layouts": lambda: layouts(bench, arguments.events),
                  "reads": lambda: reads(bench, arguments.events, arguments.seconds)}
        report.write(arguments.readme, {name: makers[name]() for name in arguments.tables.split(",")})


if __name__ == "__main__":
    os.environ.setdefault("SLUICE_BUILD", str(TOP / "build" / "release"))
    main()
