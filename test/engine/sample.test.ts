import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sampleToken, topTokens } from "#src/engine/inference/sample.js";
import { random } from "#src/study/random.js";

const logits = Float32Array.from([0.15, 0.5, 0.05, 0.3], Math.log);
const shares = (options: { temperature: number; topP: number }) => {
  const draw = random(1, "sample"),
    counts = [0, 0, 0, 0],
    n = 20000;
  for (let i = 0; i < n; i++) counts[sampleToken(logits, options, draw)]! += 1 / n;
  return counts;
};
// 20000 draws: a share's standard error is at most 0.0035.
const near = (found: number[], expected: number[]) =>
  found.forEach((p, i) => assert.ok(Math.abs(p - expected[i]!) < 0.014, `${found} instead of ${expected}`));

describe("drawing tokens", () => {
  test("temperature 1 draws with the probabilities", () =>
    near(shares({ temperature: 1, topP: 1 }), [0.15, 0.5, 0.05, 0.3]));
  test("temperature 0.5 squares them", () => {
    const squares = [0.0225, 0.25, 0.0025, 0.09].map((p) => p / 0.365);
    near(shares({ temperature: 0.5, topP: 1 }), squares);
  });
  test("top-p keeps the fewest that reach it", () => {
    near(shares({ temperature: 1, topP: 0.8 }), [0, 0.625, 0, 0.375]);
    near(shares({ temperature: 1, topP: 0.81 }), [0.15 / 0.95, 0.5 / 0.95, 0, 0.3 / 0.95]);
    near(shares({ temperature: 1, topP: 0.01 }), [0, 1, 0, 0]);
  });
  test("temperature 0 takes the likeliest", () => near(shares({ temperature: 0, topP: 1 }), [0, 1, 0, 0]));
  test("forbidden tokens are never drawn", () => {
    const draw = random(2);
    const some = Float32Array.of(-Infinity, 1, -Infinity, 0);
    for (let i = 0; i < 1000; i++)
      assert.ok([1, 3].includes(sampleToken(some, { temperature: 1.5, topP: 0.99 }, draw)));
  });
  test("the likeliest, best first", () => assert.deepEqual(topTokens(logits, 3), [1, 3, 0]));
});
