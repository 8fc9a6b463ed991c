import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { effectiveSampleSize, power, sampleSize, sampleSizeForPower } from "proband/sampling";

test("t-test power d = 1, n = 30 a group is .967708258242517", () => {
  assert.ok(Math.abs(power({ effect: 1, n: 30 }) - 0.967708258242517) < 1e-11);
});

test("power of 116 designs, as statsmodels has them", () => {
  const { cases } = JSON.parse(readFileSync(new URL("fixtures/power.json", import.meta.url), "utf8"));
  for (const { power: expected, ...design } of cases)
    assert.ok(
      Math.abs(power(design) - expected) < 1e-9,
      `${JSON.stringify(design)}: ${power(design)} against ${expected}`,
    );
});

test("power of 60 designs, as R's power.t.test has them", () => {
  const { cases } = JSON.parse(readFileSync(new URL("fixtures/power-r.json", import.meta.url), "utf8"));
  assert.equal(cases.length, 60);
  for (const { power: expected, ...design } of cases)
    assert.ok(
      Math.abs(power(design) / expected - 1) < 1e-8,
      `${JSON.stringify(design)}: ${power(design)} against ${expected}`,
    );
});

test("64 a group find d = 0.5 with power .8 (Cohen 1988)", () => {
  assert.equal(sampleSizeForPower({ effect: 0.5 }), 64);
  assert.ok(power({ effect: 0.5, n: 64 }) >= 0.8 && power({ effect: 0.5, n: 63 }) < 0.8);
});

test("humans for a standard error, alone and with a simulator", () => {
  const { alone, withSimulator, rows } = sampleSize({
    sd: 0.5,
    standardError: 0.025,
    correlation: 0.6,
    simulated: 900,
  });
  assert.equal(alone, 400);
  // The formula of Broska, Howes & van Loon, solved: 292 are enough and 291 are not.
  assert.ok(effectiveSampleSize(withSimulator, 900, 0.6) >= 400);
  assert.ok(effectiveSampleSize(withSimulator - 1, 900, 0.6) < 400);
  assert.ok(rows[1]!.standardError <= 0.025);
  assert.equal(effectiveSampleSize(100, 1e12, 0), 100);
  assert.equal(effectiveSampleSize(100, 900, 1), 1000);
});

test("the effective n is what simulation of the rectified mean gives", async () => {
  const { random } = await import("proband/study");
  const r = random(5);
  const n = 40,
    N = 200,
    rho = 0.7,
    lambda = (rho * N) / (n + N);
  const estimates = Array.from({ length: 4000 }, () => {
    let y = 0,
      f = 0,
      g = 0;
    for (let i = 0; i < n; i++) {
      const a = r.normal();
      y += a / n;
      f += (rho * a + Math.sqrt(1 - rho * rho) * r.normal()) / n;
    }
    for (let i = 0; i < N; i++) g += r.normal() / N;
    return y - lambda * (f - g);
  });
  const variance = estimates.reduce((s, e) => s + e * e, 0) / 4000;
  // Relative standard error of a variance from 4,000 draws is √(2/4000) = 2.2%.
  assert.ok(Math.abs(1 / variance / effectiveSampleSize(n, N, rho) - 1) < 0.08, `${1 / variance}`);
});

test("wrong designs are refused with what was expected", () => {
  assert.throws(() => power({ effect: 1, n: 1 }), /at least 2 people a group, found 1/);
  assert.throws(() => sampleSizeForPower({ effect: 0 }), /no sample can find an effect of zero/);
  assert.throws(() => sampleSize({ sd: 1, standardError: 0 }), /standardError: expected a number above 0/);
  assert.throws(
    () => sampleSize({ sd: 1, standardError: 0.1, correlation: 2 }),
    /correlation: expected −1 to 1, found 2/,
  );
});
