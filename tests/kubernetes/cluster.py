"""The rig's Kubernetes as the checks see it: kubectl, the processes behind a pod, the leaf system's services at their cluster
addresses, and the Consumer asked by two other pods: `scraper` may have its metrics, `user` what any pod of the namespace may."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import uuid

import httpx
import pymongo
import yaml

from lims.check import compare
from lims.classes import PLANTS
from lims.events import PRODUCER
from rig.process import wait_until
from rig.sluice import TOP

RIG = TOP / "tests" / "rig" / "kubernetes"
OVERLAYS = RIG / "overlay"
MANIFESTS = TOP / "manifests"
NAMESPACE = "leaf-image-management-system"
CONSUMER = "app.kubernetes.io/name=sluice,app.kubernetes.io/instance=consumer,pod-template-hash"
JOBS = (*(f"camera-job-{plant}" for plant in PLANTS), "leaf-disease-recognizer-job", "user-job")
PARTITIONS = len(PLANTS)  # a topic has one
IMAGE = "localhost/leaf-system:test"
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}

FETCH = """import sys, urllib.request, urllib.error
try:
    headers = dict(header.split(": ") for header in sys.argv[2:])
    answer = urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers=headers), timeout=30)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status); print(answer.read().decode(), end="")"""
CONNECT = """import socket, sys
for address in sys.argv[1:]:
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 3).close(); print(address, "open")
    except OSError:
        print(address, "closed")"""
OFFSETS = """import sys
from confluent_kafka import Consumer, TopicPartition
consumer = Consumer({"bootstrap.servers": "kafka-service:9092", "group.id": "connect-consumer"})
for one in consumer.committed([TopicPartition(topic, 0) for topic in sys.argv[1:]], 10):
    print(max(one.offset, 0), consumer.get_watermark_offsets(one, 10)[1])"""


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


def on_top(base, folder, components=(), **more):
    """A kustomization with something on top of it, made in a folder."""
    def path(of):
        return os.path.relpath(of, folder.resolve())

    (folder / "kustomization.yaml").write_text(yaml.safe_dump({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [path(base)],
        "components": list(map(path, components)), **more}))
    return folder


def overlay(folder, **more):
    """Applies the local overlay with something on top of it."""
    kubectl("apply", "-k", on_top(OVERLAYS / "local", folder, namespace=NAMESPACE, **more))


def new_namespace(name, **labels):
    """Empty: one that an earlier run has left has gone first."""
    kubectl("delete", "namespace", name, "--ignore-not-found", seconds=300)
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


@contextlib.contextmanager
def namespace(name, **labels):
    """`with namespace("name"):` it is there."""
    new_namespace(name, **labels)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


def helper(name, labels, namespace=NAMESPACE):
    """A pod that does nothing by itself, as restricted as the Consumer's."""
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": {"helper": "", **labels}},
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


def fetch(url, pod="user", *headers):
    """(status, body) of what the pod asks for."""
    status, _, body = kubectl("-n", NAMESPACE, "exec", pod, "--", "python", "-c", FETCH, url, *headers).partition("\n")
    return int(status), body


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
    return fetch(f"http://{pod['status']['podIP']}:8050{path}", "scraper")


def read(path):
    """(status, body) of the read side's Service."""
    return fetch(f"http://consumer-read:8080{path}")


def metrics(pod):
    _, body = ask(pod, "/metrics")
    return {key: float(value) for key, value in (line.rsplit(" ", 1) for line in body.splitlines()
                                                 if line and not line.startswith("#"))}


def total(name, among=None):
    """The sum of a metric over the Consumer's pods."""
    return sum(value for pod in among or pods() for key, value in metrics(pod).items()
               if re.split(r"[{ ]", key)[0] == name)


def stores(pod):
    """It stores what has come since it began."""
    wait_until("documents", lambda: total("sluice_records_stored_total", [pod]) > 0, 60, 1)


def owned():
    """How many partitions each pod owns, the most first."""
    return sorted((int(total("sluice_assigned_partitions", [pod])) for pod in pods()), reverse=True)


def rolled_out(seconds=180):
    kubectl("-n", NAMESPACE, "rollout", "status", "deployment/consumer", f"--timeout={seconds}s", seconds=seconds + 10)


def restart():
    """Every pod gives way to a new one."""
    kubectl("-n", NAMESPACE, "rollout", "restart", "deployment/consumer")
    rolled_out()


def scale(replicas):
    kubectl("-n", NAMESPACE, "scale", "deployment/consumer", f"--replicas={replicas}")
    rolled_out()
    wait_until(f"{replicas} pods", lambda: len(pods()) == replicas and all(map(is_ready, pods())), 120, 1)


def offsets():
    """(what the group has committed, the end) of each topic, as the broker has it."""
    lines = kubectl("-n", NAMESPACE, "exec", "user", "--", "python", "-c", OFFSETS, *PLANTS).splitlines()
    return [tuple(map(int, line.split())) for line in lines]


def kept_up(seconds=120):
    """What is on the topics now is stored."""
    wanted = [end for _, end in offsets()]
    wait_until(f"offsets {wanted} to be committed",
               lambda: all(done >= end for (done, _), end in zip(offsets(), wanted)), seconds, 0.5)


def secret(name, **content):
    """One that is made by hand."""
    apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}, "stringData": content})


@contextlib.contextmanager
def addresses(*those):
    """`with addresses("192.0.2.1"):` this machine has them, beside its own in the nodes' network, and the nodes know the way back."""
    def ip(node, *arguments):
        command = ["bash", RIG / "cluster.sh", "in", node, "ip"] if node else ["ip"]
        return subprocess.run([*command, *arguments], capture_output=True, timeout=30)

    nodes = {name_of(node)[len("node"):]: node["status"]["addresses"][0]["address"] for node in get("nodes", namespace="")}
    gateway = next(iter(nodes.values())).rpartition(".")[0] + ".1"
    try:
        for one in those:
            ip(None, "address", "replace", f"{one}/32", "dev", "kube0").check_returncode()
            for node in nodes:
                ip(node, "route", "replace", f"{one}/32", "via", gateway).check_returncode()
        yield
    finally:
        for one in those:
            ip(None, "address", "delete", f"{one}/32", "dev", "kube0")
            for node in nodes:
                ip(node, "route", "delete", f"{one}/32")


def connects(source, address):
    """Whether who comes from one of this machine's addresses is let through."""
    host, port = address.rsplit(":", 1)
    with socket.socket() as client:
        client.settimeout(3)
        client.bind((source, 0))
        return client.connect_ex((host, int(port))) == 0


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


def limits(pod):
    """What the kernel tells of the Consumer's container: its peak in bytes, how often there were no more to be had, and in how many
    of its periods it had to wait for more CPU."""
    (process,) = processes(pod, "sluice")
    folders = {controller: path for _, controllers, path in (
        line.split(":", 2) for line in pathlib.Path(f"/proc/{process}/cgroup").read_text().splitlines())
        for controller in controllers.split(",")}
    top = pathlib.Path("/sys/fs/cgroup")

    def numbers(file):
        return {key: int(value) for key, value in map(str.split, file.read_text().splitlines())}

    if "memory" in folders:  # cgroup v1
        memory, cpu = top / "memory" / folders["memory"][1:], numbers(top / "cpu" / folders["cpu"][1:] / "cpu.stat")
        peak, refused = (int((memory / f"memory.{name}").read_text()) for name in ("max_usage_in_bytes", "failcnt"))
    else:
        both = top / folders[""][1:]
        peak, refused = int((both / "memory.peak").read_text()), numbers(both / "memory.events")["max"]
        cpu = numbers(both / "cpu.stat")
    return peak, refused, cpu["nr_throttled"]


# ---- The leaf system ----

def address(service, port):
    return f"{get('service', service)['spec']['clusterIP']}:{port}"


def press(action, *services):
    for service in services:
        httpx.post(f"http://{address(service, 5000)}/{action}", timeout=60, follow_redirects=True).raise_for_status()


def environment():
    """Whose system is there: local, cloud, or none."""
    labels = [item["metadata"]["labels"] for item in get("deployments") if name_of(item) == "consumer"]
    return labels[0]["env"] if labels else None


def bring(wanted):
    """The system of that environment; in the place of another, from its beginning."""
    if environment() != wanted:
        new_namespace(NAMESPACE)
        if wanted == "cloud":
            secret("consumer-mongodb", uri="mongodb://mongodb-consumer:27017/")
    kubectl("apply", "-k", OVERLAYS / wanted)


def uri_of(user):
    """A URI with a user that the consumer's database has from now on."""
    with database("consumer") as client:
        if not client.admin.command("usersInfo", user)["users"]:
            client.admin.command("createUser", user, pwd=user, roles=["readWriteAnyDatabase"])
    return f"mongodb://{user}:{user}@mongodb-consumer:27017/?authSource=admin"


def users_of(pod):
    """Whom the pod's connections to its database are authenticated as."""
    with database("consumer") as client:
        connections = list(client.admin.aggregate([{"$currentOp": {"allUsers": True, "idleConnections": True}}]))
    return {user["user"] for connection in connections if connection.get("client", "").startswith(f"{pod['status']['podIP']}:")
            for user in connection.get("effectiveUsers", ())}


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
    """`with Load(...) as load:` a pod makes changes (pods.load) while the jobs pause: as many as it can, or `rate` a second, until
    all are made (wait()) or it is left, which ends it in order."""

    def __init__(self, count=1000000, rate=None):
        self.name = f"load-{uuid.uuid4().hex[:6]}"
        self.pod = helper(self.name, {"app": "load"})
        self.pod["spec"].update(restartPolicy="Never", terminationGracePeriodSeconds=60)
        container = self.pod["spec"]["containers"][0]
        del container["command"]
        container["args"] = ["pods.load", str(count), *([str(rate)] if rate else [])]
        container["env"] = [{"name": "MONGODB_PRODUCER_URI", "value": "mongodb://mongodb-producer:27017/"},
                            {"name": "KAFKA_BOOTSTRAP_SERVERS", "value": "kafka-service:9092"}]

    def __enter__(self):
        press("pause", *JOBS)
        apply(self.pod)
        wait_until("the load to begin", lambda: self.phase() != "Pending" and "of" in self.log(), 120, 0.5)
        return self

    def __exit__(self, *_):
        kubectl("-n", NAMESPACE, "delete", "pod", self.name)
        press("start", *JOBS)

    def phase(self):
        return get("pod", self.name)["status"]["phase"]

    def log(self):
        return run_kubectl("-n", NAMESPACE, "logs", self.name).stdout

    def wait(self, seconds=300):
        wait_until("the load to end", lambda: self.phase() in ("Succeeded", "Failed"), seconds, 1)
        assert self.phase() == "Succeeded", self.log()
