"""The whole system from manifests/overlays/local and from manifests/overlays/cloud: it is there, and the Consumer keeps both
databases equal."""

import json
import pathlib

import pytest

from cluster import (CONSUMER, NAMESPACE, documents, fetch, get, kept_up, name_of, pods, processes, read, settled, total)
from rig.process import wait_until

pytestmark = [pytest.mark.short, pytest.mark.environments("local", "cloud")]


def test_documents_arrive_and_both_databases_are_equal():
    def stored():
        return {name_of(pod): total("sluice_records_stored_total", [pod]) for pod in pods()}

    before, already = documents("consumer"), stored()
    wait_until("20 more images", lambda: documents("consumer") >= before + 20, 120, 1)
    kept_up()
    assert any(count > already.get(name, 0) for name, count in stored().items())
    result = settled()
    print(result)
    assert result.compared > 300 and not result.differences, str(result)


def test_its_read_side_answers_by_its_service_what_the_image_api_does():
    def same():
        """The jobs change images: what the one has just answered may be older."""
        answers = [(status, json.loads(body)) for status, body in (
            read("/image-plant/potato/1"), fetch("http://image-api:8080/image-plant/potato/1"))]
        return answers[0] == answers[1] and answers[0]

    status, image = wait_until("the same answer", same, 30, 0.5)
    assert status == 200 and image["id"] == 1 and image["data"].startswith("ffd8"), image
    status, body = read("/image-plant/potato/total/")
    assert status == 200 and json.loads(body)["total_images"] >= 100
    status, body = read("/ping")
    assert status == 200 and json.loads(body) == "Hello, I am alive"


def test_its_read_side_has_nothing_else_and_refuses_in_words():
    for path, status in (("/image-plant/potato/999999999", 404), ("/image-plant/potato/x%22", 400), ("/metrics", 404),
                         ("/ready", 404), ("/connectors", 404), ("/image-plant/consumer.dlq/1", 404)):
        answer, body = read(path)
        assert answer == status and json.loads(body)["message"], (path, answer, body)


def test_every_object_of_the_environment_bears_its_label(system):
    for kind in ("deployments", "services", "pods"):
        unlabelled = [item["metadata"]["name"] for item in get(kind, selector="!helper")
                      if item["metadata"].get("labels", {}).get("env") != system]
        assert not unlabelled, (kind, unlabelled)


def test_it_runs_as_an_unknown_user_with_a_read_only_root_and_nothing_it_could_gain():
    (process,) = processes(pods()[0], "sluice")
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines())
    assert status["Uid"].split()[0] == status["Gid"].split()[0] == "10001"
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1" and status["Seccomp"].strip() == "2"
    mounts = [line.split() for line in pathlib.Path(f"/proc/{process}/mounts").read_text().splitlines()]
    for where in ("/", "/etc/sluice", "/run/secrets/mongodb"):
        options = next(options for _, place, _, options, *_ in mounts if place == where)
        assert "ro" in options.split(","), (where, options)


def test_it_has_no_token_of_the_kubernetes_api():
    for pod in get("pods", selector=CONSUMER):
        mounted = [mount["mountPath"] for container in pod["spec"]["containers"] for mount in container["volumeMounts"]]
        assert sorted(mounted) == ["/etc/sluice", "/run/secrets/mongodb"]
    assert get("serviceaccount", "consumer", namespace=NAMESPACE)["automountServiceAccountToken"] is False
