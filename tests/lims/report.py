"""What was measured, as a line, and as the tables in manifests/README.md between their markers."""

import re

MIB = 2**20


def mib(one, links):
    """Both ways together."""
    return sum(sum(one["links"][link]) for link in links) / MIB


def documents(one):
    """How many the mover has written to the consumer's database."""
    gauges = one["gauges"]
    return gauges.get("sluice_records_stored_total") or gauges["db_synchronizer_job_image"]


def age(one, percent):
    """A batch waits in the system's own time; what a stream takes does not depend on the system's clock."""
    seconds = one["age_percentiles"][percent]
    if one["way"].startswith("batch"):
        return f"{seconds * one['factor']:.0f} s"
    return f"{seconds * 1000:.0f} ms"


def mover(one):
    return one["way_links"][-1].split(" > ")[0]


def servers_cpu(one):
    return sum(one["cpu_seconds"][name] for name in ("kafka", "mongodb-producer", "mongodb-consumer"))


COLUMNS = {
    "cameras": lambda one: one["cameras"],
    "way": lambda one: one["way"],
    "changes": lambda one: one["changes"],
    "documents moved": lambda one: f"{documents(one):.0f}",
    "Image API ↔ Kafka, MiB": lambda one: "" if mover(one) != "sluice" else f"{mib(one, one['way_links'][:1]):.1f}",
    "mover reads, MiB": lambda one: f"{one['links'][one['way_links'][-2]][1] / MIB:.1f}",
    "mover writes, MiB": lambda one: f"{one['links'][one['way_links'][-1]][0] / MIB:.1f}",
    "all of the way, MiB": lambda one: f"{mib(one, one['way_links']):.1f}",
    "KiB/s": lambda one: f"{mib(one, one['way_links']) * 1024 / one['minutes'] / 60:.1f}",
    "age p50": lambda one: age(one, 50),
    "age p99": lambda one: age(one, 99),
    "mover's CPU, s": lambda one: f"{one['cpu_seconds'][mover(one)]:.1f}",
    "servers' CPU, s": lambda one: f"{servers_cpu(one):.1f}",
    "differences": lambda one: one["differences"],
}


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def results(runs):
    return table(list(COLUMNS), [[cell(one) for cell in COLUMNS.values()] for one in runs])


def links(runs):
    """Each process and direction: what the busiest runs of each way moved."""
    most = max(one["cameras"] for one in runs)
    chosen = [one for one in runs if one["cameras"] == most]
    names = [link for link in chosen[0]["links"] if any(sum(one["links"].get(link, ())) > 10_000 for one in chosen)]
    return table([f"{most} cameras, MiB to the server / from it", *(one["way"] for one in chosen)],
                 [[link, *(" / ".join(f"{moved / MIB:.1f}" for moved in one["links"][link]) for one in chosen)]
                  for link in names])


def line(one):
    return ", ".join(f"{name} {cell(one)}" for name, cell in COLUMNS.items() if cell(one) != "")


def write(readme, tables):
    """{marker: table}: each between its markers in the file, where there are some, and onto standard output."""
    text = readme.read_text() if readme.exists() else ""
    for name, told in tables.items():
        text = re.sub(rf"(<!-- measured: {name} -->\n).*?(<!-- /measured -->)",
                      lambda found, told=told: found[1] + told + found[2], text, flags=re.DOTALL)
        print(f"\n{told}", end="")
    if text:
        readme.write_text(text)
