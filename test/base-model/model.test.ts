import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, test } from "node:test";
import { join } from "node:path";
import type { ChatMessage, Engine } from "#src/engine/index.js";
import { openModel } from "#src/engine/node/index.js";
import { dataFolder } from "#src/study/node/index.js";

const folder = join(dataFolder(), "base-model");
let engine: Engine | undefined;
const model = async () => (engine ??= await openModel(folder));
after(() => engine?.close());

test("option log-probabilities are those of transformers and torch", async () => {
  // Source: transformers 5.23, torch 2.15 in float32 on the same weights, test/reference/base-model/make.py; tolerance 2e-4 nats.
  const fixture = JSON.parse(readFileSync(new URL("fixtures/logprobs.json", import.meta.url), "utf8")) as {
    messages: ChatMessage[];
    options: string[];
    logprobs: number[];
  }[];
  const scores = await (await model()).score(fixture.map(({ messages, options }) => ({ messages, options })));
  fixture.forEach((c, i) =>
    c.logprobs.forEach((expected, k) =>
      assert.ok(Math.abs(scores[i]![k]! - expected) < 2e-4, `${c.options[k]}: ${scores[i]![k]} instead of ${expected}`),
    ),
  );
});

test("is at most 20 MB", () => {
  assert.ok(statSync(join(folder, "model.safetensors")).size <= 20e6);
});

test("puts nearly all probability on options of the scale", async () => {
  const options = ["0", "17", "33", "50", "67", "83", "100"];
  const [scores] = await (
    await model()
  ).score([{ messages: [{ role: "user", content: "<model> age 40 gender 100 trust in the council <7> =" }], options }]);
  const mass = scores!.reduce((sum, v) => sum + Math.exp(v), 0);
  assert.ok(mass > 0.98, `mass on the options is ${mass}`);
});

test("held to a schema, a questionnaire asked at once is answered with positions on the scale", async () => {
  const position = { type: "integer", minimum: 0, maximum: 100 };
  const jsonSchema = {
    type: "object",
    properties: { trustcourts: position, trustpolice: position },
    required: ["trustcourts", "trustpolice"],
    additionalProperties: false,
  };
  const requests = Array.from({ length: 20 }, (_, i) => ({
    messages: [
      {
        role: "user" as const,
        content: `<model> age ${20 + i} gender ${100 * (i % 2)} trust courts <7> trust police <7> json =`,
      },
    ],
    maxTokens: 60,
    temperature: 1,
    seed: i,
    jsonSchema,
  }));
  const made = await (await model()).generate(requests);
  const values = made.flatMap(({ text }) => Object.values(JSON.parse(text) as Record<string, number>));
  assert.equal(values.length, 40);
  // The schema allows 101 numbers; that the scale has seven points stands in the prompt alone.
  const known = values.filter((value) => [0, 17, 33, 50, 67, 83, 100].includes(value));
  assert.ok(known.length >= 36, `${known.length} of 40 are on the scale: ${values.join(" ")}`);
});
