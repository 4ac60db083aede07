"""Who may do what: Pod Security, NetworkPolicy, strict fields, plugins from elsewhere, each component, the autoscaler."""

import copy

import pytest
import yaml

from cluster import (MANIFESTS, NAMESPACE, RESTRICTED, RIG, Load, apply, connections, get, helper, is_ready, kubectl, name_of,
                     namespace, on_top, pods, restarts, run_kubectl, scale)
from manifests.render import COMPONENTS
from rig.process import wait_until

LABELS = {"app.kubernetes.io/name": "sluice", "app.kubernetes.io/instance": "consumer"}


@pytest.mark.short
def test_restricted_pod_security_admits_the_consumer_and_nothing_looser():
    pod = copy.deepcopy(get("deployment", "consumer")["spec"]["template"])
    pod.update(apiVersion="v1", kind="Pod", metadata={"name": "consumer", "namespace": "restricted"})
    del pod["spec"]["serviceAccountName"], pod["spec"]["serviceAccount"]
    with namespace("restricted", **RESTRICTED):
        assert run_kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(pod)).returncode == 0
        pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
        refused = run_kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(pod))
        assert refused.returncode != 0 and 'violates PodSecurity "restricted' in refused.stderr


@pytest.mark.short
def test_the_network_lets_through_kafka_mongodb_dns_and_scrapes_and_the_namespace_to_the_read_side():
    metrics = f"{pods()[0]['status']['podIP']}:8050"
    read = f"consumer-read.{NAMESPACE}:8080"
    kafka = f"kafka-service.{NAMESPACE}:9092"
    with namespace("elsewhere"):
        apply(helper("like-the-consumer", LABELS), helper("stranger", {}, "elsewhere"))
        try:
            kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/like-the-consumer", "--timeout=60s")
            kubectl("-n", "elsewhere", "wait", "--for=condition=Ready", "pod/stranger", "--timeout=60s")
            wait_until("the policy to be in force", lambda: connections("like-the-consumer", "image-api:8080") == {
                "image-api:8080": False}, 60, 1)
            assert connections("like-the-consumer", "kafka-service:9092", "mongodb-consumer:27017", "mongodb-producer:27017",
                               "kafka-service:9093", "10.96.0.1:443", metrics) == {
                "kafka-service:9092": True, "mongodb-consumer:27017": True, "mongodb-producer:27017": False,
                "kafka-service:9093": False, "10.96.0.1:443": False, metrics: False}
            assert connections("scraper", metrics) == {metrics: True}
            assert connections("user", metrics, read, kafka) == {metrics: False, read: True, kafka: True}
            assert connections("stranger", metrics, read, kafka, namespace="elsewhere") == {
                metrics: False, read: False, kafka: True}
        finally:
            kubectl("-n", NAMESPACE, "delete", "pod", "like-the-consumer", "--now")


@pytest.mark.short
def test_the_server_refuses_a_typo_in_words():
    deployment = next(item for item in yaml.safe_load_all((MANIFESTS / "local.yaml").read_text())
                      if item["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["redinessProbe"] = container.pop("readinessProbe")
    refused = run_kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(deployment))
    assert refused.returncode != 0 and 'unknown field "spec.template.spec.containers[0].redinessProbe"' in refused.stderr


@pytest.mark.short
def test_the_server_takes_the_clouds_overlay_whole(custom_kinds):
    taken = kubectl("apply", "--dry-run=server", "-k", MANIFESTS / "overlays" / "cloud")
    for kind in ("ingress.networking.k8s.io", "backendconfig.cloud.google.com", "horizontalpodautoscaler.autoscaling"):
        assert f"{kind}/consumer created (server dry run)" in taken


@pytest.mark.short
def test_the_server_takes_every_component_and_pod_security_has_nothing_to_say(custom_kinds, tmp_path):
    with namespace("components", **RESTRICTED) as name:
        for component in COMPONENTS:
            on_top(MANIFESTS / "base", tmp_path, namespace=name, components=[MANIFESTS / component])
            done = run_kubectl("apply", "--dry-run=server", "-k", tmp_path)
            assert done.returncode == 0 and not done.stderr, (component, done.stderr)


WAYS = {
    "an init container": {"components": [MANIFESTS / "components" / "plugin"],
                          "images": [{"name": "sluice-plugin", "newName": "localhost/sluice-plugin", "newTag": "test"}]},
    "a derived image": {"images": [{"name": "localhost/sluice", "newName": "localhost/sluice-derived"}]},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_plugin_comes_through(way, tmp_path):
    with namespace("plugin", **RESTRICTED) as name:
        kubectl("apply", "-k", on_top(RIG / "plugin", tmp_path, **WAYS[way]))

        def stores():
            found = [pod for pod in get("pods", namespace=name) if is_ready(pod)]
            return found and "sluice_records_stored_total{" in kubectl(
                "get", "--raw", f"/api/v1/namespaces/{name}/pods/{name_of(found[0])}:8050/proxy/metrics")

        wait_until("its plugin to store records", stores, 120, 1)
        assert all(restarts(pod) == 0 for pod in get("pods", namespace=name))


@pytest.mark.usefixtures("equal")
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
        with Load():
            wait_until("more pods", lambda: replicas() > 1, 180, 1)
        wait_until("one pod", lambda: replicas() == 1, 300, 2)
    finally:
        kubectl("-n", NAMESPACE, "delete", "horizontalpodautoscaler", "consumer")
        scale(1)
