"""Peak memory against the promise: at most idle and connected + 1.5 x buffer.max.bytes + the largest record.  See memory.sh."""

import os
import sys
import time

from rig.kafka import Kafka
from rig.mongodb import Mongod
from rig.process import wait_until
from rig.sluice import Sluice

RECORDS, SIZE = int(os.environ.get("SLUICE_MEMORY_RECORDS", "4000")), 175_000
MIB = 2**20


def ini(kafka, mongod, topic, budget, tasks):
    return f"""
[pipeline]
name = {topic}-{budget}
topics = {topic}
tasks.max = {tasks}
transforms = event
sink = images
errors.tolerance = all
errors.deadletterqueue.topic.name = letters
buffer.max.bytes = {budget} MiB

[kafka]
bootstrap.servers = {kafka.bootstrap}

[transform.event]
plugin = json-event
required = id
convert.data = hex

[sink.images]
plugin = mongodb-image
connection.uri = {mongod.uri}
database = memory
"""


def event(number, bad):
    return b'{"id":%d,"data":"%s"}' % (number, (b"zz" if bad else b"ab") * (SIZE // 2))


def measure(kafka, mongod, topic, budget, tasks, frozen):
    with Sluice(ini(kafka, mongod, topic, budget, tasks)) as sluice:
        sluice.wait_ready()
        if frozen:
            mongod.process.freeze()
            time.sleep(20)
            mongod.process.thaw()
        wait_until("all records", lambda: sluice.total("sluice_records_consumed_total") >= RECORDS and
                   sluice.total("sluice_consumer_lag_records") == 0, 300, 0.5)
        letters = sluice.total("sluice_records_dead_lettered_total")
        _, peak = sluice.memory()
        assert sluice.stop() == 0
    return peak, letters


def idle(kafka, mongod):
    with Sluice(ini(kafka, mongod, "empty", 32, 2)) as sluice:
        sluice.wait_ready()
        time.sleep(2)
        rss, _ = sluice.memory()
        assert sluice.stop() == 0
    return rss


def main():
    failed = 0
    with Kafka() as kafka, Mongod() as mongod:
        for topic, partitions, every in (("empty", 1, 0), ("letters", 1, 0), ("one", 1, 0), ("many", 24, 0), ("bad", 4, 20)):
            kafka.create_topic(topic, partitions, max_message_bytes=110000000)
            if topic in ("one", "many", "bad"):
                producer = kafka.producer()
                for number in range(RECORDS):
                    producer.produce(topic, event(number, every and number % every == 0), partition=number % partitions)
                    producer.poll(0)
                    if number % 200 == 0:
                        producer.flush()
                producer.flush()
        base = idle(kafka, mongod)
        print(f"idle and connected: {base / MIB:.1f} MiB; {RECORDS} records of {SIZE // 1000} KB waiting")
        for budget in (8, 32, 64):
            limit = base + 1.5 * budget * MIB + SIZE
            for topic, tasks, frozen in (("one", 1, False), ("many", 2, True), ("bad", 2, False)):
                with mongod.client() as client:
                    client.drop_database("memory")
                peak, letters = measure(kafka, mongod, topic, budget, tasks, frozen)
                fine = peak <= limit
                failed += not fine
                print(f"{'ok  ' if fine else 'FAIL'} buffer.max.bytes {budget:2} MiB, {topic:4}, {tasks} tasks, "
                      f"{'frozen for 20 s' if frozen else 'flowing':15}: peak {peak / MIB:6.1f} MiB, at most "
                      f"{limit / MIB:6.1f}; {letters:.0f} letters", flush=True)
    print(f"{9 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
