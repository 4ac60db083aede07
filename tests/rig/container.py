"""A container of an image (images.sh) without an engine: runc on the image's files, as strict as Kubernetes runs it."""

import json
import os
import pathlib
import subprocess
import tempfile
import uuid

from .process import Process, free_port
from .sluice import Sluice

IMAGES = pathlib.Path(__file__).with_name("images.sh")


def buildah(*arguments):
    return subprocess.run(["sh", IMAGES, "buildah", *arguments], check=True, capture_output=True, text=True,
                          timeout=120).stdout.strip()


class Image:
    """An image's configuration and its files, mounted: `with Image(name) as image:`."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.config = json.loads(buildah("inspect", "--type", "image", self.name))["OCIv1"]["config"]
        self.container = buildah("from", self.name)
        self.root = pathlib.Path(buildah("mount", self.container))
        return self

    def __exit__(self, *_):
        buildah("rm", self.container)

    def size(self):
        return sum(path.lstat().st_size for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())


class Container(Process):
    """What the image's entrypoint does with these arguments (its own without), on the machine's network. mounts:
    {path within: folder or file}, read-only; uid: nobody whom the image knows; memory in bytes, cpus in processors."""

    def __init__(self, image, *arguments, mounts=(), uid=12345, memory=128 << 20, cpus=0.25):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-container-"))
        self.id = f"sluice-{uuid.uuid4().hex[:12]}"
        command = [*image.config["Entrypoint"], *(arguments or image.config["Cmd"])]
        (self.folder / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.2",
            "root": {"path": str(image.root), "readonly": True},
            "process": {"args": [str(word) for word in command], "cwd": "/", "env": image.config["Env"],
                        "user": {"uid": uid, "gid": uid}, "noNewPrivileges": True, "capabilities": {}},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                       *({"destination": path, "source": str(source), "options": ["bind", "ro"]}
                         for path, source in dict(mounts).items())],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")],
                      "cgroupsPath": f"/sluice/{self.id}",
                      "resources": {"memory": {"limit": memory}, "cpu": {"quota": int(cpus * 100000), "period": 100000}}}}))
        Process.__init__(self, "container", ["runc", "run", "--bundle", self.folder, self.id], self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        subprocess.run(["runc", "delete", "--force", self.id], capture_output=True, timeout=60)
        self.kill9()

    def processes(self):
        """{pid outside: its name} of all that run in it."""
        listed = subprocess.run(["runc", "ps", "--format", "json", self.id], capture_output=True, text=True, timeout=60)
        return {pid: pathlib.Path(f"/proc/{pid}/comm").read_text().strip() for pid in json.loads(listed.stdout or "[]")
                if os.path.exists(f"/proc/{pid}/comm")}

    def output(self, seconds=60):
        """Its exit code, and what it has printed until then."""
        return self.child.wait(seconds), self.text()


class SluiceContainer(Container, Sluice):
    """The shipped image running the pipeline of an INI text: what Sluice can be asked, it can."""

    def __init__(self, image, ini, mounts=(), **limits):
        self.port = free_port()
        config = pathlib.Path(tempfile.mkdtemp(prefix="sluice-config-"))
        (config / "pipeline.ini").write_text(f"{ini}\n[http]\nmetrics.listen = 127.0.0.1:{self.port}\n")
        config.chmod(0o755)
        Container.__init__(self, image, mounts={"/etc/sluice": config, **dict(mounts)}, **limits)
