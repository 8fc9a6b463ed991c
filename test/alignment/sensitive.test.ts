// Protected questions against statsmodels (OLS with HC2 errors is the difference of means with Welch's), maximum
// likelihood by scipy, and closed forms; tolerance 1e-8, likelihood 1e-5 (the optimiser's).
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  doubleListExperiment,
  forcedChoiceContrast,
  listExperiment,
  randomisedResponse,
} from "#src/alignment/index.js";
import { close, fixture } from "./fixture.js";

const reference = fixture("sensitive");

test("list experiments agree with regressions by statsmodels", () => {
  for (const c of reference.list) {
    const found = listExperiment(c.counts, c.treated, { length: 4 });
    close(found.estimate, c.estimate);
    close(found.se, c.se);
    close(found.interval[1], c.estimate + 1.959963984540054 * c.se);
  }
  for (const c of reference.double) {
    const found = doubleListExperiment(c.first, c.second, c.inFirst);
    close(found.estimate, c.estimate);
    close(found.se, c.se);
  }
});

test("list experiments agree with R's Welch t-test", () => {
  reference.list.forEach((c: { counts: number[]; treated: number[] }, i: number) => {
    const found = listExperiment(c.counts, c.treated);
    const { estimate, se } = fixture("second").list[i];
    close(found.estimate, estimate);
    close(found.se, se);
  });
});

test("randomised response agrees with maximum likelihood", () => {
  for (const c of reference.rr) {
    const found = randomisedResponse(c.answers, {
      design: c.design,
      p: c.p,
      ...(c.yes === null ? {} : { yes: c.yes }),
      ...(c.unrelated === null ? {} : { unrelated: c.unrelated }),
    });
    close(found.estimate, c.estimate, 1e-5);
    close(found.se, c.se, 1e-5);
  }
  // Warner (1965): λ̂ = .4, p = .7: (.4 + .7 − 1) / (2 · .7 − 1) = .25, SE √(.4 · .6 / 100) / .4.
  const warner = randomisedResponse([...Array(40).fill(1), ...Array(60).fill(0)], { p: 0.7 });
  close(warner.estimate, 0.25, 1e-12);
  close(warner.se, Math.sqrt(0.24 / 100) / 0.4, 1e-12);
});

test("forced-choice contrast is a difference of shares", () => {
  const found = forcedChoiceContrast([1, 1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  close(found.estimate, 0.4, 1e-12);
  close(found.se, Math.sqrt(0.25 / 4 + 0.09 / 10), 1e-12);
});

test("a design that failed is said, not cut off", () => {
  const failed = listExperiment([0, 0, 1, 3, 3, 4], [1, 1, 1, 0, 0, 0], { length: 4 });
  assert.ok(failed.estimate < 0);
  assert.match(failed.warnings.join(" "), /not a possible share/);
  assert.match(failed.warnings.join(" "), /design effect suspected/);
  assert.throws(() => randomisedResponse([1], { p: 0.5 }), /identifies nothing/);
  assert.throws(() => randomisedResponse([2], { p: 0.7 }), /expected yes or no/);
  assert.throws(() => listExperiment([5], [1], { length: 3 }), /two respondents or more in each arm/);
  assert.throws(
    () => listExperiment([9, 0, 1, 1], [1, 1, 0, 0], { length: 3 }),
    /count 9 in the long list: expected a whole number from 0 to 4/,
  );
  assert.throws(() => listExperiment([1, NaN, 1, 1], [1, 1, 0, 0]), /leave missing answers out/);
  assert.throws(() => doubleListExperiment([1, 2], [1], [1, 0]), /first has 2 values and second 1/);
});
