"""One base URL for many llama.cpp servers: a Ray Serve application whose replicas each hold a GGUF model, on CPUs.

    pip install "ray[serve]" xllamacpp
    python ray_serve_llamacpp.py --model model.gguf --name my-model --replicas 8 --port 8000

Run on the head node of a Ray cluster (`ray start --head`, then `ray start --address=HEAD:6379` on the others; the model's
path must exist on all), it spreads the replicas over the nodes. Then, anywhere in the network:

    simulation.run(people, { model: "my-model", provider: provider.llamacpp({ baseURL: "http://HEAD:8000/v1" }), confirmSharing: true })

On GPUs the same place is taken by vLLM: ray.serve.llm's build_openai_app.
"""

import argparse
import asyncio

import aiohttp
from fastapi import FastAPI, Request, Response
from ray import serve

app = FastAPI()


@serve.deployment(max_ongoing_requests=64)
@serve.ingress(app)
class Model:
    def __init__(self, path: str, name: str, context: int, slots: int, threads: int):
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = path
        params.model_alias = {name}
        params.n_ctx = context * slots
        params.n_parallel = slots
        params.cpuparams.n_threads = threads
        params.warmup = False
        params.port = 0
        self.server = xllamacpp.Server(params)
        self.session = None

    @app.api_route("/v1/{rest:path}", methods=["GET", "POST"])
    async def forward(self, rest: str, request: Request) -> Response:
        self.session = self.session or aiohttp.ClientSession()
        async with self.session.request(
            request.method,
            f"{self.server.listening_address}/v1/{rest}",
            data=await request.body(),
            headers={"content-type": "application/json"},
        ) as answer:
            replica = serve.get_replica_context().replica_id.unique_id
            return Response(
                await answer.read(), answer.status, {"x-replica": replica}, answer.headers.get("content-type")
            )


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--name", default="model", help="what requests call it")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--cpus", type=float, default=1, help="CPUs a replica")
    parser.add_argument("--context", type=int, default=4096, help="tokens a request")
    parser.add_argument("--slots", type=int, default=4, help="requests at once a replica")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 opens it to the network: Ray Serve asks for no key")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    serve.start(http_options={"host": options.host, "port": options.port})
    model = Model.options(num_replicas=options.replicas, ray_actor_options={"num_cpus": options.cpus})
    threads = max(1, int(options.cpus))
    serve.run(model.bind(options.model, options.name, options.context, options.slots, threads))
    print(f"{options.replicas} replicas at http://{options.host}:{options.port}/v1", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
