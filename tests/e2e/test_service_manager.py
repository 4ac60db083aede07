"""What a service manager is told over its socket, and the unit that is shipped for it."""

import re
import signal
import socket
import subprocess

from rig.process import wait_until
from rig.sluice import TOP, Sluice, binary

UNIT = TOP / "conf" / "sluice@.service"


class Manager:
    """systemd's end of sd_notify(3)."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []

    def listen(self):
        try:
            while True:
                self.heard.append(self.socket.recv(65536).decode())
        except BlockingIOError:
            return self.heard

    def wait_for(self, what, count=1):
        wait_until(f"{what} from the service", lambda: sum(text.startswith(what) for text in self.listen()) >= count)


def test_the_service_manager_hears_of_start_state_life_reload_and_end(pipeline, tmp_path):
    pipeline.topic()
    pipeline.make_dlq()
    manager = Manager(tmp_path)
    environment = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"}
    with Sluice(pipeline.ini("task.shutdown.graceful.timeout.ms = 20 s"), env=environment) as sluice:
        manager.wait_for("READY=1")
        assert sluice.get("/live")[0] != 0  # its listeners are open by then
        wait_until("a status", lambda: any(re.match(r"STATUS=starting: broker \(.*\).*; lag 0 records$", text)
                                           for text in manager.listen()))
        manager.wait_for("STATUS=ready; lag 0 records")
        beats = sum(text == "WATCHDOG=1" for text in manager.listen())
        manager.wait_for("WATCHDOG=1", beats + 3)
        sluice.signal(signal.SIGHUP)
        manager.wait_for("RELOADING=1\nMONOTONIC_USEC=")
        manager.wait_for("READY=1", 2)
        assert sluice.stop() == 0
        manager.wait_for("STOPPING=1\nEXTEND_TIMEOUT_USEC=50000000")


def test_a_service_manager_that_is_gone_costs_nothing_but_a_line(pipeline, tmp_path):
    pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini(), env={"NOTIFY_SOCKET": str(tmp_path / "nobody")}) as sluice:
        sluice.wait_ready()
        assert sluice.stop() == 0
        assert sluice.text().count("the service manager cannot be told") == 1


def test_the_unit_is_one_that_systemd_takes_and_finds_well_closed(tmp_path):
    unit = tmp_path / "sluice@leaves.service"
    unit.write_text(UNIT.read_text().replace("ExecStart=sluice", f"ExecStart={binary()}"))
    for check in (["verify"], ["security", "--offline=true", "--threshold=20"]):  # tenths, of 10.0
        told = subprocess.run(["systemd-analyze", "--no-pager", *check, unit], capture_output=True, text=True, timeout=60)
        assert told.returncode == 0 and "sluice@leaves.service:" not in told.stderr, told.stdout + told.stderr
