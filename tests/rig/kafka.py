"""A real Kafka (KRaft, one JVM a broker) on free ports."""

import base64
import shutil
import struct
import subprocess
import tempfile
import pathlib
import uuid

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from .process import CACHE, Process, free_port, wait_until

JARS = CACHE / "kafka-4.1.1" / "lib"

PROPERTIES = """
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.num.partitions=4
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
message.max.bytes=110000000
socket.request.max.bytes=220000000
log.cleaner.backoff.ms=100
"""


class Broker:
    def __init__(self, node, folder, port, controller, voters, cluster_id, replicas, overrides, format_options):
        self.port = port
        folder.mkdir(parents=True)
        properties = folder / "server.properties"
        text = PROPERTIES.format(node=node, voters=voters, port=port, controller=controller, folder=folder,
                                 replicas=replicas)
        properties.write_text(text + "".join(f"{key}={value}\n" for key, value in overrides.items()))
        java = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*"]
        subprocess.run([*java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", properties, *format_options],
                       check=True, capture_output=True, timeout=120)
        self.process = Process(f"kafka-{node}", [*java, "-Xmx768m", "kafka.Kafka", properties], folder)


class Kafka:
    """`with Kafka() as kafka:`; brokers=3 gives a cluster whose leaders can move."""

    def __init__(self, brokers=1, ports=None, format_options=(), **overrides):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-kafka-"))
        ports = ports or [(free_port(), free_port()) for _ in range(brokers)]
        voters = ",".join(f"{i + 1}@127.0.0.1:{controller}" for i, (_, controller) in enumerate(ports))
        # As StorageTool random-uuid makes it, without a JVM: 16 bytes in base64, the first character no dash.
        cluster_id = "S" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        overrides = {key.replace("_", "."): value for key, value in overrides.items()}
        self.brokers = [Broker(i + 1, self.folder / str(i + 1), port, controller, voters, cluster_id, min(brokers, 3),
                               overrides, format_options) for i, (port, controller) in enumerate(ports)]
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port, _ in ports)

    def __enter__(self):
        for broker in self.brokers:
            broker.process.start()
        self.wait()
        return self

    def __exit__(self, *_):
        for broker in self.brokers:
            broker.process.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self, seconds=60):
        def answers():
            for broker in self.brokers:
                if not broker.process.running():
                    raise RuntimeError(f"{broker.process.name} ended\n{broker.process.tail()}")
            try:
                return len(self.admin().list_topics(timeout=2).brokers) == len(self.brokers)
            except KafkaException:
                return False

        wait_until("Kafka", answers, seconds, 0.2)

    def admin(self):
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def create_topic(self, name, partitions=1, replicas=1, brokers=None, **config):
        """brokers: those that each partition is on, its leader first."""
        config = {key.replace("_", "."): str(value) for key, value in config.items()}
        where = {"replica_assignment": [brokers] * partitions} if brokers else {"replication_factor": replicas}
        admin = self.admin()  # held until the answer is there
        admin.create_topics([NewTopic(name, partitions, config=config, **where)])[name].result(30)
        wait_until(f"topic {name}", lambda: name in admin.list_topics(timeout=5).topics)
        return name

    def has_topic(self, name):
        return name in self.admin().list_topics(timeout=10).topics

    def producer(self, **config):
        return Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, "message.max.bytes": 100000000,
                         "queue.buffering.max.kbytes": 1000000,
                         **{key.replace("_", "."): value for key, value in config.items()}})

    def produce(self, topic, values, keys=None, headers=None, partition=-1):
        """Sends and waits for the acknowledgements."""
        producer, failures = self.producer(), []
        for i, value in enumerate(values):
            while True:
                try:
                    producer.produce(topic, value=value, key=keys[i] if keys else None, partition=partition,
                                     headers=headers,
                                     on_delivery=lambda error, _: failures.append(error) if error else None)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(60) == 0 and not failures, failures

    def read(self, topic, count=None, seconds=20):
        """Every record of a topic from its beginning: `count` of them, or what is there now."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": f"read-{uuid.uuid4()}",
                             "enable.auto.commit": False, "isolation.level": "read_committed",
                             "fetch.message.max.bytes": 100000000})
        try:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in partitions}
            consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
            records = []
            positions = {p: 0 for p in partitions}

            def step():
                for message in consumer.consume(1000, 0.1):
                    if message.error() is None:
                        records.append(message)
                for position in consumer.position([TopicPartition(topic, p) for p in partitions]):
                    positions[position.partition] = max(positions[position.partition], position.offset)
                if count is not None:
                    return len(records) >= count
                return all(positions[p] >= ends[p] for p in partitions)

            if any(ends.values()) or count:
                wait_until(f"records of {topic}", step, seconds, 0)
            return records
        finally:
            consumer.close()

    def committed(self, group, topic, partitions=1):
        """The committed offset of each partition; None: none."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, "log_level": 0})
        try:
            asked = [TopicPartition(topic, p) for p in range(partitions)]
            answer = wait_until("committed offsets", lambda: self._committed(consumer, asked), 30, 0.2)
            return [p.offset if p.offset >= 0 else None for p in answer]
        finally:
            consumer.close()

    @staticmethod
    def _committed(consumer, asked):
        """None: the coordinator is on its way to another broker."""
        try:
            return consumer.committed(asked, timeout=10)
        except KafkaException:
            return None

    def ends(self, topic, partitions=1):
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "ends", "log_level": 0})
        try:
            return [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(partitions)]
        finally:
            consumer.close()

    def commits(self, group):
        """Every offset commit of a group as (topic, partition, offset), in log order, read from __consumer_offsets."""
        commits = []
        for record in self.read("__consumer_offsets"):
            key = record.key()
            if key is None or record.value() is None or struct.unpack_from(">h", key)[0] > 1:
                continue
            # OffsetCommitKey v0, v1: group, topic, partition; OffsetCommitValue: version, offset, ...
            # (kafka: group-coordinator/src/main/resources/common/message/OffsetCommit{Key,Value}.json)
            at, texts = 2, []
            for _ in range(2):
                size = struct.unpack_from(">h", key, at)[0]
                texts.append(key[at + 2:at + 2 + size].decode())
                at += 2 + size
            if texts[0] == group:
                commits.append((texts[1], struct.unpack_from(">i", key, at)[0],
                                struct.unpack_from(">q", record.value(), 2)[0]))
        return commits
