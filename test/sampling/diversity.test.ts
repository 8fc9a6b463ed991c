import assert from "node:assert/strict";
import { test } from "node:test";
import { Matrix, determinant } from "ml-matrix";
import { loadStudy, random } from "proband/study";
import { kCentre, kDpp } from "proband/sampling";
import { kDppFromFactor, pivotedCholesky } from "#src/sampling/k-dpp.js";
import { features, squaredDistance } from "#src/sampling/features.js";

const kernel = (size: number) => {
  const r = random(3, "kernel");
  const x = Array.from({ length: size }, () => [r(), r()]);
  return (i: number, j: number) => Math.exp(-((x[i]![0]! - x[j]![0]!) ** 2 + (x[i]![1]! - x[j]![1]!) ** 2) / 0.3);
};
const subsets = (n: number, k: number): number[][] =>
  k === 0 ? [[]] : Array.from({ length: n }, (_, i) => i).flatMap((i) => subsets(i, k - 1).map((s) => [...s, i]));

test("k-DPP draws sets with probability det(L_S) / Σ det, by enumeration (Kulesza & Taskar 2011)", () => {
  const size = 7,
    k = 3,
    L = kernel(size);
  const { factor, residual } = pivotedCholesky(L, size, size);
  assert.ok(residual < 1e-12);
  const all = subsets(size, k);
  const weights = all.map((s) => determinant(new Matrix(s.map((i) => s.map((j) => L(i, j))))));
  const total = weights.reduce((a, b) => a + b, 0);
  const process = kDppFromFactor(factor, k);
  // Inclusion probabilities are exact.
  for (let i = 0; i < size; i++) {
    const exact = all.reduce((sum, s, m) => sum + (s.includes(i) ? weights[m]! / total : 0), 0);
    assert.ok(Math.abs(process.inclusion[i]! - exact) < 1e-9, `${process.inclusion[i]} against ${exact}`);
  }
  const counts = new Map<string, number>();
  const r = random(8);
  const draws = 20_000;
  for (let m = 0; m < draws; m++) {
    const key = process
      .draw(r)
      .sort((a, b) => a - b)
      .join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const expected = weights.map((w) => (draws * w) / total);
  const chi2 = all.reduce((sum, s, m) => sum + ((counts.get(s.join()) ?? 0) - expected[m]!) ** 2 / expected[m]!, 0);
  // 35 sets: the 99.9% point of χ²(34) is 65.2.
  assert.ok(chi2 < 65.2, `χ²(34) = ${chi2}`);
});

test("k-DPP pilots are more spread out than random ones, and carry weights", async () => {
  const anes = await loadStudy("anes96");
  const { points } = features(anes);
  const place = new Map(anes.ids.map((id, i) => [id, i]));
  const spread = (ids: readonly string[]) => {
    let sum = 0;
    for (const a of ids)
      for (const b of ids) sum += Math.sqrt(squaredDistance(points[place.get(a)!]!, points[place.get(b)!]!));
    return sum / ids.length ** 2;
  };
  const { pilot, rest } = kDpp(anes, { n: 40, seed: 2 });
  assert.equal(pilot.n, 40);
  assert.equal(rest.n, 904);
  const order = random(2).permutation(944);
  const randoms = Array.from({ length: 20 }, (_, m) =>
    spread(order.slice(40 * m, 40 * m + 40).map((i) => anes.ids[i]!)),
  );
  assert.ok(randoms.every((s) => s < spread(pilot.ids)));
  assert.ok(pilot.weights!.every((w) => w >= 1));
});

test("k-centre: nested, and its radius is at most twice what any pilot of that size could have", async () => {
  const anes = await loadStudy("anes96");
  const sixty = kCentre(anes, { n: 60, seed: 2 });
  const ids = new Set(sixty.pilot.ids);
  assert.ok(kCentre(anes, { n: 30, seed: 2 }).pilot.ids.every((id) => ids.has(id)));
  assert.equal(ids.size, 60);
  // Small case, against all pairs of centres.
  const twelve = anes.take([...Array(12).keys()]);
  const { points } = features(twelve);
  const radius = (centres: number[]) =>
    Math.max(...points.map((p) => Math.min(...centres.map((c) => Math.sqrt(squaredDistance(p, points[c]!))))));
  const best = Math.min(...subsets(12, 2).map(radius));
  const { pilot } = kCentre(twelve, { n: 2, seed: 1 });
  assert.ok(radius(pilot.ids.map((id) => twelve.ids.indexOf(id))) <= 2 * best + 1e-12);
});

test("more people than differences: said, with what to do", async () => {
  const anes = await loadStudy("anes96");
  assert.throws(
    () => kDpp(anes, { n: 10, by: ["vote"] }),
    /differ in only 2 independent ways, so that no 10 different ones exist/,
  );
});
