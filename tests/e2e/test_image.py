"""The shipped image, built from the Dockerfile (rig/images.sh), in containers as strict as Kubernetes makes them: a read-only
root without /tmp, a user it does not know, no capabilities, 128 MiB and a quarter of a processor (rig/container.py)."""

import json
import signal
import subprocess
import time

import pytest

from rig.container import IMAGES, Container, Image, SluiceContainer
from rig.mongodb import Mongod
from rig.process import wait_until
from rig.sluice import TOP
from rig.tls import Authority


@pytest.fixture(scope="module")
def image():
    subprocess.run(["sh", IMAGES, "sluice"], check=True, timeout=1800)
    with Image("localhost/sluice:test") as image:
        yield image


def numbered(numbers):
    return [json.dumps({"id": n, "updated_at": "2023-10-08T15:39:49.123123"}).encode() for n in numbers]


@pytest.mark.timeout(1900)  # the image is built first, from packages where there is no cache
def test_the_image_is_small_and_has_no_shell(image, capsys):
    files = {str(path.relative_to(image.root)) for path in image.root.rglob("*") if path.is_file()}
    programs = {name for name in files if name.split("/")[-2:-1] in (["bin"], ["sbin"])}
    with capsys.disabled():
        print(f"\nimage: {image.size() / 1e6:.1f} MB")
    assert programs == {"usr/bin/sluice", "usr/bin/tini"}
    assert image.size() < 40e6


def test_its_entrypoint_is_no_shells_and_its_user_is_nobody(image):
    config = image.config
    assert config["Entrypoint"] == ["/usr/bin/tini", "--", "/usr/bin/sluice"]
    assert config["Cmd"] == ["run", "-c", "/etc/sluice/pipeline.ini"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.title"] == "Sluice"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_it_finds_its_plugins_even_where_there_is_no_proc(image):
    with Container(image, "describe") as container:
        code, text = container.output()
    bare = subprocess.run(["chroot", image.root, "/usr/bin/sluice", "describe"], capture_output=True, text=True, timeout=60)
    for told in (text, bare.stdout):
        assert all(name in told for name in ("json-event", "mongodb-image", "file")), told
    assert code == bare.returncode == 0


def test_its_bundle_of_certificates_is_what_a_tls_connection_trusts_by_itself(image, pipeline, tmp_path):
    pipeline.topic()
    pipeline.make_dlq()
    authority = Authority(tmp_path / "authority")
    config = tmp_path / "config"
    config.mkdir()
    with Mongod(authority=authority) as mongod:
        (config / "pipeline.ini").write_text(pipeline.ini(uri=f"{mongod.uri}?tls=true"))
        tmp_path.chmod(0o755)
        mounts = {"/etc/sluice": config, "/etc/hosts": "/etc/hosts"}
        told = []
        for more in ({}, {"/etc/ssl/certs/ca-certificates.crt": authority.ca}):
            with Container(image, "validate", "--connect", "-c", "/etc/sluice/pipeline.ini",
                           mounts={**mounts, **more}) as container:
                told.append(container.output())
    assert told[0][0] != 0 and "certificate verify failed" in told[0][1], told
    assert told[1][0] == 0, told


def test_it_stores_and_dead_letters_and_drains_as_pid_1_of_a_read_only_root(image, pipeline, capsys):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [*numbered(range(3000)), b"no JSON"])
    began = time.monotonic()
    with SluiceContainer(image, pipeline.ini()) as container:
        container.wait_ready(60)
        ready = time.monotonic() - began
        container.wait_total("sluice_records_stored_total", 3000)
        container.wait_total("sluice_records_dead_lettered_total", 1)
        memory = container.total("process_resident_memory_peak_bytes")
        assert container.stop() == 0
    with capsys.disabled():
        print(f"\nready {ready:.1f} s after the start, peak memory {memory / 2**20:.1f} MiB")
    assert len(pipeline.documents(topic)) == 3000 and len(pipeline.letters()) == 1
    assert pipeline.kafka.committed(pipeline.group, topic) == pipeline.kafka.ends(topic)


def test_when_it_is_told_to_end_a_successor_has_its_partitions_within_3_seconds(image, pipeline):
    topic = pipeline.topic(partitions=2)
    pipeline.make_dlq()
    with SluiceContainer(image, pipeline.ini()) as first, SluiceContainer(image, pipeline.ini()) as second:
        first.wait_ready(60)
        second.wait_ready(60)
        pipeline.kafka.produce(topic, numbered(range(4000)))
        first.wait_total("sluice_records_stored_total", 1)
        first.signal(signal.SIGTERM)
        assert first.child.wait(20) == 0
        ended = time.monotonic()
        wait_until("the successor to own both", lambda: second.total("sluice_assigned_partitions") == 2, 20)
        assert time.monotonic() - ended < 3
        wait_until("all documents", lambda: len(pipeline.documents(topic)) == 4000, 60, 0.3)
        second.signal(signal.SIGINT)
        assert second.child.wait(20) == 0


def test_a_second_signal_ends_it_at_once(image, pipeline, mongod):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with SluiceContainer(image, pipeline.ini()) as container:
        container.wait_ready(60)
        mongod.process.freeze()
        try:
            pipeline.kafka.produce(topic, numbered(range(100)))
            container.wait_total("sluice_records_consumed_total", 100)
            container.signal(signal.SIGTERM)
            time.sleep(1)
            assert container.running()  # waits for the put
            container.signal(signal.SIGTERM)
            assert container.child.wait(3) == 128 + signal.SIGTERM
        finally:
            mongod.process.thaw()


def test_a_plugin_dropped_into_a_mounted_folder_runs_and_what_it_leaves_behind_is_reaped(image, pipeline, tmp_path):
    topic = pipeline.topic()
    pipeline.make_dlq()
    subprocess.run(["cc", "-fPIC", "-shared", f"-I{TOP}/sdk/include", TOP / "tests" / "e2e" / "orphan_sink.c", "-o",
                    tmp_path / "orphan-sink.so"], check=True, timeout=60)
    tmp_path.chmod(0o755)
    ini = pipeline.ini()
    ini = ini[:ini.index("[sink.images]")] + "[sink.images]\nplugin = orphan-sink\n"
    with SluiceContainer(image, ini, mounts={"/plugins": tmp_path}) as container:
        container.wait_ready(60)
        for number in range(20):
            pipeline.kafka.produce(topic, numbered([number]))
            container.wait_total("sluice_records_stored_total", number + 1)
        assert container.total("sluice_puts_total") >= 20
        wait_until("nobody but tini and Sluice", lambda: sorted(container.processes().values()) == ["sluice", "tini"])
        assert container.stop() == 0
