import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Engine } from "#src/engine/index.js";
import { openModel } from "#src/engine/node/index.js";
import { conversations } from "./tiny.js";

/** onnxruntime-web against onnxruntime-node on the built-in model: the same greedy text, log-probabilities within 1e-3. */
const base = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "data", "base-model");

describe("the WebAssembly runtime", () => {
  let native: Engine, wasm: Engine, folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "engine-"));
    native = await openModel(base, { backend: "native", threads: 1 });
    wasm = await openModel(base, { backend: "wasm" });
  });
  after(async () => {
    await native.close();
    await wasm.close();
    await rm(folder, { recursive: true });
  });
  const prompts = ["vote", "how do you vote, 34 years old", "where do you place yourself from left to right"];
  const messages = prompts.map((content) => [{ role: "user" as const, content }]);

  test("scores as the native one", async () => {
    const requests = messages.map((m) => ({ messages: m, options: ["0", "17", "50", "100", "a", "b"] }));
    const a = await native.score(requests),
      b = await wasm.score(requests);
    a.forEach((scores, i) => scores.forEach((p, o) => assert.ok(Math.abs(p - b[i]![o]!) < 1e-3, `${p} ${b[i]![o]}`)));
  });

  test("writes the same greedy text", async () => {
    const requests = messages.map((m) => ({ messages: m, temperature: 0, maxTokens: 12 }));
    const a = await native.generate(requests),
      b = await wasm.generate(requests);
    a.forEach((made, i) => {
      assert.equal(made.text, b[i]!.text);
      made.tokens.forEach((t, k) => assert.ok(Math.abs(t.logprob - b[i]!.tokens[k]!.logprob) < 1e-3));
    });
  });

  test("trains as the native one", async () => {
    const train = (engine: Engine, output: string) =>
      engine.train(conversations(8), {
        lora: { rank: 4, alpha: 8 },
        epochs: 3,
        batchSize: 4,
        learningRate: 2e-3,
        seed: 7,
        output: join(folder, output),
      });
    const a = await train(native, "a"),
      b = await train(wasm, "b");
    const off = a.history.map((step, i) => Math.abs(step.loss / b.history[i]!.loss - 1));
    assert.ok(Math.max(...off) < 1e-3, String(off));
    assert.ok(b.history.at(-1)!.loss < b.history[0]!.loss);
  });
});
