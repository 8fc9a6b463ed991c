/** What everybody would answer, estimated from few, and answers spread to meet it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { jsDistance } from "#src/alignment/index.js";
import { estimateMargins, spreadAnswers } from "#src/finetuning/margins.js";

// Source: POT 0.9.7 and SciPy 1.17, test/reference/finetuning/margins.py.
const fixture = JSON.parse(readFileSync(new URL("fixtures/margins.json", import.meta.url), "utf8")) as {
  transport: { from: number[]; to: number[]; width: number; rows: number[][] };
  people: { truth: number[]; thirty: number[]; many: number[] }[];
};
const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

test("answers are spread as entropic optimal transport does; all together they are the target", () => {
  const { from, to, width, rows } = fixture.transport;
  const spread = spreadAnswers(from, to, width);
  // Tolerance 1e-5: POT stops at a marginal error of 1e-13, we after 300 rounds.
  rows.forEach((row, k) => {
    if (!from[k]) return assert.equal(spread[k], undefined);
    row.forEach((value, o) => assert.ok(Math.abs(spread[k]![o]! - value) < 1e-5, `${k} to ${o}: ${spread[k]![o]}`));
  });
  to.forEach((value, o) => {
    const together = from.reduce((total, share, k) => total + (share ? share * spread[k]![o]! : 0), 0);
    assert.ok(Math.abs(together - value) < 1e-5);
  });
});

test("from thirty people the estimate is nearer to where they come from than their frequencies", () => {
  // Beta-binomial people: none of the shapes of the prior.
  const distances = fixture.people
    .filter((_, i) => i % 2 === 0)
    .map(({ truth, thirty }) => {
      const [estimate] = estimateMargins([thirty]);
      assert.ok(Math.abs(sum(estimate!) - 1) < 1e-9 && estimate!.every((share) => share > 0));
      return [jsDistance(estimate!, truth), jsDistance(thirty, truth)] as const;
    });
  const [estimated, counted] = [mean(distances.map((d) => d[0])), mean(distances.map((d) => d[1]))];
  assert.ok(estimated < 0.65 * counted, `${estimated} against ${counted}`);
});

test("of many people it is the relative frequency", () => {
  for (const { many } of fixture.people.filter((_, i) => i % 4 === 0)) {
    const [estimate] = estimateMargins([many]);
    estimate!.forEach((share, k) => assert.ok(Math.abs(share - many[k]! / 3000) < 0.02, `${share}, ${many[k]}`));
  }
});

test("items of one questionnaire lend each other how people spread, and take it from nobody else", () => {
  const narrow = [0, 0, 1, 28, 1, 0, 0],
    wide = [4, 4, 5, 4, 5, 4, 4],
    few = [0, 0, 1, 1, 1, 0, 0];
  const middle = (beside: number[]) => estimateMargins([few, beside])[0]![3]!;
  assert.ok(middle(narrow) > middle(wide) + 0.05, `${middle(narrow)} against ${middle(wide)}`);
});
