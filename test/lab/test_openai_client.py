"""The official Python openai client against `proband serve`: files, jobs, checkpoints, answers, streams, schemas, batches, errors."""

import io
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import openai

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = "python-client-key"
QUESTION = [{"role": "user", "content": "how do you vote 1"}]


def lines(n):
    return [
        {"messages": [{"role": "user", "content": f"how do you vote {i}"}, {"role": "assistant", "content": "Dole"}]}
        for i in range(n)
    ]


def jsonl(entries):
    return "\n".join(json.dumps(entry) for entry in entries).encode()


class Session(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = cls.folder.name + "/tiny"
        tiny = f"import({json.dumps((ROOT / 'build/test/engine/tiny.js').as_uri())}).then((m) => m.writeTinyModel({json.dumps(cls.model)}))"
        subprocess.run(["node", "-e", tiny], check=True, cwd=ROOT)
        cls.start()

    @classmethod
    def start(cls):
        command = ["node", str(ROOT / "dist/cli/main.js"), "serve", "--port", "0", "--threads", "1"]
        command += ["--model", cls.model, "--home", cls.folder.name + "/home"]
        env = {**os.environ, "PROBAND_API_KEY": KEY}
        cls.server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        cls.url = re.search(r"at (http://\S+)", cls.server.stdout.readline()).group(1)
        cls.client = openai.OpenAI(base_url=cls.url, api_key=KEY, max_retries=0)

    @classmethod
    def stop(cls):
        cls.server.terminate()
        assert cls.server.wait(60) == 0, "the server ends cleanly"
        cls.server.stdout.close()

    @classmethod
    def tearDownClass(cls):
        cls.stop()
        cls.folder.cleanup()

    def upload(self, entries, purpose="fine-tune"):
        return self.client.files.create(file=("data.jsonl", io.BytesIO(jsonl(entries))), purpose=purpose)

    def job(self, epochs=30, **more):
        method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": epochs, "batch_size": 4, "learning_rate_multiplier": 100}}}
        return self.client.fine_tuning.jobs.create(model=self.model, training_file=self.upload(lines(12)).id, seed=3, method=method, **more)

    def ended(self, retrieve, thing, states=("succeeded", "failed", "cancelled", "completed")):
        while thing.status not in states:
            time.sleep(0.05)
            thing = retrieve(thing.id)
        return thing

    def test_access(self):
        with self.assertRaises(openai.AuthenticationError) as caught:
            openai.OpenAI(base_url=self.url, api_key="wrong", max_retries=0).models.list()
        self.assertEqual(caught.exception.code, "invalid_api_key")
        self.assertIn(self.model, [m.id for m in self.client.models.list()])
        self.assertEqual(self.client.models.retrieve("proband-base").owned_by, "proband")

    def test_files(self):
        file = self.upload(lines(3))
        self.assertEqual(self.client.files.content(file.id).read(), jsonl(lines(3)))
        self.assertIn(file.id, [f.id for f in self.client.files.list(purpose="fine-tune")])
        self.assertEqual(self.client.files.retrieve(file.id).bytes, len(jsonl(lines(3))))
        oldest = self.client.files.list(order="asc", limit=1).data[0]
        self.assertLessEqual(oldest.created_at, file.created_at)
        # The client pages through with `after`.
        self.assertEqual(len({f.id for f in self.client.files.list(limit=1)}), len(self.client.files.list(limit=1000).data))
        self.assertTrue(self.client.files.delete(file.id).deleted)
        with self.assertRaises(openai.NotFoundError):
            self.client.files.retrieve(file.id)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.client.files.create(file=("bad.jsonl", io.BytesIO(b'{"messages": []}\nx\n')), purpose="fine-tune")
        self.assertIn("line 1", caught.exception.message)
        self.assertIn("line 2", caught.exception.message)
        self.assertEqual(caught.exception.type, "invalid_request_error")

    def test_job(self):
        job = self.job(suffix="python", metadata={"study": "a"}, validation_file=self.upload(lines(4)).id)
        self.assertIn(job.status, ("validating_files", "queued", "running"))
        job = self.ended(self.client.fine_tuning.jobs.retrieve, job)
        self.assertEqual(job.status, "succeeded", job.error)
        self.assertIn(":python:", job.fine_tuned_model)
        self.assertIn(job.id, [j.id for j in self.client.fine_tuning.jobs.list()])
        events = list(self.client.fine_tuning.jobs.list_events(job.id, limit=7))
        losses = [e.data["train_loss"] for e in events if e.type == "metrics"][::-1]
        self.assertEqual(len(losses), 90)
        self.assertLess(losses[-1], losses[0] / 2)
        checkpoints = self.client.fine_tuning.jobs.checkpoints.list(job.id).data
        self.assertEqual([c.step_number for c in checkpoints[:3]], [90, 87, 84])
        self.assertIn(job.fine_tuned_model, [c.fine_tuned_model_checkpoint for c in checkpoints])
        for checkpoint in checkpoints:
            self.assertEqual(checkpoint.object, "fine_tuning.job.checkpoint")
            self.assertGreater(checkpoint.metrics.full_valid_loss, 0)
            answer = self.client.chat.completions.create(
                model=checkpoint.fine_tuned_model_checkpoint, messages=QUESTION, temperature=0, max_tokens=4
            )
            self.assertEqual(answer.choices[0].message.content, "Dole")
        results = self.client.files.content(job.result_files[0]).text
        self.assertEqual(results.splitlines()[0], "step,epoch,train_loss,valid_loss")

        answer = self.client.chat.completions.create(
            model=job.fine_tuned_model, messages=QUESTION, temperature=0, max_tokens=4, logprobs=True, top_logprobs=3
        )
        first = answer.choices[0].logprobs.content[0]
        self.assertEqual(first.token, "Dole")
        self.assertGreater(math.exp(first.logprob), 0.5)
        self.assertEqual(len(first.top_logprobs), 3)
        options = self.client.chat.completions.create(
            model=job.fine_tuned_model, messages=QUESTION, extra_body={"proband": {"options": ["Clinton", "Dole"]}}
        )
        scores = options.choices[0].model_extra["proband"]["logprobs"]
        self.assertGreater(scores[1], scores[0])
        self.assertTrue(self.client.models.delete(job.fine_tuned_model).deleted)
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client.chat.completions.create(model=job.fine_tuned_model, messages=QUESTION)
        self.assertEqual(caught.exception.code, "model_not_found")

    def test_cancel_and_restart(self):
        job = self.job(epochs=200)
        self.assertEqual(self.client.fine_tuning.jobs.cancel(job.id).status, "cancelled")
        self.assertEqual(self.ended(self.client.fine_tuning.jobs.retrieve, job).status, "cancelled")
        with self.assertRaises(openai.BadRequestError):
            self.client.fine_tuning.jobs.cancel(job.id)
        # A server that ends in the middle of a job goes on with it when it is started again.
        job = self.job(epochs=100)
        while not (self.client.fine_tuning.jobs.retrieve(job.id).model_extra["proband"].get("progress")):
            time.sleep(0.02)
        self.stop()
        self.start()
        job = self.ended(self.client.fine_tuning.jobs.retrieve, self.client.fine_tuning.jobs.retrieve(job.id))
        self.assertEqual(job.status, "succeeded", job.error)

    def test_streaming(self):
        body = dict(model=self.model, messages=QUESTION, seed=5, max_tokens=12)
        whole = self.client.chat.completions.create(**body, n=2)
        self.assertEqual(whole.system_fingerprint, self.client.models.retrieve(self.model).model_extra["proband"]["fingerprint"])
        pieces = list(self.client.chat.completions.create(**body, n=2, stream=True, stream_options={"include_usage": True}))
        for choice in whole.choices:
            text = "".join(p.choices[0].delta.content or "" for p in pieces if p.choices and p.choices[0].index == choice.index)
            self.assertEqual(text, choice.message.content)
        self.assertEqual(pieces[-1].usage, whole.usage)
        self.assertTrue(all(p.usage is None for p in pieces[:-1]))
        # The client's helper that puts a stream together again.
        schema = {"type": "object", "properties": {"vote": {"enum": ["Clinton", "Dole"]}}, "required": ["vote"]}
        format = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        whole = self.client.chat.completions.create(**body, response_format=format)
        with self.client.chat.completions.stream(**body, response_format=format) as stream:
            stream.until_done()
            self.assertEqual(stream.get_final_completion().choices[0].message.content, whole.choices[0].message.content)
        self.assertIn(json.loads(whole.choices[0].message.content)["vote"], ["Clinton", "Dole"])

    def test_schema(self):
        schema = {
            "type": "object",
            "properties": {
                "vote": {"type": "string", "enum": ["Clinton", "Dole"]},
                "age": {"type": "integer", "minimum": 18, "maximum": 99},
                "of": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]{2}$"}, "maxItems": 3},
            },
            "required": ["vote", "age", "of"],
            "additionalProperties": False,
        }
        format = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
        made = self.client.chat.completions.create(model=self.model, messages=QUESTION, n=8, response_format=format)
        for choice in made.choices:
            answer = json.loads(choice.message.content)
            self.assertEqual(sorted(answer), ["age", "of", "vote"])
            self.assertIn(answer["vote"], ["Clinton", "Dole"])
            self.assertTrue(18 <= answer["age"] <= 99)
            self.assertTrue(len(answer["of"]) <= 3 and all(re.fullmatch("[0-9]{2}", s) for s in answer["of"]))

    def test_batches(self):
        def entry(i, **body):
            return {"custom_id": f"q{i}", "method": "POST", "url": "/v1/chat/completions", "body": {"model": self.model, "messages": QUESTION, "max_tokens": 4, "seed": i, **body}}

        def create(entries, **more):
            file = self.upload(entries, "batch")
            return self.client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", **more)

        batch = self.ended(self.client.batches.retrieve, create([entry(0), entry(1), entry(2, model="none")], metadata={"run": "1"}))
        self.assertEqual((batch.status, batch.metadata), ("completed", {"run": "1"}))
        self.assertEqual((batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed), (3, 2, 1))
        answers = {a["custom_id"]: a for a in map(json.loads, self.client.files.content(batch.output_file_id).text.splitlines())}
        alone = self.client.chat.completions.create(model=self.model, messages=QUESTION, max_tokens=4, seed=1)
        self.assertEqual(answers["q1"]["response"]["body"]["choices"][0]["message"]["content"], alone.choices[0].message.content)
        wrong = json.loads(self.client.files.content(batch.error_file_id).text)
        self.assertEqual((wrong["custom_id"], wrong["response"]["status_code"]), ("q2", 404))
        self.assertIn(batch.id, [b.id for b in self.client.batches.list()])

        failed = self.ended(self.client.batches.retrieve, create([entry(0), {"custom_id": "q0"}]))
        self.assertEqual((failed.status, failed.errors.data[0].line), ("failed", 2))
        long = create([entry(i, max_tokens=60) for i in range(3000)])
        self.client.batches.cancel(long.id)
        self.assertEqual(self.ended(self.client.batches.retrieve, long, ("completed", "failed", "cancelled")).status, "cancelled")

    def test_errors(self):
        create = self.client.chat.completions.create
        for body, code, param in [
            (dict(temperature=3), "decimal_above_max_value", "temperature"),
            (dict(n="2"), "invalid_type", "n"),
            (dict(messages=[]), "empty_array", "messages"),
            (dict(messages=[{"role": "oracle", "content": "x"}]), "invalid_value", "messages[0].role"),
            (dict(messages=[{"role": "user", "content": "how " * 2000}]), "context_length_exceeded", "messages"),
            (dict(tools=[{"type": "function", "function": {"name": "f"}}]), "unsupported_parameter", "tools"),
            (dict(extra_body={"temprature": 1}), "unknown_parameter", "temprature"),
        ]:
            for stream in (False, True):
                with self.subTest(code=code, stream=stream), self.assertRaises(openai.BadRequestError) as caught:
                    list(create(**{"model": self.model, "messages": QUESTION, "stream": stream, **body}))
                error = caught.exception
                self.assertEqual((error.status_code, error.code, error.param, error.type), (400, code, param, "invalid_request_error"))
        for call, kind in [
            (lambda: self.client.fine_tuning.jobs.retrieve("ftjob-none"), openai.NotFoundError),
            (lambda: self.client.fine_tuning.jobs.create(model=self.model, training_file="file-none"), openai.BadRequestError),
            (lambda: self.client.fine_tuning.jobs.create(model="gpt-4o", training_file=self.upload(lines(12)).id), openai.BadRequestError),
            (lambda: self.client.fine_tuning.jobs.create(model=self.model, training_file=self.upload(lines(9)).id), openai.BadRequestError),
            (lambda: self.client.batches.retrieve("batch_none"), openai.NotFoundError),
        ]:
            self.assertRaises(kind, call)


if __name__ == "__main__":
    unittest.main()
