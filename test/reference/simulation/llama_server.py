"""A simulation against llama.cpp's own OpenAI-compatible server (xllamacpp) with a random-weight model: the same call
as with the embedded engine, a base URL apart. The assertions are in _against.mjs."""

import pathlib
import subprocess
import sys
import tempfile

import xllamacpp

from _tiny_gguf import write_tiny

here = pathlib.Path(__file__).parent
with tempfile.TemporaryDirectory() as folder:
    path = str(pathlib.Path(folder) / "tiny.gguf")
    write_tiny(path)
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {"tiny"}
    params.n_ctx = 16384
    params.n_parallel = 4
    params.warmup = False
    params.port = 0
    params.cpuparams.n_threads = 2
    server = xllamacpp.Server(params)
    url = f"{server.listening_address}/v1"
    status = subprocess.run(["node", str(here / "_against.mjs"), url, folder], timeout=600).returncode
sys.exit(status)
