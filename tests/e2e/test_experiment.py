"""The experiment (lims/experiment.py) in its short form, what it reckons with, and that manifests/README.md tells what was
found."""

import collections
import datetime
import json
import re
import subprocess
import sys

import pytest

from lims import report, staleness
from lims.experiment import changes_due
from lims.samples import curve
from rig.sluice import TOP

# The recognizer's last round is at minute 10: it has time to end.
IMAGES, MINUTES, FACTOR = 20, 11.5, 60
MARKERS = "between\n".join(f"<!-- measured: {table} -->\n<!-- /measured -->\n" for table in report.TABLES)


def told(readme, name):
    return re.search(rf"<!-- measured: {name} -->\n(.*?)<!-- /measured -->", readme.read_text(), re.DOTALL)[1]


# ---- The experiment ----

@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiment")
    (folder / "README.md").write_text(MARKERS)
    done = subprocess.run([
        sys.executable, "-m", "lims.experiment", f"--minutes={MINUTES}", f"--factor={FACTOR}", "--cameras=1",
        "--ways=batch,stream", f"--images={IMAGES}", "--rest=2", f"--output={folder}"],
        cwd=TOP / "tests", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def runs(folder):
    return {one["way"]: one for one in json.loads((folder / "experiment.json").read_text())}


@pytest.mark.parametrize("way", ("batch", "stream"))
def test_its_figures_add_up(runs, way):
    one = runs[way]
    assert report.sums(one) == []
    assert one["differences"] == 0 and one["images"] == 3 * IMAGES < one["compared"] <= 3 * IMAGES + one["changes"]
    assert len(one["age_percentiles"]) == 101 and 0 < one["age_percentiles"][0] <= one["age_percentiles"][100]
    assert one["factor"] == FACTOR and MINUTES * 60 / FACTOR <= one["seconds"] < MINUTES * 60 / FACTOR + 10
    measured = sum(sum(one["links"][link]) for link in one["way_links"])
    assert all(sum(one["links"][link]) > 0 for link in one["way_links"])
    assert sum(one["curve"]) * 60 * 1024 == pytest.approx(measured, rel=0.02)
    assert report.mib(one, one["way_links"]) * report.MIB == pytest.approx(
        measured + sum(sum(one["rest_links"][link]) for link in one["way_links"]) * (MINUTES * 60 - one["seconds"]))


def test_what_flows_at_rest_is_counted(runs):
    one = runs["stream"]
    assert sum(one["rest_links"]["sluice > kafka"]) > 100  # a fetch of each of its connections every 20 ms
    assert report.rest_mib(one, one["way_links"]) > 0 and report.rest_cpu(one, report.SERVERS) > 0
    assert sum(map(sum, runs["batch"]["rest_links"].values())) < 10_000  # no round is under way
    assert runs["batch"]["rest_links"]["sluice > kafka"] == [0, 0]


def test_the_batch_moves_every_document_and_the_stream_every_change(runs):
    assert report.written(runs["batch"]) >= 3 * IMAGES
    assert runs["stream"]["counters"][report.STORED] == runs["stream"]["changes"]


def test_its_readme_and_pictures_are_of_what_it_found(runs, folder):
    both = list(runs.values())
    assert [one["way"] for one in both] == ["batch", "stream"]
    for table in report.TABLES:
        assert told(folder / "README.md", table) == report.TABLES[table](both)
    assert report.results(both).count("\n") == 4 and "| 1 | stream |" in report.results(both)
    assert {path.name for path in (folder / "pictures").iterdir()} == {"bandwidth.png", "bytes.png", "staleness.png"}


@pytest.mark.parametrize("table", report.TABLES)
def test_the_tables_of_the_manifests_are_of_what_was_found(table):
    runs = json.loads((TOP / "manifests" / "experiment.json").read_text())
    old = [f"{one['cameras']} cameras, {one['way']}" for one in runs if "rest_links" not in one]
    assert not old, f"measured without the rest, to be run again: {', '.join(old)}"
    assert told(TOP / "manifests" / "README.md", table) == report.TABLES[table](runs)


# ---- What it reckons with ----

def run(**more):
    """An hour of one camera in a minute, by which 100 MiB passed, and 1 KiB in each second of rest."""
    counters = collections.Counter({"image_api_image": 267, report.STORED: 267, report.INSERTED: 120, report.CHANGED: 140,
                                    report.UNCHANGED: 3, report.FOLDED: 4})
    return {"way": "stream", "minutes": 60, "seconds": 60, "factor": 60, "changes": 267, "due": 267, "counters": counters,
            "way_links": ["a > b"], "links": {"a > b": [100 * 2**20, 0]}, "rest_links": {"a > b": [1024, 0]},
            "curve": [27.0, 30.0], "cpu_seconds": {"a": 2}, "rest_cpu": {"a": 0.01}, **more}


def test_an_hours_rest_is_added_but_for_what_the_run_had_of_it():
    assert report.mib(run(), ["a > b"]) == pytest.approx(100 + 3540 / 1024)
    assert report.rest_mib(run(), ["a > b"]) == pytest.approx(3600 / 1024)
    assert report.cpu(run(), ["a"]) == pytest.approx(2 + 35.4) and report.rest_cpu(run(), ["a"]) == pytest.approx(36)
    assert report.curve(run()) == pytest.approx([27 + 59 / 60, 30 + 59 / 60])
    assert report.mib(run(factor=1, seconds=3601), ["a > b"]) == pytest.approx(100)


def test_a_run_whose_figures_do_not_add_up_says_so():
    assert report.sums(run()) == [] and report.sums(run(changes=267, due=296)) == []
    assert report.sums(run(due=297)) == ["267 changes where 297 are due: --factor is too high for this machine"]
    assert report.sums(run(changes=268)) == ["267 events of 268 changes", "267 events stored of 268 changes"]
    (found,) = report.sums(run(counters=run()["counters"] | {report.FOLDED: 5}))
    assert found.startswith("267 events stored as")


def test_as_many_changes_are_due_as_the_jobs_periods_give():
    """In an hour: 120 photos of a camera, of which the recognizer's last round has seen 117; 12, 12 and 6 of the users."""
    assert changes_due(1, 60) == 120 + 117 + 12 + 12 + 6
    assert changes_due(16, 60) == 16 * 237 + 30
    assert changes_due(1, 1) == 2 + 0 + 1 + 1 + 1


def test_a_curve_has_no_minute_without_what_comes_every_half_a_minute():
    moments = [number * 0.1 + 0.003 * (number % 7) for number in range(601)]  # looks are late now and then
    counts = [60 * 1024 * (1 + int((moment - 0.02) / 0.5)) if moment >= 0.02 else 0 for moment in moments]
    found = curve(moments, counts, 60)
    assert len(found) in (60, 61) and sum(found) * 60 == pytest.approx(counts[-1] / 1024, rel=0.001)
    assert all(1.5 < value < 2.5 for value in found[:60]), found  # two times 60 KiB in a minute


def moment(seconds):
    return datetime.datetime(2026, 9, 1) + datetime.timedelta(seconds=seconds)


def test_a_change_is_as_old_as_the_first_write_that_holds_it_or_a_newer_one(monkeypatch):
    written = {"producer": [("potato", 1, moment(0), moment(1)), ("potato", 1, moment(2), moment(3)),
                            ("pepper", 1, moment(4), moment(5))],
               "consumer": [("potato", 1, moment(2), moment(10)), ("potato", 1, moment(2), moment(11)),
                            ("pepper", 1, moment(4), moment(5.5))]}
    monkeypatch.setattr(staleness, "writes", lambda client, *_: written[client])
    assert staleness.ages("producer", "consumer", moment(0)) == [0.5, 7, 9]


def test_a_write_tells_its_version_whole_or_as_a_difference():
    for entry in ({"updated_at": moment(1)}, *({"diff": {how: {"updated_at": moment(1)}}} for how in "ui")):
        assert staleness.version({"o": entry}) == moment(1)
    assert staleness.version({"o": {"diff": {"u": {"camera_id": 1}}}}) is None


def test_a_percentile_is_one_of_the_values():
    values = list(range(200))
    assert [staleness.percentile(values, percent) for percent in (0, 50, 99, 100)] == [0, 100, 198, 199]
    assert staleness.percentile([7], 0) == staleness.percentile([7], 100) == 7


def test_a_table_without_its_place_in_the_readme_is_an_error(tmp_path):
    readme = tmp_path / "README.md"
    report.write(readme, {"results": "told\n"})  # it need not be there
    assert not readme.exists()
    readme.write_text(MARKERS)
    with pytest.raises(ValueError, match="measured: none"):
        report.write(readme, {"results": "told\n", "none": "told\n"})
    assert readme.read_text() == MARKERS
    report.write(readme, {"results": "told\n"})
    assert told(readme, "results") == "told\n" and told(readme, "links") == ""
