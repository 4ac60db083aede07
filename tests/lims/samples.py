"""What passes on some links over time: the proxies' counters, looked at every tenth of a second."""

import math
import threading
import time

import numpy

EVERY_SECONDS = 0.1


class Samples:
    """`with Samples(system, links) as samples:`"""

    def __init__(self, system, links):
        self.system, self.links = system, links
        self.moments, self.bytes = [], []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def _look(self):
        last = False
        while not last:
            last = self.ending.wait(EVERY_SECONDS if self.moments else 0)
            traffic = self.system.traffic()
            self.moments.append(time.monotonic())
            self.bytes.append(sum(sum(traffic[link]) for link in self.links))

    def curve(self, factor):
        return curve(self.moments, self.bytes, factor)


def curve(moments, counts, factor):
    """KiB in a second of the system's own time, on the average of each of its minutes from the first look on: what comes every
    half a minute is in each. A count between two looks lies on the line between them."""
    minute = 60 / factor
    edges = [moments[0] + minute * number for number in range(math.ceil((moments[-1] - moments[0]) / minute) + 1)]
    steps = numpy.diff(numpy.interp(edges, moments, counts))
    return [round(float(step) / 60 / 1024, 3) for step in steps]
