"""What all jobs share: rounds in a thread, and the page with Start, Pause, Stop and Open Logs.

A job's work is a generator function. Each step of it does one thing and yields the seconds of the system's time from the
beginning of this step to the beginning of the next, 0 within a round. A pause holds it between two steps; Stop drops it,
and Start begins it anew."""

import collections
import datetime
import html
import threading
import time

import fastapi
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from . import settings
from .service import application, serve

STATE_AFTER = {"start": "running", "pause": "paused", "stop": "stopped"}
RETRY_SECONDS = 1  # of real time: the servers that a job needs may not be there yet

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body {{ font: 16px sans-serif; margin: 2em }} form, a {{ display: inline-block; margin-right: .5em }}</style>
<h1>{title}</h1>
{jobs}
</html>
"""
ROW = """<h2>{name}: {state}</h2>
<form method="post" action="/start?job={name}"><button>Start</button></form>
<form method="post" action="/pause?job={name}"><button>Pause</button></form>
<form method="post" action="/stop?job={name}"><button>Stop</button></form>
<a href="/logs?job={name}">Open Logs</a>
"""


class Job:
    def __init__(self, name, work):
        """work(say): the generator function; say(text) writes a line into the job's log."""
        self.name, self.work = name, work
        self.state, self.steps, self.due, self.busy = settings.START, None, 0.0, False
        self.lines = collections.deque(maxlen=1000)
        self.changed = threading.Condition()

    def begin(self):
        threading.Thread(target=self._run, daemon=True).start()

    def press(self, action):
        """Comes back when the job is in the state: the step under way is the last one before a pause or a stop."""
        dropped = None
        with self.changed:
            self.state = STATE_AFTER[action]
            if self.state == "running":
                self.due = max(self.due, time.monotonic())  # a pause is not made up for
            if self.state == "stopped":
                dropped, self.steps, self.due = self.steps, None, 0.0
            self.changed.notify_all()
            if self.state != "running":
                self.changed.wait_for(lambda: not self.busy)
        if dropped is not None:
            dropped.close()  # what it holds open
        self.say(self.state)

    def say(self, text):
        self.lines.append(f"{datetime.datetime.now().isoformat(timespec='milliseconds')} {text}")

    def _run(self):
        while True:
            steps = self._next_steps()
            try:
                seconds = next(steps) / settings.CLOCK_FACTOR
            except Exception as error:  # whatever it is, the job goes on: its servers come and go
                self.say(f"failed: {error}")
                steps, seconds = None, RETRY_SECONDS
            with self.changed:
                self.busy = False
                self.changed.notify_all()
                if self.steps is not None:  # else stopped meanwhile
                    self.steps = steps
                    self.due = max(self.due + seconds, time.monotonic()) if seconds else self.due

    def _next_steps(self):
        """Waits for the next step's time."""
        with self.changed:
            while self.state != "running" or self.due > time.monotonic():
                self.changed.wait(self.due - time.monotonic() if self.state == "running" else None)
            if self.steps is None:
                self.steps, self.due = self.work(self.say), max(self.due, time.monotonic())
            self.busy = True
            return self.steps


def page_of(title, jobs):
    app = application(title)
    by_name = {job.name: job for job in jobs}

    def named(name):
        """One job, or all of them."""
        if name is None:
            return jobs
        if name not in by_name:
            raise fastapi.HTTPException(404, f"there is no job '{name}', only {', '.join(by_name)}")
        return [by_name[name]]

    @app.get("/", response_class=HTMLResponse)
    def page():
        rows = "".join(ROW.format(name=job.name, state=job.state) for job in jobs)
        return PAGE.format(title=html.escape(title), jobs=rows)

    def button(action):
        def press(job: str = None):
            for one in named(job):
                one.press(action)
            return RedirectResponse("/", 303)

        app.add_api_route(f"/{action}", press, methods=["POST"], name=action)

    for action in STATE_AFTER:
        button(action)

    @app.get("/logs", response_class=PlainTextResponse)
    def logs(job: str = None):
        return "".join(f"{line}\n" for one in named(job) for line in list(one.lines))

    @app.get("/status")
    def status():
        return {job.name: job.state for job in jobs}

    return app


def run(title, default_port, **works):
    """Until SIGTERM: a service's jobs, each by its name, and their page."""
    jobs = [Job(name, work) for name, work in works.items()]
    for job in jobs:
        job.begin()
    serve(page_of(title, jobs), default_port)
