// What would make an inference invalid is refused, and the error says where.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  divide,
  effectiveN,
  InferenceError,
  logit,
  mean,
  ols,
  optimalSplit,
  ppi,
  proportion,
  quantile,
} from "proband/inference";
import { loadStudy } from "proband/study";
import { inputs, people, simulations } from "./people.js";

const problem = (f: () => unknown): InferenceError => {
  try {
    f();
  } catch (e) {
    assert.ok(e instanceof InferenceError, String(e));
    return e;
  }
  throw new Error("expected an InferenceError");
};
const columns = (s: ReturnType<typeof inputs>["simulated"]) => Object.fromEntries(s.names.map((c) => [c, s.column(c)]));

test("a respondent who finetuned may not rectify, nor one used for early stopping", () => {
  const i = inputs();
  const trained = (s: typeof i.simulated, ids: string[]) => simulations(s.ids, columns(s), { trainedOn: ids });
  for (const leaking of [
    { ...i, simulated: trained(i.simulated, ["p4", "p7", "x"]) },
    { ...i, simulatedHuman: trained(i.simulatedHuman, ["p4", "p7"]) },
  ]) {
    const e = problem(() => ppi({ estimand: mean("y"), ...leaking }));
    assert.equal(e.problem, "leakage");
    assert.deepEqual(e.ids, ["p4", "p7"]);
    assert.match(e.message, /2 of 80 rectifying respondents \(p4, p7\).*inference\.divide/s);
  }
});

test("people and simulations must match, and come from one model", () => {
  const i = inputs();
  const few = i.simulatedHuman.take([0, 1, 2]);
  assert.match(
    problem(() => ppi({ estimand: mean("y"), ...i, simulatedHuman: few })).message,
    /77 of 80 rectifying respondents have no simulation \(p3, p4, p5, …\)/,
  );
  const other = simulations(i.simulated.ids, columns(i.simulated), { model: "another" });
  assert.match(
    problem(() => ppi({ estimand: mean("y"), ...i, simulated: other })).message,
    /simulated by m and the target by another/,
  );
  assert.match(
    problem(() => ppi({ estimand: mean("y"), ...i, simulated: [i.simulated, i.simulated] })).message,
    /1 simulations of the rectifying people and 2/,
  );
  const without = simulations(i.simulated.ids, { x: i.simulated.column("x") });
  assert.match(problem(() => ppi({ estimand: mean("y"), ...i, simulated: without })).message, /no column y; it has x/);
});

test("order of the simulated rows does not matter", () => {
  const i = inputs();
  const shuffled = i.simulatedHuman.take(i.simulatedHuman.ids.map((_, k) => (k * 7) % 80));
  assert.equal(
    ppi({ estimand: mean("y"), ...i, simulatedHuman: shuffled }).estimate,
    ppi({ estimand: mean("y"), ...i }).estimate,
  );
});

test("estimands that do not exist", () => {
  const i = inputs();
  assert.throws(() => quantile("y", 1), /strictly between 0 and 1/);
  assert.throws(() => ols("y ~ x +"), /character/);
  assert.match(
    problem(() => ppi({ estimand: proportion("vote", "maybe"), ...i })).message,
    /vote has no answer "maybe"; its answers are 0, 1/,
  );
  assert.match(problem(() => ppi({ estimand: mean("y"), ...i, alpha: 2 })).message, /alpha is 2/);
  assert.match(
    problem(() => ppi({ estimand: mean("y"), ...i, method: "magic" as never })).message,
    /known are ppi, ppi\+\+, ppboot, cross/,
  );
  const ids = ["a", "b", "c"];
  const words = { party: ["red", "green", "red"] };
  const parties = {
    human: people(ids, words),
    simulatedHuman: simulations(ids, words),
    simulated: simulations(["d", "e"], { party: ["red", "blue"] }),
  };
  assert.match(
    problem(() => ppi({ estimand: mean("party"), ...parties })).message,
    /nominal .* inference\.proportion\("party", "red"\)/,
  );
  assert.ok(Math.abs(ppi({ estimand: proportion("party", "red"), ...parties, lambda: 0 }).estimate - 2 / 3) < 1e-12);
});

test("separated people, too few people, missing answers", () => {
  const i = inputs();
  const votes = i.human.column("x").map((v) => ((v as number) > 0 ? 1 : 0));
  const separated = people(i.human.ids, {
    ...Object.fromEntries(i.human.names.map((c) => [c, i.human.column(c)])),
    vote: votes,
  });
  assert.match(
    problem(() => ppi({ estimand: logit("vote ~ x"), ...i, human: separated })).message,
    /separated|no minimum|cannot be told apart/,
  );
  assert.match(
    problem(() => ppi({ estimand: ols("y ~ x + group"), ...i, human: i.human.take([0, 1, 2, 3]) })).message,
    /4 rectifying people .* 4 coefficients; at least 5/,
  );
  const gaps = people(i.human.ids, { y: i.human.column("y").map((v, k) => (k < 10 ? null : v)) });
  const result = ppi({ estimand: mean("y"), ...i, human: gaps });
  assert.equal(result.n, 70);
  assert.match(result.notes.join(), /10 of 80 rectifying people left out/);
});

test("all answers alike: an interval of width zero from the people, no NaN", () => {
  const i = inputs();
  const same = (s: typeof i.human) => Object.fromEntries([["y", s.ids.map(() => 3)]]);
  const result = ppi({
    estimand: mean("y"),
    human: people(i.human.ids, same(i.human)),
    simulatedHuman: simulations(i.human.ids, same(i.human)),
    simulated: simulations(i.simulated.ids, same(i.simulated)),
  });
  for (const v of [result.estimate, result.low, result.high]) assert.ok(Math.abs(v - 3) < 1e-12);
  assert.match(result.notes.join(), /All 80 rectifying people answered alike: how much people vary is unknown/);
});

test("options that are none", () => {
  const ask = (options: object) => () => ppi({ estimand: mean("y"), ...inputs(), ...options });
  assert.throws(ask({ interval: "z" }), /interval: expected "t" or "normal", found "z"/);
  for (const replicates of [1, NaN])
    assert.throws(ask({ method: "ppboot", replicates }), /replicates: expected a whole number of 10 or more/);
});

test("bad weights", () => {
  const i = inputs(true);
  const weights = (w: number[]) =>
    people(i.human.ids, Object.fromEntries(i.human.names.map((c) => [c, i.human.column(c)])), w);
  assert.match(
    problem(() => ppi({ estimand: mean("y"), ...i, human: weights(Array(80).fill(0)) })).message,
    /all inclusion weights are zero/,
  );
  assert.match(
    problem(() => ppi({ estimand: mean("y"), ...i, human: weights([-1, ...Array(79).fill(1)]) })).message,
    /weight is -1/,
  );
});

test("divide: disjoint, complete, repeatable, of the size asked", async () => {
  const anes = await loadStudy("anes96");
  const pilot = anes.take([...Array(60).keys()], { part: "pilot" });
  const { finetune, rectify } = divide(pilot, { finetune: 0.2, seed: 7 });
  assert.deepEqual([finetune.n, rectify.n], [12, 48]);
  assert.deepEqual([...finetune.ids, ...rectify.ids].sort(), [...pilot.ids].sort());
  assert.deepEqual(divide(pilot, { finetune: 0.2, seed: 7 }).finetune.ids, finetune.ids);
  assert.notDeepEqual(divide(pilot, { finetune: 0.2, seed: 8 }).finetune.ids, finetune.ids);
  assert.deepEqual([finetune.origin.part, rectify.origin.part], ["finetune", "rectify"]);
  assert.equal(divide(pilot, { finetune: 20, seed: 1 }).finetune.n, 20);
  assert.throws(() => divide(pilot, { finetune: 59, seed: 1 }), /59 people to finetune on and 1 to rectify/);
  assert.throws(() => divide(pilot, { finetune: 0, seed: 1 }), /expected a share/);
});

test("effective n: the formula's limits", () => {
  assert.equal(effectiveN({ n: 100, N: 1000, correlation: 0 }), 100);
  assert.ok(Math.abs(effectiveN({ n: 100, N: 1000, correlation: 1 }) - 1100) < 1e-9);
  assert.ok(Math.abs(effectiveN({ n: 100, N: Infinity, correlation: 0.6 }) - 100 / 0.64) < 1e-9);
  assert.throws(() => effectiveN({ n: 0, N: 1, correlation: 0.5 }), /n > 0/);
  assert.throws(() => effectiveN({ n: 5, N: 1, correlation: 2 }), /between −1 and 1/);
});

test("effective n predicts what PPI++ gains for a mean", () => {
  const r = ppi({ estimand: mean("y"), ...inputs() });
  const formula = effectiveN({ n: r.n, N: r.N, correlation: r.correlation });
  assert.ok(Math.abs(r.rows[0]!.effectiveN / formula - 1) < 0.15, `${r.rows[0]!.effectiveN} against ${formula}`);
});

test("optimalSplit: all to rectifying when finetuning does not help; a share when it does", () => {
  const none = optimalSplit({ n: 60, N: 900, correlation: () => 0 });
  assert.deepEqual([none.best.finetune, none.worthIt], [0, false]);
  const steep = optimalSplit({
    n: 100,
    N: 1e6,
    correlation: [
      [0, 0],
      [20, 0.85],
      [100, 0.9],
    ],
  });
  assert.ok(steep.worthIt && steep.share > 0.1 && steep.share < 0.4, String(steep.share));
  // By hand: 20 people give ρ = .85; 80 (80 + 1e6) / (80 + .2775e6) = 288.2.
  const at20 = steep.rows.find((r) => r.finetune === 20)!;
  assert.ok(Math.abs(at20.effectiveN - (80 * (80 + 1e6)) / (80 + (1 - 0.85 ** 2) * 1e6)) < 1e-6);
});
