import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fitMultinomial, fitOrdered } from "#src/report/learning/ridge.js";

// Source: scipy 1's L-BFGS-B on the same penalised likelihood, scikit-learn's LogisticRegression (C = 1 / penalty);
// test/reference/learning/make.py. Tolerance .01 in probability: the gradient steps here are few.
const fixture = JSON.parse(readFileSync(new URL("fixtures/ridge.json", import.meta.url), "utf8"));
const rows = fixture.x.map((row: number[]) => Float64Array.from(row)) as Float64Array[];
const near = (actual: number[], expected: number[]) =>
  actual.forEach((p, k) =>
    assert.ok(Math.abs(p - expected[k]!) < 0.01, `${actual.join()} instead of ${expected.join()}`),
  );

test("ridge proportional odds give the probabilities of scipy's optimum", () => {
  const predict = fitOrdered(rows, fixture.y, fixture.options, fixture.penalty);
  fixture.ordered.forEach((expected: number[], i: number) => near(predict(rows[i]!), expected));
});

test("ridge multinomial logit gives the probabilities of scikit-learn", () => {
  const predict = fitMultinomial(rows, fixture.z, 3, fixture.penalty);
  fixture.multinomial.forEach((expected: number[], i: number) => near(predict(rows[i]!), expected));
});
