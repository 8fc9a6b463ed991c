"""A simulation over a Ray Serve cluster on this machine: docs/recipes/ray_serve_llamacpp.py with a random-weight model
in two replicas. The assertions are in _ray.mjs."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

from _tiny_gguf import write_tiny

here = pathlib.Path(__file__).parent
recipe = here.parents[2] / "docs" / "recipes" / "ray_serve_llamacpp.py"
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/tiny.gguf"
    write_tiny(path)
    # The dashboard needs ports and memory that a test has no use for.
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_DISABLE_IMPORT_WARNING": "1"}
    arguments = ["--model", path, "--name", "tiny", "--replicas", "2", "--cpus", "0.5", "--port", str(port)]
    server = subprocess.Popen(
        [sys.executable, recipe, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        for line in server.stdout:
            if "replicas at" in line:
                break
        else:
            sys.exit("Ray Serve did not start")
        url = f"http://127.0.0.1:{port}/v1"
        status = subprocess.run(["node", str(here / "_ray.mjs"), url, folder], timeout=600).returncode
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)
sys.exit(status)
