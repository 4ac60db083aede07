"""Who asks the read side: a process of its own that takes only the processors that nobody else wants, as one on another
machine takes none.  Its connections ask again as soon as they are answered, or so many times a second together."""

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

CONNECTIONS = 8
BEGUN = "asking"


class Readers:
    """`with Readers(address, paths, pace) as readers:` and then readers.rate, answers a second.  No paths: nobody asks;
    no pace: as often as they are answered."""

    def __init__(self, address, paths, pace=None):
        self.address, self.paths, self.pace, self.rate = address, paths, pace, 0

    def __enter__(self):
        if self.paths:
            self.child = subprocess.Popen([sys.executable, "-m", "lims.readers", self.address, str(self.pace or 0)],
                                          cwd=pathlib.Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                          text=True)
            self.child.stdin.write(json.dumps(self.paths) + "\n")
            self.child.stdin.flush()
            if self.child.stdout.readline() != BEGUN + "\n":
                raise RuntimeError("the readers have not begun")
        return self

    def __exit__(self, *_):
        if self.paths:
            told, _ = self.child.communicate(timeout=60)
            if self.child.returncode != 0:
                raise RuntimeError(f"the readers ended with {self.child.returncode}")
            self.rate = json.loads(told)


def ask(address, paths, number, interval, answers, stopping):
    connection = http.client.HTTPConnection(address, timeout=30)
    due = time.monotonic() + interval * number / CONNECTIONS
    while not stopping.wait(max(due - time.monotonic(), 0) if interval else 0):
        connection.request("GET", paths[(number + answers[number]) % len(paths)])
        answer = connection.getresponse()
        if len(answer.read()) == 0 or answer.status != 200:
            raise RuntimeError(f"a reader was answered {answer.status}")
        answers[number] += 1
        due += interval
    connection.close()


def leave_the_processors():
    """Also where a session as a whole is given its share (autogroup, sched(7)), in which a thread's nice value counts for nothing."""
    os.setsid()
    os.nice(19)
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/autogroup").write_text("19")


def end_all(failure):
    """Fewer readers would measure something else."""
    threading.__excepthook__(failure)
    os._exit(1)


def main():
    threading.excepthook = end_all
    address, pace = sys.argv[1], float(sys.argv[2])
    leave_the_processors()
    paths, answers, stopping = json.loads(sys.stdin.readline()), [0] * CONNECTIONS, threading.Event()
    interval = CONNECTIONS / pace if pace else 0
    threads = [threading.Thread(target=ask, args=(address, paths, i, interval, answers, stopping)) for i in range(CONNECTIONS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    print(BEGUN, flush=True)
    sys.stdin.read()  # until it is closed
    took = time.monotonic() - began
    total = sum(answers)
    stopping.set()
    for thread in threads:
        thread.join()
    print(json.dumps(total / took))


if __name__ == "__main__":
    main()
