"""Stream against batch (task 3 of the assignment): the leaf system for an hour of its own time, with the Db Synchronizer and
with Sluice: what each moves, how old its copy is, what it costs.  See experiment.sh; plots.py and report.py tell of it.

Bytes are counted by the proxies between each process and each server (rig/proxy.py): the payload of every connection, each
way. What flows at rest is measured by itself, when all jobs are paused: the clock is fast for the jobs alone."""

import argparse
import datetime
import json
import math
import os
import pathlib
import signal
import sys
import time

from lims import camera_job, leaf_disease_recognizer_job, plots, report, users_job
from lims.samples import Samples
from lims.staleness import ages, percentile
from lims.system import System
from rig.process import wait_until
from rig.prometheus import Prometheus
from rig.sluice import TOP

# The real Db Synchronizer may carry everything or only changes, the real Image API may send updates with or without the
# picture: it is not told, so each is tried.
WAYS = {
    "batch": {"batch": True, "SYNC": "all"},
    "batch of changes": {"batch": True, "SYNC": "changes"},
    "stream": {"UPDATE_EVENTS": "whole"},
    "stream of changes": {"UPDATE_EVENTS": "changes"},
}
MOST_CAMERAS = 240  # at a factor of 1: of more photos and diagnoses the jobs fall behind on 2 cores
GAUGES = {"image-api": report.GAUGES["Image API"], "db-synchronizer-job": report.GAUGES["Db Synchronizer Job"]}
SLUICE_COUNTERS = (report.CONSUMED_BYTES, report.STORED, report.INSERTED, report.CHANGED, report.UNCHANGED,
                   report.FOLDED)


def links_of(way):
    """The links that are there for this way's sake; the mover's own are the last two: from whom it reads, to whom it writes."""
    if "batch" in WAYS[way]:
        return ["db-synchronizer-job > mongodb-producer", "db-synchronizer-job > mongodb-consumer"]
    return ["image-api > kafka", "sluice > kafka", "sluice > mongodb-consumer"]


def changes_due(cameras, minutes):
    """What the jobs do in that time of theirs, each beginning with a round at once; the recognizer's last one finds the photos
    until then."""
    seconds = minutes * 60

    def rounds(period, seconds=seconds):
        return math.ceil(seconds / period)

    looked = (rounds(leaf_disease_recognizer_job.PERIOD_SECONDS) - 1) * leaf_disease_recognizer_job.PERIOD_SECONDS
    of_users = (users_job.ACTIVATE_SECONDS, users_job.METADATA_SECONDS, users_job.DELETE_SECONDS)
    return (cameras * (rounds(camera_job.PERIOD_SECONDS) + rounds(camera_job.PERIOD_SECONDS, looked))
            + sum(map(rounds, of_users)))


def counters(system):
    """As the assignment's dashboard has them, and Sluice's; from the processes themselves."""
    found = {name: system.services[service].metric(name) for service, names in GAUGES.items() for name in names}
    if not system.batch:
        found |= {name: system.sluice.total(name) for name in SLUICE_COUNTERS}
    return found


def reading(system):
    return {"links": {f"{client} > {server}": counted for (client, server), counted in system.traffic().items()},
            "cpu_seconds": system.cpu_seconds(), "counters": counters(system), "seconds": time.monotonic()}


def since(before, now):
    """A later reading less an earlier one."""
    if isinstance(now, dict):
        return {name: since(before[name], now[name]) for name in now}
    if isinstance(now, tuple):
        return [since(*pair) for pair in zip(before, now)]
    return round(now - before, 3)


def hour(system, way, arguments):
    """What the way does in so many minutes of the jobs' own, until all that they have changed is on its way's end."""
    links = [tuple(link.split(" > ")) for link in links_of(way)]
    with Samples(system, links) as samples:
        before = reading(system)
        system.press("start")
        time.sleep(arguments.minutes * 60 / system.factor)
        if system.batch:
            system.press("pause")
            system.end_round()
        else:
            system.drain()
        measured = since(before, reading(system))
    return {**measured, "curve": samples.curve(system.factor)}


def rest(system, seconds):
    """What flows and is spent in a real second when nothing is to be done."""
    if system.batch:
        system.end_round()
        system.services["db-synchronizer-job"].press("pause")
    before = reading(system)
    time.sleep(seconds)
    measured = since(before, reading(system))
    if any(measured["counters"].values()):
        raise RuntimeError(f"this was no rest: {measured['counters']}")
    return {"rest_links": {link: [round(count / measured["seconds"], 1) for count in counts]
                           for link, counts in measured["links"].items()},
            "rest_cpu": {name: round(spent / measured["seconds"], 5) for name, spent in measured["cpu_seconds"].items()}}


def scrape(system):
    """Prometheus finds the same in the services as we did."""
    targets = {name: system.services[name].metrics_port for name in GAUGES}
    if not system.batch:
        targets["sluice"] = system.sluice.port
    with Prometheus(targets) as prometheus:
        for name, value in counters(system).items():
            wait_until(f"{name} {value} in Prometheus", lambda: value == sum(
                float(one["value"][1]) for one in prometheus.query(name)), 20)


def run(way, cameras, arguments):
    factor = min(arguments.factor, MOST_CAMERAS / cameras)
    with System(factor, [""] * cameras, arguments.images, members=1, **WAYS[way]) as system:
        began = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        one = {"way": way, "cameras": cameras, "factor": factor, "minutes": arguments.minutes,
               "images": sum(made for made, _ in system.totals().values()), "due": changes_due(cameras, arguments.minutes),
               "way_links": links_of(way), **hour(system, way, arguments)}
        comparison = system.settle()
        if comparison.differences:
            raise RuntimeError(f"{way}, {cameras} cameras: {comparison}")
        with system.databases["mongodb-producer"].client() as producer, \
                system.databases["mongodb-consumer"].client() as consumer:
            old = ages(producer, consumer, began)
        one |= {"changes": len(old), "compared": comparison.compared, "differences": len(comparison.differences),
                "age_percentiles": [percentile(old, percent) for percent in range(101)], **rest(system, arguments.rest)}
        if found := report.sums(one):
            raise RuntimeError(f"{way}, {cameras} cameras: {'; '.join(found)}")
        scrape(system)
        return one


def place(one):
    """Of a run among others: one of the same place is the same anew."""
    return one["cameras"], list(WAYS).index(one["way"])


def main():
    parser = argparse.ArgumentParser(prog="experiment.sh", description="Stream against batch, in the leaf system.")
    parser.add_argument("--minutes", type=float, default=60, help="of the system's own time, a run (60)")
    parser.add_argument("--factor", type=float, default=60,
                        help=f"seconds of its time in a second (60); at most {MOST_CAMERAS} by the number of cameras")
    parser.add_argument("--cameras", default="1,4,16", help="how many Camera Jobs, a run each (1,4,16)")
    parser.add_argument("--ways", default=",".join(WAYS), help=f"which ({', '.join(WAYS)})")
    parser.add_argument("--images", type=int, default=300, help="of each plant, with which the databases start (300)")
    parser.add_argument("--rest", type=float, default=20, help="seconds for which the rest is measured (20)")
    parser.add_argument("--output", type=pathlib.Path, default=TOP / "manifests", help="where results and plots go")
    parser.add_argument("--again", action="store_true", help="only draw and tell again what the last one found")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = arguments.output / "experiment.json"
    if not arguments.again:
        runs = sorted(json.loads(results.read_text()) if results.exists() else [], key=place)
        arguments.output.mkdir(exist_ok=True)
        for cameras in map(int, arguments.cameras.split(",")):
            for way in arguments.ways.split(","):
                print(f"{cameras} cameras, {way} ...", flush=True)
                one = run(way, cameras, arguments)
                print(report.line(one), flush=True)
                runs = sorted([other for other in runs if place(other) != place(one)] + [one], key=place)
                results.write_text("[" + ",\n".join(json.dumps(one) for one in runs) + "]\n")
    runs = json.loads(results.read_text())
    plots.draw(runs, arguments.output / "pictures")
    report.write(arguments.output / "README.md", {name: table(runs) for name, table in report.TABLES.items()})


if __name__ == "__main__":
    os.environ.setdefault("SLUICE_BUILD", str(TOP / "build" / "release"))
    main()
