"""The system of tests/kubernetes.sh up, as the checks find it: the Db Synchronizer has run once and is stopped, the Consumer has
taken over, a scraper may ask it."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cluster import NAMESPACE, address, apply, helper, kubectl, press, rolled_out, settled  # noqa: E402
from rig.process import wait_until  # noqa: E402

import httpx  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def system():
    kubectl("-n", NAMESPACE, "wait", "--for=condition=Available", "deployment", "--all", "--timeout=300s", seconds=310)
    logs = f"http://{address('db-synchronizer-job', 5000)}/logs"
    wait_until("the first synchronization", lambda: "both databases are equal" in httpx.get(logs, timeout=10).text, 120, 1)
    press("stop", "db-synchronizer-job")
    apply(helper("scraper", {"app.kubernetes.io/name": "prometheus"}))
    kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/scraper", "--timeout=60s")
    rolled_out()
    yield


@pytest.fixture
def equal():
    """Whatever a test does, both databases are equal behind it."""
    yield
    result = settled()
    assert not result.differences, str(result)
