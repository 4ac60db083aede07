"""A real Prometheus (Debian's) on a free port, that scrapes what it is told every second."""

import json
import pathlib
import shutil
import tempfile
import urllib.parse
import urllib.request

from .process import Process, free_port, wait_until

JOB = """
  - job_name: {name}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Prometheus:
    """`with Prometheus({"sluice": port}) as prometheus:`; targets: {job: the port of its metrics}."""

    def __init__(self, targets):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-prometheus-"))
        self.port = free_port()
        config = self.folder / "prometheus.yml"
        config.write_text("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:" + "".join(
            JOB.format(name=name, port=port) for name, port in targets.items()))
        self.process = Process("prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}"], self.folder)

    def __enter__(self):
        self.process.start()
        wait_until("Prometheus", self._ready, 60)
        return self

    def __exit__(self, *_):
        self.process.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ready(self):
        if not self.process.running():
            raise RuntimeError(f"Prometheus ended\n{self.process.tail()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def range(self, query, begin, end, step=1):
        """[(labels, [(time, value), ...]), ...]; times as seconds since 1970."""
        arguments = urllib.parse.urlencode({"query": query, "start": begin, "end": end, "step": step})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query_range?{arguments}", timeout=30) as answer:
            series = json.load(answer)["data"]["result"]
        return [(one["metric"], [(time, float(value)) for time, value in one["values"]]) for one in series]
