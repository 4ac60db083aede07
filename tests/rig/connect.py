"""Kafka Connect with MongoDB's own sink connector, in the best settings we know: the peer of the fault suite."""

import json
import pathlib
import tempfile
import urllib.error
import urllib.request

from .process import CACHE, Process, free_port

HOME = CACHE / "connect-4.1.1"

WORKER = """
bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:{port}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename={folder}/offsets
offset.flush.interval.ms=1000
plugin.path={home}/plugins
plugin.discovery=hybrid_warn
consumer.session.timeout.ms=6000
consumer.heartbeat.interval.ms=500
consumer.fetch.max.wait.ms=100
consumer.max.poll.records=2000
consumer.max.partition.fetch.bytes=10485760
consumer.auto.offset.reset=earliest
"""

CONNECTOR = """
name={name}
connector.class=com.mongodb.kafka.connect.MongoSinkConnector
tasks.max=2
topics={topics}
connection.uri={uri}
database={name}
collection=unused
document.id.strategy=com.mongodb.kafka.connect.sink.processor.id.strategy.PartialValueStrategy
document.id.strategy.partial.value.projection.list=id
document.id.strategy.partial.value.projection.type=AllowList
writemodel.strategy=com.mongodb.kafka.connect.sink.writemodel.strategy.UpdateOneBusinessKeyTimestampStrategy
bulk.write.ordered=false
errors.tolerance={tolerance}
{letters}
"""

LETTERS = """
errors.deadletterqueue.topic.name={dlq}
errors.deadletterqueue.topic.replication.factor=1
errors.deadletterqueue.context.headers.enable=true
"""


class Connect(Process):
    """A worker in standalone mode with one connector, which writes what Sluice's pipeline of that name would."""

    def __init__(self, pipeline, uri, tolerance="all", name="connect", config=None):
        """config: a connector of one's own, as the REST API takes it, instead of the best settings."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-connect-"))
        self.port = free_port()
        self.worker = self.folder / "worker.properties"
        self.connector = self.folder / ("connector.json" if config else "connector.properties")
        self.worker.write_text(WORKER.format(bootstrap=pipeline.kafka.bootstrap, port=self.port, folder=self.folder, home=HOME))
        text = CONNECTOR.format(name=pipeline.name, topics=",".join(pipeline.topics), uri=uri, tolerance=tolerance,
                                letters=LETTERS.format(dlq=pipeline.dlq) if tolerance == "all" else "")
        for topic in pipeline.topics:
            text += f"topic.override.{topic}.collection=images-{topic}\n"
        self.connector.write_text(json.dumps(config) if config else text)
        super().__init__(name, ["java", "-Xmx1g", "-cp", f"{HOME}/lib/*", "org.apache.kafka.connect.cli.ConnectStandalone",
                                self.worker, self.connector], self.folder)

    def tasks(self):
        """The state of each task; [] while nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/connectors", timeout=5) as answer:
                name = json.load(answer)[0]
            url = f"http://127.0.0.1:{self.port}/connectors/{name}/status"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return [task["state"] for task in json.load(answer)["tasks"]]
        except (OSError, IndexError, urllib.error.HTTPError):
            return []
