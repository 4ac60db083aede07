"""A server as a child process: started with its output in a file, ended by its process id, never by name."""

import os
import pathlib
import signal
import socket
import subprocess
import time

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice"


_given = set()


def free_port():
    """Given to nobody else in this process either: it may be bound much later."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def wait_until(what, condition, seconds=30, step=0.05):
    """Calls condition until it returns something true; that is returned. Says `what` was waited for when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} has not come within {seconds} s")
        time.sleep(step)


class Process:
    def __init__(self, name, command, folder, env=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.env = {**os.environ, **(env or {})}
        self.child = None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=self.env,
                                          start_new_session=True)
        return self

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child is not None and self.child.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill9(self):
        if self.running():
            self.signal(signal.SIGKILL)
            self.child.wait(10)

    def stop(self, seconds=30):
        """SIGTERM, and what the process ended with."""
        if self.running():
            self.thaw()
            self.signal(signal.SIGTERM)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise TimeoutError(f"{self.name} did not end within {seconds} s of SIGTERM\n{self.tail()}") from None

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=30):
        return "\n".join(self.text().splitlines()[-lines:])

    def wait_for_text(self, text, seconds=30):
        def there():
            if not self.running():
                raise RuntimeError(f"{self.name} ended with {self.child.poll()}\n{self.tail()}")
            return text in self.text()

        wait_until(f"'{text}' in the log of {self.name}", there, seconds)

    def memory(self):
        """Resident bytes now and at their peak."""
        status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return tuple(int(status[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
