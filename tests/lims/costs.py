"""What a year costs (the assignment's questions): the batch's and the stream's pods on GKE, and a machine of one's own. Pods and
their requests are those of the manifests, traffic is the experiment's. Writes manifests/README.md.

    python -m lims.costs [README]
"""

import json
import pathlib
import re
import sys

from lims import report
from manifests.render import MANIFESTS, kustomize, objects

HOURS = 8760
CAMERAS = 4  # the experiment's that is nearest to the leaf system's three
PHOTO_KIB = 35  # of 10-60 KB

# name: (figure, unit, source, its date)
PRICES = {
    "cpu": (0.0445, "$ a vCPU-hour, Autopilot, us-central1", "GKE pricing, cloud.google.com/kubernetes-engine/pricing", "2026-09"),
    "memory": (0.0049225, "$ a GiB-hour, Autopilot, us-central1", "GKE pricing", "2026-09"),
    "cluster": (0.10, "$ a cluster-hour", "GKE pricing", "2026-08"),
    "credit": (74.40, "$ a month off the first cluster's fee", "GKE pricing", "2026-08"),
    "node": (0.06701142, "$ an hour, e2-standard-2, us-central1", "github.com/Cyclenerd/google-cloud-pricing-cost-calculator",
             "2024-11-07"),
    "commitment": (0.55, "off a node for a commitment of 3 years", "the same", "2024-11-07"),
    "ingress": (0.025, "$ an hour, the first five forwarding rules", "cloud.google.com/load-balancing/pricing", "2026-08"),
    "disk": (0.10, "$ a GiB-month, pd-balanced", "github.com/Cyclenerd/google-cloud-pricing-cost-calculator", "2024-11-07"),
    "zones": (0.01, "$ a GiB between zones", "cloud.google.com/vpc/network-pricing", "undated copy"),
    "server": (1276, "€, a Dell T160, Xeon E-2414, 16 GB, 2 TB", "a reseller's list", "undated: a rough figure"),
    "power": (0.1902, "€ a kWh, non-household, EU average", "Eurostat, electricity prices 2025-S1", "2025-10-29"),
    "wage": (26.8, "€ an hour gross, IT collective agreement, ST1 experienced (4,476 a month)", "WKO, IT-KV 2026", "2026-01-01"),
}
YEARS, WATTS, HOURS_OF_CARE, EMPLOYER = 5, 50, 24, 1.3  # assumptions, said so in the account
BOOT_GIB = 100  # a node's own disk, GKE's default


def price(name):
    return PRICES[name][0]


def amount(quantity):
    number, unit = re.fullmatch(r"([\d.]+)(m|Mi|Gi|)", str(quantity)).groups()
    return float(number) * {"m": 0.001, "": 1, "Mi": 1 / 1024, "Gi": 1}[unit]


def requests_of(deployment):
    """Processors and GiB as Autopilot charges them: at least 50m and 52 MiB, and 1 to 6.5 GiB a processor."""
    cpu = memory = 0
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        asked = container["resources"]["requests"]
        cpu, memory = cpu + amount(asked["cpu"]), memory + amount(asked["memory"])
    cpu = max(cpu, 0.05, memory / 6.5)
    return cpu, max(memory, 52 / 1024, cpu)


def pods(without):
    """The sum over the system's Deployments but these."""
    sums = [requests_of(item) for item in objects(kustomize(MANIFESTS / "overlays" / "cloud"))
            if item["kind"] == "Deployment" and item["metadata"]["name"] not in without]
    return sum(cpu for cpu, _ in sums), sum(memory for _, memory in sums)


def traffic(way):
    """GiB a year between the way's processes and servers, at the experiment's pace."""
    (one,) = [one for one in json.loads((MANIFESTS / "experiment.json").read_text())
              if one["way"] == way and one["cameras"] == CAMERAS]
    return report.mib(one, one["way_links"]) / 1024 * 60 / one["minutes"] * HOURS


def photos():
    """GiB of photos that a year adds to each database."""
    return CAMERAS * 120 * HOURS * PHOTO_KIB / 2**20


def gke():
    ways = {"batch of changes": {"kafka", "zookeeper", "consumer"}, "stream": {"db-synchronizer-job"}}
    sums = {way: pods(without) for way, without in ways.items()}

    def row(what, cost):
        return [what, *(f"{cost(way):,.0f}" for way in ways)]

    def compute(way):
        return (sums[way][0] * price("cpu") + sums[way][1] * price("memory")) * HOURS

    def around(way):
        return price("ingress") * HOURS + 2 * photos() / 2 * 12 * price("disk") + traffic(way) * price("zones")

    def standard(nodes, of_price=1):
        """A year of so many nodes and their own disks instead of the pods."""
        cost = nodes * (price("node") * of_price * HOURS + BOOT_GIB * price("disk") * 12)
        return lambda way: cost + fee + around(way)

    fee = max(0, price("cluster") * HOURS - 12 * price("credit"))
    return report.table(["$ a year", *ways], [
        ["pods' requests, as Autopilot charges them", *(f"{cpu:.2f} vCPU, {memory:.1f} GiB" for cpu, memory in sums.values())],
        row("Autopilot: pods", compute),
        row("cluster fee, less the credit", lambda way: fee),
        row("Ingress", lambda way: price("ingress") * HOURS),
        row(f"photos of the year in both databases, half of {2 * photos():.0f} GiB on average",
            lambda way: 2 * photos() / 2 * 12 * price("disk")),
        row("traffic, if every link crosses zones", lambda way: traffic(way) * price("zones")),
        row("**Autopilot, together**", lambda way: compute(way) + fee + around(way)),
        row("**Standard: one e2-standard-2 and its disk instead of the pods**", standard(1)),
        row("… two, as above", standard(2)),
        row("… two, committed for 3 years", standard(2, 1 - price("commitment"))),
    ])


def own():
    rows = {f"server, over {YEARS} years": price("server") / YEARS,
            f"electricity, {WATTS} W": WATTS / 1000 * HOURS * price("power"),
            f"{HOURS_OF_CARE} hours of care, at {EMPLOYER} times the wage": HOURS_OF_CARE * EMPLOYER * price("wage")}
    rows["**together**"] = sum(rows.values())
    return report.table(["own machine", "€ a year"], [[what, f"{cost:,.0f}"] for what, cost in rows.items()])


def sources():
    return report.table(["price", "unit", "source", "as of"], PRICES.values())


if __name__ == "__main__":
    readme = pathlib.Path(sys.argv[1]) if sys.argv[1:] else MANIFESTS / "README.md"
    report.write(readme, {"gke": gke(), "own": own(), "prices": sources()})
