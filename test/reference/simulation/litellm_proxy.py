"""A simulation through a LiteLLM proxy, before llama.cpp's server with a random-weight model: the same call, a base URL
apart. The assertions are in _litellm.mjs."""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from _tiny_server import tiny_server

here = pathlib.Path(__file__).parent
key = "sk-reference"
config = """model_list:
  - model_name: tiny
    litellm_params: { model: openai/tiny, api_base: %s/v1, api_key: none }
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


with tempfile.TemporaryDirectory() as folder:
    server = tiny_server(folder)
    settings = pathlib.Path(folder) / "litellm.yaml"
    settings.write_text(config % server.listening_address)
    url = f"http://127.0.0.1:{free_port()}"
    litellm = pathlib.Path(sys.executable).with_name("litellm")
    # Its list of prices is in the package; it need not ask the network.
    environment = {**os.environ, "LITELLM_MASTER_KEY": key, "LITELLM_API_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    proxy = subprocess.Popen(
        [litellm, "--config", settings, "--host", "127.0.0.1", "--port", url.rsplit(":", 1)[1]],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(180):
            try:
                urllib.request.urlopen(f"{url}/health/liveliness", timeout=2)
                break
            except OSError:
                assert proxy.poll() is None, "the proxy ended"
                time.sleep(1)
        command = ["node", str(here / "_litellm.mjs"), f"{url}/v1", folder]
        status = subprocess.run(command, env=environment, timeout=600).returncode
    finally:
        proxy.terminate()
        proxy.wait(20)
sys.exit(status)
