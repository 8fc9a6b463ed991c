"""llama.cpp's own OpenAI-compatible server (xllamacpp) in this process, with a random-weight model named "tiny"."""

import pathlib

import xllamacpp

from _tiny_gguf import write_tiny


def tiny_server(folder):
    """The server on a free port of loopback; its model file is written to the folder. It runs as long as it is held."""
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
    return xllamacpp.Server(params)
