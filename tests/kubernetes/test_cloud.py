"""What the cloud's overlay has beside the local one: the Ingress and who comes through it, a Secret made by hand, the autoscaler.
Google's load balancer is not here: the checks do by its addresses what it does by what the objects say."""

import collections
import concurrent.futures
import itertools
import json
import threading

import httpx
import pytest

from cluster import addresses, ask, connects, get, name_of, pods, restart, secret, stores, uri_of, users_of
from rig.process import wait_until

pytestmark = [pytest.mark.environments("cloud"), pytest.mark.usefixtures("equal")]
GOOGLE = ("35.191.0.1", "130.211.3.254")  # a load balancer's and its health checks'
STRANGER = "203.0.113.1"


def entry():
    """(Service, its port) behind the Ingress."""
    backend = get("ingress", "consumer")["spec"]["defaultBackend"]["service"]
    service = get("service", backend["name"])
    return service, next(port for port in service["spec"]["ports"] if port["name"] == backend["port"]["name"])


def backends_of(service):
    """As GKE's controller takes them for a container-native load balancer: those that end are none."""
    return {f"{address}:{slice_['ports'][0]['port']}"
            for slice_ in get("endpointslices", selector=f"kubernetes.io/service-name={name_of(service)}")
            for endpoint in slice_["endpoints"] or ()
            if endpoint["conditions"]["ready"] and not endpoint["conditions"].get("terminating")
            for address in endpoint["addresses"]}


@pytest.fixture(scope="module", autouse=True)
def networks():
    with addresses(*GOOGLE, STRANGER):
        yield


def google():
    """A client at one of its addresses."""
    return httpx.Client(transport=httpx.HTTPTransport(local_address=GOOGLE[0]), timeout=5)


def health_check():
    """Of the BackendConfig behind the Ingress."""
    service, port = entry()
    config = json.loads(service["metadata"]["annotations"]["cloud.google.com/backend-config"])["ports"][port["name"]]
    return get("backendconfig", config)["spec"]["healthCheck"]


class Balancer:
    """`with Balancer(path) as balancer:` asks in turn, twenty times a second, those backends that its health check has not found
    red, whatever else is known of them. `answers` counts status codes and the names of errors."""

    def __init__(self, path):
        self.path = path
        self.answers = collections.Counter()
        self.check = health_check()
        self.red = {}  # how often in a row, by backend
        self.ended = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor()

    def __enter__(self):
        self.look()
        self.threads = [self.pool.submit(run) for run in (self.keep_looking, self.keep_asking)]
        return self

    def __exit__(self, *_):
        self.ended.set()
        with self.pool:
            for thread in self.threads:
                thread.result()

    def look(self):
        there = backends_of(entry()[0])
        self.red = {backend: red for backend, red in self.red.items() if backend in there or red < self.check["unhealthyThreshold"]}
        with google() as client:
            for backend in {*self.red, *there}:
                try:
                    good = client.get(f"http://{backend}{self.check['requestPath']}").status_code == 200
                except httpx.HTTPError:
                    good = False
                self.red[backend] = 0 if good else self.red.get(backend, self.check["unhealthyThreshold"]) + 1

    def keep_looking(self):
        while not self.ended.wait(self.check["checkIntervalSec"]):
            self.look()

    def keep_asking(self):
        with google() as client:
            for turn in itertools.count():
                if self.ended.wait(0.05):
                    return
                healthy = [backend for backend, red in self.red.copy().items() if red < self.check["unhealthyThreshold"]]
                try:
                    answer = client.get(f"http://{healthy[turn % len(healthy)]}{self.path}").status_code if healthy else "no backend"
                except httpx.HTTPError as error:
                    answer = type(error).__name__
                self.answers[answer] += 1


def test_the_ingress_leads_to_ready_pods_that_answer_its_health_check():
    service, _ = entry()
    backends = backends_of(service)
    assert backends and backends <= {f"{pod['status']['podIP']}:8080" for pod in pods()}
    assert json.loads(service["metadata"]["annotations"]["cloud.google.com/neg"]) == {"ingress": True}
    check = health_check()
    with google() as client:
        for backend in backends:
            asked = f"http://{backend.rpartition(':')[0]}:{check['port']}{check['requestPath']}"
            assert client.get(asked).status_code == 200, asked


def test_google_comes_through_to_the_read_side_alone_and_nobody_else_does():
    (other,) = get("pods", selector="app=image-api")
    assert connects(STRANGER, f"{other['status']['podIP']}:8080")  # nothing keeps him from who has no NetworkPolicy
    for backend in backends_of(entry()[0]):
        metrics = backend.replace(":8080", ":8050")
        for source in GOOGLE:
            assert connects(source, backend) and not connects(source, metrics), (source, backend)
        assert not connects(STRANGER, backend) and not connects(STRANGER, metrics), backend


def test_the_ingress_is_the_only_way_in():
    assert [name_of(ingress) for ingress in get("ingresses")] == ["consumer"]
    for service in get("services"):
        assert service["spec"]["type"] == "ClusterIP" and not service["spec"].get("externalIPs"), name_of(service)
    for pod in get("pods"):
        spec = pod["spec"]
        assert not spec.get("hostNetwork"), name_of(pod)
        assert not [port for container in spec["containers"] for port in container.get("ports", ()) if "hostPort" in port]


def test_the_autoscaler_has_its_numbers():
    def condition():
        conditions = get("horizontalpodautoscaler", "consumer")["status"].get("conditions", ())
        return {one["type"]: one["status"] for one in conditions}.get("ScalingActive") == "True"

    wait_until("the autoscaler to be active", condition, 120, 1)


def test_a_restart_rotates_its_secret():
    for pod in pods():
        assert {"sink-0", "sink-1"} <= json.loads(ask(pod, "/ready")[1])["components"].keys()  # tasks.max = 2
    secret("consumer-mongodb", uri=uri_of("second"))
    restart()
    wait_until("the new user in each pod", lambda: all(users_of(pod) == {"second"} for pod in pods()), 60, 1)
    stores(pods()[0])


def test_who_reads_by_the_ingress_does_not_notice_a_rolling_update():
    before = {name_of(pod) for pod in pods()}
    with Balancer("/image-plant/potato/1") as balancer:
        restart()
        wait_until("the old pods to have gone", lambda: not before & {name_of(pod) for pod in get("pods")}, 120, 1)
    print(dict(balancer.answers))
    assert balancer.answers.keys() == {200} and balancer.answers[200] > 100
