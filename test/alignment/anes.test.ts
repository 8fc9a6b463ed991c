// The measures on 944 real people (ANES 1996), against numpy and scipy (test/reference/alignment/anes.py): exact
// numbers exactly, random ones within four standard errors of both Monte-Carlo means.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { baselines, beliefStructures, coherence, compare, heterogeneity } from "#src/alignment/index.js";
import { Simulated, random } from "#src/study/index.js";
import type { Respondents, Value } from "#src/study/index.js";
import { loadStudy } from "#src/study/node/index.js";
import { close, fixture } from "./fixture.js";

const reference = fixture("anes");
let anes: Respondents;
before(async () => {
  anes = await loadStudy("anes96");
});

const beliefs = ["selfLR", "ClinLR", "DoleLR"];
const plain = { by: [], items: beliefs, replicates: 0, permutations: 0, halves: 0, baselineDraws: 0 };

/** All answers replaced. */
function answered(columns: Record<string, readonly Value[]>, of = anes): Simulated {
  return new Simulated({
    codebook: of.codebook,
    ids: of.ids,
    columns: new Map([...of.names.map((n) => [n, of.column(n)] as const), ...Object.entries(columns)]),
    simulation: { model: "test", provider: "test", seed: 1, trainedOn: [], ledgerKey: "", elicitation: "" },
  });
}

type Expected = { mean: number; sd: number; draws: number };
const agrees = (values: number[], expected: Expected, what: string) =>
  agreesMean(values.reduce((a, b) => a + b, 0) / values.length, values.length, expected, what);

function agreesMean(mean: number, draws: number, expected: Expected, what: string) {
  const se = expected.sd * Math.sqrt(1 / draws + 1 / expected.draws);
  assert.ok(Math.abs(mean - expected.mean) < 4 * se, `${what}: ${mean} for ${expected.mean} ± ${4 * se}`);
}

test("176 belief structures of 944, 817 definite implied actions, a gap of 12.36%", () => {
  assert.equal(anes.n, reference.n);
  assert.equal(beliefStructures(anes).structures.length, reference.unique);
  assert.equal(reference.unique, 176);
  const row = coherence(anes, answered({}), { by: [], replicates: 10 }).rows[0]!;
  assert.equal(row.humanDefinite, reference.definite);
  close(row.humanGap, reference.gap, 1e-12);
  close(row.humanIndifferent, 127 / 944, 1e-12);
  assert.equal(row.difference, 0);
});

test("the share of spread between groups is R's R² of beliefs on groups", () => {
  const { between } = fixture("second");
  const row = heterogeneity(anes, answered({}), { by: ["PID", "educ"] }).rows[0]!;
  close(row.betweenShare, (between[0] + between[1] + between[2]) / 3, 1e-10);
});

test("a constant midpoint is .80 from people", () => {
  const midpoint = answered(Object.fromEntries(beliefs.map((b) => [b, Array(944).fill(4)])));
  close(compare(anes, midpoint, plain).row().distance, reference.midpoint, 1e-9);
});

test("uniform answers: .35 from people, 321 structures", () => {
  const draws = Array.from({ length: 30 }, (_, seed) => baselines.uniform(anes, anes, { seed, items: beliefs }));
  agrees(
    draws.map((d) => compare(anes, d, plain).row().distance!),
    reference.uniform,
    "distance",
  );
  agrees(
    draws.map((d) => beliefStructures(d).structures.length),
    reference.uniformStructures,
    "structures",
  );
});

test("the marginal bootstrap of a pilot of thirty: .206", () => {
  const found = Array.from({ length: 60 }, (_, seed) => {
    const order = random(seed, "pilot").permutation(anes.n);
    const rest = anes.take(order.slice(30));
    return compare(
      rest,
      baselines.marginalBootstrap(anes.take(order.slice(0, 30)), rest, { seed, items: beliefs }),
      plain,
    ).row().distance!;
  });
  agrees(found, reference.pilot30, "pilot of thirty");
});

test("two bootstrap draws of 914 of the same people: .047", () => {
  const found = Array.from({ length: 60 }, (_, seed) => {
    const target = anes.take(Array.from({ length: 914 }, (_, i) => i));
    const one = baselines.rowBootstrap(anes, target, { seed: 2 * seed, items: beliefs });
    return compare(one, baselines.rowBootstrap(anes, target, { seed: 2 * seed + 1, items: beliefs }), plain).row()
      .distance!;
  });
  agrees(found, reference.twoBootstraps, "two bootstraps");
});

test("human–human floor at 472/472: .066; a simulation that is the person lies exactly on it", () => {
  const row = compare(anes, answered({}), { ...plain, halves: 400 }).row();
  agreesMean(row.floor!, 400, reference.splitHalf, "floor");
  assert.equal(row.matched, row.floor);
  assert.equal(row.distance, 0);
  assert.equal(row.corrected, 0);
});

test("the copula keeps the pilot's margins and how answers go together; the margins alone do not", () => {
  const gap = (s: Simulated) => coherence(anes, s, { by: [], replicates: 10 }).rows[0]!.simulatedGap!;
  const [joint, margins, rows] = [
    baselines.copula(anes, anes),
    baselines.marginalBootstrap(anes, anes),
    baselines.rowBootstrap(anes, anes),
  ];
  // Fitted on everyone, its margins are those of everyone but for sampling.
  assert.ok(compare(anes, joint, plain).row().distance! < 0.08);
  assert.ok(gap(joint) < gap(margins) - 0.1);
  close(gap(rows), reference.gap, 0.25);
  const structures = heterogeneity(anes, rows).rows[1]!;
  assert.equal(structures.sharedWithHumans, 1);
});

test("default groups give a row a group and item, with everything filled and nothing NaN", () => {
  const order = random(5).permutation(anes.n);
  const pilot = anes.take(order.slice(0, 30)),
    rest = anes.take(order.slice(30));
  const result = compare(rest, baselines.rowBootstrap(pilot, rest), { pilot, replicates: 200 });
  const groups = new Set(result.rows.map((r) => `${r.by} ${r.group}`));
  assert.equal(result.rows.length, groups.size * 6);
  for (const row of result.rows)
    for (const [name, value] of Object.entries(row)) {
      assert.ok(!(typeof value === "number" && Number.isNaN(value)), `${row.group} ${row.item} ${name}`);
      if (!["wasserstein", "kolmogorovSmirnov", "energy"].includes(name))
        assert.notEqual(value, null, `${row.group} ${row.item} ${name}`);
    }
  const again = compare(rest, baselines.rowBootstrap(pilot, rest), { pilot, replicates: 200 });
  assert.deepEqual(again.rows, result.rows);
  assert.match(String(result), /the model does not beat this baseline: .* row bootstrap|human marg\./);
});
