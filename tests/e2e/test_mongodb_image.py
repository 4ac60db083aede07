"""The plugin tests that need a server: starts the binary on this session's."""

import os
import subprocess

from rig.sluice import build_folder


def test_the_sink_alone_on_a_real_server(mongod):
    done = subprocess.run([build_folder() / "tests" / "plugins" / "server_mongodb_image"], timeout=240,
                          capture_output=True, text=True, env={**os.environ, "SLUICE_TEST_MONGODB_URI": mongod.uri})
    assert done.returncode == 0, done.stdout + done.stderr
