"""The manifests without a cluster: each kind against its schema in five versions of Kubernetes, what Pod Security and a
linter say, and figures that belong together."""

import copy
import itertools
import json
import re
import subprocess
import sys
import pathlib

import jsonschema
import kubernetes_validate
import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from manifests.render import COMPONENTS, MANIFESTS, TOOLS, VERSIONS, custom_kinds, kustomize, objects, validate  # noqa: E402
from lims import costs  # noqa: E402
from rig.sluice import TOP, sluice  # noqa: E402

ENVIRONMENTS = ("local", "cloud")
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
    for version, item in itertools.product(VERSIONS, with_component(component, folder)):
        validate(item, version, custom)


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


# What the linter asks for and is not wanted, by the linter's name for it.
UNWANTED = (
    "container-image-pull-policy",  # a tag is what a release has; it is not `latest`, so what a node has is what was pushed
    "pod-probes-identical",  # startup, live and ready are three questions, two of which have the same answer's path
    "container-ephemeral-storage-request-and-limit",  # nothing of it is stored on the node
)
# Nor of the leaf system, whose images are named as the assignment names them, and of which nothing else is known.
UNKNOWN = ("container-image-tag", "container-security-context-user-group-id", "container-security-context-readonlyrootfilesystem",
           "pod-networkpolicy")
# Nor of one component, with what another brings.
OTHERS = ("pod-networkpolicy", "deployment-has-poddisruptionbudget")


def lint(text, also_unwanted):
    ignored = [word for name in UNWANTED + also_unwanted for word in ("--ignore-test", name)]
    done = subprocess.run([TOOLS / "kube-score", "score", "--output-format", "ci", *ignored, "-"], input=text,
                          capture_output=True, text=True, timeout=60)
    critical = [line for line in done.stdout.splitlines() if line.startswith("[CRITICAL]")]
    assert not critical and done.stdout, "\n".join(critical) + done.stderr


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("whole", (False, True), ids=("the consumer", "the whole system"))
def test_the_linter_has_nothing_to_say(env, whole):
    lint(kustomize(MANIFESTS / "overlays" / env) if whole else (MANIFESTS / f"{env}.yaml").read_text(), UNKNOWN * whole)


@pytest.mark.parametrize("component", COMPONENTS)
def test_nor_of_a_component(component, tmp_path):
    (tmp_path / "overlay").mkdir()
    lint(yaml.safe_dump_all(with_component(component, tmp_path / "overlay")), OTHERS)


def test_nothing_is_exposed_on_gke_but_by_the_ingress(rendered):
    items = rendered["cloud"]
    assert [item["metadata"]["name"] for item in items if item["kind"] == "Ingress"] == ["consumer"]
    assert {item["spec"].get("type", "ClusterIP") for item in items if item["kind"] == "Service"} == {"ClusterIP"}


# ---- What selects what: a wrong label is silent ----

# Behind a Service is the Deployment of its name, but for these.
CAMERAS = {"camera-job-potato", "camera-job-tomato", "camera-job-pepper"}
BEHIND = {"camera-job": CAMERAS, "consumer-read": {"consumer"}, "kafka-service": {"kafka"}}


def named(items, kind):
    return {item["metadata"]["name"]: item for item in items if item["kind"] == kind}


def template(deployment):
    return deployment["spec"]["template"]


def ports(deployment):
    return {port["name"] for container in template(deployment)["spec"]["containers"] for port in container["ports"]}


def selected(items, labels):
    """The Deployments whose pods have these labels."""
    assert labels  # of a Service without: none; of a monitor without: all
    return {name: deployment for name, deployment in named(items, "Deployment").items()
            if labels.items() <= template(deployment)["metadata"]["labels"].items()}


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_service_selects_the_pods_that_are_meant_and_names_their_ports(rendered, env):
    for name, service in named(rendered[env], "Service").items():
        behind = selected(rendered[env], service["spec"]["selector"])
        assert behind.keys() == BEHIND.get(name, {name}), name
        for deployment in behind.values():
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports(deployment), name


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_deployment_selects_its_own_pods_alone(rendered, env):
    for name, deployment in named(rendered[env], "Deployment").items():
        assert selected(rendered[env], deployment["spec"]["selector"]["matchLabels"]).keys() == {name}


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_service_camera_job_is_all_cameras_and_each_has_its_plant(rendered, env):
    behind = selected(rendered[env], named(rendered[env], "Service")["camera-job"]["spec"]["selector"])
    assert behind.keys() == CAMERAS == {
        name for name, deployment in named(rendered[env], "Deployment").items()
        if template(deployment)["spec"]["containers"][0]["image"].startswith("12221994/camera_job")}
    cameras = set()
    for name, deployment in behind.items():
        labels = template(deployment)["metadata"]["labels"]
        learnt = {variable["name"]: labels[re.fullmatch(r"metadata\.labels\['(.+)'\]",
                                                        variable["valueFrom"]["fieldRef"]["fieldPath"])[1]]
                  for variable in template(deployment)["spec"]["containers"][0]["env"] if "valueFrom" in variable}
        assert learnt.keys() == {"PLANT", "CAMERA_ID"} and name == f"camera-job-{learnt['PLANT']}"
        cameras.add(learnt["CAMERA_ID"])
    assert cameras == {"1", "2", "3"}


@pytest.mark.parametrize("component", ["components/servicemonitor", "components/podmonitor"])
def test_a_monitor_selects_what_it_is_named_for_and_its_port(rendered, component, tmp_path):
    (tmp_path / "overlay").mkdir()
    items = with_component(component, tmp_path / "overlay")
    monitors = named(items, "ServiceMonitor") | named(items, "PodMonitor")
    assert monitors
    for name, monitor in monitors.items():
        labels, of_pods = monitor["spec"]["selector"]["matchLabels"], monitor["kind"] == "PodMonitor"
        if of_pods:
            found = {other: ports(deployment) for other, deployment in selected(rendered["local"], labels).items()}
        else:
            found = {other: {port["name"] for port in service["spec"]["ports"]}
                     for other, service in named(rendered["local"], "Service").items()
                     if labels.items() <= service["metadata"]["labels"].items()}
        assert found.keys() == {name}
        endpoints = monitor["spec"]["podMetricsEndpoints" if of_pods else "endpoints"]
        assert endpoints and {endpoint["port"] for endpoint in endpoints} <= found[name]


def test_the_dashboard_compares_stream_and_batch_by_metrics_that_there_are():
    """The other rows are Sluice's own, whose queries a Prometheus answers in e2e/test_operation.py, as it does these."""
    panels = json.loads((MANIFESTS / "grafana" / "sluice.json").read_text())["panels"]
    behind_title = itertools.dropwhile(lambda panel: panel["title"] != "Stream against batch", panels)
    next(behind_title)
    row = itertools.takewhile(lambda panel: panel["type"] != "row", behind_title)
    asked = {name for panel in row for target in panel["targets"] for name in re.findall(r"\w+_image\w*", target["expr"])}
    leaf_system = "".join(path.read_text() for path in sorted((TOP / "tests" / "lims").glob("*.py")))
    there_are = {*re.findall(r'Gauge\(\s*"(\w+)"', leaf_system),
                 *re.findall(r"^alias\.(\w+) =", (MANIFESTS / "base" / "base.ini").read_text(), re.M)}
    assert there_are >= asked == {who + what for who in ("image_api", "consumer", "db_synchronizer_job")
                                  for what in ("_image", "_image_size")}


# ---- Figures that belong together ----

def assert_sluice_takes(items, folder):
    """The pod's command line, with secrets where the pod has them."""
    config = next(item for item in items if item["kind"] == "ConfigMap")["data"]
    secret = folder / "secret"
    secret.write_text("mongodb://mongodb-consumer:27017/\n")
    arguments = []
    for name in pod(items)["containers"][0]["args"][2::2]:
        file = folder / pathlib.Path(name).name
        file.write_text(re.sub(r"/run/secrets/\w+/\w+", str(secret), config[file.name]))
        arguments += ["-c", file]
    done = sluice("validate", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    assert pod(items)["containers"][0]["args"][:1] == ["run"] and len(arguments) == 2 * len(config)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_pipeline_is_one_that_sluice_takes(rendered, env, tmp_path):
    assert_sluice_takes(rendered[env], tmp_path)


def test_so_is_the_one_with_an_admin_listener(tmp_path):
    (tmp_path / "overlay").mkdir()
    assert_sluice_takes(with_component("components/admin", tmp_path / "overlay"), tmp_path)


def setting(config, key):
    found = re.findall(rf"^{re.escape(key)} = (.*)$", "\n".join(config.values()), re.M)
    return found[-1] if found else None


def budget(items):
    """In MiB."""
    config = next(item for item in items if item["kind"] == "ConfigMap")["data"]
    return megabytes((setting(config, "buffer.max.bytes") or "32 MiB").replace(" ", "").removesuffix("B"))


def memory_limit(items):
    return megabytes(pod(items)["containers"][0]["resources"]["limits"]["memory"])


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_memory_limit_has_room_for_the_whole_budget(rendered, env):
    """Peak memory is at most idle + 1.5 x buffer.max.bytes + the largest record (host/README.md; sh tests/memory.sh)."""
    idle, largest = 25, 16
    assert memory_limit(rendered[env]) >= idle + 1.5 * budget(rendered[env]) + largest


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_alert_on_memory_comes_before_the_limit(rendered, env):
    rules = (MANIFESTS / "prometheus/rules.yaml").read_text()
    factor, more = re.search(r"\(([\d.]+) \* sluice_buffer_limit_bytes \+ (\d+) \* 1024 \* 1024\)", rules).groups()
    assert float(factor) * budget(rendered[env]) + int(more) < memory_limit(rendered[env])


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_pod_may_take_longer_to_end_than_sluice_takes(rendered, env):
    """task.shutdown.graceful.timeout.ms, then the last commit and leaving the group, 2 s each; readers meanwhile."""
    config = next(item for item in rendered[env] if item["kind"] == "ConfigMap")["data"]
    graceful = int(setting(config, "task.shutdown.graceful.timeout.ms") or 15000) / 1000
    reading = int(setting(config, "read.shutdown.delay.ms") or 0) / 1000
    assert pod(rendered[env])["terminationGracePeriodSeconds"] >= max(graceful + 2 + 2, reading) + 5


def test_a_pod_behind_the_load_balancer_answers_until_that_has_found_it_red(rendered):
    (backend,) = [item for item in rendered["cloud"] if item["kind"] == "BackendConfig"]
    config = next(item for item in rendered["cloud"] if item["kind"] == "ConfigMap")["data"]
    check = backend["spec"]["healthCheck"]
    found = check["checkIntervalSec"] * check["unhealthyThreshold"]
    assert int(setting(config, "read.shutdown.delay.ms")) / 1000 >= max(found, backend["spec"]["connectionDraining"]["drainingTimeoutSec"])


def test_the_costs_in_the_account_are_those_of_the_manifests_as_they_are():
    account = (MANIFESTS / "README.md").read_text()
    for table in (costs.gke(), costs.own(), costs.sources()):
        assert table.strip() in account, "python -m lims.costs, in tests/"
