// Tails against scipy.stats (models.py), and jStat's beside them: the measurement behind the choice of Cephes.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chiSquaredUpper,
  fUpper,
  inverseMills,
  logNormalCdf,
  normalCdf,
  normalQuantile,
  tQuantile,
  tUpper,
} from "#src/regression/distributions.js";
import { close, fixture } from "./support.js";

type Rows = [number, ...number[]][];
const tails = fixture<Record<"normal" | "normalQuantile" | "t" | "tQuantile" | "f" | "chi2", Rows>>("tails");

test("normal: tails to 1e-300 and quantiles", () => {
  for (const [z, p, log] of tails.normal) {
    close([normalCdf(z)], [p!], 1e-12, `Φ(${z})`);
    close([logNormalCdf(z)], [log!], 1e-12, `log Φ(${z})`);
  }
  for (const [p, z] of tails.normalQuantile) close([normalQuantile(p)], [z!], 1e-12, `Φ⁻¹(${p})`);
  // The continued fraction and the ratio meet where one takes over from the other.
  close([inverseMills(-25.0000001)], [inverseMills(-24.9999999)], 1e-8);
});

test("t, F, χ²: upper tails and t quantiles", () => {
  for (const [t, df, p] of tails.t) close([tUpper(t, df!)], [p!], 1e-10, `t ${t}, ${df}`);
  for (const [p, df, t] of tails.tQuantile) close([tQuantile(p, df!)], [t!], 1e-10, `t⁻¹ ${p}, ${df}`);
  for (const [f, a, b, p] of tails.f) close([fUpper(f, a!, b!)], [p!], 1e-10, `F ${f}, ${a}, ${b}`);
  for (const [x, k, p] of tails.chi2) close([chiSquaredUpper(x, k!)], [p!], 1e-10, `χ² ${x}, ${k}`);
});

test("jStat's tails are worse: a p-value below 1e-16 is lost", async () => {
  // jStat ships no types.
  const name = "jstat";
  const jstat = ((await import(name)) as { default: unknown }).default;
  const j = (jstat as unknown as { jStat: Record<string, { cdf(...a: number[]): number }> }).jStat;
  const worst = Math.max(
    ...tails.t.map(([t, df, p]) => Math.abs((1 - j.studentt!.cdf(t, df!) - p!) / p!)).filter((e) => !Number.isNaN(e)),
  );
  assert.ok(worst > 0.01, `jStat agrees to ${worst}: it could be used`);
});
