/** Gradient checkpointing: the same gradients as without (which are checked against torch), in less memory. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createEngine, memoryFiles, writeSafetensors } from "#src/engine/index.js";
import { linearNames } from "#src/engine/model/parameters.js";
import { checkTrainingFits, trainingBytes } from "#src/engine/model/memory.js";
import { nativeRuntime, wasmRuntime } from "#src/engine/node/index.js";
import { createTrainer, sequenceRow } from "#src/engine/training/trainer.js";
import { conversations, tinyModel } from "./tiny.js";

const { config, weights } = tinyModel({ layers: 3 });
const lora = (dropout: number) => ({ rank: 4, alpha: 8, dropout, rsLora: false, targets: [...linearNames] });
const rows = [5, 9].map((n) => sequenceRow(Array.from({ length: 4 * n }, (_, i) => (i * n) % config.vocabularySize)));

describe("each layer computed twice", () => {
  for (const [what, more] of [
    ["LoRA", { trained: "lora", lora: lora(0) }],
    ["LoRA with dropout", { trained: "lora", lora: lora(0.3) }],
    ["full", { trained: "full" }],
  ] as const)
    for (const runtime of [nativeRuntime({ threads: 1 }), wasmRuntime()])
      test(`${what}: learns as when it is kept (${what === "full" ? "" : "adapter "}weights after 5 steps)`, async () => {
        const train = async (gradientCheckpointing: boolean) => {
          const own = new Map([...weights].map(([name, w]) => [name, { ...w, data: w.data.slice() }]));
          const trainer = await createTrainer(await runtime, {
            config,
            weights: own,
            seed: 1,
            gradientCheckpointing,
            ...more,
          });
          const losses = [];
          for (let i = 0; i < 5; i++) losses.push((await trainer.step([rows], { learningRate: 1e-2 })).loss);
          await trainer.release();
          return { losses, weights: [...trainer.weights.values()] };
        };
        const [kept, again] = [await train(false), await train(true)];
        kept.losses.forEach((loss, i) => assert.ok(Math.abs(loss / again.losses[i]! - 1) < 1e-5));
        assert.ok(kept.losses[4]! < kept.losses[0]!);
        kept.weights.forEach(({ data }, k) =>
          data.forEach((x, i) => assert.ok(Math.abs(x - again.weights[k]!.data[i]!) < 1e-4)),
        );
      });
});

describe("is used where memory asks for it", () => {
  test("between what both need; below, the message counts with it", () => {
    const shape = lora(0);
    const [plain, checkpointed] = [false, true].map((c) => trainingBytes(config, shape, 100, 10, c)) as [
      number,
      number,
    ];
    assert.ok(checkpointed < plain);
    const fits = (available: number, asked?: boolean) =>
      checkTrainingFits("m", config, shape, { longest: 100, targets: 10 }, available, asked);
    assert.equal(fits(plain), false);
    assert.equal(fits(plain - 1), true);
    assert.equal(fits(checkpointed), true);
    assert.equal(fits(plain, true), true);
    assert.throws(() => fits(checkpointed - 1), { code: "out_of_memory" });
    assert.throws(() => fits(plain - 1, false), { code: "out_of_memory" });
  });

  test("a finetuning that would not fit runs and learns", async () => {
    const model = tinyModel({ layers: 6 });
    const encode = (text: string) => new TextEncoder().encode(text);
    const files = memoryFiles();
    for (const [name, text] of Object.entries(model.texts)) await files.write(`m/${name}`, encode(text));
    await files.write("m/model.safetensors", writeSafetensors([...model.weights.values()]));
    let available = 1e9;
    const runtime = await nativeRuntime({ threads: 1 });
    const engine = await createEngine(runtime, files, "m", { availableMemory: () => available });
    const settings = { epochs: 5, batchSize: 2, learningRate: 1e-2, seed: 1, lora: { rank: 4, alpha: 8 } };
    const train = (output: string, more = {}) => engine.train(conversations(4), { ...settings, output, ...more });
    const plain = await train("a");
    // The mean length: at most what the longest needs.
    const length = Math.floor(plain.trainedTokens / (settings.epochs * 4));
    available = trainingBytes(model.config, { ...lora(0), ...settings.lora }, length, 0) - 1;
    await assert.rejects(train("b", { gradientCheckpointing: false }), { code: "out_of_memory" });
    const small = await train("b");
    small.history.forEach((step, i) => assert.ok(Math.abs(step.loss / plain.history[i]!.loss - 1) < 1e-4));
    await engine.close();
  });
});
