"""What happens to it: pods killed, nodes drained, its database away, a limit that is too small."""

import json
import os
import signal
import time

import pytest

from cluster import (CONSUMER, NAMESPACE, PARTITIONS, Frozen, Load, apply, ask, get, helper, is_ready, kept_up, kubectl, limits,
                     name_of, offsets, owned, pods, processes, read, restart, restarts, rolled_out, run_kubectl, scale, total)
from rig.process import wait_until

pytestmark = pytest.mark.usefixtures("equal")
MIB = 1 << 20


@pytest.mark.short
def test_a_killed_container_comes_back_and_goes_on():
    (pod,) = pods()
    before = restarts(pod)
    (process,) = processes(pod, "sluice")
    os.kill(process, signal.SIGKILL)
    wait_until("the restart", lambda: restarts(pods()[0]) == before + 1 and is_ready(pods()[0]), 60, 0.5)
    kept_up()


def test_a_pod_deleted_by_force_under_load_loses_nothing():
    (before,) = pods()
    with Load(rate=200) as load:
        kubectl("-n", NAMESPACE, "delete", "pod", name_of(before), "--force", "--grace-period=0")
        rolled_out()
        wait_until("an owner for each partition", lambda: owned() == [PARTITIONS], 60, 1)
        assert load.phase() == "Running", load.log()
    assert name_of(pods()[0]) != name_of(before)
    kept_up()


def test_a_drained_node_gives_up_one_pod_at_a_time():
    def all_on(node):
        wait_until(f"all pods on {node}", lambda: len(pods()) == 3 and all(
            is_ready(pod) and pod["spec"].get("nodeName") == node for pod in pods()), 120, 1)

    def evict(pod):
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name_of(pod), "namespace": NAMESPACE}}
        return run_kubectl("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{name_of(pod)}/eviction", "-f", "-",
                           stdin=json.dumps(body))

    try:
        scale(3)
        kubectl("cordon", "node1")
        for pod in pods():
            if pod["spec"]["nodeName"] == "node1":
                kubectl("-n", NAMESPACE, "delete", "pod", name_of(pod))
        all_on("node2")
        kubectl("uncordon", "node1")
        first, second, _ = pods()
        done = evict(first)
        assert done.returncode == 0, done.stderr
        refused = evict(second)
        assert refused.returncode != 0 and "disruption budget" in refused.stderr
        kubectl("drain", "node2", f"--pod-selector={CONSUMER}", "--timeout=180s", seconds=200)
        all_on("node1")
        kept_up()
    finally:
        kubectl("uncordon", "node1", "node2")
        scale(1)


def test_it_is_not_ready_while_its_database_is_away_and_is_not_restarted():
    (pod,) = pods()
    before = restarts(pod)
    (mongod,) = get("pods", selector="app=mongodb-consumer")
    with Frozen(mongod, "mongod"):
        wait_until("the pod not to be ready", lambda: not is_ready(pods()[0]), 60, 1)
        status, body = ask(pod, "/ready")
        assert status == 503 and json.loads(body)["components"]["sink-0"]["ready"] is False, body
        assert ask(pod, "/live")[0] == 200
        # Its read side is asked all the same, and says why it has no answer.
        status, body = read("/image-plant/potato/1")
        assert status == 503 and "away" in json.loads(body)["message"], body
        assert read("/ping")[0] == 200
        time.sleep(20)
    wait_until("the pod to be ready", lambda: is_ready(pods()[0]), 60, 1)
    assert [name_of(pod)] == [name_of(pod) for pod in pods()] and restarts(pods()[0]) == before
    kept_up()


def test_the_memory_limit_is_enforced():
    greedy = helper("greedy", {})
    greedy["spec"]["restartPolicy"] = "Never"
    greedy["spec"]["containers"][0].update(command=["python", "-c", "bytearray(300 << 20)"], resources=get(
        "deployment", "consumer")["spec"]["template"]["spec"]["containers"][0]["resources"])
    apply(greedy)
    try:
        wait_until("the kernel to end it", lambda: get("pod", "greedy")["status"]["phase"] == "Failed", 60, 1)
        (status,) = get("pod", "greedy")["status"]["containerStatuses"]
        assert status["state"]["terminated"]["reason"] == "OOMKilled"
    finally:
        kubectl("-n", NAMESPACE, "delete", "pod", "greedy", "--now")


def test_no_limit_is_met_while_it_works_off_a_backlog():
    """As fast as it can, and at first its database keeps it from storing anything, so that it holds what it will hold."""
    restart()
    wait_until("one pod", lambda: len(pods()) == 1, 60, 1)
    (pod,) = pods()
    (mongod,) = get("pods", selector="app=mongodb-consumer")
    with Frozen(mongod, "mongod"), Load(12000) as load:
        load.wait()
        buffer = total("sluice_buffer_used_bytes", [pod])
        behind = sum(end - done for done, end in offsets())
        cpu, begin = total("process_cpu_seconds_total", [pod]), time.monotonic()
        *_, waited = limits(pod)
    kept_up()
    cpu, seconds = total("process_cpu_seconds_total", [pod]) - cpu, time.monotonic() - begin
    peak, refused, throttled = limits(pod)
    resident = total("process_resident_memory_peak_bytes", [pod])
    print(f"{behind} events in {seconds:.1f} s; buffer {buffer / MIB:.1f} MiB; peak {peak / MIB:.1f} MiB of 128 "
          f"({resident / MIB:.1f} resident); {cpu / seconds * 1000:.0f}m CPU of 1, throttled {throttled - waited} times")
    assert behind >= 12000 and restarts(pods()[0]) == 0 and refused == 0 and peak < 100 * MIB and throttled == waited
