// Distances against scipy 1.17, dcor 0.7 and (nearly equal distributions) mpmath with 50 digits; tolerance 1e-8 relative.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adjust,
  energyDistance,
  energyDistancePoints,
  jsDistance,
  jsDivergence,
  kolmogorovSmirnov,
  totalVariation,
  wasserstein1,
} from "#src/alignment/index.js";
import { random } from "#src/study/index.js";
import { close, fixture } from "./fixture.js";

const reference = fixture("distances");

test("published values: scipy's documentation of jensenshannon and wasserstein_distance", () => {
  close(jsDistance([1, 0], [0.5, 0.5], { base: Math.E }), 0.46450140402245893, 1e-14);
  close(jsDistance([1, 0], [0.5, 0.5]), 0.5579230452841438, 1e-14);
  assert.equal(jsDistance([1, 0, 0], [0, 1, 0]), 1);
  assert.equal(wasserstein1([0, 1, 3], [5, 6, 8]), 5);
});

test("Jensen–Shannon and total variation agree with scipy, also with zero counts and nearly equal distributions", () => {
  for (const { p, q, js2, jse, tv, near } of reference.distributions) {
    // Counts that differ in the ninth digit carry only so many digits themselves.
    const tolerance = near ? 1e-5 : 1e-10;
    close(jsDistance(p, q), js2, tolerance);
    close(jsDistance(p, q, { base: Math.E }), jse, tolerance);
    close(jsDivergence(p, q), js2 ** 2, 2 * tolerance);
    close(totalVariation(p, q), tv, tolerance);
  }
});

test("Wasserstein-1, energy and Kolmogorov–Smirnov agree with scipy and dcor", () => {
  for (const { x, y, w1, energy, energySquaredDcor, ks } of reference.samples) {
    close(wasserstein1(x, y), w1, 1e-10);
    close(energyDistance(x, y), energy, 1e-10);
    close(energyDistance(x, y) ** 2, energySquaredDcor, 1e-8);
    close(kolmogorovSmirnov(x, y), ks, 1e-12);
  }
  for (const { x, y, xWeights, yWeights, w1, energy } of reference.weighted) {
    close(wasserstein1(x, y, { xWeights, yWeights }), w1, 1e-10);
    close(energyDistance(x, y, { xWeights, yWeights }), energy, 1e-10);
  }
});

test("energy distance of points agrees with dcor, and with the one-dimensional one", () => {
  for (const { x, y, energySquared } of reference.points) close(energyDistancePoints(x, y) ** 2, energySquared, 1e-10);
  const { x, y, energy } = reference.samples[4];
  close(
    energyDistancePoints(
      x.map((v: number) => [v]),
      y.map((v: number) => [v]),
    ),
    energy,
    1e-8,
  );
});

test("adjusted p-values agree with statsmodels' multipletests", () => {
  for (const { p, holm, bh } of reference.adjusted) {
    adjust(p, "holm").forEach((v, i) => close(v, holm[i], 1e-12));
    adjust(p, "bh").forEach((v, i) => close(v, bh[i], 1e-12));
    assert.deepEqual(adjust(p, "none"), p);
  }
  assert.deepEqual(adjust([0.01, NaN, 0.02], "holm"), [0.02, NaN, 0.02]);
});

test("Kolmogorov–Smirnov, Wasserstein-1 and adjusted p-values agree with R too", () => {
  const second = fixture("second");
  reference.samples.forEach((c: { x: number[]; y: number[] }, i: number) => {
    close(kolmogorovSmirnov(c.x, c.y), second.ks[i], 1e-10);
    close(wasserstein1(c.x, c.y), second.w1[i], 1e-10);
  });
  reference.adjusted.forEach((c: { p: number[] }, i: number) => {
    adjust(c.p, "holm").forEach((v, k) => close(v, second.holm[i][k], 1e-10));
    adjust(c.p, "bh").forEach((v, k) => close(v, second.bh[i][k], 1e-10));
  });
});

test("properties: symmetric, bounded, zero at equality, invariant to scale and order of options, a metric", () => {
  const r = random(3);
  for (let k = 0; k < 200; k++) {
    const size = 2 + r.integer(9);
    const [p, q, s] = [0, 1, 2].map(() => Array.from({ length: size }, (_, i) => (i === 0 ? 1 : r.integer(6)))) as [
      number[],
      number[],
      number[],
    ];
    const d = jsDistance(p, q);
    assert.ok(d >= 0 && d <= 1);
    close(jsDistance(q, p), d, 1e-12);
    assert.equal(jsDistance(p, p), 0);
    close(
      jsDistance(
        p.map((x) => 17 * x),
        q,
      ),
      d,
      1e-10,
    );
    const order = r.permutation(size);
    close(
      jsDistance(
        order.map((i) => p[i]!),
        order.map((i) => q[i]!),
      ),
      d,
      1e-10,
    );
    assert.ok(d <= jsDistance(p, s) + jsDistance(s, q) + 1e-12);
    // Pinsker-like bounds (Lin 1991): TV² / (2 ln 2)·… ≤ JSD ≤ TV in bits.
    assert.ok(d * d <= totalVariation(p, q) + 1e-12);
    const x = Float64Array.from({ length: 5 + r.integer(20) }, () => r.integer(7)),
      y = Float64Array.from({ length: 5 + r.integer(20) }, () => r.integer(9));
    close(wasserstein1(x, y), wasserstein1(y, x), 1e-12);
    close(
      wasserstein1(
        x.map((v) => 3 * v + 2),
        y.map((v) => 3 * v + 2),
      ),
      3 * wasserstein1(x, y),
      1e-10,
    );
    assert.equal(kolmogorovSmirnov(x, x), 0);
    assert.equal(energyDistance(x, x), 0);
  }
});

test("bad input is named, never a silent NaN", () => {
  assert.throws(() => jsDistance([1, 2], [1, 2, 3]), /mismatched supports: .* 2 options, the second 3/);
  assert.throws(() => jsDistance([1, -2], [1, 2]), /first distribution has -2 at option 1/);
  assert.throws(() => jsDistance([1, 2], [NaN, 2]), /second distribution has NaN at option 0/);
  assert.throws(() => totalVariation([0, 0], [1, 2]), /first distribution is all zeros/);
  assert.throws(() => wasserstein1([], [1]), /first sample is empty/);
  assert.throws(() => energyDistance([1], [1, NaN]), /second sample has NaN at position 1; leave missing values out/);
  assert.throws(
    () => kolmogorovSmirnov([1, 2], [1], { xWeights: [1, -1] }),
    /first sample has weight -1 at position 1/,
  );
  assert.throws(() => wasserstein1([1], [1], { yWeights: [0] }), /weights of the second sample are all zero/);
  assert.throws(
    () => energyDistancePoints([[1, 2]], [[1]]),
    /point 0 of the second sample has 1 coordinates; expected 2/,
  );
  assert.throws(() => adjust([2], "holm"), /outside 0 … 1/);
});

test("energy distance of 100,000 numbers needs memory and time that are not quadratic", () => {
  const r = random(1);
  const x = Float64Array.from({ length: 1e5 }, () => r.normal()),
    y = Float64Array.from({ length: 1e5 }, () => r.normal() + 0.1);
  const before = process.memoryUsage().arrayBuffers;
  const d = energyDistance(x, y);
  // A shift of .1 between normals: energy distance² = 2 (E|N(.1, √2)| − E|N(0, √2)|) ≈ .1² / √π.
  close(d, Math.sqrt(0.01 / Math.sqrt(Math.PI)), 0.1);
  // 1e5² doubles would be 80 GB; a hundredfold of the input is allowed here.
  assert.ok(process.memoryUsage().arrayBuffers - before < 160e6);
});
