"""A TCP proxy between two of ours, whose link can be cut, silenced or slowed: what `tc netem` does, without its kernel
module or a right to make namespaces. It counts what passes, each way."""

import socket
import threading
import time

from rig.process import free_port

CHUNK = 65536


class Proxy:
    """`with Proxy(port) as proxy:` passes proxy.port on to 127.0.0.1:port."""

    def __init__(self, target, port=None):
        self.target, self.port = target, port or free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.delay = 0.0
        self.silent = self.refusing = self.ended = False
        self.pairs, self.lock = [], threading.Lock()
        self.sent = self.received = 0  # bytes, to the target and from it

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.listener.close()
        self.cut()

    def cut(self, refuse=False):
        """Resets every connection; refuse: and those to come, until heal()."""
        self.refusing = refuse
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                    end.close()
                except OSError:
                    pass

    def silence(self):
        """Nothing passes, and nobody is told: a dropped network."""
        self.silent = True

    def slow(self, seconds):
        """Each piece of data waits."""
        self.delay = seconds

    def heal(self):
        self.silent = self.refusing = False
        self.delay = 0.0

    def _accept(self):
        while not self.ended:
            try:
                near, _ = self.listener.accept()
            except OSError:
                continue
            try:
                if self.refusing:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)  # the 5 s were for connecting: a link may be idle for longer
            with self.lock:
                self.pairs.append((near, far))
            for source, sink, up in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pump, args=(source, sink, up), daemon=True).start()

    def _pump(self, source, sink, up):
        try:
            while data := source.recv(CHUNK):
                if self.delay:
                    time.sleep(self.delay)
                while self.silent:
                    time.sleep(0.02)
                sink.sendall(data)
                with self.lock:
                    if up:
                        self.sent += len(data)
                    else:
                        self.received += len(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
