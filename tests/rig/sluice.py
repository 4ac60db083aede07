"""Sluice itself as a child process, with its metrics and health at hand."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.error
import urllib.request

from .process import Process, free_port, wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]


def build_folder():
    return pathlib.Path(os.environ.get("SLUICE_BUILD", TOP / "build" / "dev"))


def binary():
    return build_folder() / "host" / "sluice"


def sluice(*arguments, stdin=None, env=None, seconds=60):
    """Runs a command to its end."""
    return subprocess.run([str(binary()), *map(str, arguments)], input=stdin, capture_output=True, timeout=seconds,
                          env={**os.environ, **(env or {})})


class Sluice(Process):
    """`with Sluice(ini) as sluice:` runs the pipeline of the INI text, with a metrics listener (and an admin listener) on a free port."""

    def __init__(self, ini, name="sluice", env=None, files=(), command=(), admin=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-run-"))
        self.port = free_port()
        config = self.folder / "pipeline.ini"
        config.write_text(ini)
        extra = self.folder / "listen.ini"
        listeners = f"[http]\nmetrics.listen = 127.0.0.1:{self.port}\n"
        if admin:
            self.admin = f"127.0.0.1:{free_port()}"
            listeners += f"admin.listen = {self.admin}\n"
        extra.write_text(listeners)
        arguments = [*command, binary(), "run", "-c", config]
        for file in (*files, extra):
            arguments += ["-c", file]
        super().__init__(name, arguments, self.folder, env)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is not None and self.log.exists():
            print(f"--- {self.name}: {self.log}\n{self.tail(60)}")
        self.kill9()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def ready(self):
        status, body = self.get("/ready")
        return status == 200, json.loads(body) if status else {}

    def cause(self, component):
        """Why /ready says a component is not; "" when it is, or is not known."""
        return self.ready()[1].get("components", {}).get(component, {}).get("detail", "")

    def wait_ready(self, seconds=30):
        def ready():
            if not self.running():
                raise RuntimeError(f"{self.name} ended with {self.child.poll()}\n{self.tail()}")
            return self.ready()[0]

        wait_until(f"{self.name} to be ready", ready, seconds)
        return self

    def metrics(self):
        """{'name{label="value"}': number}; empty while nothing answers."""
        status, body = self.get("/metrics")
        lines = (line for line in body.splitlines() if status == 200 and line and not line.startswith("#"))
        return {key: float(value) for key, value in (line.rsplit(" ", 1) for line in lines)}

    def total(self, name, **labels):
        """The sum of a metric's series that bear these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(value for key, value in self.metrics().items()
                   if re.split(r"[{ ]", key)[0] == name and all(pair in key for pair in wanted))

    def wait_total(self, name, value, seconds=60, **labels):
        def reached():
            if not self.running():
                raise RuntimeError(f"{self.name} ended with {self.child.poll()}\n{self.tail()}")
            return self.total(name, **labels) >= value

        try:
            wait_until(f"{name} {labels} to reach {value}", reached, seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is {self.total(name, **labels)}\n{self.tail()}") from None
