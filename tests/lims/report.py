"""What was measured, as a line, and as the tables in manifests/README.md between their markers."""

import re

MIB = 2**20
STORED, INSERTED, CHANGED, UNCHANGED, FOLDED = (f"sluice_{name}_total" for name in (
    "records_stored", "mongodb_image_documents_inserted", "mongodb_image_documents_changed",
    "mongodb_image_documents_unchanged", "mongodb_image_events_folded"))
LEAST = 0.9  # of the changes that are due: with fewer the jobs were too slow, and the run says nothing of its hour
CONSUMED_BYTES = "sluice_consumed_bytes_total"
SERVERS = ("kafka", "mongodb-producer", "mongodb-consumer")


# The clock of a run is fast, what flows at rest is not: an hour of the system's time passes in a minute, which has a minute's
# rest. The rest of a real hour that it lacks is added to whatever was measured.

def real_seconds(one):
    return one["minutes"] * 60


def lacking(one):
    return max(real_seconds(one) - one["seconds"], 0)


def moved(one, link):
    """Bytes to the server, and from it."""
    return [during + rest * lacking(one) for during, rest in zip(one["links"][link], one["rest_links"][link])]


def mib(one, links):
    """Both ways together."""
    return sum(sum(moved(one, link)) for link in links) / MIB


def rest_mib(one, links):
    return sum(sum(one["rest_links"][link]) for link in links) * real_seconds(one) / MIB


def curve(one):
    """KiB in each second of the system's own time, a value a minute."""
    rest = sum(sum(one["rest_links"][link]) for link in one["way_links"]) / 1024 * lacking(one) / real_seconds(one)
    return [during + rest for during in one["curve"]]


def cpu(one, names):
    return sum(one["cpu_seconds"][name] + one["rest_cpu"][name] * lacking(one) for name in names)


def rest_cpu(one, names):
    return sum(one["rest_cpu"][name] for name in names) * real_seconds(one)


def written(one):
    """How many documents the mover has written to the consumer's database."""
    counters = one["counters"]
    if one["way"].startswith("batch"):
        return counters["db_synchronizer_job_image"]
    return counters[INSERTED] + counters[CHANGED]


def without_write(one):
    if one["way"].startswith("batch"):
        return ""
    return f"{one['counters'][FOLDED]:.0f} / {one['counters'][UNCHANGED]:.0f}"


def sums(one):
    """What does not add up, if anything: every change is an event, and every event is stored, by a write that changes a
    document, by one that changes nothing, or by another event's write."""
    counters, found = one["counters"], []
    if counters["image_api_image"] != one["changes"]:
        found.append(f"{counters['image_api_image']:.0f} events of {one['changes']} changes")
    if not one["way"].startswith("batch"):
        if counters[STORED] != one["changes"]:
            found.append(f"{counters[STORED]:.0f} events stored of {one['changes']} changes")
        parts = [counters[name] for name in (INSERTED, CHANGED, UNCHANGED, FOLDED)]
        if sum(parts) != counters[STORED]:
            found.append(f"{counters[STORED]:.0f} events stored as {parts}")
    if one["changes"] < LEAST * one["due"]:
        found.append(f"{one['changes']} changes where {one['due']} are due: --factor is too high for this machine")
    return found


def age(one, percent):
    """A batch waits in the system's own time; what a stream takes does not depend on the system's clock."""
    seconds = one["age_percentiles"][percent]
    if one["way"].startswith("batch"):
        return f"{seconds * one['factor']:.0f} s"
    return f"{seconds * 1000:.0f} ms"


def mover(one):
    return one["way_links"][-1].split(" > ")[0]


COLUMNS = {
    "cameras": lambda one: one["cameras"],
    "way": lambda one: one["way"],
    "changes": lambda one: one["changes"],
    "due": lambda one: one["due"],
    "documents written": lambda one: f"{written(one):.0f}",
    "folded / unchanged": without_write,
    "Image API ↔ Kafka, MiB": lambda one: "" if mover(one) != "sluice" else f"{mib(one, one['way_links'][:1]):.1f}",
    "mover reads, MiB": lambda one: f"{moved(one, one['way_links'][-2])[1] / MIB:.1f}",
    "mover writes, MiB": lambda one: f"{moved(one, one['way_links'][-1])[0] / MIB:.1f}",
    "all of the way, MiB": lambda one: f"{mib(one, one['way_links']):.1f}",
    "of it at rest, MiB": lambda one: f"{rest_mib(one, one['way_links']):.1f}",
    "KiB/s": lambda one: f"{mib(one, one['way_links']) * 1024 / one['minutes'] / 60:.1f}",
    "age p50": lambda one: age(one, 50),
    "age p99": lambda one: age(one, 99),
    "mover's CPU, s": lambda one: f"{cpu(one, [mover(one)]):.1f}",
    "its rest, s": lambda one: f"{rest_cpu(one, [mover(one)]):.1f}",
    "servers' CPU, s": lambda one: f"{cpu(one, SERVERS):.1f}",
    "their rest, s": lambda one: f"{rest_cpu(one, SERVERS):.1f}",
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
    names = [link for link in chosen[0]["links"] if any(sum(moved(one, link)) > 10_000 for one in chosen)]
    return table([f"{most} cameras, MiB to the server / from it", *(one["way"] for one in chosen)],
                 [[link, *(" / ".join(f"{count / MIB:.1f}" for count in moved(one, link)) for one in chosen)]
                  for link in names])


GAUGES = {"Image API": ("image_api_image", "image_api_image_size"), "Sluice": (STORED, CONSUMED_BYTES),
          "Db Synchronizer Job": ("db_synchronizer_job_image", "db_synchronizer_job_image_size")}


def gauges(runs):
    """What the services say of themselves, as the dashboard shows it."""
    def shown(one, name, size):
        return f"{one['counters'].get(name, 0):.0f} / {one['counters'].get(size, 0) / MIB:.1f}"

    return table(["cameras", "way", *(f"{service}: images / MiB" for service in GAUGES), "moved, MiB"],
                 [[one["cameras"], one["way"], *(shown(one, *names) for names in GAUGES.values()),
                   f"{mib(one, one['way_links']):.1f}"] for one in runs])


TABLES = {"results": results, "gauges": gauges, "links": links}  # by the name of its place


def line(one):
    return ", ".join(f"{name} {cell(one)}" for name, cell in COLUMNS.items() if cell(one) != "")


def write(readme, tables):
    """{marker: table}: onto standard output, and each between its markers in the file, if there is one."""
    for told in tables.values():
        print(f"\n{told}", end="")
    if not readme.exists():
        return
    text = readme.read_text()
    for name, told in tables.items():
        text, count = re.subn(rf"(<!-- measured: {name} -->\n).*?(<!-- /measured -->)",
                              lambda found, told=told: found[1] + told + found[2], text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{readme}: wanted '<!-- measured: {name} -->' and '<!-- /measured -->' once, "
                             f"found them {count} times")
    readme.write_text(text)
