/** What a simulation asks, shows and refuses, on a tiny random model in the real engine. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { deidentify, Respondents, type ProgressEvent } from "#src/study/index.js";
import { loadStudy } from "#src/study/node/index.js";
import * as finetuning from "#src/finetuning/node/index.js";
import * as simulation from "#src/simulation/node/index.js";
import { closeModels, compatible, embedded } from "#src/provider/node/index.js";
import { writeTinyModel } from "../engine/tiny.js";
import { testServer } from "./support/server.js";

let home: string, model: string;
const anes = await loadStudy("anes96");
const people = anes.take([20, 21, 22, 23, 24, 25, 26, 27]);

before(async () => {
  home = await mkdtemp(join(tmpdir(), "run-"));
  model = join(home, "tiny");
  await writeTinyModel(model, { context: 512 });
});
after(async () => {
  await closeModels();
  await rm(home, { recursive: true });
});

let ledgers = 0;
const fresh = () => ({ home, ledger: join(home, `${++ledgers}.jsonl`) });
const compact = { template: "compact" };

describe("the model sees attributes and treatment only", () => {
  test("no answer of a person reaches a prompt", async () => {
    const server = await testServer();
    const provider = compatible({ baseURL: server.url, capabilities: { topLogprobs: 20 } });
    await simulation.run(people, { model: "m", provider, ...fresh(), items: ["selfLR", "ClinLR"] });
    const scrambled = new Respondents({
      codebook: people.codebook,
      ids: people.ids,
      columns: Object.fromEntries(
        people.names.map((name) => {
          const answer = ["belief", "action"].includes(people.item(name).role);
          return [name, answer ? people.column(name).toReversed() : people.column(name)];
        }),
      ),
    });
    const before = server.seen.map((body) => JSON.stringify(body)).sort();
    server.seen.length = 0;
    await simulation.run(scrambled, { model: "m", provider, ...fresh(), items: ["selfLR", "ClinLR"] });
    await server.close();
    assert.equal(before.length, 16);
    assert.deepEqual(server.seen.map((body) => JSON.stringify(body)).sort(), before);
  });

  test("people without any answers are simulated the same", async () => {
    const known = people.omit(["selfLR", "ClinLR", "DoleLR", "vote"]);
    const a = await simulation.run(people, { model, ...compact, ...fresh() });
    const b = await simulation.run(known, { model, ...compact, ...fresh() });
    assert.deepEqual(b.column("vote"), a.column("vote"));
    assert.deepEqual(b.ids, a.ids);
  });
});

describe("draws", () => {
  test("the same seed repeats a simulation bit by bit, another does not", async () => {
    const a = await simulation.run(people, { model, seed: 1, ...compact, ...fresh() });
    const b = await simulation.run(people, { model, seed: 1, ...compact, ...fresh() });
    const c = await simulation.run(people, { model, seed: 2, ...compact, ...fresh() });
    assert.deepEqual(a.rows, b.rows);
    assert.notDeepEqual(a.rows, c.rows);
  });

  test("answers follow the option probabilities", async () => {
    const many = await simulation.run(people.take([0]), { model, draws: 400, items: ["vote"], ...compact, ...fresh() });
    const p = many.probabilities!.get("vote")![0]!;
    assert.ok(Math.abs(p.reduce((a, b) => a + b, 0) - 1) < 1e-9);
    const share = many.draws.filter((d) => d.column("vote")[0] === 0).length / 400;
    // Four standard errors of a share of 400 draws.
    assert.ok(Math.abs(share - p[0]!) < 4 * Math.sqrt((p[0]! * p[1]!) / 400), `${share} drawn, ${p[0]!} stated`);
    // The prompt is the same for all draws: asked once.
    assert.equal(many.report.requests, 1);
  });

  test("earlier answers are carried along as turns", async () => {
    const server = await testServer();
    const provider = compatible({ baseURL: server.url, capabilities: { topLogprobs: 20 } });
    const run = await simulation.run(people.take([0]), { model: "m", provider, ...fresh() });
    await server.close();
    const last = server.seen.at(-1);
    const said = last.messages
      .filter((m: { role: string }) => m.role === "assistant")
      .map((m: { content: string }) => m.content);
    assert.deepEqual(
      said,
      ["selfLR", "ClinLR", "DoleLR"].map((name) => String(run.column(name)[0])),
    );
  });
});

describe("option order", () => {
  test("of nominal items is permuted by person, recorded, and undone in the answer", async () => {
    const server = await testServer();
    const provider = compatible({ baseURL: server.url, capabilities: { topLogprobs: 20 } });
    const options = { model: "m", provider, items: ["vote"], ...fresh() };
    const run = await simulation.run(anes.take(Array.from({ length: 40 }, (_, i) => i)), options);
    await server.close();
    const shown = server.seen.map((body) => /A\. (.*)\nB/.exec(body.messages.at(-1).content)![1]);
    assert.ok(shown.filter((s) => s === "Bob Dole").length > 8 && shown.filter((s) => s === "Bill Clinton").length > 8);
    const { openLedger, fileStore } = simulation;
    const ledger = await openLedger(fileStore(options.ledger), anes.codebook);
    let orders = 0;
    for await (const entry of ledger.entries()) {
      const at = run.ids.indexOf(entry.person);
      assert.equal(entry.value, run.column("vote")[at]);
      if (entry.order!.join() === "1,0") orders++;
    }
    await ledger.close();
    assert.equal(orders, shown.filter((s) => s === "Bob Dole").length);
  });

  test("anchored options keep their places", () => {
    const vote = anes.item("vote");
    const item = {
      ...vote,
      scale: {
        kind: "nominal" as const,
        options: [
          ...["a", "b", "c", "d"].map((label) => ({ value: label, label })),
          { value: "none", label: "none of these", anchored: true },
        ],
      },
    };
    const plain = simulation.templates["plain"]!;
    const orders = Array.from({ length: 200 }, (_, i) => simulation.optionOrder(plain, item, 1, `p${i}`)!);
    assert.ok(orders.every((o) => o[4] === 4 && new Set(o).size === 5));
    // Every one of the 24 permutations of four turns up among 200 with probability above 0.99.
    assert.ok(new Set(orders.map((o) => o.join())).size >= 22);
  });
});

describe("leakage", () => {
  test("people the model was finetuned on are not simulated unless asked for", async () => {
    const pilot = anes.take([0, 1, 2, 3]);
    const tuned = await finetuning.run(pilot, { base: model, home, epochs: 1, ...compact });
    await assert.rejects(
      simulation.run(anes.take([3, 4]), { model: tuned, ...fresh() }),
      /1 of these 2 people.*finetuned on.*row/,
    );
    // Also by id alone: the registry knows.
    await assert.rejects(simulation.run(anes.take([3, 4]), { model: tuned.id, ...fresh() }), /finetuned on/);
    const run = await simulation.run(anes.take([3, 4]), { model: tuned, allowTrainedOn: true, ...fresh() });
    assert.deepEqual([...run.simulation.trainedOn], pilot.ids);
  });

  test("also where the pilot was de-identified, or a checkpoint is named", async () => {
    const pilot = anes.take([40, 41, 42, 43]);
    const { respondents, key } = deidentify(pilot);
    const tuned = await finetuning.run(respondents, { base: model, home, epochs: 1, ...compact });
    assert.deepEqual([...tuned.trainedOn.ids].sort(), pilot.ids.toSorted());
    await assert.rejects(simulation.run(pilot, { model: tuned.id, ...fresh() }), /4 of these 4 people.*finetuned on/);
    // The others' new ids are the pilot's new ids, and other people.
    const others = deidentify(anes.take([50, 51, 52, 53])).respondents;
    assert.deepEqual([...others.ids].sort(), [...key.keys()].sort());
    const run = await simulation.run(others.take([0, 1]), { model: tuned, ...fresh() });
    assert.deepEqual([...run.simulation.trainedOn].sort(), pilot.ids.toSorted());
    for (const { model: id } of tuned.checkpoints)
      await assert.rejects(simulation.run(pilot, { model: id, ...fresh() }), /finetuned on/);
  });

  test("a finetuned model that is not in the registry is said not to be checked", async () => {
    const server = await testServer();
    const provider = compatible({ baseURL: server.url, capabilities: { topLogprobs: 20 } });
    const run = await simulation.run(people.take([0]), { model: "ft:somebody:else", provider, ...fresh() });
    await server.close();
    assert.match(String(run.report), /not in the registry here.*not checked/);
  });

  test("nor people shown as examples", async () => {
    await assert.rejects(
      simulation.run(people, { model, examples: people.take([0, 1]), ...compact, ...fresh() }),
      /shown as examples/,
    );
  });
});

describe("few-shot", () => {
  test("shows as many people as the model's context holds, and says how many", async () => {
    const examples = anes.take(Array.from({ length: 15 }, (_, i) => i));
    const run = await simulation.run(people.take([0, 1]), { model, examples, ...compact, ...fresh() });
    const [, shown] = /(\d+) of 15 people shown as examples/.exec(String(run.report))!;
    assert.ok(Number(shown) >= 2 && Number(shown) < 15, `${shown} shown`);
    assert.deepEqual([...run.simulation.trainedOn].sort(), [...examples.ids].sort());
  });
});

describe("elicitation", () => {
  const letters = anes.take([0, 1, 2]);
  const ask = async (reply: string, elicitation: simulation.ElicitationName, item = "selfLR") => {
    const server = await testServer({ reply: () => reply });
    const provider = compatible({ baseURL: server.url, capabilities: { jsonSchema: true, topLogprobs: 20 } });
    const run = await simulation.run(letters, {
      model: "m",
      provider,
      elicitation,
      items: [item],
      permute: false,
      malformed: 0,
      ...fresh(),
    });
    await server.close();
    return run;
  };
  for (const [reply, item, value] of [
    ["4", "selfLR", 4],
    ["I would say 4.", "selfLR", 4],
    ["moderate", "selfLR", 4],
    ["I am a moderate, I think", "selfLR", 4],
    ["9", "selfLR", null],
    ["somewhere between 3 and 5", "selfLR", null],
    ["I'd go with a four", "selfLR", 4],
    ["three, or perhaps five", "selfLR", null],
    ["B", "vote", 1],
    ["(B)", "vote", 1],
    ["B. Bob Dole", "vote", 1],
    ["Bill Clinton, of course", "vote", 0],
    ["neither Bill Clinton nor Bob Dole", "vote", null],
  ] as const)
    test(`free text "${reply}" is ${value === null ? "no answer" : `the answer ${value}`}`, async () => {
      assert.deepEqual([...(await ask(reply, "text", item)).column(item)], [value, value, value]);
    });

  test("a stated distribution is normalised and drawn from", async () => {
    const stated = JSON.stringify({ 1: 0, 2: 0, 3: 30, 4: 10, 5: 0, 6: 0, 7: 0 });
    const run = await ask(stated, "verbalised");
    assert.deepEqual(run.probabilities!.get("selfLR")![0], [0, 0, 0.75, 0.25, 0, 0, 0]);
    assert.ok(run.column("selfLR").every((v) => v === 3 || v === 4));
  });

  test("JSON in a code fence is read", async () => {
    assert.deepEqual([...(await ask('```json\n{"answer": "5"}\n```', "sampled")).column("selfLR")], [5, 5, 5]);
  });

  test("a refusal is counted as one", async () => {
    const server = await testServer();
    const provider = compatible({
      baseURL: server.url,
      capabilities: { jsonSchema: true },
      fetch: async (input, init) => {
        if (String(input).includes("/models")) return fetch(input, init);
        const choice = {
          index: 0,
          finish_reason: "stop",
          logprobs: null,
          message: { role: "assistant", content: null, refusal: "I cannot do that." },
        };
        return Response.json({ id: "x", object: "chat.completion", created: 0, model: "m", choices: [choice] });
      },
    });
    const run = await simulation.run(letters, { model: "m", provider, items: ["vote"], ...fresh() });
    await server.close();
    assert.equal(run.report.rows[0]!.missing, 3);
    assert.equal(run.report.rows[0]!.refused, 6);
  });
});

describe("what cannot work is said before anything is asked", () => {
  const at = (capabilities: object) => compatible({ baseURL: "http://127.0.0.1:1/v1", capabilities });
  const run = (options: Partial<simulation.SimulationOptions>) => simulation.run(people, { model, home, ...options });
  test("no model", () => assert.rejects(simulation.run(people, {} as never), /name the model/));
  test("nobody", () => assert.rejects(simulation.run(people.take([]), { model, home }), /nobody to simulate/));
  test("an unknown item", () =>
    assert.rejects(run({ items: ["age"] }), /age is not a belief or action.*selfLR, ClinLR/));
  test("an unknown provider", () =>
    assert.rejects(run({ provider: "gemini" }), /no provider gemini; there are embedded, openai/));
  test("an unknown template", () =>
    assert.rejects(run({ template: "fancy" }), /no template fancy; there are plain, compact/));
  test("an unknown model", () => assert.rejects(run({ model: "gpt-nothing" }), /no model gpt-nothing.*proband-base/s));
  test("log-probabilities where there are none", async () => {
    const server = await testServer();
    const provider = compatible({ baseURL: server.url });
    await assert.rejects(run({ provider, elicitation: "logprobs" }), /no topLogprobs.*sampled/s);
    await assert.rejects(run({ provider, elicitation: "sampled" }), /no jsonSchema.*"text"/s);
    await assert.rejects(run({ provider, batch: true }), /no Batch API/);
    assert.equal(server.requests, 0);
    await server.close();
  });
  test("a study whose sharing is forbidden never leaves", async () => {
    const codebook = { ...people.codebook, sharing: "forbidden" as const };
    const closed = new Respondents({
      codebook,
      ids: people.ids,
      columns: Object.fromEntries(people.names.map((n) => [n, people.column(n)])),
    });
    await assert.rejects(
      simulation.run(closed, { model: "gpt-4o-mini", provider: "openai", home, confirmSharing: true }),
      /sharing "forbidden"/,
    );
    await assert.rejects(run({ model: "gpt-4o-mini", provider: "openai" }), /confirmSharing: true.*deidentify/s);
    assert.ok(at({}));
  });
});

describe("through batches", () => {
  test("the result is the same", async () => {
    const direct = await simulation.run(people, { model, seed: 4, ...compact, ...fresh() });
    const batched = await simulation.run(people, { model, seed: 4, batch: true, ...compact, ...fresh() });
    assert.deepEqual(batched.rows, direct.rows);
    const { data } = await embedded({ home }).client().batches.list();
    assert.equal(data.length, 4);
    // A lost ledger costs nothing: the batches are still there.
    const before = data.length;
    const again = await simulation.run(people, { model, seed: 4, batch: true, ...compact, ...fresh() });
    assert.deepEqual(again.rows, direct.rows);
    assert.equal((await embedded({ home }).client().batches.list()).data.length, before);
    assert.equal(again.report.requests, 0);
  });
});

test("a stopped simulation goes on where it was, and progress knows what was found", async () => {
  const where = fresh();
  const stop = new AbortController();
  let answers = 0;
  const many = anes.take(Array.from({ length: 100 }, (_, i) => i + 100));
  const first = simulation.run(many, {
    model,
    ...compact,
    ...where,
    limits: { concurrency: 4 },
    signal: stop.signal,
    onProgress: (e) => {
      if ((answers = e.done) > 40) stop.abort();
    },
  });
  await assert.rejects(first, { name: "AbortError" });
  const events: ProgressEvent[] = [];
  const second = await simulation.run(many, { model, ...compact, ...where, onProgress: (e) => events.push(e) });
  const found = second.report.rows.reduce((sum, row) => sum + row.found, 0);
  assert.ok(found >= answers - 8 && found < 400, `${found} found of ${answers} seen`);
  assert.equal(events.at(-1)!.state, "done");
  assert.equal(events.at(-1)!.done, 400);
  assert.ok(events[0]!.done > 0, "the first event counts what was found");
});

test("a dry run counts and asks nothing", async () => {
  const server = await testServer();
  const provider = compatible({ baseURL: server.url });
  const free = await simulation.estimate(people, { model: "m", provider, home });
  assert.equal(free.requests, 32);
  const priced = await simulation.estimate(people, {
    model: "m",
    provider,
    home,
    prices: { m: { input: 1, output: 2 } },
  });
  const { promptTokens, answerTokens, costUSD } = priced;
  assert.ok(Math.abs(costUSD! - (promptTokens + 2 * answerTokens) / 1e6) < 1e-9);
  assert.equal(server.requests, 0);
  await server.close();
});

test("a dry run of a hosted model needs neither key nor consent nor network", async () => {
  const key = process.env["OPENAI_API_KEY"];
  delete process.env["OPENAI_API_KEY"];
  const forbidden = new Respondents({
    codebook: { ...anes.codebook, sharing: "forbidden" },
    ids: people.ids,
    columns: Object.fromEntries(people.names.map((name) => [name, people.column(name)])),
  });
  const estimate = await simulation.estimate(forbidden, {
    model: "gpt-4.1-mini",
    provider: "openai",
    batch: true,
    home,
  });
  assert.equal(estimate.requests, 4 * people.n);
  assert.ok(estimate.costUSD! > 0);
  assert.match(String(estimate), /list prices of \d{4}-\d{2}-\d{2}.*openai\.com/);
  if (key !== undefined) process.env["OPENAI_API_KEY"] = key;
});

test("a preview is what the model reads, without the person's answers", () => {
  const shown = simulation.preview(people, { template: "plain" });
  assert.match(String(shown), /party identification: /);
  assert.equal(shown.rows.at(-1)!.role, "user");
  const noAttributes = simulation.preview(people, { template: "plain", demographics: false });
  assert.doesNotMatch(String(noAttributes), /party identification: /);
  assert.match(String(noAttributes), /You are one participant/);
});

test("a preview shows the examples, and a finetuned model's own template", async () => {
  const shown = simulation.preview(people, { examples: anes.take([0, 1, 2]), maxExamples: 2 });
  assert.equal(String(shown).match(/Here is one participant and their answers/g)!.length, 2);
  assert.match(String(shown), /Now another participant/);
  const own = { ...simulation.templates["plain"]!, name: "plain", system: "Answer as a pirate would." };
  const tuned = await finetuning.run(anes.take([0, 1]), { base: model, home, epochs: 1, template: own, n: 1 });
  assert.match(String(simulation.preview(people, { model: tuned })), /as a pirate would/);
  // By its id alone, the model is asked in the words it learned, not those of the shipped template of that name.
  const run = await simulation.run(people.take([0]), { model: tuned.id, items: ["vote"], ...fresh() });
  const { readFile } = await import("node:fs/promises");
  assert.match(await readFile(run.report.ledger, "utf8"), new RegExp(`plain@1:${simulation.templateHash(own)}`));
});

describe("a template that is none is refused", () => {
  const plain = simulation.templates["plain"]!;
  for (const [what, template, message] of [
    [
      "an unknown way of answering",
      { ...plain, answer: { nominal: "keys", ordinal: "code" } },
      /answer.nominal must be/,
    ],
    ["one without permute", { ...plain, permute: undefined }, /permute must be true or false/],
    [
      "a placeholder in the examples",
      { ...plain, example: { each: "{person}", then: "" } },
      /\{person\}, which nothing/,
    ],
  ] as [string, never, RegExp][])
    test(what, () => assert.throws(() => simulation.checkTemplate(template), message));
});
