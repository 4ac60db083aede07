"""A real mongod on a free port: standalone, or a replica set of one or three members."""

import pathlib
import shutil
import tempfile

import pymongo
from pymongo.errors import PyMongoError

from .process import CACHE, Process, free_port, wait_until

MONGOD = CACHE / "mongodb-6.0.5" / "bin" / "mongod"


class Mongod:
    """`with Mongod(members=1) as mongod:`; members=0 is a standalone server, as the leaf system has it. With an authority
    (rig/tls.py) it speaks TLS alone, and its certificate names localhost, no address."""

    def __init__(self, members=0, *options, authority=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-mongod-"))
        self.members = members
        self.credentials = {}
        if authority:
            options += ("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", authority.issue("mongod", "DNS:localhost"),
                        "--tlsCAFile", authority.ca, "--tlsAllowConnectionsWithoutCertificates")
            self.credentials = {"tls": True, "tlsCAFile": str(authority.ca)}
        self.ports = [free_port() for _ in range(max(members, 1))]
        self.processes = []
        for i, port in enumerate(self.ports):
            data = self.folder / f"data-{i}"
            data.mkdir()
            command = [MONGOD, "--dbpath", data, "--port", port, "--bind_ip", "127.0.0.1", "--nounixsocket",
                       "--wiredTigerCacheSizeGB", "0.5", "--setParameter", "enableTestCommands=1",
                       "--setParameter", "diagnosticDataCollectionEnabled=false", *options]
            if members:
                command += ["--replSet", "rs0"]
            self.processes.append(Process(f"mongod-{i}", command, self.folder))
        hosts = ",".join(f"{'localhost' if authority else '127.0.0.1'}:{port}" for port in self.ports)
        self.uri = f"mongodb://{hosts}/" + ("?replicaSet=rs0" if members else "")

    @property
    def process(self):
        return self.processes[0]

    def __enter__(self):
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.wait_for_text("Waiting for connections")
        if self.members:
            config = {"_id": "rs0", "members": [{"_id": i, "host": f"127.0.0.1:{port}"}
                                                for i, port in enumerate(self.ports)]}
            with pymongo.MongoClient("127.0.0.1", self.ports[0], directConnection=True) as client:
                client.admin.command("replSetInitiate", config)
        self.wait()
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self, seconds=30):
        def writable():
            try:
                with self.client(serverSelectionTimeoutMS=500) as client:
                    return client.admin.command("hello").get("isWritablePrimary")
            except PyMongoError:
                return False

        wait_until("a writable mongod", writable, seconds, 0.1)

    def client(self, **options):
        return pymongo.MongoClient(self.uri, **self.credentials, **options)

    def make_user(self, name, role, password):
        """The first one is the server's root, by whom everything here is done from then on. Its admin database."""
        with self.client() as client:
            client.admin.command("createUser", name, pwd=password, roles=[role])
        if "username" not in self.credentials:
            self.credentials |= {"username": name, "password": password}
        return self.client().admin

    def primary(self):
        """The index of the primary's process."""
        with self.client() as client:
            host, port = wait_until("a primary", lambda: client.primary)
            return self.ports.index(port)

    def fail_command(self, mode, **data):
        """The failCommand fault point: mode is "off", "alwaysOn" or {"times": n}."""
        with self.client() as client:
            client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})
