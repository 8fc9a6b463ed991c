import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { dataFolder, impliedAction, loadStudy } from "proband/study";

const script = (name: string) => import(pathToFileURL(join(dataFolder(), "..", "scripts", name)).href);

test("disclosure: 929 synthetic people, 8 groups of 116 or 117, 340 ± 10 structures, gap 24.7 ± 0.5%", async () => {
  const study = await loadStudy("disclosure");
  assert.equal(study.n, 929);
  assert.equal(study.provenance, "synthetic");
  assert.match(String(study), /\[synthetic data\]/);
  const sizes = new Map<unknown, number>();
  for (const g of study.column("group")) sizes.set(g, (sizes.get(g) ?? 0) + 1);
  assert.equal(sizes.size, 8);
  for (const size of sizes.values()) assert.ok(size === 116 || size === 117);
  const beliefs = study.items("belief").map((i) => study.column(i.name));
  assert.equal(beliefs.length, 3);
  const structures = new Set(study.ids.map((_, i) => beliefs.map((c) => c[i]).join())).size;
  assert.ok(Math.abs(structures - 340) <= 10, `${structures} belief structures`);
  const attack = study.column("attack");
  const definite = impliedAction(study).flatMap((v, i) => (v === null ? [] : [v !== attack[i]]));
  const gap = definite.filter(Boolean).length / definite.length;
  assert.ok(Math.abs(gap - 0.247) <= 0.005, `gap ${gap}`);
});

test("the file is what the seeded script gives", async () => {
  const { text, law } = await script("generate-disclosure.mjs");
  const folder = join(dataFolder(), "disclosure");
  assert.equal(readFileSync(join(folder, "disclosure.tsv"), "utf8"), text());
  assert.deepEqual(JSON.parse(readFileSync(join(folder, "law.json"), "utf8")), law());
});

test("many draws follow the law: cell means are those of the stated coefficients, zeros are zero", async () => {
  const { draw, coefficients, sensitive } = await script("disclosure-law.mjs");
  const rows: Record<string, number & string>[] = draw(30_000, 5);
  const law = coefficients("target1");
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const se = (values: number[]) =>
    Math.sqrt(mean(values.map((v) => v * v)) - mean(values) ** 2) / Math.sqrt(values.length);
  for (const message of ["none", "target1", "target2", "both"])
    for (const valuations of ["unknown", "known"]) {
      const seen = rows.filter((r) => r.message === message && r.valuations === valuations).map((r) => r.target1!);
      const expected =
        law.Intercept +
        (message === "none" ? 0 : law[`message ${message}`]) +
        (valuations === "known" ? law["valuations known"] : 0) +
        (message !== "none" && valuations === "known" ? law[`message ${message} × valuations known`] : 0);
      assert.ok(
        Math.abs(mean(seen) - expected) < 4 * se(seen),
        `${message}, ${valuations}: ${mean(seen)} ≠ ${expected}`,
      );
    }
  // Attributes without effect: the covariance with the belief is zero within four standard errors.
  const centred = (values: number[]) => {
    const m = mean(values);
    return values.map((v) => v - m);
  };
  const y = centred(rows.map((r) => r.target1!));
  for (const x of [rows.map((r) => r.risk!), rows.map((r) => r.age!), rows.map((r) => Number(r.sex === "male"))]) {
    const products = centred(x).map((v, i) => v * y[i]!);
    assert.ok(Math.abs(mean(products)) < 4 * se(products));
  }
  // The double list experiment gives the true prevalence, the direct question less.
  const first = rows.filter((r) => r.listarm === "first"),
    second = rows.filter((r) => r.listarm === "second");
  const skimmed = mean(first.map((r) => r.list1!)) - mean(second.map((r) => r.list1!));
  const shoplifted = mean(second.map((r) => r.list2!)) - mean(first.map((r) => r.list2!));
  assert.ok(Math.abs(skimmed - sensitive.skimmed.truth) < 0.05);
  assert.ok(Math.abs(shoplifted - sensitive.shoplifted.truth) < 0.05);
  assert.ok(Math.abs(mean(rows.map((r) => r.skimmed!)) - 0.46 * 0.62) < 0.01);
});
