import assert from "node:assert/strict";
import { test } from "node:test";
import { impliedAction, loadStudy } from "proband/study";

test("insurance: counts of Cai et al. as causaldata describes them", async () => {
  const study = await loadStudy("insurance");
  assert.equal(study.n, 1410);
  const mean = (name: string) => {
    const x = [...study.numbers(name)].filter((v) => !Number.isNaN(v));
    return { n: x.length, mean: x.reduce((a, b) => a + b, 0) / x.length };
  };
  // Means and counts by pandas from Cai_2015.csv.
  assert.ok(Math.abs(mean("takeup").mean - 0.46383) < 1e-5);
  assert.deepEqual([mean("age").n, mean("agpop").n, mean("male").n, mean("literacy").n], [1406, 1404, 1407, 1389]);
  assert.ok(Math.abs(mean("ricearea_2010").mean - 13.429422) < 1e-5);
  assert.ok(Math.abs(mean("default").mean - 0.484397) < 1e-6);
  assert.ok(Math.abs(mean("intensive").mean - 0.491489) < 1e-6);
});

test("insurance: the missing belief is neither coherent nor incoherent", async () => {
  const study = await loadStudy("insurance");
  const implied = impliedAction(study);
  assert.equal(implied.filter((v) => v === undefined).length, 1);
  assert.equal(implied.filter((v) => v === null).length, 12);
});

test("items of the design are kept for clustering but shown to no model", async () => {
  const study = await loadStudy("insurance");
  assert.ok(study.has("village"));
  const shown = study.items("attribute", "treatment").map((i) => i.name);
  for (const name of ["village", "pre_takeup_rate", "arm"]) assert.ok(!shown.includes(name), name);
});

test("missing answers by policy: kept, dropped and counted, or refused with the place", async () => {
  const dropped = await loadStudy("insurance", { missing: "drop" });
  assert.equal(dropped.n + dropped.dropped, 1410);
  assert.ok(dropped.dropped > 20);
  await assert.rejects(
    loadStudy("insurance", { missing: "error" }),
    /insurance\.tsv, row \d+, column \w+: the answer is missing; expected /,
  );
});
