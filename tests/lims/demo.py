"""The main job on real servers: events from a real Kafka arrive as correct documents in a real MongoDB.  See demo.sh."""

import argparse
import os
import pathlib
import sys
import time

from lims.check import compare
from lims.events import TOPICS, ImageApi, Leaves, populate
from rig.kafka import Kafka
from rig.mongodb import Mongod
from rig.process import free_port, wait_until
from rig.sluice import Sluice

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf" / "plant-images.ini"


def say(text):
    print(text, flush=True)


def progress_line(sluice, done, total, began):
    stored = int(sluice.total("sluice_records_stored_total"))
    lag = int(sluice.total("sluice_consumer_lag_records"))
    rss, _ = sluice.memory()
    line = f"  sent {done:6} of {total}   stored {stored:6}   lag {lag:6}   rss {rss / 2**20:5.1f} MiB"
    print(f"\r{line}   {time.monotonic() - began:5.1f} s" if sys.stdout.isatty() else line, flush=True,
          end="" if sys.stdout.isatty() else "\n")


def stream(kafka, mongod, sluice, leaves, count):
    began, cpu = time.monotonic(), sluice.cpu_seconds()
    step = max(200, count // 20)
    with mongod.client() as client:
        api = ImageApi(client, kafka.producer(), leaves)
        api.run(count, lambda done: progress_line(sluice, done, count, began) if done % step == 0 else None)
        wait_until("all events to be stored", lambda: sluice.total("sluice_records_stored_total") >= count and
                   sluice.total("sluice_consumer_lag_records") == 0, 300, 0.1)
        seconds = time.monotonic() - began
        progress_line(sluice, count, count, began)
        result = compare(client)
    rss, peak = sluice.memory()
    say(f"\n{result}")
    say(f"{count} events, {api.bytes / 2**20:.0f} MiB in {seconds:.1f} s while being made: {count / seconds:.0f} events/s, "
        f"lag 0, {(sluice.cpu_seconds() - cpu) / count * 1e6:.0f} us of CPU each, memory {rss / 2**20:.1f} MiB, "
        f"at its peak {peak / 2**20:.1f} MiB")
    return len(result.differences)


def backlog(kafka, mongod, sluice, env, leaves, count):
    """The same with everything waiting before Sluice starts: what Sluice itself can do."""
    with mongod.client() as client:
        ImageApi(client, kafka.producer(), leaves).run(count)
        began = time.monotonic()
        with Sluice(CONF.read_text(), "sluice-backlog", env) as second:
            second.wait_total("sluice_records_stored_total", count, 300)
            seconds = time.monotonic() - began
            cpu, (_, peak) = second.cpu_seconds(), second.memory()
            wait_until("lag 0", lambda: second.total("sluice_consumer_lag_records") == 0)
            second.stop()
        result = compare(client)
    say(f"a backlog of {count} events: stored {seconds:.1f} s after the start, {count / seconds:.0f} events/s, "
        f"{cpu / count * 1e6:.0f} us of CPU each with the start, peak memory {peak / 2**20:.1f} MiB; {result}")
    return len(result.differences)


def main():
    parser = argparse.ArgumentParser(prog="demo.sh", description="Streams image events through Sluice on real servers.")
    parser.add_argument("--events", type=int, default=10000, help="how many (10000)")
    parser.add_argument("--keep", action="store_true", help="leave everything running, and say where to look")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()

    say("starting Kafka and MongoDB ...")
    with Kafka() as kafka, Mongod() as mongod:
        for topic in (*TOPICS, "plant-images.dlq"):
            kafka.create_topic(topic, 1)
        leaves = Leaves(arguments.seed)
        with mongod.client() as client:
            populate(client, leaves, 100)
        say(f"both databases hold 100 documents for each of {', '.join(TOPICS)}; now the events")
        env = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "MONGODB_URI": mongod.uri,
               "METRICS_LISTEN": f"127.0.0.1:{free_port()}"}
        with Sluice(CONF.read_text(), env=env) as sluice:
            sluice.wait_ready()
            differences = stream(kafka, mongod, sluice, leaves, arguments.events)
            if arguments.keep:
                say(f"\nKafka    {kafka.bootstrap}\nMongoDB  {mongod.uri}\nSluice   http://127.0.0.1:{sluice.port}/metrics "
                    f"/ready /live, log {sluice.log}\nCtrl-C ends them.")
                try:
                    while True:
                        time.sleep(1)
                except KeyboardInterrupt:
                    pass
            exit_code = sluice.stop()
        if exit_code != 0:
            say(f"Sluice ended with {exit_code}\n{sluice.tail()}")
            return 1
        differences += backlog(kafka, mongod, sluice, env, leaves, arguments.events)
    return 1 if differences else 0


if __name__ == "__main__":
    os.environ.setdefault("SLUICE_BUILD", str(CONF.parents[1] / "build" / "release"))
    sys.exit(main())
