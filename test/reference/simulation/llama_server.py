"""A simulation against llama.cpp's own OpenAI-compatible server (xllamacpp) with a random-weight model: the same call
as with the embedded engine, a base URL apart. The assertions are in _against.mjs."""

import pathlib
import subprocess
import sys
import tempfile

from _tiny_server import tiny_server

here = pathlib.Path(__file__).parent
with tempfile.TemporaryDirectory() as folder:
    server = tiny_server(folder)
    url = f"{server.listening_address}/v1"
    status = subprocess.run(["node", str(here / "_against.mjs"), url, folder], timeout=600).returncode
sys.exit(status)
