import assert from "node:assert/strict";
import { test } from "node:test";
import { loadStudy, random, Respondents } from "proband/study";
import { assurance, modelError, power, powerFromPrototype } from "proband/sampling";

const answered = (people: Respondents, name: string, answer: (i: number) => number) =>
  new Respondents({
    codebook: people.codebook,
    ids: people.ids,
    columns: { [name]: people.ids.map((_, i) => answer(i)) },
  });

test("without error and with many simulations, power is that of the t-test; with error it is the average over effects", async () => {
  const study = await loadStudy("disclosure");
  const r = random(2);
  const control = answered(study, "target1", () => 50 + 20 * r.normal());
  const arm = answered(study, "target1", () => 58 + 20 * r.normal());
  const exact = powerFromPrototype({ control, arm, outcome: "target1", error: { sd: 0 }, n: 120 });
  const d = exact.effect / 20;
  assert.ok(Math.abs(exact.rows[0]!.power - power({ effect: d, n: 120 })) < 0.02);
  const uncertain = powerFromPrototype({ control, arm, outcome: "target1", error: { sd: 6 }, n: 120 });
  // Monte Carlo over the stated uncertainty.
  const draws = Array.from({ length: 4000 }, () => uncertain.effect + uncertain.rows[1]!.uncertainty * r.normal());
  const sd = 20;
  const average =
    draws.reduce((s, e) => s + power({ effect: e / sd, n: 120, alpha: 0.025, alternative: "larger" }), 0) / 4000;
  assert.ok(Math.abs(uncertain.assurance - average) < 0.03, `${uncertain.assurance} against ${average}`);
  assert.ok(uncertain.assurance < exact.assurance);
  // scipy's quad over statsmodels' TTestIndPower
  for (const [effect, uncertainty, n, ratio, expected] of [
    [0.4, 0.13, 100, 1, 0.7358677012114943],
    [0.4, 0.5, 60, 1, 0.529338865781328],
    [0.8, 0.3, 12, 2, 0.5730057627029825],
  ] as const) {
    const found = assurance({ effect, uncertainty, n, ratio, alpha: 0.025, alternative: "larger" });
    assert.ok(Math.abs(found - expected) < 1e-11, `${found} against ${expected}`);
  }
  // The model may be wrong about the sign: more than 1 − Φ(−effect/sd) is never reached.
  for (const sd of [30, 500])
    assert.equal(powerFromPrototype({ control, arm, outcome: "target1", error: { sd } }).rows[1]!.needed, null);
  const endless = assurance({ effect: 0.4, uncertainty: 5, n: 1e6, alternative: "larger" });
  assert.ok(endless < 0.5318814 && endless > 0.5313, `${endless} against Φ(0.08)`);
});

test("the model's error over arms is recovered: sd 5 between 8 arms, none where there is only noise", async () => {
  const study = await loadStudy("disclosure");
  const y = study.numbers("target1");
  const estimates: number[] = [];
  for (let seed = 1; seed <= 60; seed++) {
    const r = random(seed, "error");
    const shift = Array.from({ length: 9 }, () => 5 * r.normal());
    const simulated = answered(
      study,
      "target1",
      (i) => y[i]! + shift[study.column("group")[i] as number]! + 3 + 15 * r.normal(),
    );
    const error = modelError(study, simulated, { outcome: "target1" });
    assert.equal(error.arms, 8);
    estimates.push(error.sd ** 2);
  }
  const mean = estimates.reduce((a, b) => a + b, 0) / 60;
  const se = Math.sqrt(estimates.reduce((s, e) => s + (e - mean) ** 2, 0) / 59 / 60);
  assert.ok(Math.abs(mean - 25) < 4 * se + 1, `variance ${mean} ± ${se} against 25`);
  const anes = await loadStudy("anes96");
  assert.throws(() => modelError(anes, anes, { outcome: "vote" }), /has no treatment/);
});

test("a nominal outcome needs the answer that is meant", async () => {
  const study = await loadStudy("disclosure");
  const some = study.take([0, 1, 2, 3, 4, 5, 6, 7]);
  assert.throws(
    () => powerFromPrototype({ control: some, arm: some, outcome: "attack", error: { sd: 0 } }),
    /attack is nominal; say which answer/,
  );
});
