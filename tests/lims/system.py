"""The whole system as processes of this machine, on free ports: Kafka, both databases, every service, and Sluice (or the Db
Synchronizer) between the databases. Each process reaches each server through a proxy of its own, which counts its bytes
and can cut the link.  See system.sh."""

import argparse
import contextlib
import os
import pathlib
import re
import signal
import sys
import tempfile
import time

import httpx
from confluent_kafka import KafkaException

from lims.check import compare
from lims.classes import PLANTS
from lims.db_synchronizer_job import PERIOD_SECONDS
from lims.events import CONSUMER, PRODUCER, collection_of
from lims.populate import fill, snapshot
from rig.kafka import Kafka
from rig.mongodb import Mongod
from rig.process import Process, free_port, wait_until
from rig.proxy import Proxy
from rig.sluice import TOP, Sluice

CONF = TOP / "conf" / "plant-images.ini"

# Each service's module and the servers that it needs.
SERVICES = {
    "image-api": ("image_api", ("kafka", "mongodb-producer")),
    "image-analyzer-api": ("image_analyzer_api", ()),
    "camera-job": ("camera_job", ("image-api",)),
    "leaf-disease-recognizer-job": ("leaf_disease_recognizer_job", ("image-api", "image-analyzer-api")),
    "user-job": ("users_job", ("image-api",)),
    "db-synchronizer-job": ("db_synchronizer_job", ("mongodb-producer", "mongodb-consumer")),
}
SLUICE_NEEDS = ("kafka", "mongodb-consumer")

# The variables by which a server is told to whoever needs it.
ADDRESSES = {
    "kafka": {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{}"},
    "mongodb-producer": {"MONGODB_PRODUCER_URI": "mongodb://127.0.0.1:{}/?directConnection=true"},
    "mongodb-consumer": {"MONGODB_CONSUMER_URI": "mongodb://127.0.0.1:{}/?directConnection=true",
                         "MONGODB_URI": "mongodb://127.0.0.1:{}/?directConnection=true"},
    "image-api": {"IMAGE_API_URL": "http://127.0.0.1:{}"},
    "image-analyzer-api": {"IMAGE_ANALYZER_API_URL": "http://127.0.0.1:{}"},
}

GROUP = "connect-plant-images"
# What this system's Sluice has beyond plant-images.ini. A member that is killed and comes back has its partitions at once, not
# after its session; the read side speaks as the Image API does.
MEMBER = """
[kafka.consumer]
group.instance.id = plant-images-0
[http]
read.listen = 127.0.0.1:{}
read.path = /image-plant
read.total = total_images
[sink.images]
lookup.format = event
"""

# What the Db Synchronizer's log says of its rounds.
ROUND = re.compile(r"^\S+ (synchronizing|both databases are equal|failed: .*|stopped)$", re.MULTILINE)
BEGUN, ENDED = "synchronizing", "both databases are equal"


class Service(Process):
    """A service of the leaf system. Its page or API is at `port`, its metrics (where it has some) at `metrics_port`."""

    def __init__(self, name, kind, folder, env):
        self.kind, self.port, self.metrics_port = kind, free_port(), free_port()
        super().__init__(name, [sys.executable, "-m", f"lims.{SERVICES[kind][0]}"], folder, {
            **env, "PORT": str(self.port), "METRICS_PORT": str(self.metrics_port), "PYTHONPATH": str(TOP / "tests")})
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, follow_redirects=True)

    def answers(self):
        if not self.running():
            raise RuntimeError(f"{self.name} ended with {self.child.poll()}\n{self.tail()}")
        try:
            return self.http.get("/ping").status_code == 200
        except httpx.TransportError:
            return False

    def wait(self):
        wait_until(self.name, self.answers, 120)
        return self

    def press(self, action, job=None):
        self.http.post(f"/{action}", params={"job": job} if job else {}).raise_for_status()

    def metric(self, name):
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])


class System:
    """`with System() as system:`, whose jobs are paused. cameras: the plant of each camera, "" for any; images: how many of
    each plant the databases start with; batch: the Db Synchronizer goes on and there is no Sluice; members: as in
    Mongod; env: more variables for every service."""

    def __init__(self, factor=60, cameras=PLANTS, images=100, batch=False, members=0, **env):
        self.batch, self.images, self.factor = batch, images, factor
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-lims-")))
        self.env = {"CLOCK_FACTOR": str(factor), "START": "paused", **env}
        self.databases = {"mongodb-producer": Mongod(members, "--oplogSize", "2000"),
                          "mongodb-consumer": Mongod(members, "--oplogSize", "2000")}
        self.links, self.services = {}, {}
        self.kafka = self._kafka("image-api", "sluice")
        for name, database in self.databases.items():
            self._links_to(name, database.ports[0])
        for name in ("image-analyzer-api", "image-api", "db-synchronizer-job", "leaf-disease-recognizer-job", "user-job"):
            self._service(name, name)
        for number, plant in enumerate(cameras, 1):
            self._service(f"camera-job-{number}", "camera-job", CAMERA_ID=str(number), PLANT=plant)
        self.sluice = self._sluice()

    # ---- What it is made of ----

    def _kafka(self, *clients):
        """A listener for each client: what it advertises is that client's proxy."""
        ports = {name: free_port() for name in ("PLAINTEXT", "CONTROLLER", *(f"C{i}" for i in range(len(clients))))}
        advertised = {"PLAINTEXT": ports["PLAINTEXT"]}
        for i, client in enumerate(clients):
            advertised[f"C{i}"] = self._link(client, "kafka", ports[f"C{i}"]).port

        def joined(of_name):
            return ",".join(f"{name}://127.0.0.1:{port}" for name, port in of_name.items())

        return Kafka(ports=[(ports["PLAINTEXT"], ports["CONTROLLER"])], listeners=joined(ports),
                     advertised_listeners=joined(advertised),
                     listener_security_protocol_map=",".join(f"{name}:PLAINTEXT" for name in ports))

    def _link(self, client, server, port):
        self.links[client, server] = self.stack.enter_context(Proxy(port))
        return self.links[client, server]

    def _links_to(self, server, port):
        needs = {**{name: needed for name, (_, needed) in SERVICES.items()}, "sluice": SLUICE_NEEDS}
        for client, needed in needs.items():
            if server in needed:
                self._link(client, server, port)

    def _addresses_for(self, client):
        return {variable: form.format(link.port) for (who, server), link in self.links.items() if who == client
                for variable, form in ADDRESSES[server].items()}

    def _service(self, name, kind, **env):
        service = Service(name, kind, self.folder, {**self.env, **self._addresses_for(kind), **env})
        self.services[name] = service
        self._links_to(kind, service.port)

    def _sluice(self):
        self.read_port = free_port()
        member = self.folder / "member.ini"
        member.write_text(MEMBER.format(self.read_port))
        return Sluice(CONF.read_text(), "sluice", self._addresses_for("sluice"), [member])

    # ---- Its life ----

    def __enter__(self):
        with contextlib.ExitStack() as starting:
            starting.push(self.stack)
            for server in (self.kafka, *self.databases.values()):
                self.stack.enter_context(server)
            for topic in (*PLANTS, "plant-images.dlq"):
                self.kafka.create_topic(topic)
            self._populate()
            for service in self.services.values():
                self.stack.callback(service.kill9)
                service.start()
            for service in self.services.values():
                service.wait()
            self.services["db-synchronizer-job"].press("start")
            wait_until("the first synchronization", lambda: self.rounds()[0], 120)
            if not self.batch:
                self._hand_over()
            starting.pop_all()
        return self

    def __exit__(self, *error):
        self.stack.__exit__(*error)

    def _populate(self):
        documents = snapshot(self.images)
        for name, database in (("mongodb-producer", PRODUCER), ("mongodb-consumer", CONSUMER)):
            with self.databases[name].client() as client:
                fill(client, database, documents)

    def _hand_over(self):
        """As the assignment wants it: the Db Synchronizer has run once, is stopped, and the Consumer takes over."""
        self.end_round()
        self.services["db-synchronizer-job"].press("stop")
        self.stack.enter_context(self.sluice)
        self.sluice.wait_ready()

    # ---- What is done to it and asked of it ----

    def jobs(self):
        """Those that change images."""
        return [service for service in self.services.values()
                if service.kind in ("camera-job", "leaf-disease-recognizer-job", "user-job")]

    def press(self, action):
        for service in self.jobs():
            service.press(action)

    def parts(self):
        """The names of all that is running."""
        return ("kafka", *self.databases, *self.services, *(() if self.batch else ("sluice",)))

    def part(self, name):
        """The process of a part, to be killed and started again."""
        if name == "sluice":
            return self.sluice
        if name == "kafka":
            return self.kafka.brokers[0].process
        return self.databases[name].process if name in self.databases else self.services[name]

    def compare(self):
        with self.databases["mongodb-producer"].client() as producer, \
                self.databases["mongodb-consumer"].client() as consumer:
            return compare(producer, consumer)

    def unsent(self):
        """How many changes the Image API has not seen acknowledged by the broker."""
        with self.databases["mongodb-producer"].client() as client:
            return client[PRODUCER]["outbox"].count_documents({})

    def consumed(self):
        """Is every event done with? By the offsets themselves: the lag among the metrics may be 5 s old."""
        try:
            return all(self.kafka.ends(plant) == [done or 0 for done in self.kafka.committed(GROUP, plant)] for plant in PLANTS)
        except KafkaException:  # the broker has only just come back
            return False

    def drain(self, seconds=150):
        """Pauses the jobs, and waits until every change has gone its way."""
        self.press("pause")
        wait_until("every event to be acknowledged", lambda: self.unsent() == 0, seconds)
        if self.batch:
            ended, under_way = self.rounds()
            wanted = ended + (2 if under_way else 1)  # one that has begun from now on
            wait_until("one more synchronization", lambda: self.rounds()[0] >= wanted, seconds + PERIOD_SECONDS / self.factor)
        else:
            wait_until("every event to be consumed", self.consumed, seconds)

    def settle(self, seconds=150):
        """The same, and compares."""
        self.drain(seconds)
        with contextlib.suppress(TimeoutError):  # the differences tell more than that
            wait_until("both databases to be equal", lambda: not self.compare().differences, seconds, 0.2)
        return self.compare()

    def rounds(self):
        """How many the Db Synchronizer has carried to their end, and whether one is under way."""
        told = ROUND.findall(self.services["db-synchronizer-job"].http.get("/logs").text)
        return told.count(ENDED), told[-1:] == [BEGUN]

    def end_round(self):
        wait_until("the end of a synchronization", lambda: not self.rounds()[1], 60)

    def traffic(self):
        """{(client, server): (bytes to the server, bytes from it)} so far."""
        return {pair: (link.sent, link.received) for pair, link in self.links.items()}

    def cpu_seconds(self):
        return {name: self.part(name).cpu_seconds() for name in self.parts()}

    def totals(self):
        """{plant: how many images (in the producer's database, in the consumer's)}"""
        with self.databases["mongodb-producer"].client() as producer, \
                self.databases["mongodb-consumer"].client() as consumer:
            return {plant: tuple(client[database][collection_of(plant)].count_documents({})
                                 for client, database in ((producer, PRODUCER), (consumer, CONSUMER)))
                    for plant in PLANTS}


# ---- The command ----

def addresses(system):
    for name, service in system.services.items():
        yield name, f"http://127.0.0.1:{service.port}/{'docs' if name.endswith('-api') else ''}"
        if name in ("image-api", "db-synchronizer-job"):
            yield f"{name} metrics", f"http://127.0.0.1:{service.metrics_port}/metrics"
    yield "kafka", system.kafka.bootstrap
    for name, database in system.databases.items():
        yield name, database.uri
    if not system.batch:
        yield "sluice", f"http://127.0.0.1:{system.sluice.port}/metrics /ready /live"
        yield "sluice read side", f"http://127.0.0.1:{system.read_port}/image-plant/potato/1"
    yield "logs", system.folder


def summary(system, before, seconds):
    images = ", ".join(f"{plant} {made}/{copied}" for plant, (made, copied) in system.totals().items())
    lag = "" if system.batch else f"; Sluice lag {system.sluice.total('sluice_consumer_lag_records'):.0f}"
    print(f"images made/copied: {images}{lag}")
    now = system.traffic()
    for pair in now:
        sent, received = ((after - past) / seconds / 1024 for after, past in zip(now[pair], before[pair]))
        if sent + received >= 1:
            print(f"  {pair[0]:28} {sent:7.0f} KiB/s to {pair[1]}, {received:.0f} from it")
    sys.stdout.flush()
    return now


def main():
    parser = argparse.ArgumentParser(prog="system.sh", description="The leaf system with Sluice, on this machine.")
    parser.add_argument("--factor", type=float, default=60, help="seconds of its time in a second (60)")
    parser.add_argument("--cameras", type=int, default=3, help="how many Camera Jobs (3: one a plant)")
    parser.add_argument("--images", type=int, default=100, help="how many of each plant the databases start with (100)")
    parser.add_argument("--batch", action="store_true", help="the Db Synchronizer instead of Sluice")
    parser.add_argument("--every", type=float, default=5, help="seconds between two summaries (5)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cameras = [PLANTS[number % len(PLANTS)] for number in range(arguments.cameras)]
    print("starting the leaf system ...", flush=True)
    with System(arguments.factor, cameras, arguments.images, arguments.batch) as system:
        for name, address in addresses(system):
            print(f"{name:30} {address}")
        print("Ctrl-C ends it.", flush=True)
        system.press("start")
        before = system.traffic()
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(arguments.every)
                before = summary(system, before, arguments.every)
        if not system.batch:
            result = system.settle()
            print(f"\n{result}", flush=True)
            sys.exit(bool(result.differences))


if __name__ == "__main__":
    os.environ.setdefault("SLUICE_BUILD", str(TOP / "build" / "release"))
    main()
