"""`sluice dlq` as an operator runs it, and letters as others write them."""

import json
import pathlib
import struct
import tempfile

from .sluice import sluice


class Dlq:
    """The command line on one pipeline's INI text."""

    def __init__(self, ini):
        self.config = pathlib.Path(tempfile.mkdtemp(prefix="sluice-dlq-")) / "pipeline.ini"
        self.config.write_text(ini)

    def arguments(self, verb, *arguments):
        return ["dlq", verb, "-c", self.config, *arguments]

    def run(self, verb, *arguments, **how):
        return sluice(*self.arguments(verb, *arguments), **how)

    def text(self, verb, *arguments, code=0, **how):
        """What it printed; both outputs are shown when it ends otherwise."""
        done = self.run(verb, *arguments, **how)
        assert done.returncode == code, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        return done.stdout.decode()

    def refusal(self, verb, *arguments, code=2, **how):
        done = self.run(verb, *arguments, **how)
        assert done.returncode == code, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        return done.stderr.decode()

    def lines(self, verb, *arguments, **how):
        return [json.loads(line) for line in self.text(verb, *arguments, "--json", **how).splitlines()]

    def list(self, *arguments):
        return self.lines("ls", "--limit", "100000", *arguments)

    def stats(self, *arguments):
        return json.loads(self.text("stats", "--json", *arguments))

    def outcomes(self, *arguments, **how):
        """{letter: outcome} of a replay."""
        return {line["letter"]: line["outcome"] for line in self.lines("replay", *arguments, **how)}


def sluice_headers(topic, partition, offset, code, connector, count=0, message="made up",
                   at="2026-11-25T10:00:00.000Z"):
    texts = {"__connect.errors.topic": topic, "__connect.errors.partition": partition, "__connect.errors.offset": offset,
             "__connect.errors.connector.name": connector, "__connect.errors.stage": "TRANSFORMATION",
             "__connect.errors.exception.message": message, "__sluice.error.code": code, "__sluice.attempts": 1,
             "__sluice.failed.at": at, "__sluice.replay.count": count}
    return [(name, str(value).encode()) for name, value in texts.items()]


def spring_headers(topic, partition, offset):
    """As Spring for Apache Kafka's DeadLetterPublishingRecoverer writes them."""
    return [("kafka_dlt-original-topic", topic.encode()),
            ("kafka_dlt-original-partition", struct.pack(">i", partition)),
            ("kafka_dlt-original-offset", struct.pack(">q", offset)),
            ("kafka_dlt-exception-fqcn", b"org.springframework.kafka.listener.ListenerExecutionFailedException"),
            ("kafka_dlt-exception-message", b"Listener failed; nested exception is a NullPointerException")]
