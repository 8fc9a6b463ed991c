/** Rotary scalings that depend on a sequence's length: an answer must not depend on what else was asked. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createEngine, memoryFiles, writeSafetensors } from "#src/engine/index.js";
import { nativeRuntime } from "#src/engine/node/index.js";
import { tinyModel } from "./tiny.js";

const encode = (text: string) => new TextEncoder().encode(text);
const scalings = {
  dynamic: { rope_type: "dynamic", factor: 4 },
  longrope: {
    rope_type: "longrope",
    factor: 4,
    original_max_position_embeddings: 48,
    short_factor: [1, 1.1, 1.2, 1.3],
    long_factor: [1.5, 2, 3, 4],
  },
};

async function open(scaling: object) {
  const { texts, weights } = tinyModel();
  const config = { ...JSON.parse(texts["config.json"]), rope_scaling: scaling };
  // Of the dynamic one the length is that of the model; the other's context is longer than what it began with.
  config.max_position_embeddings = "short_factor" in scaling ? 192 : 48;
  const files = memoryFiles({
    "m/config.json": encode(JSON.stringify(config)),
    "m/tokenizer.json": encode(texts["tokenizer.json"]),
    "m/tokenizer_config.json": encode(texts["tokenizer_config.json"]),
    "m/model.safetensors": writeSafetensors([...weights.values()]),
  });
  return createEngine(await nativeRuntime({ threads: 1 }), files, "m");
}

for (const [name, scaling] of Object.entries(scalings))
  describe(name, () => {
    const asked = (n: number) => ({
      messages: [{ role: "user" as const, content: "how do you vote" + " left right".repeat(n) }],
      options: ["yes", "no", "Clinton Dole"],
    });
    // 12, 28 and 92 tokens or so: the last goes beyond the original 48.
    const requests = [2, 10, 42].map(asked);

    test("scores alone, together and one after the other are the same", async () => {
      const alone: Float64Array[] = [];
      for (const request of requests) {
        const engine = await open(scaling);
        alone.push((await engine.score([request]))[0]!);
        await engine.close();
      }
      const engine = await open(scaling);
      const close = (a: Float64Array[], b: Float64Array[]) =>
        a.forEach((scores, i) =>
          scores.forEach((s, o) => assert.ok(Math.abs(s - b[i]![o]!) < 1e-4, `${i}, ${o}: ${s} ${b[i]![o]}`)),
        );
      close(await engine.score(requests), alone);
      // What was cached of the short ones does not serve the long one, nor the other way.
      for (const order of [requests, requests.toReversed()])
        for (const request of order) close(await engine.score([request]), [alone[requests.indexOf(request)]!]);
      await engine.close();
    });

    test("so is what is written", async () => {
      const engine = await open(scaling);
      const write = (some: typeof requests) =>
        engine.generate(some.map(({ messages }) => ({ messages, temperature: 0, maxTokens: 12 })));
      const together = (await write(requests)).map((g) => g.text);
      const alone = [];
      for (const request of requests) alone.push((await write([request]))[0]!.text);
      assert.deepEqual(together, alone);
      await engine.close();
    });
  });
