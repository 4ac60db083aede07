"""Stream against batch (task 3 of the assignment): the leaf system for an hour of its own time, with the Db Synchronizer and
with Sluice: what each moves, how old its copy is, what it costs.  See experiment.sh; plots.py and report.py tell of it.

Bytes are counted by the proxies between each process and each server (rig/proxy.py): the payload of every connection, each
way. Prometheus scrapes these counters every second beside the services' own metrics; the curves are made of what it has."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import signal
import sys
import time

import prometheus_client
from prometheus_client.core import CounterMetricFamily

from lims import plots, report
from lims.staleness import ages, percentile
from lims.system import System
from rig.process import free_port, wait_until
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
GAUGES = ("image_api_image", "image_api_image_size", "db_synchronizer_job_image", "db_synchronizer_job_image_size",
          "sluice_records_stored_total")
SCRAPE_SECONDS = 1.2  # Prometheus has looked once more


class Links:
    """The proxies' counters, for Prometheus."""

    def __init__(self, system):
        self.system = system

    def collect(self):
        family = CounterMetricFamily("lims_link_bytes", "Between a process and a server.",
                                     labels=["client", "server", "direction"])
        for (client, server), (sent, received) in self.system.traffic().items():
            family.add_metric([client, server, "sent"], sent)
            family.add_metric([client, server, "received"], received)
        yield family


@contextlib.contextmanager
def scraped(system):
    """A Prometheus that has looked at everything once."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(Links(system))
    port = free_port()
    server, thread = prometheus_client.start_http_server(port, "127.0.0.1", registry)
    targets = {"links": port, **{name: system.services[name].metrics_port for name in ("image-api", "db-synchronizer-job")}}
    if not system.batch:
        targets["sluice"] = system.sluice.port
    with Prometheus(targets) as prometheus:
        wait_until("the first scrapes", lambda: sum(value for _, series in prometheus.range(
            "up", time.time(), time.time()) for _, value in series) == len(targets))
        yield prometheus
    server.shutdown()
    thread.join()


def links_of(way):
    """The links that are there for this way's sake; the mover's own are the last two: from whom it reads, to whom it writes."""
    if "batch" in WAYS[way]:
        return [("db-synchronizer-job", "mongodb-producer"), ("db-synchronizer-job", "mongodb-consumer")]
    return [("image-api", "kafka"), ("sluice", "kafka"), ("sluice", "mongodb-consumer")]


def difference(after, before):
    return {key: [a - b for a, b in zip(after[key], before[key])] for key in after}


def curve(prometheus, way, begin, end, factor):
    """[(minute of the system's own time, KiB in a second of it)] of the way's links together."""
    at = {}
    wanted = {(client, server) for client, server in links_of(way)}
    for labels, series in prometheus.range("lims_link_bytes_total", begin, end):
        if (labels["client"], labels["server"]) in wanted:
            for moment, value in series:
                at[moment] = at.get(moment, 0) + value
    moments = sorted(at)
    return [(round((now - begin) * factor / 60, 2), round((at[now] - at[past]) / (now - past) / factor / 1024, 2))
            for past, now in zip(moments, moments[1:])]


def increases(prometheus, begin, end):
    """What the assignment's dashboard is made of: how much each gauge grew."""
    found = {}
    for name in GAUGES:
        growths = [series[-1][1] - series[0][1] for _, series in prometheus.range(name, begin, end)]
        if growths:
            found[name] = sum(growths)
    return found


def quiet(system):
    """No synchronization is under way."""
    begun, ended = system.rounds()
    return begun == ended


def run(way, cameras, arguments):
    with System(arguments.factor, [""] * cameras, arguments.images, members=1, **WAYS[way]) as system, \
            scraped(system) as prometheus:
        system.drain()
        time.sleep(SCRAPE_SECONDS)
        began, before, cpu = time.time(), system.traffic(), system.cpu_seconds()
        since = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        system.press("start")
        time.sleep(arguments.minutes * 60 / arguments.factor)
        system.press("pause")
        wait_until("the end of a synchronization", lambda: quiet(system), 60)
        traffic = difference(system.traffic(), before)
        cpu = {name: round(seconds - cpu[name], 2) for name, seconds in system.cpu_seconds().items()}
        time.sleep(SCRAPE_SECONDS)
        ended = time.time()
        comparison = system.settle()
        if comparison.differences:
            raise RuntimeError(f"{way}, {cameras} cameras: {comparison}")
        with system.databases["mongodb-producer"].client() as producer, \
                system.databases["mongodb-consumer"].client() as consumer:
            old = ages(producer, consumer, since)
        return {
            "way": way, "cameras": cameras, "factor": arguments.factor, "minutes": arguments.minutes,
            "changes": len(old), "compared": comparison.compared, "differences": len(comparison.differences),
            "links": {f"{client} > {server}": moved for (client, server), moved in traffic.items()},
            "way_links": [f"{client} > {server}" for client, server in links_of(way)],
            "cpu_seconds": cpu, "gauges": increases(prometheus, began, ended),
            "curve": curve(prometheus, way, began, ended, arguments.factor),
            "age_percentiles": [percentile(old, percent) for percent in range(101)],
        }


def main():
    parser = argparse.ArgumentParser(prog="experiment.sh", description="Stream against batch, in the leaf system.")
    parser.add_argument("--minutes", type=float, default=60, help="of the system's own time, a run (60)")
    parser.add_argument("--factor", type=float, default=60, help="seconds of its time in a second (60)")
    parser.add_argument("--cameras", default="1,4,16", help="how many Camera Jobs, a run each (1,4,16)")
    parser.add_argument("--ways", default=",".join(WAYS), help=f"which ({', '.join(WAYS)})")
    parser.add_argument("--images", type=int, default=300, help="of each plant, with which the databases start (300)")
    parser.add_argument("--output", type=pathlib.Path, default=TOP / "manifests", help="where results and plots go")
    parser.add_argument("--again", action="store_true", help="only draw and tell again what the last one found")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = arguments.output / "experiment.json"
    if not arguments.again:
        runs = []
        arguments.output.mkdir(exist_ok=True)
        for cameras in map(int, arguments.cameras.split(",")):
            for way in arguments.ways.split(","):
                print(f"{cameras} cameras, {way} ...", flush=True)
                runs.append(run(way, cameras, arguments))
                print(report.line(runs[-1]), flush=True)
                results.write_text("[" + ",\n".join(json.dumps(one) for one in runs) + "]\n")
    runs = json.loads(results.read_text())
    plots.draw(runs, arguments.output / "pictures")
    report.write(arguments.output / "README.md", {"results": report.results(runs), "links": report.links(runs)})


if __name__ == "__main__":
    os.environ.setdefault("SLUICE_BUILD", str(TOP / "build" / "release"))
    main()
