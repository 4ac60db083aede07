"""A real Prometheus that scrapes what it is told to every second, with the rules of manifests/."""

import json
import pathlib
import shutil
import tempfile
import urllib.parse
import urllib.request

from .process import Process, free_port, wait_until

RULES = pathlib.Path(__file__).resolve().parents[2] / "manifests" / "prometheus" / "rules.yaml"

CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 5s}}
rule_files: ["{rules}"]
scrape_configs: [{{job_name: sluice, static_configs: [{{targets: [{targets}]}}]}}]
"""


class Prometheus(Process):
    """`with Prometheus(port, ...) as prometheus:`"""

    def __init__(self, *ports):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-prometheus-"))
        self.url = f"http://127.0.0.1:{free_port()}"
        targets = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
        (self.folder / "prometheus.yaml").write_text(CONFIGURATION.format(rules=RULES, targets=targets))
        super().__init__("prometheus", ["prometheus", f"--config.file={self.folder}/prometheus.yaml",
                                        f"--storage.tsdb.path={self.folder}/data", "--log.level=warn",
                                        f"--web.listen-address={self.url.removeprefix('http://')}"], self.folder)

    def __enter__(self):
        self.start()
        wait_until("Prometheus", self._answers, 30)
        return self

    def __exit__(self, *_):
        self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self):
        if not self.running():
            raise RuntimeError(f"Prometheus ended\n{self.tail()}")
        try:
            return urllib.request.urlopen(f"{self.url}/-/ready", timeout=1).status == 200
        except OSError:
            return False

    def ask(self, path, **parameters):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=5) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """The samples of an instant query."""
        return self.ask("query", query=expression)["result"]

    def firing(self, alert, **labels):
        """Is it, with these labels?"""
        return any(a["state"] == "firing" and {"alertname": alert, **labels}.items() <= a["labels"].items()
                   for a in self.ask("alerts")["alerts"])
