import assert from "node:assert/strict";
import { before, test } from "node:test";
import { loadStudy, type Study } from "proband/study";
import { allGroups, cluster, oneGroup, quota, simpleRandom, stratified, type Split } from "proband/sampling";

let anes: Study, disclosure: Study;
before(async () => {
  anes = await loadStudy("anes96");
  disclosure = await loadStudy("disclosure");
});

const disjoint = ({ pilot, rest }: Split, n: number, of: number) => {
  assert.equal(pilot.n, n);
  assert.equal(rest.n, of - n);
  assert.equal(new Set([...pilot.ids, ...rest.ids]).size, of);
  assert.equal(pilot.origin.part, "pilot");
  assert.equal(rest.origin.part, "rest");
};
const contains = (large: Split, small: Split) => {
  const ids = new Set(large.pilot.ids);
  assert.deepEqual(
    small.pilot.ids.filter((id) => !ids.has(id)),
    [],
  );
};
const total = (weights: readonly number[] | undefined) => weights!.reduce((a, b) => a + b, 0);
const count = (values: readonly unknown[], v: unknown) => values.filter((x) => x === v).length;

test("simple random: disjoint, nested, weights N/n, seeded", () => {
  const sixty = simpleRandom(anes, { n: 60, seed: 7 });
  disjoint(sixty, 60, 944);
  contains(sixty, simpleRandom(anes, { n: 30, seed: 7 }));
  assert.ok(Math.abs(total(sixty.pilot.weights) - 944) < 1e-9);
  assert.deepEqual(simpleRandom(anes, { n: 60, seed: 7 }).pilot.ids, sixty.pilot.ids);
  assert.notDeepEqual(simpleRandom(anes, { n: 60, seed: 8 }).pilot.ids, sixty.pilot.ids);
});

test("simple random: everyone is equally likely (chi-square over 2,000 seeds)", () => {
  const small = anes.take([...Array(20).keys()]);
  const hits = new Map(small.ids.map((id) => [id, 0]));
  for (let seed = 1; seed <= 2000; seed++)
    for (const id of simpleRandom(small, { n: 5, seed }).pilot.ids) hits.set(id, hits.get(id)! + 1);
  // Variance of a count under simple random sampling is that of a Bernoulli(1/4), and Σ(count − 500)²/375 · 19/20 is χ²(19).
  const chi2 = [...hits.values()].reduce((s, h) => s + (h - 500) ** 2 / 375, 0) * (19 / 20);
  assert.ok(chi2 < 43.8, `χ²(19) = ${chi2}, whose 99.9% point is 43.8`);
});

for (const allocation of ["proportional", "equal", "neyman"] as const)
  test(`stratified, ${allocation}: nested at every size, weights sum to the strata's sizes`, () => {
    let before: Split | undefined;
    for (const n of [7, 20, 30, 59, 60, 200]) {
      const s = stratified(anes, { by: "PID", n, seed: 7, allocation, outcome: "selfLR" });
      disjoint(s, n, 944);
      if (before) contains(s, before);
      before = s;
      for (let level = 0; level < 7; level++) {
        const w = s.pilot.column("PID").map((v, i) => (v === level ? s.pilot.weights![i]! : 0));
        assert.ok(Math.abs(total(w) - count(anes.column("PID"), level)) < 1e-9);
      }
    }
  });

test("stratified, equal: the same number from each", () => {
  const { pilot } = stratified(disclosure, { by: "ethnicity", n: 50, allocation: "equal", seed: 1 });
  for (const e of ["White", "Black", "Asian", "Mixed", "Other"]) assert.equal(count(pilot.column("ethnicity"), e), 10);
});

test("stratified, Neyman: sizes are proportional to N_h S_h (Cochran 1977, 5.26)", () => {
  const sd = {
    "strong Democrat": 1,
    "weak Democrat": 1,
    "independent, closer to Democrats": 1,
    independent: 1,
    "independent, closer to Republicans": 1,
    "weak Republican": 1,
    "strong Republican": 4,
  };
  const n = 200;
  const { pilot } = stratified(anes, { by: "PID", n, allocation: "neyman", sd, seed: 1 });
  const sizes = Object.keys(sd).map((_, h) => count(anes.column("PID"), h));
  const weights = sizes.map((size, h) => size * (h === 6 ? 4 : 1));
  const expected = weights.map((w) => (n * w) / weights.reduce((a, b) => a + b, 0));
  expected.forEach((e, h) => assert.ok(Math.abs(count(pilot.column("PID"), h) - e) <= 1, `stratum ${h}`));
});

test("quota: the shares asked for, nested with one item, open quotas named", () => {
  const margins = { ethnicity: { White: 0.5, Black: 0.5 } };
  const s = quota(disclosure, { n: 60, margins, seed: 2 });
  disjoint(s, 60, 929);
  assert.equal(count(s.pilot.column("ethnicity"), "White"), 30);
  assert.equal(s.pilot.weights, undefined);
  contains(s, quota(disclosure, { n: 30, margins, seed: 2 }));
  const short = quota(disclosure, { n: 300, margins: { ethnicity: { Asian: 1 } } });
  assert.match(String(short.report), /quotas left open: ethnicity: Asian/);
  assert.throws(
    () => quota(disclosure, { n: 10, margins: { ethnicity: { Martian: 1 } } }),
    /no level Martian; expected White/,
  );
  assert.throws(() => quota(disclosure, { n: 10, margins: { ethnicity: { White: 0.2 } } }), /sum to 0.2; expected 1/);
});

test("one treatment group and all groups, with the paper's 25% of one group", () => {
  const one = oneGroup(disclosure, { share: 0.25, group: 3 });
  disjoint(one, 29, 929);
  assert.equal(new Set(one.pilot.column("group")).size, 1);
  assert.equal(one.pilot.column("group")[0], 3);
  assert.equal(one.pilot.weights, undefined);
  contains(oneGroup(disclosure, { share: 0.5, group: 3 }), one);
  const all = allGroups(disclosure, { n: 64, seed: 3 });
  disjoint(all, 64, 929);
  for (let g = 1; g <= 8; g++) assert.equal(count(all.pilot.column("group"), g), 8);
  contains(all, allGroups(disclosure, { n: 30, seed: 3 }));
  assert.throws(() => oneGroup(anes, { n: 10 }), /anes96 has no treatment; choose the groups with by/);
});

test("cluster: whole clusters, two stages, weights", () => {
  const s = cluster(disclosure, { by: "group", clusters: 3, seed: 1 });
  assert.equal(new Set(s.pilot.column("group")).size, 3);
  assert.ok(s.pilot.weights!.every((w) => Math.abs(w - 8 / 3) < 1e-12));
  const two = cluster(disclosure, { by: "group", clusters: 3, perCluster: 10, seed: 1 });
  disjoint(two, 30, 929);
  contains(s, two);
  contains(cluster(disclosure, { by: "group", clusters: 5, seed: 1 }), s);
});

test("weights make the Horvitz–Thompson mean unbiased under unequal allocation", () => {
  const truth = anes.numbers("age").reduce((a, b) => a + b, 0) / anes.n;
  const estimates: number[] = [];
  for (let seed = 1; seed <= 400; seed++) {
    const { pilot } = stratified(anes, { by: "PID", n: 70, allocation: "equal", seed });
    const age = pilot.numbers("age");
    estimates.push(pilot.weights!.reduce((s, w, i) => s + w * age[i]!, 0) / 944);
  }
  const mean = estimates.reduce((a, b) => a + b, 0) / 400;
  const sd = Math.sqrt(estimates.reduce((s, e) => s + (e - mean) ** 2, 0) / 399);
  assert.ok(Math.abs(mean - truth) < (4 * sd) / 20, `${mean} against ${truth}`);
});

test("the report shows the population, a margin, and whom nobody stands for", () => {
  const { report } = simpleRandom(disclosure, {
    n: 10,
    margins: { ethnicity: { White: 0.6, Black: 0.1, Asian: 0.1, Mixed: 0.1, Other: 0.1 } },
  });
  const white = report.rows.find((r) => r.item === "ethnicity" && r.level === "White")!;
  assert.ok(Math.abs(white.margin! - 0.6) < 1e-12);
  assert.ok(Math.abs(white.difference - (white.pilot - 0.6)) < 1e-12);
  assert.ok(report.missing.length > 0);
  assert.match(String(report), /synthetic data/);
});

test("bad sizes and unknown items are refused with the reason", () => {
  assert.throws(() => simpleRandom(anes, { n: 0 }), /n: expected a whole number of at least 1, found 0/);
  assert.throws(() => simpleRandom(anes, { n: 2000 }), /n is 2000, but there are only 944 respondents/);
  assert.throws(() => stratified(anes, { by: "party", n: 10 }), /no item party; it has popul/);
});
