"""Who may do what: Pod Security, NetworkPolicy, strict fields, plugins from elsewhere, the cloud's overlay, the autoscaler."""

import copy

import yaml

from cluster import (NAMESPACE, RIG, Load, apply, connections, get, helper, is_ready, kubectl, pods, restarts, run_kubectl)
from rig.process import wait_until
from rig.sluice import TOP

MANIFESTS = TOP / "manifests"
LABELS = {"app.kubernetes.io/name": "sluice", "app.kubernetes.io/instance": "consumer"}


def namespace(name, **labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def test_restricted_pod_security_admits_the_consumer_and_nothing_looser():
    apply(namespace("restricted", **{"pod-security.kubernetes.io/enforce": "restricted"}))
    pod = copy.deepcopy(get("deployment", "consumer")["spec"]["template"])
    pod.update(apiVersion="v1", kind="Pod", metadata={"name": "consumer", "namespace": "restricted"})
    del pod["spec"]["serviceAccountName"], pod["spec"]["serviceAccount"]
    assert run_kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(pod)).returncode == 0
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    refused = run_kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(pod))
    assert refused.returncode != 0 and 'violates PodSecurity "restricted' in refused.stderr


def test_the_network_lets_through_kafka_mongodb_dns_and_scrapes_alone():
    apply(helper("like-the-consumer", LABELS), helper("stranger", {}))
    kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/like-the-consumer", "pod/stranger", "--timeout=60s")
    metrics = f"{pods()[0]['status']['podIP']}:8050"
    try:
        wait_until("the policy to be in force", lambda: connections("like-the-consumer", "image-api:8080") == {
            "image-api:8080": False}, 60, 1)
        assert connections("like-the-consumer", "kafka-service:9092", "mongodb-consumer:27017", "mongodb-producer:27017",
                           "kafka-service:9093", "10.96.0.1:443", metrics) == {
            "kafka-service:9092": True, "mongodb-consumer:27017": True, "mongodb-producer:27017": False,
            "kafka-service:9093": False, "10.96.0.1:443": False, metrics: False}
        assert connections("scraper", metrics) == {metrics: True}
        assert connections("stranger", metrics, "kafka-service:9092") == {metrics: False, "kafka-service:9092": True}
    finally:
        kubectl("-n", NAMESPACE, "delete", "pod", "like-the-consumer", "stranger", "--now")


def test_the_server_refuses_a_typo_in_words():
    deployment = next(item for item in yaml.safe_load_all((MANIFESTS / "local.yaml").read_text())
                      if item["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["redinessProbe"] = container.pop("readinessProbe")
    refused = run_kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(deployment))
    assert refused.returncode != 0 and 'unknown field "spec.template.spec.containers[0].redinessProbe"' in refused.stderr


def test_the_clouds_overlay_is_taken_too(tmp_path):
    apply(*yaml.safe_load_all((RIG / "crds" / "gke.yaml").read_text()))
    kubectl("wait", "--for=condition=Established", "crd/backendconfigs.cloud.google.com", "--timeout=60s")
    text = kubectl("kustomize", RIG / "cloud")
    try:
        kubectl("apply", "-f", "-", stdin=text)
        for kind, name in (("ingress", "consumer"), ("backendconfig", "consumer"),
                           ("horizontalpodautoscaler", "consumer"), ("poddisruptionbudget", "consumer")):
            assert get(kind, name, namespace="cloud")["metadata"]["labels"]["env"] == "cloud"
    finally:
        kubectl("delete", "namespace", "cloud", "--wait=false")


def test_a_plugin_comes_through_an_init_container():
    kubectl("apply", "-k", RIG / "plugin")
    try:
        def flows():
            found = [pod for pod in get("pods", namespace="plugin") if is_ready(pod)]
            return found and "sluice_records_stored_total{" in kubectl(
                "get", "--raw", f"/api/v1/namespaces/plugin/pods/{found[0]['metadata']['name']}:8050/proxy/metrics")

        wait_until("its plugin to store records", flows, 120, 1)
        assert all(restarts(pod) == 0 for pod in get("pods", namespace="plugin"))
    finally:
        kubectl("delete", "namespace", "plugin", "--wait=false")


def test_the_autoscaler_goes_up_under_load_and_down_behind_it():
    scaler = yaml.safe_load((MANIFESTS / "components" / "hpa" / "horizontalpodautoscaler.yaml").read_text())
    scaler["metadata"]["namespace"] = NAMESPACE
    # As shipped but for what this machine's load is, and how long a test waits.
    scaler["spec"]["metrics"][0]["resource"]["target"]["averageValue"] = "30m"
    scaler["spec"]["behavior"]["scaleDown"] = {"stabilizationWindowSeconds": 10,
                                               "policies": [{"type": "Pods", "value": 2, "periodSeconds": 5}]}
    apply(scaler)

    def replicas():
        return get("deployment", "consumer")["spec"]["replicas"]

    try:
        with Load(20000):
            wait_until("more pods", lambda: replicas() > 1, 180, 1)
        wait_until("one pod", lambda: replicas() == 1, 300, 2)
    finally:
        kubectl("-n", NAMESPACE, "delete", "horizontalpodautoscaler", "consumer")
        kubectl("-n", NAMESPACE, "scale", "deployment/consumer", "--replicas=1")
