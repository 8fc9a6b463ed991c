/** The official openai SDK, unchanged, against the embedded engine over HTTP. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import OpenAI, { APIError, toFile } from "openai";
import { createHandler, type Handler } from "#src/engine/openai/index.js";
import { folderState } from "#src/engine/openai/node/state.js";
import { serve, type Server } from "#src/engine/openai/node/serve.js";
import { closeModels, folderModels } from "#src/provider/node/index.js";
import { writeTinyModel } from "../tiny.js";

let home: string, model: string, handler: Handler, server: Server, client: OpenAI;
const token = "test-token";

before(async () => {
  home = await mkdtemp(join(tmpdir(), "handler-"));
  model = join(home, "tiny");
  await writeTinyModel(model, { context: 128 });
  handler = createHandler({ models: folderModels([model]), state: folderState(join(home, "state")), token });
  server = await serve(handler);
  client = new OpenAI({ baseURL: server.url, apiKey: token, maxRetries: 0 });
});
after(async () => {
  await server.close();
  await handler.close();
  await closeModels();
  await rm(home, { recursive: true });
});

const jsonl = (n: number, answer: (i: number) => string = (i) => (i % 2 ? "Dole" : "Clinton")) =>
  Array.from({ length: n }, (_, i) =>
    JSON.stringify({
      messages: [
        { role: "user", content: `how do you vote ${i}` },
        { role: "assistant", content: answer(i) },
      ],
    }),
  ).join("\n");

const upload = async (text: string, purpose: "fine-tune" | "batch" = "fine-tune") =>
  client.files.create({ purpose, file: await toFile(new TextEncoder().encode(text), "file.jsonl") });

const ended = async (id: string, c = client) => {
  for (;;) {
    const job = await c.fineTuning.jobs.retrieve(id);
    if (["succeeded", "failed", "cancelled"].includes(job.status)) return job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** The API error that a call is answered with. */
async function refusal(call: PromiseLike<unknown>): Promise<APIError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof APIError, String(error));
    return error;
  }
  throw new Error("expected an API error");
}

const ask = (content = "how do you vote") => [{ role: "user" as const, content }];

describe("access", () => {
  test("no key and a wrong key are 401", async () => {
    const wrong = new OpenAI({ baseURL: server.url, apiKey: "no", maxRetries: 0 });
    assert.equal((await refusal(wrong.models.list())).status, 401);
    assert.equal((await fetch(`${server.url}/models`)).status, 401);
  });

  test("only a loopback name is answered, and only a loopback address is served", async () => {
    const { request } = await import("node:http");
    for (const host of ["evil.example", "127.0.0.1.evil.example"]) {
      const status = await new Promise((resolve) =>
        request({ port: server.port, path: "/v1/models", headers: { host } }, (r) => resolve(r.statusCode)).end(),
      );
      assert.equal(status, 403);
    }
    await assert.rejects(serve(handler, { host: "0.0.0.0" }), /loopback/);
  });

  test("unknown paths and methods", async () => {
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await fetch(`${server.url}/nothing`, { headers })).status, 404);
    assert.equal((await fetch(`${server.url}/models`, { headers, method: "POST" })).status, 405);
  });
});

describe("models", () => {
  test("are listed and retrieved with what the engine says of them", async () => {
    const ids = (await client.models.list()).data.map((m) => m.id);
    assert.deepEqual(ids, [model]);
    const one = (await client.models.retrieve(model)) as OpenAI.Model & { proband: Record<string, unknown> };
    assert.equal(one.proband["context_length"], 128);
    assert.match(String(one.proband["fingerprint"]), /^[0-9a-f]+/);
  });
});

describe("chat completions", () => {
  test("the same seed gives the same answer; usage is counted", async () => {
    const body = { model, messages: ask(), seed: 5, max_completion_tokens: 8 };
    const [a, b] = await Promise.all([client.chat.completions.create(body), client.chat.completions.create(body)]);
    assert.equal(a.choices[0]!.message.content, b.choices[0]!.message.content);
    assert.ok(a.usage!.prompt_tokens > 0 && a.usage!.completion_tokens <= 8);
  });

  test("log-probabilities are sorted, and temperature 0 takes the first", async () => {
    const { choices } = await client.chat.completions.create({
      model,
      messages: ask(),
      temperature: 0,
      max_tokens: 3,
      logprobs: true,
      top_logprobs: 5,
    });
    for (const token of choices[0]!.logprobs!.content!) {
      assert.equal(token.top_logprobs.length, 5);
      assert.ok(Math.abs(token.logprob - token.top_logprobs[0]!.logprob) < 1e-4);
      token.top_logprobs.forEach((t, i, all) => assert.ok(!i || t.logprob <= all[i - 1]!.logprob));
    }
  });

  test("n answers differ by seed", async () => {
    const { choices } = await client.chat.completions.create({ model, messages: ask(), n: 5, max_tokens: 6 });
    assert.deepEqual(
      choices.map((c) => c.index),
      [0, 1, 2, 3, 4],
    );
    assert.ok(new Set(choices.map((c) => c.message.content)).size > 1);
  });

  test("a JSON schema is kept to, by a model that knows no JSON", async () => {
    const schema = {
      type: "object",
      properties: { x: { type: "integer", minimum: 1, maximum: 7 } },
      required: ["x"],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.create({
      model,
      messages: ask(),
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
    });
    const { x } = JSON.parse(choices[0]!.message.content!);
    assert.ok(Number.isInteger(x) && x >= 1 && x <= 7);
  });

  test("given options are scored as the declared extension says", async () => {
    const options = ["Clinton", "Dole", "1"];
    const { choices } = (await client.chat.completions.create({
      model,
      messages: ask(),
      proband: { options },
    } as never)) as unknown as {
      choices: { message: { content: string }; proband: { options: string[]; logprobs: number[] } }[];
    };
    assert.deepEqual(choices[0]!.proband.options, options);
    assert.ok(options.includes(choices[0]!.message.content));
    assert.ok(choices[0]!.proband.logprobs.every((p) => p <= 0));
  });

  test("a stream carries the same answer as one piece", async () => {
    const body = { model, messages: ask(), seed: 9, max_tokens: 12 };
    const whole = await client.chat.completions.create(body);
    const stream = await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let finish, usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, whole.choices[0]!.message.content);
    assert.equal(finish, whole.choices[0]!.finish_reason);
    assert.deepEqual(usage, whole.usage);
  });

  test("a stop string across tokens ends the answer before it, whole and in the stream", async () => {
    const body = { model, messages: ask(), seed: 9, max_tokens: 30 };
    const { choices } = await client.chat.completions.create({ ...body, logprobs: true });
    const tokens = choices[0]!.logprobs!.content!.map((t) => t.token);
    const free = choices[0]!.message.content!;
    // The end of a token and the beginning of the next.
    const at = tokens.findIndex((t, i) => i > 2 && t.length > 1 && (tokens[i + 1]?.length ?? 0) > 1);
    const stop = tokens[at]!.slice(-1) + tokens[at + 1]!.slice(0, 1);
    const stopped = await client.chat.completions.create({ ...body, stop });
    assert.equal(stopped.choices[0]!.message.content, free.slice(0, free.indexOf(stop)));
    assert.equal(stopped.choices[0]!.finish_reason, "stop");
    let text = "";
    for await (const chunk of await client.chat.completions.create({ ...body, stop, stream: true }))
      text += chunk.choices[0]?.delta.content ?? "";
    assert.equal(text, stopped.choices[0]!.message.content);
  });

  test("pieces of a stream have usage null until the last, as OpenAI's, where usage is asked for", async () => {
    const body = { model, messages: ask(), max_tokens: 3, n: 2, stream: true as const };
    const pieces = [];
    for await (const p of await client.chat.completions.create({ ...body, stream_options: { include_usage: true } }))
      pieces.push(p);
    assert.ok(pieces.slice(0, -1).every((p) => p.usage === null && p.choices.length === 1));
    assert.deepEqual(pieces.at(-1)!.choices, []);
    assert.ok(pieces.at(-1)!.usage!.completion_tokens <= 6);
    assert.deepEqual(new Set(pieces.flatMap((p) => p.choices.map((c) => c.index))), new Set([0, 1]));
    assert.equal(new Set(pieces.map((p) => p.id)).size, 1);
    for await (const p of await client.chat.completions.create(body)) assert.ok(!("usage" in p));
  });

  test("what cannot be streamed fails with a status before it begins", async () => {
    const schema = { type: "object", properties: { x: { type: "string", format: "uri" } }, required: ["x"] };
    const response_format = { type: "json_schema" as const, json_schema: { name: "x", schema } };
    const error = await refusal(
      client.chat.completions.create({ model, messages: ask(), response_format, stream: true }),
    );
    assert.deepEqual([error.status, error.code, error.type], [400, "bad_option", "invalid_request_error"]);
    assert.match(error.message, /jsonSchema\.x: format uri is not supported/);
  });

  test("penalties keep tokens from coming again", async () => {
    const body = { model, messages: ask(), temperature: 0, max_tokens: 40 };
    const distinct = async (more: object) => {
      const { choices } = await client.chat.completions.create({ ...body, ...more, logprobs: true });
      const tokens = choices[0]!.logprobs!.content!.map((t) => t.token);
      return new Set(tokens).size / tokens.length;
    };
    const [plain, presence, frequency] = [
      await distinct({}),
      await distinct({ presence_penalty: 2 }),
      await distinct({ frequency_penalty: 2 }),
    ];
    assert.ok(presence > plain && frequency > plain, `${plain} ${presence} ${frequency}`);
  });

  test("json_object gives an object of the model's own", async () => {
    const { choices } = await client.chat.completions.create({
      model,
      messages: ask(),
      seed: 4,
      max_tokens: 40,
      response_format: { type: "json_object" },
    });
    assert.equal(typeof JSON.parse(choices[0]!.message.content!), "object");
  });

  for (const [what, body, code, param] of [
    ["an unknown model", { model: "none" }, "model_not_found", "model"],
    ["no messages", { messages: [] }, "empty_array", "messages"],
    ["an unknown role", { messages: [{ role: "oracle", content: "x" }] }, "invalid_value", "messages[0].role"],
    ["too hot", { temperature: 3 }, "decimal_above_max_value", "temperature"],
    ["too many alternatives", { logprobs: true, top_logprobs: 21 }, "integer_above_max_value", "top_logprobs"],
    ["a number as text", { n: "2" }, "invalid_type", "n"],
    [
      "tools, which are not ignored silently",
      { tools: [{ type: "function", function: { name: "f" } }] },
      "unsupported_parameter",
      "tools",
    ],
    ["a misspelt parameter", { temperatur: 1 }, "unknown_parameter", "temperatur"],
    ["an effort it does not have", { reasoning_effort: "high" }, "unsupported_parameter", "reasoning_effort"],
    ["penalties out of range", { frequency_penalty: 3 }, "decimal_above_max_value", "frequency_penalty"],
    [
      "a schema without a name",
      { response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } } },
      "missing_required_parameter",
      "response_format.json_schema.name",
    ],
    ["an empty stop string", { stop: "" }, "invalid_value", "stop"],
    ["usage of no stream", { stream_options: { include_usage: true } }, "invalid_value", "stream_options"],
    ["too long a prompt", { messages: ask("how ".repeat(300)) }, "context_length_exceeded", "messages"],
  ] as const)
    test(`${what} is refused with ${code}`, async () => {
      const error = await refusal(client.chat.completions.create({ model, messages: ask(), ...body } as never));
      assert.equal(error.code, code);
      assert.equal(error.param, param);
      assert.ok(error.status === 400 || error.status === 404);
    });
});

describe("files", () => {
  test("upload, list, retrieve, content, delete", async () => {
    const file = await upload(jsonl(3));
    assert.equal(file.bytes, new TextEncoder().encode(jsonl(3)).length);
    assert.ok((await client.files.list()).data.some((f) => f.id === file.id));
    assert.equal((await client.files.retrieve(file.id)).purpose, "fine-tune");
    assert.equal(await (await client.files.content(file.id)).text(), jsonl(3));
    assert.equal((await client.files.delete(file.id)).deleted, true);
    assert.equal((await refusal(client.files.retrieve(file.id))).status, 404);
  });

  test("ids that lead out of the state folder are not found", async () => {
    assert.equal((await refusal(client.files.retrieve("../../jobs"))).status, 404);
  });

  test("training data are checked line by line", async () => {
    const lines = [
      jsonl(1),
      "not json",
      '{"messages": []}',
      '{"messages": [{"role": "oracle", "content": "x"}]}',
      '{"messages": [{"role": "user", "content": "x"}]}',
      '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y", "weight": 2}]}',
      '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y", "weigth": 0}]}',
      '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}], "tools": [{}]}',
      '{"messages": [{"role": "user", "content": [{"type": "image_url"}]}, {"role": "assistant", "content": "y"}]}',
    ];
    const error = await refusal(upload(lines.join("\n")));
    for (const part of ["line 2", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "line 9"])
      assert.match(error.message, new RegExp(part));
    assert.doesNotMatch(error.message, /line 1 /);
    assert.equal((await refusal(upload(""))).status, 400);
  });
});

describe("fine_tuning.jobs", () => {
  test("a job learns, tells its steps, and its model answers as taught", async () => {
    const training = await upload(jsonl(12));
    const validation = await upload(jsonl(4));
    const job = await client.fineTuning.jobs.create({
      model,
      training_file: training.id,
      validation_file: validation.id,
      seed: 7,
      suffix: "votes",
      method: {
        type: "supervised",
        supervised: { hyperparameters: { n_epochs: 40, batch_size: 4, learning_rate_multiplier: 100 } },
      },
      metadata: { study: "test" },
    });
    assert.match(job.id, /^ftjob-/);
    const done = await ended(job.id);
    assert.equal(done.status, "succeeded", done.error?.message);
    assert.match(done.fine_tuned_model!, /^ft:tiny:proband:votes:[0-9a-f]{8}$/);
    assert.ok(done.trained_tokens! > 0);
    const events = await client.fineTuning.jobs.listEvents(job.id, { limit: 1000 });
    const losses = events.data
      .filter((e) => e.type === "metrics")
      .reverse()
      .map((e) => (e.data as { train_loss: number }).train_loss);
    assert.equal(losses.length, 120);
    assert.ok(losses.at(-1)! < losses[0]! / 2, `${losses[0]} → ${losses.at(-1)}`);
    const checkpoints = await client.fineTuning.jobs.checkpoints.list(job.id);
    assert.ok(checkpoints.data.some((c) => c.fine_tuned_model_checkpoint === done.fine_tuned_model));
    const metrics = await (await client.files.content(done.result_files[0]!)).text();
    assert.match(metrics, /^step,epoch,train_loss,valid_loss\n/);
    const options = ["Clinton", "Dole"];
    const onOptions = async (id: string) => {
      const answer = (await client.chat.completions.create({
        model: id,
        messages: ask("how do you vote 3"),
        proband: { options },
      } as never)) as unknown as { choices: { proband: { logprobs: number[] } }[] };
      return answer.choices[0]!.proband.logprobs.reduce((sum, p) => sum + Math.exp(p), 0);
    };
    const [untaught, taught] = [await onOptions(model), await onOptions(done.fine_tuned_model!)];
    assert.ok(untaught < 0.01 && taught > 0.5, `taught answers: probability ${untaught} → ${taught}`);
    assert.ok((await client.models.list()).data.some((m) => m.id === done.fine_tuned_model));
    const listed = await client.fineTuning.jobs.list({ metadata: { study: "test" } });
    assert.deepEqual(
      listed.data.map((j) => j.id),
      [job.id],
    );
  });

  test("is refused with fewer than OpenAI's ten examples, a wrong file, suffix or method", async () => {
    const few = await upload(jsonl(9));
    assert.equal(
      (await refusal(client.fineTuning.jobs.create({ model, training_file: few.id }))).code,
      "invalid_n_examples",
    );
    assert.match(
      (await refusal(client.fineTuning.jobs.create({ model, training_file: "file-none" }))).message,
      /invalid training_file/,
    );
    const enough = await upload(jsonl(10));
    const create = (more: object) =>
      client.fineTuning.jobs.create({ model, training_file: enough.id, ...more } as never);
    assert.equal((await refusal(create({ model: "gpt-9" }))).code, "model_not_available");
    assert.equal((await refusal(create({ suffix: "a b" }))).param, "suffix");
    assert.equal((await refusal(create({ method: { type: "dpo" } }))).param, "method.type");
    assert.equal((await refusal(create({ hyperparameters: { n_epochs: 0 } }))).code, "integer_below_min_value");
    assert.equal((await refusal(create({ seed: -1 }))).param, "seed");
    assert.equal((await refusal(create({ epochs: 3 }))).code, "unknown_parameter");
    assert.equal((await refusal(create({ proband: { learningrate: 1 } }))).param, "proband.learningrate");
    assert.equal((await refusal(create({ proband: { lora: { rang: 1 } } }))).param, "proband.lora.rang");
    assert.equal((await refusal(create({ proband: { lora: { targets: ["c_attn"] } } }))).code, "invalid_value");
    assert.equal((await refusal(create({ metadata: { a: 1 } }))).param, "metadata");
    assert.equal((await refusal(create({ integrations: [{ type: "wandb" }] }))).param, "integrations");
    const batch = await upload("{}", "batch");
    assert.equal((await refusal(create({ training_file: batch.id }))).code, "invalid_file_purpose");
  });

  test("an example that is too long fails the job, with its file and line", async () => {
    const long = JSON.stringify({
      messages: [
        { role: "user", content: [{ type: "text", text: "how ".repeat(300) }] },
        { role: "assistant", content: "Dole" },
      ],
    });
    // Empty lines are no examples, but lines.
    const spoilt = await upload(`${jsonl(5)}\n\n\n${long}\n${jsonl(6)}`);
    const whole = await upload(jsonl(12));
    for (const [files, param] of [
      [{ training_file: spoilt.id }, "training_file"],
      [{ training_file: whole.id, validation_file: spoilt.id }, "validation_file"],
    ] as const) {
      const job = await client.fineTuning.jobs.create({ model, ...files, hyperparameters: { n_epochs: 1 } });
      const { status, error } = await ended(job.id);
      assert.equal(status, "failed");
      assert.equal(error!.param, param);
      assert.match(
        error!.message,
        new RegExp(`^file\\.jsonl \\(${spoilt.id}\\), line 8 has \\d+ tokens, the model takes 128`),
      );
    }
  });

  test("can be cancelled", async () => {
    const training = await upload(jsonl(12));
    const job = await client.fineTuning.jobs.create({
      model,
      training_file: training.id,
      hyperparameters: { n_epochs: 100, batch_size: 1 },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await client.fineTuning.jobs.cancel(job.id);
    const done = await ended(job.id);
    assert.equal(done.status, "cancelled");
    assert.equal((await refusal(client.fineTuning.jobs.cancel(job.id))).status, 400);
  });

  test("goes on after the server was stopped in the middle of it", async () => {
    const state = join(home, "restarted");
    const start = async () => {
      const h = createHandler({ models: folderModels([model]), state: folderState(state) });
      const c = new OpenAI({
        baseURL: "http://in.process/v1",
        apiKey: "none",
        fetch: h.fetch as typeof fetch,
        maxRetries: 0,
      });
      return { h, c };
    };
    const first = await start();
    const file = await first.c.files.create({
      purpose: "fine-tune",
      file: await toFile(new TextEncoder().encode(jsonl(12)), "x.jsonl"),
    });
    const job = await first.c.fineTuning.jobs.create({
      model,
      training_file: file.id,
      seed: 1,
      hyperparameters: { n_epochs: 40, batch_size: 1 },
    });
    for (;;) {
      const now = (await first.c.fineTuning.jobs.retrieve(job.id)) as OpenAI.FineTuning.FineTuningJob & {
        proband: { progress?: { step: number } };
      };
      if ((now.proband.progress?.step ?? 0) > 20) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await first.h.close();
    const second = await start();
    assert.equal((await second.c.fineTuning.jobs.retrieve(job.id)).status, "running");
    const done = await ended(job.id, second.c);
    assert.equal(done.status, "succeeded", done.error?.message);
    const events = await second.c.fineTuning.jobs.listEvents(job.id, { limit: 1000 });
    assert.ok(events.data.some((e) => e.message === "Fine-tuning job resumed"));
    // A job has succeeded a moment before it is let go of.
    await second.h.close();
    assert.deepEqual(await readdir(join(state, "locks")), []);
  });
});

describe("batches", () => {
  test("answers come back by custom_id, errors in their own file", async () => {
    const lines = [0, 1, 2].map((i) =>
      JSON.stringify({
        custom_id: `q${i}`,
        method: "POST",
        url: "/v1/chat/completions",
        body: { model: i === 2 ? "none" : model, messages: ask(), seed: i, max_tokens: 4 },
      }),
    );
    const file = await upload(lines.join("\n"), "batch");
    let batch = await client.batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    while (!["completed", "failed"].includes(batch.status)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      batch = await client.batches.retrieve(batch.id);
    }
    assert.deepEqual(batch.request_counts, { total: 3, completed: 2, failed: 1 });
    const read = async (id: string) =>
      (await (await client.files.content(id)).text())
        .trim()
        .split("\n")
        .map((l) => JSON.parse(l));
    const answers = await read(batch.output_file_id!);
    const alone = await client.chat.completions.create({ model, messages: ask(), seed: 1, max_tokens: 4 });
    const one = answers.find((a) => a.custom_id === "q1");
    assert.equal(one.response.body.choices[0].message.content, alone.choices[0]!.message.content);
    assert.equal((await read(batch.error_file_id!))[0].response.body.error.code, "model_not_found");
  });

  const many = (n: number) =>
    Array.from({ length: n }, (_, i) =>
      JSON.stringify({
        custom_id: `q${i}`,
        method: "POST",
        url: "/v1/chat/completions",
        body: { model, messages: ask(`how do you vote ${i}`), seed: i, max_tokens: 60 },
      }),
    ).join("\n");
  const create = async (text: string, c = client) =>
    c.batches.create({
      input_file_id: (
        await c.files.create({ purpose: "batch", file: await toFile(new TextEncoder().encode(text), "b.jsonl") })
      ).id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
  const over = async (id: string, c = client) => {
    for (;;) {
      const batch = await c.batches.retrieve(id);
      if (["completed", "failed", "cancelled"].includes(batch.status)) return batch;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  test("can be cancelled; what was answered is there", async () => {
    const batch = await create(many(2000));
    while (!(await client.batches.retrieve(batch.id)).in_progress_at) await new Promise((r) => setTimeout(r, 5));
    assert.equal((await client.batches.cancel(batch.id)).status, "cancelling");
    const done = await over(batch.id);
    assert.equal(done.status, "cancelled");
    assert.ok(done.cancelling_at && done.cancelled_at && done.request_counts!.completed < 2000);
    assert.equal((await refusal(client.batches.cancel(batch.id))).status, 409);
    assert.ok((await client.batches.list({ limit: 100 })).data.some((b) => b.id === batch.id));
  });

  test("goes on after the server was stopped in the middle of it; no line is asked twice or lost", async () => {
    const state = join(home, "batches-restarted");
    const start = () => {
      const h = createHandler({ models: folderModels([model]), state: folderState(state) });
      const fetch = h.fetch as typeof globalThis.fetch;
      return { h, c: new OpenAI({ baseURL: "http://in.process/v1", apiKey: "none", fetch, maxRetries: 0 }) };
    };
    const first = start();
    const batch = await create(many(300), first.c);
    const lines = async () => (await readFile(join(state, "batches", batch.id, "done.jsonl"), "utf8")).split("\n");
    while ((await lines().catch(() => [])).length < 20) await new Promise((r) => setTimeout(r, 5));
    await first.h.close();
    const before_ = (await lines()).filter(Boolean).length;
    const second = start();
    const done = await over(batch.id, second.c);
    assert.deepEqual([done.status, done.request_counts], ["completed", { total: 300, completed: 300, failed: 0 }]);
    const ids = (await lines()).filter(Boolean).map((line) => JSON.parse(line).custom_id);
    assert.equal(new Set(ids).size, 300);
    assert.equal(ids.length, 300);
    assert.ok(before_ < 300 || before_ === 300);
    await second.h.close();
  });

  test("is refused with another window, endpoint or a misspelt parameter", async () => {
    const { id } = await upload(many(1), "batch");
    const body = { input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" };
    const refused = (more: object) => refusal(client.batches.create({ ...body, ...more } as never));
    assert.equal((await refused({ completion_window: "1h" })).param, "completion_window");
    assert.equal((await refused({ endpoint: "/v1/embeddings" })).param, "endpoint");
    assert.equal((await refused({ window: 1 })).code, "unknown_parameter");
    assert.equal((await refused({ input_file_id: "file-none" })).status, 404);
  });

  test("a malformed file fails with its line", async () => {
    const file = await upload('{"custom_id": "a"}\nnonsense\n', "batch");
    let batch = await client.batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    while (!["completed", "failed"].includes(batch.status)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      batch = await client.batches.retrieve(batch.id);
    }
    assert.equal(batch.status, "failed");
    assert.deepEqual(
      batch.errors!.data!.map((e) => e.line),
      [1, 2],
    );
  });
});
