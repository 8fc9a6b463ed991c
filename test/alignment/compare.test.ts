import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compare,
  correctedDivergence,
  energyDistance,
  jsDistance,
  jsDivergence,
  kolmogorovSmirnov,
  totalVariation,
  wasserstein1,
} from "#src/alignment/index.js";
import { stepDownMaximum } from "#src/alignment/multiplicity.js";
import { Respondents, random } from "#src/study/index.js";
import type { Value } from "#src/study/index.js";
import { close, codebook, fixture, people, simulation } from "./fixture.js";

const quick = { replicates: 200, permutations: 199, halves: 50, baselineDraws: 3 };

/** n people with answers drawn from given shares. */
function drawn(n: number, seed: number, shares: number[] = [1, 1, 1, 1]): number[] {
  const r = random(seed);
  return Array.from({ length: n }, () => 1 + r.weighted(shares));
}

const sample = (n: number, seed = 1) =>
  people({
    arm: Array.from({ length: n }, (_, i) => (i % 2 ? "treated" : "control")),
    town: Array.from({ length: n }, (_, i) => (i % 3 ? "small" : "large")),
    a: drawn(n, seed),
    b: drawn(n, seed + 100, [4, 3, 2, 1]),
    act: drawn(n, seed + 200, [1, 1]).map((x) => x - 1),
  });

test("distances of each group and item are those of its counts", () => {
  const human = sample(60),
    sim = simulation(human, { a: drawn(60, 9, [1, 2, 3, 4]) });
  const result = compare(human, sim, { ...quick, by: ["arm", ["arm", "town"]] });
  const count = (r: Respondents, keep: (i: number) => boolean) => {
    const counts = [0, 0, 0, 0];
    r.column("a").forEach((v, i) => {
      if (keep(i)) counts[(v as number) - 1]!++;
    });
    return counts;
  };
  const treated = (i: number) => i % 2 === 1,
    both = (i: number) => i % 2 === 1 && i % 3 === 0;
  close(
    result.row({ by: "arm", group: "treated", item: "a" }).distance,
    jsDistance(count(human, treated), count(sim, treated)),
    1e-12,
  );
  const row = result.row({ by: "arm × town", group: "treated × large", item: "a" });
  close(row.distance, jsDistance(count(human, both), count(sim, both)), 1e-12);
  assert.equal(row.n, 10);
  close(result.row().distance, (result.row({ item: "a" }).distance! + result.row({ item: "b" }).distance!) / 2, 1e-12);
  assert.throws(() => result.row({ by: "arm", group: "nobody" }), /no row for group arm = nobody/);
});

test("several finetuning seeds: the distance is the mean over them, and seeds widen the interval", () => {
  const human = sample(200);
  const seeds = [1, 2, 3].map((s) =>
    simulation(
      human,
      { a: drawn(200, 50 + s, s === 1 ? [1, 1, 1, 1] : s === 2 ? [1, 1, 1, 6] : [6, 1, 1, 1]) },
      "m",
      s,
    ),
  );
  const alone = seeds.map((s) => compare(human, s, { ...quick, by: [] }).row({ item: "a" }));
  const together = compare(human, seeds, { ...quick, by: [] }).row({ item: "a" });
  close(together.distance, alone.reduce((sum, r) => sum + r.distance!, 0) / 3, 1e-12);
  const width = (r: typeof together) => r.interval![1] - r.interval![0];
  assert.ok(width(together) > Math.max(...alone.map(width)));
});

test("the permutation test holds its level when answers are exchangeable, and finds a difference", () => {
  let rejected = 0;
  for (let k = 0; k < 200; k++) {
    const human = people({ a: drawn(40, 1000 + k) });
    const sim = simulation(human, { a: drawn(40, 5000 + k) });
    const { p } = compare(human, sim, {
      ...quick,
      by: [],
      items: ["a"],
      replicates: 0,
      halves: 0,
      baselineDraws: 0,
      seed: k,
    }).row({ item: "a" });
    if (p! <= 0.05) rejected++;
  }
  // 200 tests at 5%: four standard errors are ±6.2 percentage points.
  assert.ok(rejected / 200 < 0.112, `${rejected} of 200 rejected`);
  const human = people({ a: drawn(40, 1) });
  const far = compare(human, simulation(human, { a: Array(40).fill(4) }), { ...quick, by: [], items: ["a"] }).row({
    item: "a",
  });
  assert.equal(far.p, 1 / 200);
});

test("several seeds: exchanging a person with any of their simulations holds the level too", () => {
  let rejected = 0;
  for (let k = 0; k < 100; k++) {
    const human = people({ a: drawn(30, 1000 + k) });
    const sims = [1, 2].map((s) => simulation(human, { a: drawn(30, 7000 + 2 * k + s) }, "m", s));
    if (
      compare(human, sims, { ...quick, by: [], items: ["a"], replicates: 0, halves: 0, baselineDraws: 0, seed: k }).row(
        { item: "a" },
      ).p! <= 0.05
    )
      rejected++;
  }
  assert.ok(rejected / 100 < 0.14, `${rejected} of 100 rejected`);
});

test("the corrected divergence is right on average where the plain one is not", () => {
  const p = [0.1, 0.2, 0.3, 0.4],
    q = [0.25, 0.3, 0.25, 0.2];
  const truth = jsDivergence(p, q);
  for (const paired of [false, true]) {
    const r = random(paired ? 4 : 3);
    let plain = 0,
      corrected = 0;
    const times = 4000,
      n = 60;
    const draw = (shares: number[], u: number) => {
      let k = 0;
      for (let c = shares[0]!; k < 3 && u >= c; c += shares[++k]!);
      return k;
    };
    for (let t = 0; t < times; t++) {
      const a = [0, 0, 0, 0],
        b = [0, 0, 0, 0],
        same = [0, 0, 0, 0];
      for (let i = 0; i < n; i++) {
        const u = r(),
          x = draw(p, u),
          y = draw(q, paired && r() < 0.7 ? u : r());
        a[x]!++;
        b[y]!++;
        if (x === y) same[x]!++;
      }
      plain += jsDivergence(a, b) / times;
      corrected += correctedDivergence(a, b, { same }) / times;
    }
    assert.ok(plain - truth > 0.005, `plain is biased: ${plain - truth}`);
    assert.ok(
      Math.abs(corrected - truth) < 0.15 * (plain - truth),
      `corrected ${corrected} for ${truth}, plain ${plain}`,
    );
  }
});

test("intervals hold the true distance about as often as they say, where percentile ones do not", () => {
  const shares = [
    [1, 3, 4, 2],
    [3, 3, 2, 2],
  ];
  const truth = jsDistance(shares[0]!, shares[1]!);
  const held = { corrected: 0, percentile: 0 };
  for (let k = 0; k < 200; k++) {
    const human = people({ a: drawn(80, 100 + k, shares[0]) });
    const sim = simulation(human, { a: drawn(80, 9000 + k, shares[1]) });
    for (const interval of ["corrected", "percentile"] as const) {
      const [low, high] = compare(human, sim, {
        by: [],
        items: ["a"],
        replicates: 300,
        permutations: 0,
        halves: 0,
        baselineDraws: 0,
        interval,
        seed: k,
      }).row({ item: "a" }).interval!;
      if (low <= truth && truth <= high) held[interval]++;
    }
  }
  assert.ok(held.corrected >= 178, `corrected intervals held the truth ${held.corrected} of 200 times`);
  assert.ok(held.percentile < held.corrected, `percentile intervals held it ${held.percentile} times`);
});

test("ordered items have Wasserstein, KS and energy distances, nominal ones do not", () => {
  const human = people({ a: [1, 1, 2, 2], act: [0, 1, 0, 1] });
  const result = compare(human, simulation(human, { a: [3, 3, 4, 4] }), { ...quick, by: [] });
  const a = result.row({ item: "a" }),
    act = result.row({ item: "act" });
  assert.equal(a.wasserstein, 2);
  assert.equal(a.kolmogorovSmirnov, 1);
  assert.equal(a.distance, 1);
  assert.equal(act.wasserstein, null);
  assert.equal(act.totalVariation, 0);
});

test("all answers alike, a group of one, missing answers: defined, and said", () => {
  const human = people({
    arm: ["control", "control", "control", "treated"],
    a: [2, 2, 2, 2],
    b: [1, null, 3, null],
  });
  const result = compare(human, simulation(human, { b: [1, 2, null, 4] }), { ...quick });
  const alike = result.row({ item: "a" });
  assert.deepEqual([alike.distance, alike.corrected, alike.interval, alike.p], [0, 0, [0, 0], 1]);
  const single = result.row({ by: "arm", group: "treated", item: "a" });
  assert.deepEqual([single.n, single.distance, single.interval, single.floor, single.p], [1, 0, null, null, null]);
  const some = result.row({ item: "b" });
  assert.deepEqual([some.n, some.missing, some.distance], [1, 3, 0]);
  const none = result.row({ by: "arm", group: "treated", item: "b" });
  assert.deepEqual([none.n, none.distance], [0, null]);
  assert.match(String(result), /arm = treated: a group of 1 has no interval, floor or p/);
  assert.match(String(result), /arm = treated, b: nobody answered on both sides/);
});

test("errors name item, respondent and group", () => {
  const human = sample(10);
  assert.throws(
    () => compare(human, simulation(human, { a: [9, ...drawn(9, 1)] }), quick),
    /item a, respondent p0: 9 is not one of the codebook's options \(1, 2, 3, 4\)/,
  );
  assert.throws(
    () => compare(human, simulation(human, {}), { ...quick, items: ["plain"] }),
    /item plain is missing from the human respondents/,
  );
  assert.throws(() => compare(human, simulation(human, {}), { ...quick, by: "sex" }), /no column sex to group by/);
  assert.throws(() => compare(human, simulation(human, {}), { replicates: -1 }), /replicates: expected a whole number/);
  assert.throws(() => compare(human, []), /no simulated respondents/);
  const others = new Respondents({ codebook, ids: ["x1", "x2"], columns: { a: [1, 2] } });
  assert.throws(() => compare(human, others, quick), /no person has a simulation/);
  const twice = new Respondents({ codebook, ids: ["p1", "p1"], columns: { a: [1, 2] } });
  assert.throws(() => compare(human, twice, quick), /respondent id p1 occurs twice/);
});

test("items that were not simulated are left out and named; people without a simulation too", () => {
  const human = sample(10);
  const sim = simulation(human, {}).take([3, 2, 1, 0]);
  const result = compare(human, sim.omit(["act"]), { ...quick, by: [] });
  assert.match(String(result), /not simulated, so not compared: act/);
  assert.match(String(result), /6 of 10 people have no simulation/);
  assert.equal(result.row({ item: "a" }).distance, 0);
});

test("fine interval items and counts are binned and said; numbers are grouped at their quartiles", () => {
  const items = [
    {
      name: "money",
      role: "belief" as const,
      label: "money",
      text: "money",
      scale: { kind: "interval" as const, min: 0, max: 1000, step: 1 },
    },
    { name: "visits", role: "action" as const, label: "visits", text: "visits", scale: { kind: "count" as const } },
    {
      name: "age",
      role: "attribute" as const,
      label: "age",
      text: "age",
      scale: { kind: "interval" as const, min: 18, max: 90, step: 1 },
    },
  ];
  const r = random(1);
  const columns: Record<string, Value[]> = {
    money: Array.from({ length: 80 }, () => r.integer(1001)),
    visits: Array.from({ length: 80 }, () => r.integer(90)),
    age: Array.from({ length: 80 }, (_, i) => 18 + (i % 60)),
  };
  const human = people(columns, { items, defaults: { ...codebook.defaults, groups: ["age"] } });
  const result = compare(human, human, quick);
  assert.match(String(result), /money was taken in 20 bins of equal width from 0 to 1000/);
  assert.match(String(result), /visits was taken in 20 bins/);
  assert.equal(new Set(result.rows.map((x) => x.group)).size, 5);
  assert.equal(result.row({ item: "money" }).distance, 0);
});

test("other measures: the same numbers as the distances of the samples, with interval, floor, p and baselines", () => {
  const human = sample(60),
    sim = simulation(human, { a: drawn(60, 9, [1, 2, 3, 4]) });
  const numbers = (r: Respondents) => r.numbers("a");
  const expected = {
    totalVariation: null,
    wasserstein: wasserstein1(numbers(human), numbers(sim)),
    kolmogorovSmirnov: kolmogorovSmirnov(numbers(human), numbers(sim)),
    energy: energyDistance(numbers(human), numbers(sim)),
  };
  for (const measure of ["totalVariation", "wasserstein", "kolmogorovSmirnov", "energy"] as const) {
    const result = compare(human, sim, { ...quick, by: "arm", pilot: human, measure });
    const row = result.row({ item: "a" });
    close(row.distance, expected[measure] ?? row.totalVariation!, 1e-12, measure);
    for (const r of result.rows.filter((x) => x.item !== "b" || x.distance! > 0))
      for (const name of ["interval", "corrected", "floor", "matched", "p", "uniform", "copula"] as const)
        assert.notEqual(r[name], null, `${measure} ${name}`);
    assert.equal(
      compare(human, human, { ...quick, by: [], measure }).row({ item: "a" }).matched,
      compare(human, human, { ...quick, by: [], measure }).row({ item: "a" }).floor,
    );
    assert.equal(
      result.rows.some((r) => r.item === "act"),
      measure === "totalVariation",
    );
  }
  assert.match(String(compare(human, sim, { ...quick, measure: "energy" })), /act: nominal, so left out/);
  assert.throws(
    () => compare(human, sim, { ...quick, measure: "energy", items: ["act"] }),
    /measure energy needs ordered items; act have no order/,
  );
  assert.throws(() => compare(human, sim, { measure: "cosine" as never }), /invalid measure: cosine/);
});

test("the permutation p is that of all 2^n exchanges, for every measure and with several seeds", () => {
  const a = [1, 2, 2, 1, 3, 1, 2, 1],
    b = [3, 4, 2, 4, 3, 4, 1, 3],
    c = [2, 2, 4, 1, 4, 3, 3, 2];
  const human = people({ a });
  const counts = (x: number[]) => [1, 2, 3, 4].map((v) => x.filter((y) => y === v).length);
  const distances = {
    jensenShannon: (x: number[], y: number[]) => jsDistance(counts(x), counts(y)),
    energy: energyDistance,
    totalVariation: (x: number[], y: number[]) => totalVariation(counts(x), counts(y)),
  };
  for (const [measure, distance] of Object.entries(distances) as [
    keyof typeof distances,
    (x: number[], y: number[]) => number,
  ][]) {
    for (const others of [[b], [b, c]]) {
      const options = others.length + 1;
      const statistic = (rows: number[][]) =>
        others.reduce((sum, _, s) => sum + distance(rows[0]!, rows[s + 1]!), 0) / others.length;
      const observed = statistic([a, ...others]);
      let extreme = 0;
      for (let code = 0; code < options ** 8; code++) {
        const rows = [a, ...others].map((x) => [...x]);
        for (let i = 0, rest = code; i < 8; i++, rest = Math.floor(rest / options)) {
          const o = rest % options;
          [rows[0]![i], rows[o]![i]] = [rows[o]![i]!, rows[0]![i]!];
        }
        if (statistic(rows) >= observed - 1e-10) extreme++;
      }
      const exact = extreme / options ** 8;
      const { p } = compare(
        human,
        others.map((x) => simulation(human, { a: x })),
        { by: [], items: ["a"], measure, replicates: 0, halves: 0, baselineDraws: 0, permutations: 20000 },
      ).row();
      // Five standard errors of 20,000 draws.
      assert.ok(
        Math.abs(p! - exact) < 5 * Math.sqrt((exact * (1 - exact)) / 20000) + 1e-4,
        `${measure}, ${others.length}: ${p} for ${exact}`,
      );
    }
  }
});

test("sampling weights: a person of weight 3 is three people; bad weights name respondent and group", () => {
  const base = sample(40);
  const sim = simulation(base, { a: drawn(40, 9, [1, 2, 3, 4]) });
  const weights = Array.from({ length: 40 }, (_, i) => 1 + (i % 3));
  const weighted = (w: readonly number[]) =>
    new Respondents({
      codebook,
      ids: base.ids,
      columns: new Map(base.names.map((n) => [n, base.column(n)])),
      weights: w,
    });
  const rows = base.ids.flatMap((_, i) => Array<number>(weights[i]!).fill(i));
  const ids = rows.map((_, i) => `r${i}`);
  const repeated = (r: Respondents) =>
    new Respondents({ codebook, ids, columns: new Map(r.names.map((n) => [n, rows.map((i) => r.column(n)[i]!)])) });
  for (const measure of ["jensenShannon", "totalVariation", "energy"] as const) {
    const found = compare(weighted(weights), sim, { ...quick, measure, weights: true, by: "arm" });
    const expected = compare(repeated(base), repeated(sim), { ...quick, measure, by: "arm" });
    found.rows.forEach((row, i) => {
      for (const name of ["distance", "totalVariation", "wasserstein", "energy", "divergence"] as const)
        if (expected.rows[i]![name] === null) assert.equal(row[name], null);
        else close(row[name], expected.rows[i]![name]!, 1e-9, `${measure} ${row.item} ${name}`);
      assert.ok(row.interval !== null && row.p !== null && row.corrected !== null && row.corrected <= row.distance!);
    });
    const even = compare(weighted(Array(40).fill(2)), sim, { ...quick, measure, weights: true }).row();
    close(even.distance, compare(base, sim, { ...quick, measure }).row().distance!, 1e-9);
  }
  assert.match(String(compare(weighted(weights), sim, quick)), /sampling weights are not used/);
  assert.throws(() => compare(base, sim, { weights: true }), /no sampling weights/);
  assert.throws(
    () => compare(weighted([-1, ...weights.slice(1)]), sim, { weights: true }),
    /respondent p0 has weight -1/,
  );
  assert.throws(
    () => compare(weighted(weights.map((w, i) => (i % 2 ? 0 : w))), sim, { weights: true, by: "arm" }),
    /all weights of arm = treated are zero/,
  );
});

test("p adjusted by the step-down maximum is that of all 2^n exchanges (numpy), and bounds false rejections", () => {
  const f = fixture("permutation");
  const human = people({ arm: f.arm, ...f.human });
  const sim = simulation(human, f.simulated);
  const quiet = { replicates: 0, halves: 0, baselineDraws: 0, joint: false };
  const { rows } = compare(human, sim, { ...quiet, by: ["arm"], permutations: 20000 });
  assert.equal(rows.length, 12);
  rows.forEach((row, i) => {
    close(row.distance, f.distance[i], 1e-8, row.item);
    // Five standard errors of 20,000 draws. (Adjusted ones have atoms, which a slightly other mean or spread reorders.)
    const exact = f.p[i];
    assert.ok(
      Math.abs(row.p! - exact) < 5 * Math.sqrt((exact * (1 - exact)) / 20000) + 1e-4,
      `${row.group} ${row.item}: ${row.p} for ${exact}`,
    );
    assert.ok(row.pAdjusted! >= row.p! - 1e-12);
  });
  // Adjusted p from the very distances after each of the 255 other exchanges.
  stepDownMaximum(
    f.distance,
    f.exchanged.map((x: number[]) => Float64Array.from(x)),
  ).forEach((p, i) => close(p, f.adjusted[i], 1e-12));
  // Nothing to find in any of twelve rows: at least one is below .05 about one time in twenty.
  let any = 0;
  for (let k = 0; k < 200; k++) {
    const h = people({ arm: f.arm.concat(f.arm, f.arm), a: drawn(24, 1000 + k), b: drawn(24, 2000 + k) });
    const s = simulation(h, { a: drawn(24, 3000 + k), b: drawn(24, 4000 + k) });
    const r = compare(h, s, { ...quiet, joint: true, by: ["arm"], permutations: 199, seed: k }).rows;
    if (r.some((x) => x.pAdjusted! <= 0.05)) any++;
  }
  // Four standard errors of 200 at 5%.
  assert.ok(any / 200 < 0.112, `${any} of 200`);
});
