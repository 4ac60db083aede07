"""The manifests without a cluster: each kind against its schema in five versions of Kubernetes, what Pod Security and a
linter say, and figures that belong together."""

import copy
import re
import subprocess
import sys
import pathlib

import jsonschema
import kubernetes_validate
import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from manifests.render import MANIFESTS, TOOLS, VERSIONS, custom_kinds, kustomize, objects, validate  # noqa: E402
from rig.sluice import sluice  # noqa: E402

ENVIRONMENTS = ("local", "cloud")
COMPONENTS = sorted(str(path.parent.relative_to(MANIFESTS)) for path in MANIFESTS.glob("*/**/kustomization.yaml")
                    if yaml.safe_load(path.read_text())["kind"] == "Component")
MIB = 1 << 20


@pytest.fixture(scope="module")
def rendered():
    return {env: objects(kustomize(MANIFESTS / "overlays" / env)) for env in ENVIRONMENTS}


def with_component(component, folder):
    """The base and one component, rendered in a folder beside them (kustomize takes relative paths alone)."""
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "namespace": "leaf-image-management-system", "resources": ["../manifests/base"],
        "components": [f"../manifests/{component}"]}))
    (folder.parent / "manifests").symlink_to(MANIFESTS)
    return objects(kustomize(folder))


def consumer(items):
    return next(item for item in items if item["kind"] == "Deployment" and item["metadata"]["name"] == "consumer")


def pod(items):
    return consumer(items)["spec"]["template"]["spec"]


def megabytes(quantity):
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", quantity).groups()
    return int(number) * (1024 if unit == "Gi" else 1)


# ---- Schemas ----

@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_fits_its_schema(rendered, version):
    custom = custom_kinds()
    for env in ENVIRONMENTS:
        for item in rendered[env]:
            validate(item, version, custom)


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_fits_too(component, tmp_path):
    folder = tmp_path / "overlay"
    folder.mkdir()
    custom = custom_kinds()
    for item in with_component(component, folder):
        validate(item, VERSIONS[-1], custom)


@pytest.mark.parametrize("env, kind, path, typo", [
    ("local", "Deployment", ("spec", "template", "spec", "containers", 0), "redinessProbe"),
    ("local", "NetworkPolicy", ("spec",), "egres"),
    ("cloud", "BackendConfig", ("spec", "healthCheck"), "requestpath"),
])
def test_a_typo_is_caught(rendered, env, kind, path, typo):
    item = copy.deepcopy(next(item for item in rendered[env] if item["kind"] == kind))
    place = item
    for step in path:
        place = place[step]
    place[typo] = {}
    with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError), match=typo):
        validate(item, "1.34", custom_kinds())


# ---- Strictness ----

def test_the_consumers_pods_are_as_restricted_as_pod_security_has_it(rendered, tmp_path):
    (tmp_path / "overlay").mkdir()
    for items in (*rendered.values(), with_component("components/plugin", tmp_path / "overlay")):
        spec = pod(items)
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert all(volume.keys() & {"configMap", "secret", "emptyDir"} for volume in spec["volumes"])
        for container in (*spec.get("initContainers", ()), *spec["containers"]):
            assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                    "capabilities": {"drop": ["ALL"]}}
            assert not any("hostPort" in port for port in container.get("ports", ()))


def test_the_linter_has_nothing_to_say_of_the_consumer():
    for env in ENVIRONMENTS:
        done = subprocess.run([TOOLS / "kube-score", "score", "--output-format", "ci",
                               # a tag is what a release has; it is not `latest`, so what a node has is what was pushed
                               "--ignore-test", "container-image-pull-policy",
                               # startup, live and ready are three questions, two of which have the same answer's path
                               "--ignore-test", "pod-probes-identical",
                               # nothing of it is stored on the node
                               "--ignore-test", "container-ephemeral-storage-request-and-limit",
                               MANIFESTS / f"{env}.yaml"], capture_output=True, text=True, timeout=60)
        critical = [line for line in done.stdout.splitlines() if line.startswith("[CRITICAL]")]
        assert not critical and done.stdout, "\n".join(critical) + done.stderr


def test_nothing_is_exposed_on_gke_but_by_the_ingress(rendered):
    items = rendered["cloud"]
    assert [item["metadata"]["name"] for item in items if item["kind"] == "Ingress"] == ["consumer"]
    assert {item["spec"].get("type", "ClusterIP") for item in items if item["kind"] == "Service"} == {"ClusterIP"}


# ---- Figures that belong together ----

@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_pipeline_is_one_that_sluice_takes(rendered, env, tmp_path):
    config = next(item for item in rendered[env] if item["kind"] == "ConfigMap")["data"]
    uri = tmp_path / "uri"
    uri.write_text("mongodb://mongodb-consumer:27017/\n")
    arguments = []
    for name, text in config.items():
        (tmp_path / name).write_text(text.replace("/run/secrets/mongodb/uri", str(uri)))
        arguments += ["-c", tmp_path / name]
    done = sluice("validate", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    assert pod(rendered[env])["containers"][0]["args"] == ["run", *(word for name in config for word in
                                                                    ("-c", f"/etc/sluice/{name}"))]


def setting(config, key):
    found = re.findall(rf"^{re.escape(key)} = (.*)$", "\n".join(config.values()), re.M)
    return found[-1] if found else None


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_memory_limit_has_room_for_the_whole_budget(rendered, env):
    """Peak memory is at most idle + 1.5 x buffer.max.bytes + the largest record (host/README.md; sh tests/memory.sh)."""
    config = next(item for item in rendered[env] if item["kind"] == "ConfigMap")["data"]
    budget = megabytes((setting(config, "buffer.max.bytes") or "32 MiB").replace(" ", "").removesuffix("B"))
    idle, largest = 25, 16
    assert megabytes(pod(rendered[env])["containers"][0]["resources"]["limits"]["memory"]) >= idle + 1.5 * budget + largest


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_pod_may_take_longer_to_end_than_sluice_takes(rendered, env):
    """task.shutdown.graceful.timeout.ms, then the last commit and leaving the group, 2 s each; before it, a preStop's sleep."""
    config = next(item for item in rendered[env] if item["kind"] == "ConfigMap")["data"]
    graceful = int(setting(config, "task.shutdown.graceful.timeout.ms") or 15000) / 1000
    spec = pod(rendered[env])
    slept = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert spec["terminationGracePeriodSeconds"] >= slept + graceful + 2 + 2 + 5


def test_a_pod_behind_the_load_balancer_answers_for_as_long_as_that_may_ask(rendered):
    (backend,) = [item for item in rendered["cloud"] if item["kind"] == "BackendConfig"]
    slept = pod(rendered["cloud"])["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert slept >= backend["spec"]["connectionDraining"]["drainingTimeoutSec"]
