/** The last layer computes only the tokens that are asked for: the same numbers as when it computes all of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lastTokens } from "#src/engine/model/batch.js";
import { linearNames } from "#src/engine/model/parameters.js";
import { nativeRuntime, wasmRuntime } from "#src/engine/node/index.js";
import { createTrainer, sequenceRow, type TrainingRow } from "#src/engine/training/trainer.js";
import { tinyModel } from "./tiny.js";

test("of each row those asked for, filled up to equal numbers", () => {
  // Row 0 is asked after its places 7 and 2, row 1 after 4, twice.
  const { tail, places, rows } = lastTokens([7, 2, 14, 14], 2, 10);
  assert.equal(tail, 2);
  assert.deepEqual([...places], [7, 2, 14, 10]);
  assert.deepEqual(
    [...rows].map((row) => places[row]),
    [7, 2, 14, 14],
  );
  // All of them: as they stand.
  const all = lastTokens([3, 0, 1, 2], 1, 4);
  assert.deepEqual(
    [[...all.places], [...all.rows]],
    [
      [0, 1, 2, 3],
      [3, 0, 1, 2],
    ],
  );
});

describe("training on a few answers' tokens", () => {
  const { config, weights } = tinyModel({ layers: 3 });
  const ids = (n: number) => Array.from({ length: 4 * n }, (_, i) => (i * n) % config.vocabularySize);
  // Rows of different length whose answers are two and three tokens, in the middle and at the end.
  const few = [5, 9].map((n): TrainingRow => {
    const row = sequenceRow(ids(n));
    return { ...row, targets: row.targets.filter(({ at }) => at === n || at >= 4 * n - 1 - (n % 4)) };
  });
  // The same answers, with all other tokens asked for at no weight.
  const all = few.map((row): TrainingRow => {
    const rest = sequenceRow(row.ids).targets.filter(({ at }) => row.targets.every((t) => t.at !== at));
    return { ...row, targets: [...row.targets, ...rest.map((t) => ({ ...t, weight: 0 }))] };
  });
  const lora = (dropout: number) => ({ rank: 4, alpha: 8, dropout, rsLora: false, targets: [...linearNames] });
  for (const [what, more] of [
    ["LoRA", { trained: "lora", lora: lora(0) }],
    ["LoRA with dropout", { trained: "lora", lora: lora(0.3) }],
    ["full", { trained: "full" }],
    ["LoRA with gradient checkpointing", { trained: "lora", lora: lora(0), gradientCheckpointing: true }],
  ] as const)
    for (const runtime of [nativeRuntime({ threads: 1 }), wasmRuntime()])
      test(`${what}: loss and gradients`, async () => {
        const gradients = async (rows: TrainingRow[]) => {
          const own = new Map([...weights].map(([name, w]) => [name, { ...w, data: w.data.slice() }]));
          const trainer = await createTrainer(await runtime, {
            config,
            weights: own,
            seed: 1,
            // After a step from zero the first moment is the gradient.
            optimizer: { beta1: 0, clipNorm: 0 },
            ...more,
          });
          // B starts at zero, so that A has no gradient in the first step.
          for (const w of trainer.weights.values()) if (w.name.includes("lora_B")) w.data.fill(0.01);
          const { loss } = await trainer.step([rows], { learningRate: 0 });
          await trainer.release();
          return { loss, moments: trainer.optimizer.moments };
        };
        const [one, other] = [await gradients(few), await gradients(all)];
        assert.ok(Math.abs(one.loss / other.loss - 1) < 1e-6, `${one.loss} ${other.loss}`);
        one.moments.forEach(({ name, m }, k) => {
          const scale = m.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          const worst = m.reduce((most, x, i) => Math.max(most, Math.abs(x - other.moments[k]!.m[i]!)), 0);
          assert.ok(worst <= 1e-5 * scale + 1e-9, `${name}: ${worst} of ${scale}`);
        });
      });
});
