// Against ppi_py, the package of the method's authors (ppi.py); tolerance 1e-8 relative where it has a closed form.
import assert from "node:assert/strict";
import { test } from "node:test";
import { logit, mean, ols, ppi, proportion, quantile, type PpiOptions } from "proband/inference";
import { ols as regress } from "proband/regression";
import { random } from "proband/study";
import { close } from "../regression/support.js";
import { fixture, inputs, people, simulations } from "./people.js";

interface Reference {
  estimate: number[];
  se: number[];
}
const ref = fixture as unknown as Record<string, Reference> & {
  olsTuned: { lam: number; estimate: number; se: number }[];
  quantiles: { q: number; low: number; high: number; next: number; smallest: number }[];
  cross: { shift: number[]; estimate: number; se: number };
  ppboot: [number, number];
  meanPointTuned: number;
};
const run = (options: Omit<PpiOptions, "human" | "simulatedHuman" | "simulated">, weighted = false) => {
  const result = ppi({ ...inputs(weighted), interval: "normal", ...options });
  const own = result.rows.filter((r) => r.method === result.method);
  return { result, own, estimate: own.map((r) => r.estimate), se: own.map((r) => r.se) };
};
const check = (options: Parameters<typeof run>[0], expected: Reference, tolerance = 1e-8, weighted = false) => {
  const { estimate, se, own } = run(options, weighted);
  close(estimate, expected.estimate, tolerance, "estimate");
  close(se, expected.se, tolerance, "standard error");
  for (const r of own) close([r.high - r.low], [2 * 1.959963984540054 * r.se], 1e-12, "interval");
};

test("means and shares, full and tuned, with and without inclusion weights", () => {
  check({ estimand: mean("y"), method: "ppi" }, ref.mean!);
  check({ estimand: mean("y") }, ref.meanTuned!);
  check({ estimand: mean("y"), method: "ppi" }, { ...ref.mean! });
  check({ estimand: mean("y") }, ref.meanWeighted!, 1e-8, true);
  check({ estimand: mean("vote") }, ref.share!);
  check({ estimand: proportion("vote", "answer 1") }, ref.share!);
  close(
    run({ estimand: proportion("vote", 0) }).estimate,
    ref.share!.estimate.map((v) => 1 - v),
    1e-12,
  );
});

test("least squares: full, half, tuned a coefficient, weighted; people only", () => {
  const estimand = ols("y ~ x + group");
  check({ estimand, method: "ppi" }, ref.ols!);
  check({ estimand, lambda: 0.5 }, ref.olsHalf!);
  check({ estimand, method: "ppi" }, ref.olsWeighted!, 1e-8, true);
  const tuned = run({ estimand });
  close(
    tuned.own.map((r) => r.lambda),
    ref.olsTuned.map((t) => t.lam),
    1e-8,
    "λ",
  );
  close(
    tuned.estimate,
    ref.olsTuned.map((t) => t.estimate),
    1e-8,
    "estimate",
  );
  close(
    tuned.se,
    ref.olsTuned.map((t) => t.se),
    1e-8,
    "standard error",
  );
  const alone = tuned.result.rows.filter((r) => r.method === "people only");
  close(
    alone.map((r) => r.estimate),
    ref.people!.estimate,
    1e-8,
  );
  close(
    alone.map((r) => r.se),
    ref.people!.se,
    1e-8,
  );
});

test("least squares with t: errors of the two regressions that the estimate is the sum of, HC3 on people", () => {
  const i = inputs();
  const own = ppi({ estimand: ols("y ~ x"), ...i, method: "ppi" }).rows.filter((r) => r.method === "ppi");
  const numbers = (s: typeof i.human, name: string) => [...s.numbers(name)];
  const [y, f] = [numbers(i.human, "y"), numbers(i.simulatedHuman, "y")];
  const people = regress({ x: numbers(i.human, "x"), d: y.map((v, k) => v - f[k]!) }, "d ~ x", { covariance: "HC3" });
  const N = i.simulated.n;
  const target = regress({ x: numbers(i.simulated, "x"), f: numbers(i.simulated, "y") }, "f ~ x", {
    covariance: "HC0",
  });
  own.forEach((r, j) => {
    close([r.estimate], [people.coefficients[j]! + target.coefficients[j]!], 1e-9);
    close([r.se], [Math.sqrt(people.rows[j]!.se ** 2 + (target.rows[j]!.se ** 2 * N) / (N - 1))], 1e-9);
  });
});

test("logit: to the digits of ppi_py's L-BFGS", () => {
  check({ estimand: logit("vote ~ x + group"), method: "ppi" }, ref.logit!, 1e-5);
  check({ estimand: logit("vote ~ x + group"), lambda: 0.5 }, ref.logitHalf!, 1e-5);
  check({ estimand: logit("vote ~ x + group"), lambda: 0 }, ref.logitPeople!, 1e-5);
});

test("quantiles on the exact grid; the upper end is the first value that is rejected, as answers are discrete", () => {
  for (const { q, low, next, smallest } of ref.quantiles) {
    const { own } = run({ estimand: quantile("y", q), method: "ppi" });
    close([own[0]!.low, own[0]!.high, own[0]!.estimate], [low, next, smallest], 1e-12, `q = ${q}`);
  }
});

test("cross-fitting: five folds, each simulated by a model not finetuned on it", () => {
  const { human, simulatedHuman, simulated } = inputs();
  const fold = (k: number) => human.ids.map((_, i) => i).filter((i) => i % 5 === k);
  const moved = (s: typeof simulated, by: number) => s.column("y").map((v) => (v as number) + by);
  const folds = ref.cross.shift.map((by, k) => {
    const s = simulatedHuman.take(fold(k));
    const trainedOn = human.ids.filter((_, i) => i % 5 !== k);
    return simulations(s.ids, { ...columnsOf(s), y: moved(s, by) }, { model: `fold ${k}`, trainedOn });
  });
  const targets = ref.cross.shift.map((by, k) =>
    simulations(simulated.ids, { ...columnsOf(simulated), y: moved(simulated, by) }, { model: `fold ${k}` }),
  );
  const options = {
    estimand: mean("y"),
    method: "cross" as const,
    human,
    simulatedHuman: folds,
    simulated: targets,
    interval: "normal" as const,
  };
  const result = ppi(options);
  close([result.estimate], [ref.cross.estimate], 1e-10);
  // ppi_py divides by n in a mean's variance, we by n − 1.
  close([result.se], [ref.cross.se], 0.01);
  const leaking = folds.map((s, k) =>
    k === 2 ? simulations(s.ids, columnsOf(s), { model: "fold 2", trainedOn: [s.ids[0]!] }) : s,
  );
  assert.throws(() => ppi({ ...options, simulatedHuman: leaking }), /1 of 16 rectifying respondents \(p2\)/);
});

const columnsOf = (s: { names: string[]; column(n: string): readonly (number | string | null)[] }) =>
  Object.fromEntries(s.names.map((c) => [c, s.column(c)]));

test("PPBoot: the interval of ppi_py's 20,000 draws within Monte-Carlo error; the same seed gives the same interval", () => {
  const { own } = run({ estimand: mean("y"), method: "ppboot", lambda: 1, replicates: 4000 });
  const width = ref.ppboot[1] - ref.ppboot[0];
  assert.ok(
    Math.abs(own[0]!.low - ref.ppboot[0]) < 0.05 * width && Math.abs(own[0]!.high - ref.ppboot[1]) < 0.05 * width,
    `${own[0]!.low}, ${own[0]!.high}`,
  );
  const again = run({ estimand: mean("y"), method: "ppboot", lambda: 1, replicates: 4000 });
  assert.deepEqual(again.own[0], own[0]);
});

test("expected answers from option probabilities predict better than draws and give the same estimand", () => {
  const { human, simulatedHuman, simulated } = inputs();
  const withProbabilities = (s: typeof simulated, base: (i: number) => number) =>
    new (simulated.constructor as typeof import("proband/study").Simulated)({
      codebook: s.codebook,
      ids: s.ids,
      columns: columnsOf(s),
      simulation: s.simulation,
      probabilities: new Map([["vote", s.ids.map((_, i) => [1 - base(i), base(i)])]]),
    });
  const chance = (s: typeof simulated) => (i: number) => 1 / (1 + Math.exp(-0.8 * (s.column("x")[i] as number)));
  const options = {
    estimand: mean("vote"),
    human,
    simulatedHuman: withProbabilities(simulatedHuman, chance(simulatedHuman)),
    simulated: withProbabilities(simulated, chance(simulated)),
  };
  const result = ppi({ ...options, method: "ppi" });
  const average = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
  const expected =
    average(simulated.ids.map((_, i) => chance(simulated)(i))) +
    average(human.ids.map((_, i) => (human.column("vote")[i] as number) - chance(human as never)(i)));
  close([result.estimate], [expected], 1e-12);
  assert.match(result.notes.join(), /expected answers under the model's option probabilities/);
  // One simulation without probabilities: draws are used for both.
  assert.doesNotMatch(ppi({ ...options, simulated }).notes.join(), /expected answers/);
});

test("a simulated predictor is rectified too, where least squares on the simulation alone would be wrong", () => {
  const next = random(11, "predictor");
  const make = (count: number, prefix: string) => {
    const x = Array.from({ length: count }, () => next.normal());
    return {
      ids: x.map((_, i) => `${prefix}${i}`),
      y: x.map((v) => 1 + 2 * v + next.normal()),
      x,
      xs: x.map((v) => 0.3 * v + next.normal()),
      ys: x.map((v) => v + next.normal()),
    };
  };
  const a = make(500, "h");
  const b = make(5000, "t");
  const result = ppi({
    estimand: ols("y ~ x"),
    human: people(a.ids, { x: a.x, y: a.y }),
    simulatedHuman: simulations(a.ids, { x: a.xs, y: a.ys }),
    simulated: simulations(b.ids, { x: b.xs, y: b.ys }),
  });
  const slope = result.rows.find((r) => r.term === "x" && r.method === "ppi++")!;
  assert.ok(slope.low < 2 && 2 < slope.high, `${slope.low} … ${slope.high}`);
  assert.ok(Math.abs(result.rows.find((r) => r.term === "x" && r.method === "simulation only")!.estimate - 0.28) < 0.1);
  assert.match(result.notes.join(), /predictor is itself simulated/);
});

test("a useless simulation costs little: λ falls to zero and the people's own estimate stands", () => {
  const { human, simulatedHuman, simulated } = inputs();
  const next = random(2, "noise");
  const noise = (s: typeof simulated) => simulations(s.ids, { ...columnsOf(s), y: s.ids.map(() => next.normal()) });
  const result = ppi({
    estimand: mean("y"),
    human,
    simulatedHuman: noise(simulatedHuman),
    simulated: noise(simulated),
  });
  assert.ok(result.rows[0]!.lambda < 0.3);
  const alone = regress(human, "y ~ 1");
  close([result.rows[1]!.estimate, result.rows[1]!.se], [alone.coefficients[0]!, alone.rows[0]!.se], 1e-10);
  assert.ok(result.se < alone.rows[0]!.se * 1.05);
});

test("the text says method, λ, effective n and what is assumed", () => {
  const text = String(ppi({ estimand: mean("y"), ...inputs() }));
  assert.match(text, /mean of y, 80 people and 400 simulations {2}\[synthetic data; simulated by m\]/);
  assert.match(text, /ppi\+\+ .*\n.*people only .* 80\n.*simulation only/);
  assert.match(text, /Assumed: the rectifying people are a simple random sample/);
  assert.match(String(ppi({ estimand: mean("y"), ...inputs(true) })), /weighted by their inclusion weights/);
});
