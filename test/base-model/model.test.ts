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
  const scores = await (await model()).score(fixture);
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
