"""What an operator changes: configuration, secrets, versions, the number of pods."""

import pytest

from cluster import (NAMESPACE, PARTITIONS, Load, is_ready, kept_up, kubectl, name_of, overlay, owned, pods, restarts, rolled_out,
                     scale, total)
from rig.process import wait_until

pytestmark = pytest.mark.usefixtures("equal")


def volume(pod, name):
    return next(volume for volume in pod["spec"]["volumes"] if volume["name"] == name)


def test_a_changed_ini_rolls_the_pods(tmp_path):
    (before,) = pods()
    (tmp_path / "env.ini").write_text("[log]\nlevel.task = info\n")
    overlay(tmp_path, configMapGenerator=[{"name": "consumer-config", "behavior": "merge", "files": ["env.ini"]}])
    rolled_out()
    (after,) = pods()
    assert name_of(after) != name_of(before)
    assert volume(after, "config")["configMap"] != volume(before, "config")["configMap"]
    kept_up()


def test_a_rotated_secret_rolls_the_pods(tmp_path):
    (before,) = pods()
    overlay(tmp_path, secretGenerator=[{"name": "consumer-mongodb", "behavior": "merge", "literals": [
        "uri=mongodb://mongodb-consumer:27017/?appName=rotated"]}])
    rolled_out()
    (after,) = pods()
    assert name_of(after) != name_of(before)
    assert volume(after, "mongodb")["secret"] != volume(before, "mongodb")["secret"]
    kept_up()


def test_a_configuration_that_does_not_work_stops_the_rollout_and_nothing_else(tmp_path):
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


def test_a_rolling_update_under_load_loses_nothing():
    with Load(6000) as load:
        kubectl("-n", NAMESPACE, "rollout", "restart", "deployment/consumer")
        rolled_out()
        load.wait()
        kept_up()


def test_scaled_from_1_to_3_and_back_the_partitions_are_shared_out():
    scale(3)
    wait_until("a partition for each", lambda: owned() == [1, 1, 1], 60, 1)
    scale(1)
    wait_until("all partitions for one", lambda: owned() == [PARTITIONS], 60, 1)
