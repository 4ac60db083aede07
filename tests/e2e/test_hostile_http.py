"""Clients that are broken, slow, idle or mean: both listeners go on answering others, and the records flow."""

import resource
import socket
import threading
import time

import pytest

from conftest import Pipeline
from rig.sluice import Sluice

QUICK_S = 2
GET = b"GET /live HTTP/1.1\r\nHost: localhost\r\n"
MIB = 1 << 20

# None of these is a request that has a right to be answered with 2xx.
MALFORMED = {
    "nothing but line ends": b"\r\n" * 1000,
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2,
    "an HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "every byte": bytes(range(256)) * 64,
    "no version": b"GET /live\r\n\r\n",
    "a version of the future": b"GET /live HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "spaces before a colon": b"GET /live HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a method of 100 KiB": b"G" * 100_000 + b" /live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a path of 1 MiB": b"GET /" + b"a" * MIB + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header of 1 MiB": GET + b"X: " + b"a" * MIB + b"\r\n\r\n",
    "100,000 headers": GET + b"X: y\r\n" * 100_000 + b"\r\n",
    "a NUL in the path": b"GET /li\x00ve HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a way out of the tree": b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "the same, escaped": b"GET /%2e%2e/%2e%2e/etc/passwd%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a broken escape": b"GET /%zz%1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a negative length": b"POST /live HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\nx",
    "a length beyond 64 bits": b"POST /live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
    "two lengths": b"POST /live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nxxxxx",
    "a chunk of a size that is none": b"POST /live HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk beyond 64 bits": b"POST /live HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 +
                              b"\r\n",
    "a method nobody knows": b"BREW /live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tunnel": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
}


class Server:
    """A pipeline with both listeners, and records on their way all the time."""

    def __init__(self, kafka, mongod):
        self.pipeline = Pipeline(kafka, mongod)
        self.topic = self.pipeline.topic()
        self.pipeline.make_dlq()
        self.sluice = Sluice(self.pipeline.ini(), admin=True)
        self.over, self.number = threading.Event(), 0

    def __enter__(self):
        self.sluice.start()
        self.sluice.wait_ready()
        threading.Thread(target=self.feed, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.sluice.__exit__(*error)

    def feed(self):
        producer = self.pipeline.kafka.producer()
        while not self.over.wait(0.05):
            self.number += 1
            producer.produce(self.topic, b'{"id":%d}' % self.number)
            producer.poll(0)

    @property
    def listeners(self):
        """(port, a path that is answered with 200)"""
        return [(self.sluice.port, "/live"), (int(self.sluice.admin.rsplit(":", 1)[1]), "/dlq/")]

    def serves_others(self):
        stored = self.sluice.total("sluice_records_stored_total")
        for port, path in self.listeners:
            began = time.monotonic()
            answer = talk(port, b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())
            assert answer.startswith(b"HTTP/1.1 200 "), (path, answer[:100])
            assert time.monotonic() - began < QUICK_S
        self.sluice.wait_total("sluice_records_stored_total", stored + 1, 10)


@pytest.fixture(scope="module")
def server(kafka, mongod):
    with Server(kafka, mongod) as server:
        yield server


def connect(port):
    return socket.create_connection(("127.0.0.1", port), QUICK_S)


def talk(port, request, hang_up=False):
    """What comes back until the other side has had enough; nothing, when it has hung up while we were talking."""
    answer = b""
    with connect(port) as connection:
        try:
            connection.sendall(request)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
    return answer


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_malformed_and_oversized_requests_are_refused_and_change_nothing_for_others(server):
    for port, _ in server.listeners:
        for name, request in MALFORMED.items():
            answer = talk(port, request, hang_up=True)
            assert not answer.startswith(b"HTTP/1.1 2"), (name, answer[:100])
    server.serves_others()


def test_who_sends_without_end_is_cut_off(server):
    for port, _ in server.listeners:
        for framing in (b"Content-Length: 9999999999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"):
            part = b"x" * MIB if b"Length" in framing else b"100000\r\n" + b"x" * MIB + b"\r\n"
            with connect(port) as connection, pytest.raises(OSError):
                connection.sendall(b"POST /live HTTP/1.1\r\nHost: localhost\r\n" + framing)
                for _ in range(200):
                    connection.sendall(part)
    server.serves_others()


def test_a_thousand_idle_connections_keep_nobody_out(server, many_files):
    idle = [connect(port) for _ in range(500) for port, _ in server.listeners]
    try:
        server.serves_others()
        assert server.sluice.total("process_open_fds") < 300
    finally:
        for connection in idle:
            connection.close()


def test_clients_that_send_a_byte_now_and_then_keep_nobody_out_and_are_cut_off(server):
    slow = [connect(port) for _ in range(50) for port, _ in server.listeners]
    for connection in slow:
        connection.setblocking(False)
    gone = set()
    try:
        for second in range(13):
            for connection in slow:
                try:
                    connection.send(GET[second:second + 1])
                    if connection.recv(1) == b"":
                        gone.add(connection)
                except BlockingIOError:
                    pass
                except OSError:
                    gone.add(connection)
            server.serves_others()
            time.sleep(1)
        assert len(gone) == len(slow)
    finally:
        for connection in slow:
            connection.close()
