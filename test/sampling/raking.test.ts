import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { respondentsFrom, type Codebook } from "proband/study";
import { rake, raked, weightedMean } from "proband/sampling";
import { loadStudy } from "proband/study";

// R's survey package on its example data apiclus1 (test/reference/sampling.R).
const r = JSON.parse(readFileSync(new URL("fixtures/rake.json", import.meta.url), "utf8"));
// The same by samplics (test/reference/sampling_second.py).
const second = JSON.parse(readFileSync(new URL("fixtures/rake-samplics.json", import.meta.url), "utf8"));
const nominal = (values: unknown[]) => ({
  kind: "nominal" as const,
  options: [...new Set(values as (string | number)[])].map((value) => ({ value, label: String(value) })),
});
const item = (name: string, role: "attribute" | "belief", scale: object) => ({
  name,
  role,
  label: name,
  text: "",
  scale,
});
const codebook = {
  name: "api",
  title: "Academic Performance Index",
  description: "",
  version: "1",
  provenance: "human",
  sharing: "allowed",
  licence: "",
  citation: "",
  items: [
    item("stype", "attribute", nominal(r.stype)),
    item("schwide", "attribute", nominal(r.schwide)),
    item("dnum", "attribute", nominal(r.dnum)),
    item("api00", "belief", { kind: "count" }),
  ],
  defaults: { groups: [], outcome: "api00", formula: "", family: "ols" },
} as unknown as Codebook;
const columns = new Map(["stype", "schwide", "dnum", "api00"].map((name) => [name, r[name] as unknown[]]));
const unweighted = respondentsFrom({ source: "apiclus1", columns, n: r.api00.length, firstRow: 2 }, codebook);
const schools = unweighted.take(
  unweighted.ids.map((_, i) => i),
  {},
  unweighted.ids.map(() => r.weight),
);
const margins = {
  stype: { E: 4421 / 6194, H: 755 / 6194, M: 1018 / 6194 },
  schwide: { No: 1072 / 6194, Yes: 5122 / 6194 },
};
const near = (actual: number, expected: number, relative: number) =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} against ${expected}`);

test("raking apiclus1 gives 641.23 with SE 23.704, as R's survey does", () => {
  const { mean, standardError, clusters } = weightedMean(schools, "api00", {
    cluster: "dnum",
    population: r.population,
    margins,
  });
  assert.equal(mean.toFixed(2), "641.23");
  assert.equal(standardError.toFixed(3), "23.704");
  assert.equal(clusters, 15);
  near(mean, r.rakedLinearised.mean, 1e-10);
  near(standardError, r.rakedLinearised.se, 1e-8);
});

test("means without raking, and the jackknife with raking, as R's survey does", () => {
  const design = { cluster: "dnum", population: r.population };
  near(weightedMean(schools, "api00", design).standardError, r.linearised.se, 1e-10);
  near(weightedMean(schools, "api00", design).standardError, second.clusters.se, 1e-10);
  near(weightedMean(schools, "api00", { ...design, variance: "jackknife" }).standardError, r.jackknife.se, 1e-10);
  const j = weightedMean(schools, "api00", { ...design, margins, variance: "jackknife" });
  near(j.mean, r.rakedJackknife.mean, 1e-9);
  near(j.standardError, r.rakedJackknife.se, 1e-7);
});

test("raked weights are R's and samplics', meet every margin and keep their sum", () => {
  // R rakes to population counts, so its weights sum to 6194; ours keep the sum of the starting weights.
  const { weights, rows } = rake(schools, { margins });
  const scale = 6194 / weights.reduce((a, b) => a + b, 0);
  weights.forEach((w, i) => near(w * scale, r.rakedWeights[i], 1e-9));
  weights.forEach((w, i) => near(w * scale, second.rakedWeights[i], 1e-9));
  for (const row of rows) assert.ok(Math.abs(row.after - row.margin) < 1e-9, `${row.item} ${row.level}`);
});

test("a raked pilot is the simple random one with weights that meet the margins", async () => {
  const anes = await loadStudy("anes96");
  const { pilot, report } = raked(anes, { n: 120, by: ["PID", "vote"], seed: 4 });
  const share = (name: string, level: number) => {
    const hit = pilot.column(name).map((v, i) => (v === level ? pilot.weights![i]! : 0));
    return hit.reduce((a, b) => a + b, 0) / pilot.weights!.reduce((a, b) => a + b, 0);
  };
  assert.ok(Math.abs(share("PID", 6) - anes.column("PID").filter((v) => v === 6).length / 944) < 1e-9);
  assert.match(String(report), /design effect of weighting/);
});

test("raking says which level has nobody, which has no share, and which weights are wrong", () => {
  assert.throws(
    () => rake(schools, { margins: { stype: { E: 0.5, H: 0.5 } } }),
    /25 respondents are M, which has no share/,
  );
  const noH = schools.filter((row) => row.stype !== "H");
  assert.throws(() => rake(noH, { margins }), /margins.stype: nobody is H/);
  assert.throws(() => rake(schools, { margins, weights: schools.ids.map(() => 0) }), /all are zero/);
  assert.throws(
    () => rake(schools, { margins, weights: schools.ids.map((_, i) => (i === 3 ? -1 : 1)) }),
    /found -1 at respondent 4/,
  );
  assert.throws(() => rake(schools, { margins, weights: [1] }), /expected one a respondent \(183\), found 1/);
});

test("a level of an ordered item that nobody has: refused, or merged into its neighbour and said", async () => {
  const anes = await loadStudy("anes96");
  const some = anes.filter((row) => row.educ !== 1);
  const educ = { "1": 0.1, "2": 0.1, "3": 0.2, "4": 0.2, "5": 0.2, "6": 0.1, "7": 0.1 };
  assert.throws(() => rake(some, { margins: { educ } }), /nobody is 1–8 grades.*or pass mergeEmpty: true/);
  const { rows, merged } = rake(some, { margins: { educ }, mergeEmpty: true });
  assert.ok(Math.abs(rows.find((r) => r.level === "some high school")!.after - 0.2) < 1e-9);
  assert.deepEqual(merged, ["educ: nobody is 1–8 grades; its share is given to some high school"]);
  assert.match(String(raked(anes, { n: 60, by: ["educ", "PID"], seed: 3 }).report), /its share is given to/);
});

test("margins that contradict each other are refused, not returned", () => {
  // Everyone of type E answers Yes and everyone else No: the two margins cannot both hold.
  const half = unweighted.filter((row) => (row.stype === "E") === (row.schwide === "Yes"));
  assert.throws(
    () =>
      rake(half, { margins: { stype: { E: 0.8, H: 0.1, M: 0.1 }, schwide: { Yes: 0.2, No: 0.8 } }, maxIterations: 50 }),
    /raking has not converged after 50 rounds/,
  );
});

test("a stratified sample: api00 of apistrat is 662.29 with SE 9.4089, as R's survey documents", () => {
  const { stype, api00, pw, population } = r.strat;
  const raw = {
    source: "apistrat",
    columns: new Map([
      ["stype", stype],
      ["api00", api00],
    ]),
    n: 200,
    firstRow: 2,
  };
  const two = { ...codebook, items: codebook.items.filter((i) => i.name === "stype" || i.name === "api00") };
  const people = respondentsFrom(raw, two);
  const weighted = people.take(
    people.ids.map((_, i) => i),
    {},
    stype.map((s: string) => pw[s]),
  );
  const all = weightedMean(weighted, "api00", { strata: "stype", population });
  assert.equal(all.mean.toFixed(2), "662.29");
  assert.equal(all.standardError.toFixed(4), "9.4089");
  near(all.standardError, r.strat.withFpc.se, 1e-10);
  near(all.standardError, second.strataWithFpc.se, 1e-10);
  near(all.mean, second.strata.mean, 1e-12);
  near(weightedMean(weighted, "api00", { strata: "stype" }).standardError, r.strat.withoutFpc.se, 1e-10);
  assert.throws(
    () => weightedMean(weighted, "api00", { strata: "stype", population: 6194 }),
    /size of each stratum by its label/,
  );
});
