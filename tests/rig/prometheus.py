"""A real Prometheus (Debian's) that scrapes what it is told to every second, with the rules of manifests/."""

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
scrape_configs:
"""

JOB = """
  - job_name: {name}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Prometheus(Process):
    """`with Prometheus({"sluice": port}) as prometheus:`; targets: {job: the port of its metrics}."""

    def __init__(self, targets):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-prometheus-"))
        self.url = f"http://127.0.0.1:{free_port()}"
        (self.folder / "prometheus.yaml").write_text(CONFIGURATION.format(rules=RULES) + "".join(
            JOB.format(name=name, port=port) for name, port in targets.items()))
        super().__init__("prometheus", ["prometheus", f"--config.file={self.folder}/prometheus.yaml",
                                        f"--storage.tsdb.path={self.folder}/data", "--log.level=warn",
                                        f"--web.listen-address={self.url.removeprefix('http://')}"], self.folder)

    def __enter__(self):
        self.start()
        wait_until("Prometheus", self._answers, 60)
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
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """The samples of an instant query."""
        return self.ask("query", query=expression)["result"]

    def range(self, expression, begin, end, step=1):
        """[(labels, [(time, value), ...]), ...]; times as seconds since 1970."""
        series = self.ask("query_range", query=expression, start=begin, end=end, step=step)["result"]
        return [(one["metric"], [(time, float(value)) for time, value in one["values"]]) for one in series]

    def firing(self, alert, **labels):
        """Is it, with these labels?"""
        return any(a["state"] == "firing" and {"alertname": alert, **labels}.items() <= a["labels"].items()
                   for a in self.ask("alerts")["alerts"])
