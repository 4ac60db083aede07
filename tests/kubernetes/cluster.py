"""The rig's Kubernetes as the checks see it: kubectl, the processes behind a pod, the leaf system's services at their cluster
addresses, and the Consumer's pods asked by one that may scrape them."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import uuid

import httpx
import pymongo
import yaml

from lims.check import compare
from lims.events import PRODUCER
from rig.process import wait_until
from rig.sluice import TOP

RIG = TOP / "tests" / "rig" / "kubernetes"
OVERLAY = RIG / "overlay"
NAMESPACE = "leaf-image-management-system"
CONSUMER = "app.kubernetes.io/name=sluice,app.kubernetes.io/instance=consumer,pod-template-hash"
JOBS = ("camera-job-potato", "camera-job-tomato", "camera-job-pepper", "leaf-disease-recognizer-job", "user-job")
PARTITIONS = 3
IMAGE = "localhost/leaf-system:test"

FETCH = """import sys, urllib.request, urllib.error
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=5)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status); print(answer.read().decode())"""
CONNECT = """import socket, sys
for address in sys.argv[1:]:
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 3).close(); print(address, "open")
    except OSError:
        print(address, "closed")"""


def run_kubectl(*arguments, stdin=None, seconds=120):
    return subprocess.run(["bash", RIG / "cluster.sh", "kubectl", *map(str, arguments)], input=stdin, text=True,
                          capture_output=True, timeout=seconds)


def kubectl(*arguments, stdin=None, seconds=120):
    """What it prints; a failure is its own words."""
    done = run_kubectl(*arguments, stdin=stdin, seconds=seconds)
    if done.returncode != 0:
        raise RuntimeError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def get(kind, name=None, selector=None, namespace=NAMESPACE):
    """An object, or the list of those that a selector picks."""
    picked = [name] if name else ["-l", selector] if selector else []
    found = json.loads(kubectl("-n", namespace, "get", kind, *picked, "-o", "json"))
    return found if name else found["items"]


def apply(*items):
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(items))


def overlay(folder, **more):
    """Applies the rig's overlay with something on top of it, made in a folder."""
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": NAMESPACE,
        "resources": [os.path.relpath(OVERLAY, folder.resolve())], **more}))
    kubectl("apply", "-k", folder)


def helper(name, labels, namespace=NAMESPACE):
    """A pod that does nothing by itself, as restricted as the Consumer's."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                     "nodeSelector": {"kubernetes.io/hostname": "node1"},
                     "securityContext": {"runAsNonRoot": True, "runAsUser": 65534,
                                         "seccompProfile": {"type": "RuntimeDefault"}},
                     "containers": [{"name": "helper", "image": IMAGE, "command": ["sleep", "infinity"],
                                     "securityContext": {"allowPrivilegeEscalation": False,
                                                         "capabilities": {"drop": ["ALL"]}}}]}}


def connections(pod, *addresses, namespace=NAMESPACE):
    """{address: whether the pod can reach it}"""
    told = kubectl("-n", namespace, "exec", pod, "--", "python", "-c", CONNECT, *addresses).splitlines()
    return {line.split()[0]: line.endswith("open") for line in told}


# ---- The Consumer ----

def pods():
    """Those that are not on their way out."""
    return [pod for pod in get("pods", selector=CONSUMER) if "deletionTimestamp" not in pod["metadata"]]


def name_of(item):
    return item["metadata"]["name"]


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))


def restarts(pod):
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses", ()))


def ask(pod, path):
    """(status, body) of the pod's metrics listener."""
    answer = kubectl("-n", NAMESPACE, "exec", "scraper", "--", "python", "-c", FETCH,
                     f"http://{pod['status']['podIP']}:8050{path}")
    status, _, body = answer.partition("\n")
    return int(status), body


def metrics(pod):
    _, body = ask(pod, "/metrics")
    return {key: float(value) for key, value in (line.rsplit(" ", 1) for line in body.splitlines()
                                                 if line and not line.startswith("#"))}


def total(name, among=None):
    """The sum of a metric over the Consumer's pods."""
    return sum(value for pod in among or pods() for key, value in metrics(pod).items()
               if re.split(r"[{ ]", key)[0] == name)


def owned():
    """How many partitions each pod owns, the most first."""
    return sorted((int(total("sluice_assigned_partitions", [pod])) for pod in pods()), reverse=True)


def rolled_out(seconds=180):
    kubectl("-n", NAMESPACE, "rollout", "status", "deployment/consumer", f"--timeout={seconds}s", seconds=seconds + 10)


def scale(replicas):
    kubectl("-n", NAMESPACE, "scale", "deployment/consumer", f"--replicas={replicas}")
    rolled_out()
    wait_until(f"{replicas} pods", lambda: len(pods()) == replicas and all(map(is_ready, pods())), 120, 1)


def kept_up(seconds=120):
    """All partitions have an owner, and nothing is left of any."""
    def done():
        try:
            found = [metrics(pod) for pod in pods()]
        except RuntimeError:
            return False  # a pod that has just gone
        lags = [value for one in found for key, value in one.items() if key.startswith("sluice_consumer_lag_records{")]
        return len(lags) == PARTITIONS and sum(lags) == 0

    wait_until("lag 0", done, seconds, 1)


# ---- Processes behind a pod ----

def processes(pod, name):
    """Their ids on this machine, by the pod's cgroup."""
    uid = pod["metadata"]["uid"]
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if uid in (folder / "cgroup").read_text() and (folder / "comm").read_text().strip() == name:
                found.append(int(folder.name))
        except OSError:
            pass  # it has ended
    return found


class Frozen:
    """`with Frozen(pod, "mongod"):` it stands still."""

    def __init__(self, pod, name):
        self.processes = processes(pod, name)
        assert self.processes, (name_of(pod), name)

    def __enter__(self):
        for process in self.processes:
            os.kill(process, signal.SIGSTOP)

    def __exit__(self, *_):
        for process in self.processes:
            os.kill(process, signal.SIGCONT)


# ---- The leaf system ----

def address(service, port):
    return f"{get('service', service)['spec']['clusterIP']}:{port}"


def press(action, *services):
    for service in services:
        httpx.post(f"http://{address(service, 5000)}/{action}", timeout=60, follow_redirects=True).raise_for_status()


def database(which):
    return pymongo.MongoClient(f"mongodb://{address(f'mongodb-{which}', 27017)}/", directConnection=True,
                               serverSelectionTimeoutMS=10000)


def documents(which):
    with database(which) as client:
        base = client[f"imagedbplant{which}"]
        return sum(base[name].count_documents({}) for name in base.list_collection_names() if name.startswith("imagecol"))


def compared():
    with database("producer") as producer, database("consumer") as consumer:
        return compare(producer, consumer)


def settled(seconds=120):
    """Pauses the jobs, waits until every change has gone its way, and compares; they go on then."""
    press("pause", *JOBS)
    try:
        with database("producer") as client:
            wait_until("every event to be acknowledged",
                       lambda: client[PRODUCER]["outbox"].count_documents({}) == 0, seconds, 0.5)
        kept_up(seconds)
        return compared()
    finally:
        press("start", *JOBS)


class Load:
    """`with Load(count) as load:` a pod makes that many changes (pods.load) while the jobs pause; wait() is its end."""

    def __init__(self, count):
        self.name = f"load-{uuid.uuid4().hex[:6]}"
        self.pod = helper(self.name, {"app": "load"})
        self.pod["spec"]["restartPolicy"] = "Never"
        container = self.pod["spec"]["containers"][0]
        del container["command"]
        container["args"] = ["pods.load", str(count)]
        container["env"] = [{"name": "MONGODB_PRODUCER_URI", "value": "mongodb://mongodb-producer:27017/"},
                            {"name": "KAFKA_BOOTSTRAP_SERVERS", "value": "kafka-service:9092"}]

    def __enter__(self):
        press("pause", *JOBS)
        apply(self.pod)
        wait_until("the load to begin", lambda: self.phase() != "Pending" and "of" in self.log(), 120, 0.5)
        return self

    def __exit__(self, *_):
        kubectl("-n", NAMESPACE, "delete", "pod", self.name, "--now")
        press("start", *JOBS)

    def phase(self):
        return get("pod", self.name)["status"]["phase"]

    def log(self):
        return run_kubectl("-n", NAMESPACE, "logs", self.name).stdout

    def wait(self, seconds=300):
        wait_until("the load to end", lambda: self.phase() in ("Succeeded", "Failed"), seconds, 1)
        assert self.phase() == "Succeeded", self.log()
        time.sleep(1)
