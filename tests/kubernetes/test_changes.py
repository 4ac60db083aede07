"""What an operator changes: configuration, secrets, users, versions, the number of pods."""

import json
import pathlib

import pytest

from cluster import (MANIFESTS, NAMESPACE, OVERLAYS, PARTITIONS, Load, apply, connections, fetch, helper, is_ready, kept_up, kubectl,
                     name_of, overlay, owned, pods, processes, restart, restarts, rolled_out, scale, secret, stores, total, uri_of,
                     users_of)
from rig.process import wait_until

pytestmark = pytest.mark.usefixtures("equal")


@pytest.fixture
def shipped():
    """Behind a test that changes it, the overlay is applied as it is."""
    yield
    kubectl("apply", "-k", OVERLAYS / "local")
    rolled_out()


def volume(pod, name):
    return next(volume for volume in pod["spec"]["volumes"] if volume["name"] == name)


@pytest.mark.short
def test_a_changed_ini_rolls_the_pods(tmp_path, shipped):
    (before,) = pods()
    (tmp_path / "env.ini").write_text("[log]\nlevel.task = info\n")
    overlay(tmp_path, configMapGenerator=[{"name": "consumer-config", "behavior": "merge", "files": ["env.ini"]}])
    rolled_out()
    (after,) = pods()
    assert name_of(after) != name_of(before)
    assert volume(after, "config")["configMap"] != volume(before, "config")["configMap"]
    assert volume(after, "mongodb")["secret"] == volume(before, "mongodb")["secret"]
    stores(after)


def test_a_rotated_secret_rolls_the_pods(tmp_path, shipped):
    (before,) = pods()
    assert users_of(before) == set()
    overlay(tmp_path, secretGenerator=[{"name": "consumer-mongodb", "behavior": "merge", "literals": [f"uri={uri_of('first')}"]}])
    rolled_out()
    (after,) = pods()
    assert name_of(after) != name_of(before)
    assert volume(after, "mongodb")["secret"] != volume(before, "mongodb")["secret"]
    assert volume(after, "config")["configMap"] == volume(before, "config")["configMap"]
    stores(after)
    assert users_of(after) == {"first"}


def test_any_other_user_will_do(tmp_path, shipped):
    overlay(tmp_path, patches=[{"target": {"kind": "Deployment", "name": "consumer"}, "patch": "".join(
        f"- {{op: replace, path: /spec/template/spec/securityContext/{name}, value: 54321}}\n"
        for name in ("runAsUser", "runAsGroup", "fsGroup"))}])
    rolled_out()
    (pod,) = pods()
    (process,) = processes(pod, "sluice")
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines())
    assert status["Uid"].split() == status["Gid"].split() == ["54321"] * 4
    stores(pod)


def test_a_configuration_that_does_not_work_stops_the_rollout_and_nothing_else(tmp_path, shipped):
    (before,) = pods()
    (tmp_path / "env.ini").write_text("[pipeline]\nbatch.max.recods = 10\n")
    overlay(tmp_path, configMapGenerator=[{"name": "consumer-config", "behavior": "merge", "files": ["env.ini"]}])
    wait_until("the new pod to fail", lambda: any(restarts(pod) > 0 for pod in pods()), 60, 1)
    (failed,) = [pod for pod in pods() if name_of(pod) != name_of(before)]
    assert "batch.max.records" in kubectl("-n", NAMESPACE, "logs", name_of(failed), "--tail=5")
    (still,) = [pod for pod in pods() if name_of(pod) == name_of(before)]
    assert is_ready(still) and total("sluice_assigned_partitions", [still]) == PARTITIONS
    kubectl("-n", NAMESPACE, "rollout", "undo", "deployment/consumer")
    rolled_out()
    assert [name_of(pod) for pod in pods()] == [name_of(before)]


def test_the_admin_listener_is_for_pods_with_its_label_that_bring_its_token(tmp_path, shipped):
    address, token = "consumer-admin:8083", "Authorization: Bearer of-the-test"
    secret("consumer-admin", token="of-the-test")
    apply(helper("admin", {"sluice-admin": "true"}))
    try:
        overlay(tmp_path, components=[MANIFESTS / "components" / "admin"])
        rolled_out()
        kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/admin", "--timeout=60s")
        wait_until("a way in", lambda: connections("admin", address)[address], 60, 1)
        assert not connections("user", address)[address]
        assert fetch(f"http://{address}/connectors", "admin")[0] == 401
        status, body = fetch(f"http://{address}/connectors", "admin", token)
        assert (status, json.loads(body)) == (200, ["consumer"])
    finally:
        kubectl("-n", NAMESPACE, "delete", "service/consumer-admin", "networkpolicy/consumer-admin", "secret/consumer-admin",
                "--ignore-not-found")
        kubectl("-n", NAMESPACE, "delete", "pod", "admin", "--now")


@pytest.mark.parametrize("replicas", (pytest.param(1, marks=pytest.mark.short), 3))
def test_a_rolling_update_under_load_loses_nothing(replicas):
    """With as many pods as partitions, the one more has none and must be ready all the same."""
    scale(replicas)
    try:
        with Load(rate=200) as load:
            restart()
            assert load.phase() == "Running", load.log()
        kept_up()
        wait_until("an owner for each partition", lambda: owned() == [PARTITIONS // replicas] * replicas, 60, 1)
    finally:
        scale(1)


def test_scaled_from_1_to_3_and_back_the_partitions_are_shared_out():
    scale(3)
    wait_until("a partition for each", lambda: owned() == [1, 1, 1], 60, 1)
    scale(1)
    wait_until("all partitions for one", lambda: owned() == [PARTITIONS], 60, 1)
