/** Against a server that fails in every way a network knows, the table is the one of a server that never fails. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import { compatible, type Provider } from "#src/provider/node/index.js";
import * as simulation from "#src/simulation/node/index.js";
import type { SimulationOptions } from "#src/simulation/index.js";
import { testServer, type Fault, type ServerOptions } from "./support/server.js";

let home: string;
before(async () => void (home = await mkdtemp(join(tmpdir(), "faults-"))));
after(() => rm(home, { recursive: true }));

const capable = { topLogprobs: 20, jsonSchema: true, seed: true };
const people = (await loadStudy("anes96")).take(Array.from({ length: 30 }, (_, i) => i));
const at = (baseURL: string, capabilities: Partial<Provider["capabilities"]> = capable) =>
  compatible({ baseURL, capabilities });

async function simulate(server: ServerOptions, options: Partial<SimulationOptions> = {}) {
  const running = await testServer(server);
  try {
    const ledger = join(home, `${Math.random()}.jsonl`);
    const run = await simulation.run(people, {
      model: "some-model",
      provider: at(running.url),
      seed: 3,
      home,
      ledger,
      timeout: 1000,
      backoffMs: 2,
      tries: 30,
      ...options,
    });
    return { run, server: running };
  } finally {
    await running.close();
  }
}

describe("faults at 30% of requests", () => {
  for (const [name, options] of [
    ["log-probabilities", { elicitation: "logprobs" }],
    ["sampled under a schema", { elicitation: "sampled" }],
    ["streams", { elicitation: "sampled", stream: true }],
  ] as const)
    test(`${name}: the final table equals the fault-free one`, async () => {
      const calm = await simulate({}, { ...options, timeout: 60_000 });
      const storm = await simulate({ rate: 0.3 }, options);
      assert.deepEqual(storm.run.rows, calm.run.rows);
      assert.equal(calm.run.report.retries, 0);
      assert.ok(storm.run.report.retries > 10, `only ${storm.run.report.retries} retries`);
      for (const row of storm.run.report.rows) assert.equal(row.missing, 0);
      // A request that is sent again carries the same Idempotency-Key.
      assert.equal(storm.server.asked.size, calm.server.asked.size);
    });

  for (const fault of ["429", "500", "reset", "slow", "truncated", "doubled"] as Fault[])
    test(`${fault} alone is outlived`, async () => {
      const { run } = await simulate({ rate: 0.3, faults: [fault] }, { items: ["vote"] });
      assert.equal(run.report.rows[0]!.missing, 0);
      assert.ok(run.report.retries > 0);
    });
});

test("a server that only fails stops the run after bounded tries, and what was answered stays", async () => {
  await assert.rejects(
    simulate({ rate: 1, faults: ["500"] }, { tries: 3 }),
    /did not answer in 3 tries.*HTTP 500.*goes on from there/s,
  );
});

test("Retry-After is kept: nothing is sent before", async () => {
  const times: number[] = [];
  const server = await testServer({ rate: 0 });
  let first = true;
  const fetchOnce: typeof fetch = async (input, init) => {
    if (String(input).includes("/models")) return fetch(input, init);
    times.push(performance.now());
    if (!first) return fetch(input, init);
    first = false;
    return new Response(JSON.stringify({ error: { message: "slow down" } }), {
      status: 429,
      headers: { "retry-after": "1" },
    });
  };
  const provider = compatible({
    baseURL: server.url,
    capabilities: capable,
    fetch: fetchOnce,
    limits: { concurrency: 1 },
  });
  await simulation.run(people.take([0]), {
    model: "m",
    provider,
    home,
    ledger: join(home, "retry-after.jsonl"),
    backoffMs: 1,
  });
  await server.close();
  assert.ok(times[1]! - times[0]! >= 990, `sent again after ${times[1]! - times[0]!} ms`);
});

test("requests a minute are kept", async () => {
  const started = performance.now();
  // 20 a second after the first second's worth: 60 requests take two seconds.
  const { server } = await simulate({}, { items: ["selfLR", "vote"], limits: { requestsPerMinute: 1200 } });
  const seconds = (performance.now() - started) / 1000;
  assert.ok(server.requests <= 20 + 20 * seconds + 1, `${server.requests} requests in ${seconds} s`);
  assert.ok(seconds > 1.8, `${seconds} s`);
});

test("malformed answers are counted, asked again, and left empty only then", async () => {
  const { run } = await simulate(
    { reply: (_, hash) => (hash % 2 ? "I would rather not say" : '{"answer": "4"}') },
    { elicitation: "sampled", items: ["selfLR"] },
  );
  const [row] = run.report.rows;
  assert.ok(row!.malformed > 0);
  const missing = run.column("selfLR").filter((v) => v === null).length;
  assert.equal(row!.missing, missing);
  // Three tries, each malformed with probability one half.
  assert.ok(missing < 12, `${missing} of 30 missing`);
});

test("a server that ignores the schema is noticed in the report", async () => {
  const { run } = await simulate({ dumb: true }, { elicitation: "sampled", items: ["selfLR"] });
  assert.equal(run.report.rows[0]!.ignoredSchema, 30);
  assert.match(String(run.report), /did not keep to the JSON schema in 30 answers/);
});

test("a server that claims log-probabilities and sends none is said at its first reply, and no answer is invented", async () => {
  const server = await testServer({ dumb: true });
  const ledger = join(home, "claims.jsonl");
  const options = { model: "m", provider: at(server.url), home, ledger, limits: { concurrency: 4 } };
  await assert.rejects(
    simulation.run(people, { ...options, elicitation: "logprobs", items: ["vote"] }),
    /sent no log-probabilities for m.*"sampled"/,
  );
  assert.ok(server.requests <= 4, `${server.requests} requests`);
  for (const line of readFileSync(ledger, "utf8").trim().split("\n").slice(1))
    assert.equal((JSON.parse(line) as { value: unknown }).value, null);
  await server.close();
});

test("replies that got lost count towards the budget, since they may have been billed", async () => {
  const server = await testServer({ rate: 1, faults: ["truncated"] });
  await assert.rejects(
    simulation.run(people, {
      model: "m",
      provider: at(server.url),
      home,
      ledger: join(home, "lost.jsonl"),
      prices: { m: { input: 100, output: 100 } },
      budgetUSD: 1,
      tries: 1000,
      backoffMs: 1,
    }),
    /budget of \$1 would be exceeded.*up to \$0\.\d+ for replies that were lost/,
  );
  assert.ok(server.requests < 100);
  await server.close();
});

test("a wrong key is an early error that names the environment variable", async () => {
  const server = await testServer({ key: "right" });
  process.env["TEST_PROVIDER_KEY"] = "wrong";
  const provider = compatible({ baseURL: server.url, keyName: "TEST_PROVIDER_KEY", capabilities: capable });
  await assert.rejects(simulation.run(people, { model: "m", provider, home }), /refuses the key in TEST_PROVIDER_KEY/);
  await server.close();
});

test("a server that is not there is named", async () => {
  await assert.rejects(
    simulation.run(people, { model: "m", provider: "http://127.0.0.1:9/v1", home, ledger: join(home, "none.jsonl") }),
    /http:\/\/127.0.0.1:9\/v1 does not answer/,
  );
});

test("a budget stops before it is exceeded, and a larger one goes on", async () => {
  const server = await testServer();
  const base = {
    model: "m",
    provider: at(server.url),
    home,
    ledger: join(home, "budget.jsonl"),
    prices: { m: { input: 100, output: 100 } },
  };
  // 101 tokens at $100 a million: a bit over a cent an answer.
  await assert.rejects(simulation.run(people, { ...base, budgetUSD: 0.5 }), /budget of \$0.5 would be exceeded/);
  const spent = server.requests * 0.0101;
  assert.ok(spent <= 0.5 && spent > 0.2, `$${spent}`);
  const before = server.requests;
  const run = await simulation.run(people, { ...base, budgetUSD: 5 });
  assert.equal(server.requests, 120);
  assert.equal(run.report.requests, 120 - before);
  await server.close();
});

describe("errors that trying again does not mend say what to do", () => {
  const failing = (status: number, error: object, models: string[] = []) =>
    compatible({
      baseURL: "http://127.0.0.1:1/v1",
      capabilities: capable,
      fetch: async (input) => {
        if (String(input).endsWith("/models"))
          return Response.json({ object: "list", data: models.map((id) => ({ id, object: "model" })) });
        if (String(input).includes("/models/")) return Response.json({ error: { message: "no" } }, { status: 404 });
        return Response.json(
          { error: { type: "invalid_request_error", param: null, code: null, ...error } },
          { status },
        );
      },
    });
  const run = (provider: Provider, options: Partial<SimulationOptions> = {}) =>
    simulation.run(people, { model: "m", provider, home, ledger: join(home, `${Math.random()}.jsonl`), ...options });

  test("a model without log-probabilities", () =>
    assert.rejects(
      run(failing(400, { message: "You are not allowed to request logprobs from this model." })),
      /elicitation "sampled" or "verbalised"/,
    ));
  test("an unknown model: which there are", () =>
    assert.rejects(
      run(failing(404, { message: "The model m does not exist.", code: "model_not_found" }, ["a-model", "another"])),
      /m does not exist\. compatible has a-model, another\./,
    ));
  test("an unknown model as LiteLLM says it, and a key it does not know", async () => {
    await assert.rejects(
      run(failing(400, { message: "/chat/completions: Invalid model name passed in model=m." }, ["tiny"])),
      /compatible has tiny\./,
    );
    await assert.rejects(run(failing(400, { message: "No connected db." })), /a key that it does not know/);
  });
  test("a finetuned model that Azure has not deployed", () =>
    assert.rejects(
      run(
        failing(404, { message: "The API deployment for this resource does not exist.", code: "DeploymentNotFound" }),
      ),
      /name the deployment, model: \{ \.\.\.model, id/,
    ));
  test("a field that the model does not take", () =>
    assert.rejects(
      run(failing(400, { message: "Unsupported value: 'temperature' does not support 0." })),
      /extra: \{ temperature: 1 \}/,
    ));
});

test("fields of the caller's own go with every request, null leaves one out", async () => {
  const { server } = await simulate(
    {},
    {
      elicitation: "sampled",
      items: ["vote"],
      answerTokens: 500,
      extra: { chat_template_kwargs: { enable_thinking: false }, temperature: null },
    },
  );
  for (const body of server.seen) {
    assert.deepEqual(body.chat_template_kwargs, { enable_thinking: false });
    assert.equal(body.max_tokens, 500);
    assert.ok(!("temperature" in body));
  }
  await assert.rejects(simulate({}, { extra: { messages: [] } }), /extra cannot set messages/);
});

test("a model that reasons until its tokens are used up is stopped at the first reply, not paid for each", async () => {
  const choice = { index: 0, finish_reason: "length", logprobs: null, message: { role: "assistant", content: "" } };
  let asked = 0;
  const provider = compatible({
    baseURL: "http://127.0.0.1:1/v1",
    capabilities: capable,
    fetch: async (input) => {
      if (String(input).includes("/models/")) return Response.json({ id: "m", object: "model" });
      asked++;
      return Response.json({ id: "x", object: "chat.completion", created: 0, model: "m", choices: [choice] });
    },
  });
  await assert.rejects(
    simulation.run(people, {
      model: "m",
      provider,
      home,
      ledger: join(home, "reasons.jsonl"),
      elicitation: "sampled",
      limits: { concurrency: 2 },
    }),
    /used all 60 tokens before it answered.*answerTokens: 2000/s,
  );
  assert.ok(asked <= 2, `${asked} requests`);
});

test("the report shows what was wrong with the first answer of an item that was", async () => {
  const { run } = await simulate({ reply: () => "99" }, { elicitation: "sampled", items: ["selfLR"], malformed: 0 });
  assert.equal(run.report.rows[0]!.example, 'not JSON: "99"');
  assert.match(String(run.report), /selfLR: 30 malformed and 0 refused, the first: not JSON: "99"/);
});

test("an apology is a refusal", async () => {
  const { run } = await simulate(
    { reply: () => "I'm sorry, but I can't answer as a real person." },
    { elicitation: "text", items: ["vote"], refusals: 0 },
  );
  const { refused, malformed, missing } = run.report.rows[0]!;
  assert.deepEqual([refused, malformed, missing], [30, 0, 30]);
});

test("while the server asks to wait, progress says for how long", async () => {
  let first = true;
  const server = await testServer();
  const provider = compatible({
    baseURL: server.url,
    capabilities: capable,
    fetch: async (input, init) => {
      if (!String(input).includes("/chat/") || !first) return fetch(input, init);
      first = false;
      return Response.json({ error: { message: "slow down" } }, { status: 429, headers: { "retry-after": "3" } });
    },
  });
  const waits: number[] = [];
  await simulation.run(people.take([0]), {
    model: "m",
    provider,
    home,
    ledger: join(home, "waits.jsonl"),
    backoffMs: 1,
    onProgress: ({ metrics }) => {
      const wait = metrics?.["seconds the server asks to wait"];
      if (wait) waits.push(wait);
    },
  });
  await server.close();
  assert.ok(waits.length >= 1 && waits[0]! <= 3, waits.join(" "));
});

test("a prompt whose reply depends on it alone is bought once: for other people, draws, seeds and after a restart", async (t) => {
  const server = await testServer();
  t.after(() => server.close());
  const options = {
    model: "some-model",
    provider: at(server.url),
    home,
    ledger: join(home, "prompts.jsonl"),
    elicitation: "logprobs",
    demographics: false,
    permute: false,
    draws: 3,
    onProgress: () => undefined,
  } as const;
  const prompts = () => new Set(server.seen.map((body) => JSON.stringify(body.messages))).size;
  const first = await simulation.run(people, { ...options, seed: 1, items: ["selfLR"] });
  assert.equal(server.requests, 1, "without attributes everybody has one prompt");
  assert.equal(first.report.rows[0]!.answers, 90);
  const all = await simulation.run(people, { ...options, seed: 1 });
  assert.equal(server.requests - all.report.retries, prompts(), String(all.report));
  const bought = server.requests;
  const other = await simulation.run(people, { ...options, seed: 2, items: ["selfLR"] });
  assert.equal(server.requests, bought);
  assert.notDeepEqual(other.column("selfLR"), first.column("selfLR"), "other draws from the same probabilities");
  assert.deepEqual(other.probabilities!.get("selfLR"), first.probabilities!.get("selfLR"));
  const calm = await simulation.run(people, { ...options, seed: 1, ledger: join(home, "prompts-alone.jsonl") });
  assert.deepEqual(all.rows, calm.rows);
});
