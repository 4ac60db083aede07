"""The system as the checks find it, of the environment that a check names, local where it names none: the Db Synchronizer has run
once and is stopped, the Consumer has taken over, two pods may ask it."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cluster import (JOBS, NAMESPACE, address, apply, bring, helper, kept_up, kubectl, press, rolled_out,  # noqa: E402
                     settled)
from manifests.render import DEFINITIONS  # noqa: E402
from rig.process import wait_until  # noqa: E402

import httpx  # noqa: E402


def pytest_configure(config):
    for line in ("environments(*names): whose system it is held against, one after the other",
                 "local: against the local one", "cloud: against the cloud's",
                 "short: one of those that tell most in little time (kubernetes.sh short)"):
        config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc):
    mark = metafunc.definition.get_closest_marker("environments")
    metafunc.parametrize("system", [pytest.param(name, marks=getattr(pytest.mark, name))
                                    for name in (mark.args if mark else ("local",))], indirect=True, scope="session")


def hand_over():
    """The Db Synchronizer gives way to the Consumer. It overwrites with what it has read, be that older than what the Consumer has
    stored meanwhile: so one more round of it while nothing changes, and then never again."""
    logs = f"http://{address('db-synchronizer-job', 5000)}/logs"

    def rounds():
        return httpx.get(logs, timeout=10).text.count("both databases are equal")

    wait_until("the first synchronization", lambda: rounds() > 0, 120, 1)
    press("stop", "db-synchronizer-job")
    press("pause", *JOBS)
    kept_up()
    before = rounds()
    press("start", "db-synchronizer-job")
    wait_until("one more synchronization", lambda: rounds() > before, 120, 1)
    press("stop", "db-synchronizer-job")
    press("start", *JOBS)


@pytest.fixture(scope="session", autouse=True)
def system(request):
    """Its environment. pytest has all checks of one behind each other."""
    if request.param == "cloud":
        request.getfixturevalue("custom_kinds")
    bring(request.param)
    kubectl("-n", NAMESPACE, "wait", "--for=condition=Available", "deployment", "--all", "--timeout=300s", seconds=310)
    apply(helper("scraper", {"app.kubernetes.io/name": "prometheus"}), helper("user", {}))
    kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/scraper", "pod/user", "--timeout=60s")
    rolled_out()
    hand_over()
    return request.param


@pytest.fixture(scope="session")
def custom_kinds():
    """Of operators and of GKE's controllers, which are not here themselves."""
    for folder in DEFINITIONS:
        kubectl("apply", "-f", folder)
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")


@pytest.fixture
def equal():
    """Whatever a test does, both databases are equal behind it."""
    yield
    result = settled()
    assert not result.differences, str(result)
