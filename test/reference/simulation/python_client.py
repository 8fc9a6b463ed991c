"""The official Python openai client against `proband serve`: a scripted session of files, jobs, answers and batches."""

import io
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import openai

root = pathlib.Path(__file__).resolve().parents[3]
key = "python-client-key"


def main(folder):
    tiny = f"import('{(root / 'build/test/engine/tiny.js').as_uri()}').then((m) => m.writeTinyModel({json.dumps(folder + '/tiny')}, {{ context: 256 }}))"
    subprocess.run(["node", "-e", tiny], check=True, cwd=root)
    model = folder + "/tiny"
    server = subprocess.Popen(
        ["node", str(root / "dist/cli/main.js"), "serve", "--port", "0", "--model", model, "--home", folder + "/home"],
        env={**os.environ, "PROBAND_API_KEY": key},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = re.search(r"at (http://\S+)", server.stdout.readline()).group(1)
        session(url, model)
    finally:
        server.terminate()
        assert server.wait(20) == 0, "the server ends cleanly"


def session(url, model):
    client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
    try:
        openai.OpenAI(base_url=url, api_key="wrong", max_retries=0).models.list()
        raise AssertionError("a wrong key was accepted")
    except openai.AuthenticationError:
        pass
    assert model in [m.id for m in client.models.list()]

    lines = [
        {"messages": [{"role": "user", "content": f"how do you vote {i}"}, {"role": "assistant", "content": "Dole"}]}
        for i in range(12)
    ]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    uploaded = client.files.create(file=("training.jsonl", io.BytesIO(data)), purpose="fine-tune")
    assert client.files.content(uploaded.id).read() == data
    try:
        client.files.create(file=("bad.jsonl", io.BytesIO(b"{}\n")), purpose="fine-tune")
        raise AssertionError("a malformed training file was accepted")
    except openai.BadRequestError as error:
        assert "line 1" in error.message
    job = client.fine_tuning.jobs.create(
        model=model,
        training_file=uploaded.id,
        seed=3,
        suffix="python",
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 30, "batch_size": 4, "learning_rate_multiplier": 100}}},
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.05)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "succeeded", job.error
    losses = [e.data["train_loss"] for e in client.fine_tuning.jobs.list_events(job.id, limit=1000) if e.type == "metrics"][::-1]
    assert losses[-1] < losses[0] / 2, (losses[0], losses[-1])
    # The latest first: the model itself, before it the states of earlier epochs, which answer too.
    latest, *earlier = client.fine_tuning.jobs.checkpoints.list(job.id)
    assert latest.fine_tuned_model_checkpoint == job.fine_tuned_model
    assert earlier and all(c.step_number < latest.step_number for c in earlier)
    client.models.retrieve(earlier[0].fine_tuned_model_checkpoint)

    messages = [{"role": "user", "content": "how do you vote 1"}]
    answer = client.chat.completions.create(model=job.fine_tuned_model, messages=messages, temperature=0, max_tokens=4, logprobs=True, top_logprobs=3)
    first = answer.choices[0].logprobs.content[0]
    assert first.token == "Dole" and math.exp(first.logprob) > 0.5, first
    pieces = client.chat.completions.create(model=job.fine_tuned_model, messages=messages, temperature=0, max_tokens=4, stream=True)
    assert "".join(p.choices[0].delta.content or "" for p in pieces if p.choices) == answer.choices[0].message.content
    options = client.chat.completions.create(
        model=job.fine_tuned_model, messages=messages, extra_body={"proband": {"options": ["Clinton", "Dole"]}}
    )
    scores = options.choices[0].model_extra["proband"]["logprobs"]
    assert scores[1] > scores[0], scores

    request = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": model, "messages": messages, "max_tokens": 2}}
    batch_file = client.files.create(file=("batch.jsonl", io.BytesIO(json.dumps(request).encode())), purpose="batch")
    batch = client.batches.create(input_file_id=batch_file.id, endpoint="/v1/chat/completions", completion_window="24h")
    while batch.status not in ("completed", "failed"):
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    assert batch.request_counts.completed == 1
    assert json.loads(client.files.content(batch.output_file_id).text)["custom_id"] == "a"
    print(f"The Python openai client {openai.__version__} passes its session against proband serve.")


with tempfile.TemporaryDirectory() as folder:
    main(folder)
sys.exit(0)
