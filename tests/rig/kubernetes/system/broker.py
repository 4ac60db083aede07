"""Kafka (KRaft) with the environment of wurstmeister/kafka: KAFKA_LISTENERS is `listeners`, and so on; KAFKA_CREATE_TOPICS
are made once it answers. Zookeeper it needs none.

    python -m pods.broker
"""

import os
import pathlib
import subprocess
import sys

from confluent_kafka.admin import AdminClient, NewTopic

JAVA = ["java", "-cp", "/opt/kafka/*"]
PROPERTIES = pathlib.Path("/data/server.properties")
OWN = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": "1@127.0.0.1:9094",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": "/data/logs",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "auto.create.topics.enable": "false",
}
NOT_KAFKAS = ("zookeeper.connect", "create.topics", "broker.id")


def properties(environment):
    given = {name[len("KAFKA_"):].lower().replace("_", "."): value for name, value in environment.items()
             if name.startswith("KAFKA_")}
    given["listeners"] += ",CONTROLLER://127.0.0.1:9094"
    given["listener.security.protocol.map"] += ",CONTROLLER:PLAINTEXT"
    return {**OWN, **{name: value for name, value in given.items() if name not in NOT_KAFKAS}}


def topics(text):
    """name:partitions:replicas[:cleanup.policy], ..."""
    for topic in text.split(","):
        name, partitions, replicas, *policy = topic.strip().split(":")
        yield NewTopic(name, int(partitions), int(replicas),
                       config={"cleanup.policy": policy[0]} if policy else {"max.message.bytes": "20000000"})


def main():
    PROPERTIES.write_text("".join(f"{name}={value}\n" for name, value in properties(os.environ).items()))
    subprocess.run([*JAVA, "kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c",
                    PROPERTIES], check=True)
    broker = subprocess.Popen([*JAVA, "-Xmx512m", "-XX:TieredStopAtLevel=1", "kafka.Kafka", PROPERTIES])
    admin = AdminClient({"bootstrap.servers": "127.0.0.1:9093", "log_level": 0})
    for name, made in admin.create_topics(list(topics(os.environ["KAFKA_CREATE_TOPICS"])), operation_timeout=120,
                                          request_timeout=180).items():
        try:
            made.result()
        except Exception as error:  # an earlier start's
            print(f"topic {name}: {error}", flush=True)
    sys.exit(broker.wait())


if __name__ == "__main__":
    main()
