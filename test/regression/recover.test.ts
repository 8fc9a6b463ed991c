// Recovery: counts by hand, paired tests against GEE on stacked data (models.py) and against an exact identity.
import assert from "node:assert/strict";
import { test } from "node:test";
import { combine, fit, logit, ols, recover, tost, tostMeans } from "proband/regression";
import { loadStudy } from "proband/study";
import { countSigns, rates, recoveryOf, sayRates } from "#src/regression/signs.js";
import { close, fixture, noisy, simulated } from "./support.js";

const anes = await loadStudy("anes96");
const { paired } = fixture<{
  paired: { simulatedVote: number[]; simulatedSelfLR: number[]; difference: number[]; se: number[]; wald: number };
}>("models");

test("signs: what each pair of signs becomes, and how it counts", () => {
  assert.equal(recoveryOf("+", "+"), "recovered");
  assert.equal(recoveryOf("+", "−"), "sign flipped");
  assert.equal(recoveryOf("−", "0"), "false negative");
  assert.equal(recoveryOf("0", "+"), "false positive");
  assert.equal(recoveryOf("0", "0"), "true null");
  const rows = (
    ["recovered", "recovered", "sign flipped", "false negative", "false positive", "true null", "true null"] as const
  ).map((recovery) => ({ recovery, estimable: true }));
  const c = countSigns(rows);
  assert.deepEqual([c.truePositives, c.falsePositives, c.falseNegatives, c.trueNegatives, c.flipped], [2, 2, 2, 2, 1]);
  // Of three human nulls one is a false alarm; the flipped sign is not a human null.
  assert.deepEqual(rates(c), { precision: 0.5, recall: 0.5, f1: 0.5, falsePositiveRate: 1 / 3 });
  assert.match(
    sayRates(countSigns([{ recovery: "true null", estimable: true }])),
    /precision undefined \(0\/0\).*F1 undefined \(0\/0\), false-positive rate 0\.000 \(0\/1\)/,
  );
});

test("people against themselves: everything recovered, differences zero", () => {
  const r = recover(
    anes,
    simulated(anes, (_, c) => c),
  );
  assert.deepEqual([r.precision, r.recall, r.f1, r.falsePositiveRate], [1, 1, 1, 0]);
  for (const row of r.rows) {
    assert.ok(row.covers && row.overlap === 1 && row.ratio === 1);
    assert.ok(Math.abs(row.difference) < 1e-12 && row.equivalent);
  }
  // The codebook's formula and family are the default.
  assert.equal(r.rows.length, 7);
  close(
    r.rows.map((x) => x.human),
    fit(anes).coefficients.slice(1),
    1e-12,
  );
});

test("least squares with shared predictors: the paired test is the regression of the differences (exact)", () => {
  const sim = simulated(anes, (name, column) => (name === "selfLR" ? paired.simulatedSelfLR : column));
  const r = recover(anes, sim, { formula: "selfLR ~ PID + age + income" });
  const data = anes.rows.map((row, i) => ({ ...row, d: paired.simulatedSelfLR[i]! - (row.selfLR as number) }));
  const direct = ols(data, "d ~ PID + age + income", { covariance: "HC1" });
  close(
    r.rows.map((x) => x.difference),
    direct.coefficients.slice(1),
    1e-9,
    "differences",
  );
  close(
    r.rows.map((x) => x.differenceSe),
    direct.rows.slice(1).map((x) => x.se),
    1e-9,
    "errors",
  );
  close(
    r.rows.map((x) => x.differenceP),
    direct.rows.slice(1).map((x) => x.p),
    1e-8,
    "p",
  );
});

test("logit, a predictor simulated too: GEE on stacked data, clustered by person (statsmodels)", () => {
  const replaced: Record<string, number[]> = { vote: paired.simulatedVote, selfLR: paired.simulatedSelfLR };
  const sim = simulated(anes, (name, column) => replaced[name] ?? column);
  const r = recover(anes, sim, { formula: "vote ~ selfLR + PID + age" });
  close(
    r.rows.map((x) => x.difference),
    paired.difference.slice(1),
    1e-7,
    "differences",
  );
  // GEE's sandwich has no n/(n − k); ours has.
  close(
    r.rows.map((x) => x.differenceSe / Math.sqrt(944 / 940)),
    paired.se.slice(1),
    1e-7,
    "errors",
  );
  close([r.wald[0]!.statistic * (944 / 940)], [paired.wald], 1e-7, "joint Wald");
  assert.equal(r.wald[0]!.df, 3);
});

test("the paired bootstrap agrees with the joint covariance within its own error", () => {
  const sim = noisy(anes, 0.3);
  const options = { formula: "selfLR ~ PID + age + educ" };
  const joint = recover(anes, sim, options);
  const boot = recover(anes, sim, { ...options, difference: "bootstrap", replicates: 1500, seed: 3 });
  for (const [i, row] of boot.rows.entries())
    assert.ok(Math.abs(row.differenceSe / joint.rows[i]!.differenceSe - 1) < 0.1, row.term);
});

test("several seeds: combined in the rows as partially synthetic data, each seed judged alone in the counts", () => {
  const seeds = [1, 2, 3, 4].map((s) => noisy(anes, 0.4, s));
  const formula = "selfLR ~ PID + age + educ";
  const r = recover(anes, seeds, { formula });
  const fits = seeds.map((s) => fit(s, { formula, covariance: "HC3" }));
  for (const [t, row] of r.rows.entries()) {
    const estimates = fits.map((f) => f.coefficients[t + 1]!);
    const mean = estimates.reduce((a, b) => a + b) / 4;
    const within = fits.reduce((a, f) => a + f.rows[t + 1]!.se ** 2, 0) / 4;
    const between = estimates.reduce((a, b) => a + (b - mean) ** 2, 0) / 3;
    close([row.simulated, row.simulatedSe], [mean, Math.sqrt(within + between / 4)], 1e-10);
  }
  assert.equal(r.signs.terms, 12);
  assert.equal(r.seeds.length, 4);
  assert.match(r.counts, /F1 \d\.\d{3} \(\d+\/\d+\)/);
});

test("several estimates combined: Reiter's rules for partially synthetic data (R's mice, pool.scalar.syn)", () => {
  // mice 3.15: pool.scalar.syn(c(1, 1.2, .9, 1.1, 1.05), c(.04, .05, .045, .042, .043)) gives t = .0465, df = 1383.84.
  const q = [1, 1.2, 0.9, 1.1, 1.05];
  const u = [0.04, 0.05, 0.045, 0.042, 0.043];
  const c = combine(q, u, Infinity);
  close([c.estimate, c.within, c.between, c.se ** 2], [1.05, 0.044, 0.0125, 0.0465], 1e-12);
  close([c.df, combine(q, u, 95).df], [1383.84, 95], 1e-12);
  close([combine([2], [0.25], 10).se, combine([2], [0.25], 10).df], [0.5, 10], 1e-15);
});

test("TOST: the clinic data of R's equivalence package", () => {
  const var1 = [
    2.84, 2.51, 2.41, 2.95, 3.14, 3.79, 4.14, 3.85, 3.02, 3.45, 5.37, 3.81, 4.19, 3.16, 3.84, 2.6, 2.82, 2.18, 3.46,
    4.01, 3.04, 3.47, 4.06, 2.91, 3.59, 4.51, 3.16, 3.86, 3.31, 3.02,
  ];
  const var2 = [
    4.0, 3.26, 4.14, 3.42, 3.25, 4.34, 4.97, 4.31, 3.11, 3.41, 5.02, 4.21, 4.59, 5.3, 4.32, 3.76, 3.66, 3.65, 3.6, 3.48,
    2.87, 3.24, 3.92, 3.99, 4.21, 4.21, 3.31, 3.61, 2.97, 2.73,
  ];
  const halves = (v: number[]) => [v.slice(0, 15), v.slice(15)] as const;
  const test = (v: number[], variances: "unequal" | "equal") => tostMeans(...halves(v), 0.6, { variances });
  close([test(var2, "unequal").p, test(var1, "unequal").p], [0.4317936812594803, 0.04853083976236974], 1e-10);
  close([test(var2, "equal").p, test(var1, "equal").p], [0.43169347692374, 0.04827315100761467], 1e-10);
  assert.throws(() => tost(0, 1, 10, [1, -1]), /margin \[1, -1\] is empty/);
  assert.throws(() => tostMeans([1], [1, 2], 1), /first sample has 1 value; a variance needs two/);
});

test("a collapsed simulation: reported, counted, never NaN in the counts", () => {
  const same = simulated(anes, (name, column) => (name === "vote" ? column.map(() => 1) : column));
  const r = recover(anes, same);
  assert.deepEqual([r.signs.truePositives, r.signs.falseNegatives, r.signs.notEstimable], [0, 4, 7]);
  assert.deepEqual([r.precision, r.recall, r.f1], [null, 0, 0]);
  assert.match(r.warnings.join(), /all 944 rows have vote = 1/);
  assert.match(r.verdict, /No simulated coefficient could be estimated/);
  assert.doesNotMatch(String(r), /NaN/);
  // A belief that is the same for all is dropped and said; the rest is compared.
  const flat = recover(
    anes,
    simulated(anes, (name, column) => (name === "ClinLR" ? column.map(() => 3) : column)),
  );
  assert.equal(flat.rows.find((x) => x.term === "ClinLR")!.estimable, false);
  assert.equal(flat.rows.filter((x) => x.estimable).length, 6);
  assert.match(flat.warnings.join(), /column ClinLR is 3 in every row/);
});

test("people without a simulation are left out and said; nobody in common is an error", () => {
  const sim = noisy(anes, 0.2);
  const r = recover(anes, sim.take([...Array(500).keys()]), { formula: "selfLR ~ PID" });
  assert.match(r.warnings.join(), /444 of 944 people have no simulation/);
  assert.match(r.title, /n = 500/);
  const others = noisy(anes.take([0, 1, 2]), 0.1);
  assert.throws(() => recover(anes.take([5, 6, 7]), others), /no simulated respondent stands for one of these people/);
  assert.throws(() => recover(anes, []), /no simulation/);
});

test("margins: standardised by default, or one a term", () => {
  const sim = noisy(anes, 0.2);
  const formula = "vote ~ PID + age";
  const r = recover(anes, sim, { formula });
  const sd = (v: number[]) => {
    const m = v.reduce((a, b) => a + b) / v.length;
    return Math.sqrt(v.reduce((a, b) => a + (b - m) ** 2, 0) / (v.length - 1));
  };
  close([r.rows[0]!.margin], [(0.1 * Math.PI) / Math.sqrt(3) / sd(anes.column("PID") as number[])], 1e-12);
  assert.deepEqual(
    recover(anes, sim, { formula, margin: { PID: 0.5, age: 0.1 } }).rows.map((x) => x.margin),
    [0.5, 0.1],
  );
  assert.throws(() => recover(anes, sim, { formula, margin: { PID: 0.5 } }), /no equivalence margin is given for age/);
});

test("several formulas are counted together; a figure's rows carry names and outcomes", () => {
  const sim = noisy(anes, 0.3);
  const r = recover(anes, sim, { formula: ["selfLR ~ PID + age", "vote ~ PID + age"] });
  assert.equal(r.signs.terms, 4);
  assert.equal(r.wald.length, 2);
  assert.match(r.title, /ols, logit/);
  assert.deepEqual([...new Set(r.forest.map((x) => x.source))], ["human", "test (seed 1)"]);
  assert.ok(r.forest.filter((x) => x.recovery).length === 4);
  assert.deepEqual([...r.provenance], ["simulated by test"]);
});

test("clustered by a column, the paired errors are clustered too", () => {
  const sim = noisy(anes, 0.3);
  const plain = recover(anes, sim, { formula: "selfLR ~ PID", covariance: "HC1" });
  const clusters = recover(anes, sim, { formula: "selfLR ~ PID", cluster: "popul" });
  assert.notEqual(plain.rows[0]!.differenceSe, clusters.rows[0]!.differenceSe);
  close([clusters.rows[0]!.humanSe], [ols(anes, "selfLR ~ PID", { cluster: "popul" }).rows[1]!.se], 1e-12);
});

test("the people's own regression must exist", () => {
  const sim = noisy(anes, 0.1);
  assert.throws(() => recover(anes, sim, { formula: "vote ~ PID + nothing" }), /there is no column nothing/);
  assert.throws(() => recover(anes, sim, { formula: "vote ~ 1" }), /has no slope to recover/);
  assert.throws(() => logit(anes, "selfLR ~ PID"), /outcome selfLR, .*: found .*; a logit model needs 0 and 1/);
});

test("a reference answer that the simulation never gives makes its coefficients incomparable, and that is said", () => {
  const sim = simulated(anes, (name, column) => (name === "PID" ? column.map((v) => (v === 0 ? 1 : v)) : column));
  const r = recover(anes, sim, { formula: "PID ~ age", family: "mlogit" });
  assert.ok(r.rows.every((x) => !x.estimable));
  assert.match(r.warnings.join(), /PID: the reference .* does not occur in the simulation/);
});

test("weights belong to persons: the simulation of a person carries the person's", () => {
  const weighted = anes.take(
    [...anes.ids.keys()],
    {},
    anes.column("TVnews").map((v) => 1 + (v as number)),
  );
  const sim = noisy(anes, 0.3);
  const formula = "selfLR ~ PID + age";
  const r = recover(weighted, sim.take([...Array(600).keys()].map((i) => i + 100)), { formula, weights: "inclusion" });
  const part = [...Array(600).keys()].map((i) => i + 100);
  const weights = part.map((i) => weighted.weights![i]!);
  close(
    r.rows.map((x) => x.human),
    ols(anes.take(part), formula, { weights }).coefficients.slice(1),
    1e-12,
  );
  close(
    r.rows.map((x) => x.simulated),
    ols(sim.take(part), formula, { weights }).coefficients.slice(1),
    1e-12,
  );
  assert.throws(() => recover(anes, sim, { formula, weights: "inclusion" }), /no inclusion weights/);
  assert.throws(() => recover(anes, sim, { formula, weights: [1] }), /1 weights for 944 people/);
});
