import assert from "node:assert/strict";
import { test } from "node:test";
import { bias, classifierTest, coherence, groupGaps, heterogeneity } from "#src/alignment/index.js";
import { random } from "#src/study/index.js";
import { close, people, simulation } from "./fixture.js";

test("coherence by hand: gaps, indifference, groups", () => {
  // Implied: a > b act (1), a < b do not (0), equal: indifferent.
  const human = people({
    arm: ["control", "control", "control", "treated", "treated", "treated"],
    a: [4, 4, 1, 2, 3, 1],
    b: [1, 1, 4, 2, 1, 3],
    act: [1, 0, 0, 1, 1, 1],
  });
  const result = coherence(human, simulation(human, { act: [1, 1, 0, 1, 1, 0] }), { replicates: 200 });
  const [all, control, treated] = result.rows;
  assert.deepEqual([all!.humanDefinite, all!.simulatedDefinite], [5, 5]);
  close(all!.humanGap, 2 / 5, 1e-12);
  close(all!.humanIndifferent, 1 / 6, 1e-12);
  assert.equal(all!.simulatedGap, 0);
  close(control!.humanGap, 1 / 3, 1e-12);
  close(treated!.humanGap, 1 / 2, 1e-12);
  assert.deepEqual(
    result.flows.filter((f) => f.source === "human" && f.implied === "indifferent"),
    [{ source: "human", implied: "indifferent", action: "yes", count: 1 }],
  );
});

test("over-coherence is found, and not where gaps are alike", () => {
  const r = random(2),
    n = 300;
  const a = Array.from({ length: n }, () => 1 + r.integer(4)),
    b = Array.from({ length: n }, () => 1 + r.integer(4));
  const act = (gap: number) => a.map((x, i) => (r() < gap ? Number(x <= b[i]!) : Number(x > b[i]!)));
  const human = people({ a, b, act: act(0.25) });
  const perfect = coherence(human, simulation(human, { act: act(0) }), { by: [] }).rows[0]!;
  assert.equal(perfect.pOverCoherent, 1 / 1001);
  assert.ok(perfect.pUnderCoherent! > 0.99 && perfect.differenceInterval![1] < 0);
  const alike = coherence(human, simulation(human, { act: act(0.25) }), { by: [] }).rows[0]!;
  assert.ok(alike.pOverCoherent! > 0.01 && alike.pUnderCoherent! > 0.01);
  const loose = coherence(human, simulation(human, { act: act(0.5) }), { by: [] }).rows[0]!;
  assert.ok(loose.pUnderCoherent! < 0.01);
});

test("the interval of one gap is Wilson's: 101 of 817 as statsmodels' proportion_confint gives it", () => {
  const n = 817;
  const human = people({
    a: Array(n).fill(4),
    b: Array(n).fill(1),
    act: Array.from({ length: n }, (_, i) => Number(i >= 101)),
  });
  const row = coherence(human, simulation(human, { act: Array(n).fill(1) }), { by: [] }).rows[0]!;
  // proportion_confint(101, 817, method="wilson") and (0, 817), statsmodels 0.15.0; R's prop.test(correct = FALSE) gives the same
  close(row.humanInterval![0], 0.10279847207451616, 1e-8);
  close(row.humanInterval![1], 0.1479703659376711, 1e-8);
  assert.equal(row.simulatedInterval![0], 0);
  close(row.simulatedInterval![1], 0.0046799035056211274, 1e-8);
});

test("nobody's beliefs imply an action: no gap, and said", () => {
  const human = people({ a: [2, 2], b: [2, 2], act: [0, 1] });
  const result = coherence(human, simulation(human, {}), { by: [] });
  assert.deepEqual([result.rows[0]!.humanGap, result.rows[0]!.humanIndifferent], [null, 1]);
  assert.match(String(result), /no human's beliefs imply an action/);
  assert.throws(() => coherence(people({ a: [1] }, { rule: undefined as never }), human), /no belief–action rule/);
});

test("heterogeneity by hand: structures, flattening, shares", () => {
  const human = people({
    arm: ["control", "control", "control", "treated", "treated", "treated"],
    a: [1, 2, 3, 2, 3, 4],
    b: [1, 1, 1, 1, 1, 1],
  });
  const flat = simulation(human, { a: [2, 2, 2, 3, 3, 3] });
  const [h, s] = heterogeneity(human, flat).rows;
  assert.deepEqual([h!.unique, s!.unique], [4, 2]);
  assert.equal(s!.modalShare, 0.5);
  assert.equal(s!.flattening, 1);
  assert.equal(s!.betweenShare, 1);
  // Within groups the variance of 1, 2, 3 is 2/3; of all six it is 1.25 − … = 11/12.
  close(h!.betweenShare, 1 - 2 / 3 / (11 / 12), 1e-12);
  assert.equal(s!.sharedWithHumans, 1);
  assert.match(String(heterogeneity(human, flat)), /b: all people of a group answer alike/);
  const curves = heterogeneity(human, flat).curves.filter((c) => c.source === "human");
  close(curves[0]!.structures, 1, 1e-12);
  close(curves.at(-1)!.structures, 4, 1e-12);
  assert.throws(() => heterogeneity(human, flat, { n: 7 }), /from 1 to 6/);
  assert.throws(
    () => heterogeneity(people({ a: [null, 1], b: [1, null] }), people({ a: [1, 1], b: [1, 1] })),
    /nobody answered all of a, b/,
  );
});

test("flattening has an interval that holds 0 for alike and not for flat simulations", () => {
  const r = random(6),
    n = 300;
  const draw = (values: number[]) => Array.from({ length: n }, () => values[r.integer(values.length)]!);
  const human = people({
    arm: Array.from({ length: n }, (_, i) => (i % 2 ? "treated" : "control")),
    a: draw([1, 2, 3, 4]),
    b: draw([1, 2, 3, 4]),
  });
  const [, alike, flat] = heterogeneity(human, [
    simulation(human, { a: draw([1, 2, 3, 4]), b: draw([1, 2, 3, 4]) }),
    simulation(human, { a: draw([2, 3]), b: draw([2, 3]) }),
  ]).rows;
  assert.ok(alike!.flatteningInterval![0] < 0 && alike!.flatteningInterval![1] > 0);
  // Variance .25 for 1.25: flattening .8.
  assert.ok(
    flat!.flatteningInterval![0] < 0.8 && flat!.flatteningInterval![1] > 0.8 && flat!.flatteningInterval![0] > 0.7,
  );
});

test("bias by hand: shift beyond the matched item's, against a protected estimate", () => {
  const n = 100;
  const human = people({
    act: Array.from({ length: n }, (_, i) => Number(i < 40)),
    plain: Array.from({ length: n }, (_, i) => Number(i < 50)),
  });
  const sim = simulation(human, {
    act: Array.from({ length: n }, (_, i) => Number(i < 10)),
    plain: Array.from({ length: n }, (_, i) => Number(i < 45)),
  });
  const row = bias(human, sim, {
    adjusted: { act: { method: "list experiment", estimate: 0.55, se: 0.05, interval: [0.45, 0.65], n, warnings: [] } },
  }).rows[0]!;
  close(row.shift, -0.3, 1e-12);
  close(row.matchedShift, -0.05, 1e-12);
  close(row.contrast, -0.25, 1e-12);
  close(row.hidden, -0.15, 1e-12);
  close(row.simulatedHidden, -0.45, 1e-12);
  assert.ok(row.interval![0] < -0.25 && row.interval![1] > -0.25 && row.interval![1] < 0);
  assert.equal(row.p, 1 / 1001);
  const several = bias(human, [sim, simulation(human, {})]).rows[0]!;
  close(several.contrast, -0.125, 1e-12);
  assert.match(String(bias(human.omit(["plain"]), sim.omit(["plain"]))), /matched item plain was not answered by all/);
  assert.throws(() => bias(human, sim, { items: ["plainly"] }), /no item plainly/);
});

test("group gaps: a group that is served worse is found, a small one is not punished for being small", () => {
  const r = random(8),
    n = 600;
  const small = (i: number) => i % 10 === 0;
  const town = Array.from({ length: n }, (_, i) => (small(i) ? "small" : "large"));
  const draw = () => Array.from({ length: n }, () => 1 + r.integer(4));
  const human = people({ town, a: draw(), b: draw() });
  const fair = groupGaps(human, simulation(human, { a: draw(), b: draw() }), { by: "town" });
  assert.deepEqual(
    fair.rows.map((x) => x.reading),
    ["not told apart", "reference"],
  );
  close(fair.rows[0]!.distance, fair.rows[1]!.distance, 0.35);
  const unfair = groupGaps(human, simulation(human, { a: draw().map((x, i) => (small(i) ? 1 : x)), b: draw() }), {
    by: "town",
  });
  assert.equal(unfair.rows[0]!.reading, "worse");
  assert.ok(unfair.rows[0]!.interval![0] > 0);
  assert.match(
    String(
      groupGaps(human.take([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]), simulation(human, {}), { by: "town", smallest: 5 }),
    ),
    /too few to be compared/,
  );
  assert.throws(() => groupGaps(human, simulation(human, {}), { by: "town", reference: "huge" }), /no group huge/);
});

test("the classifier tells what differs, also only jointly or only by attribute, and nothing else", () => {
  const r = random(4),
    n = 400;
  const arm = Array.from({ length: n }, (_, i) => (i % 2 ? "treated" : "control"));
  const a = Array.from({ length: n }, () => 1 + r.integer(4));
  const b = a.map((x) => (r() < 0.8 ? x : 1 + r.integer(4)));
  const human = people({ arm, a, b });
  const options = { replicates: 100 };
  // Drawn anew from the same law.
  const a2 = a.map(() => 1 + r.integer(4));
  const twin = simulation(human, { a: a2, b: a2.map((x) => (r() < 0.8 ? x : 1 + r.integer(4))) });
  const alike = classifierTest(human, twin, options).rows[0]!;
  assert.ok(alike.p > 0.01 && Math.abs(alike.auc - 0.5) < 0.06, `alike: AUC ${alike.auc}, p ${alike.p}`);
  const order = r.permutation(n);
  const apart = classifierTest(human, simulation(human, { b: order.map((i) => b[i]!) }), options).rows[0]!;
  assert.ok(apart.p < 0.02 && apart.auc > 0.6, `same margins, not together: AUC ${apart.auc}`);
  const byArm = people({ arm, a: a.map((_, i) => (i % 2 ? 3 : 2)), b });
  const ignores = simulation(byArm, { a: r.permutation(n).map((i) => (i % 2 ? 3 : 2)) });
  assert.ok(classifierTest(byArm, ignores, options).rows[0]!.auc > 0.7);
  const half = simulation(human, { a: a.map((x, i) => (i % 2 ? 1 : x)) });
  const [, control, treated] = classifierTest(human, half, { ...options, by: "arm" }).rows;
  assert.ok(treated!.auc > 0.8 && control!.auc <= 0.5, `control ${control!.auc}, treated ${treated!.auc}`);
  assert.throws(
    () => classifierTest(human.take([0, 1, 2]), simulation(human, {})),
    /3 pairs answered everything; 5 folds need 10/,
  );
});
