"""What happens to it: pods killed, nodes drained, its database away, a limit that is too small."""

import os
import signal
import time

import pytest

from cluster import (CONSUMER, NAMESPACE, Frozen, Load, apply, ask, get, helper, is_ready, kept_up, kubectl, name_of, pods, processes,
                     restarts, run_kubectl, scale, total)
from rig.process import wait_until

pytestmark = pytest.mark.usefixtures("equal")


def test_a_killed_pod_comes_back_and_goes_on():
    (pod,) = pods()
    before = restarts(pod)
    (process,) = processes(pod, "sluice")
    os.kill(process, signal.SIGKILL)
    wait_until("the restart", lambda: restarts(pods()[0]) == before + 1 and is_ready(pods()[0]), 60, 0.5)
    kept_up()


def test_a_drained_node_gives_up_one_pod_at_a_time():
    scale(3)
    kubectl("cordon", "node1")
    for pod in pods():
        if pod["spec"]["nodeName"] == "node1":
            kubectl("-n", NAMESPACE, "delete", "pod", name_of(pod))
    wait_until("all pods on node 2", lambda: len(pods()) == 3 and all(
        is_ready(pod) and pod["spec"].get("nodeName") == "node2" for pod in pods()), 120, 1)
    kubectl("uncordon", "node1")
    try:
        eviction = "/api/v1/namespaces/%s/pods/%s/eviction"
        body = '{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "%s", "namespace": "%s"}}'
        first, second, _ = map(name_of, pods())
        done = [run_kubectl("create", "--raw", eviction % (NAMESPACE, name), "-f", "-", stdin=body % (name, NAMESPACE))
                for name in (first, second)]
        assert done[0].returncode == 0, done[0].stderr
        assert done[1].returncode != 0 and "disruption budget" in done[1].stderr
        kubectl("drain", "node2", f"--pod-selector={CONSUMER}", "--timeout=180s", seconds=200)
        wait_until("all pods on node 1", lambda: len(pods()) == 3 and all(
            is_ready(pod) and pod["spec"].get("nodeName") == "node1" for pod in pods()), 120, 1)
    finally:
        kubectl("uncordon", "node2")
    kept_up()
    scale(1)


def test_it_is_not_ready_while_its_database_is_away_and_is_not_restarted():
    (pod,) = pods()
    before = restarts(pod)
    (mongod,) = get("pods", selector="app=mongodb-consumer")
    with Frozen(mongod, "mongod"):
        wait_until("the pod not to be ready", lambda: not is_ready(pods()[0]), 60, 1)
        status, body = ask(pod, "/ready")
        assert status == 503 and "sink" in body or "task" in body, body
        assert ask(pod, "/live")[0] == 200
        time.sleep(20)
    wait_until("the pod to be ready", lambda: is_ready(pods()[0]), 60, 1)
    assert [name_of(pod)] == [name_of(pod) for pod in pods()] and restarts(pods()[0]) == before
    kept_up()


def test_the_memory_limit_is_enforced_and_is_not_reached_under_load():
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

    (pod,) = pods()
    before = restarts(pod)
    with Load(8000) as load:
        load.wait()
        kept_up()
    peak = total("process_resident_memory_peak_bytes")
    print(f"peak memory {peak / 2**20:.1f} MiB of 128")
    assert restarts(pods()[0]) == before and peak < 100 << 20
