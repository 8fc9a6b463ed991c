// NIST Statistical Reference Datasets, linear sets. LRE: number of correct significant digits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ols } from "proband/regression";
import { fixture } from "./support.js";

interface Set {
  formula: string;
  data: Record<string, number[]>;
  beta: number[];
  se: number[];
  sigma: number;
  r2: number;
}
const { sets } = fixture<{ sets: Record<string, Set> }>("nist-strd");
const lre = (got: number, certified: number) =>
  certified === 0
    ? -Math.log10(Math.abs(got))
    : Math.min(15, -Math.log10(Math.abs(got - certified) / Math.abs(certified)));

for (const [name, s] of Object.entries(sets))
  test(`${name}: certified values to ${name === "Filip" ? 7 : 9} digits`, () => {
    const fit = ols(s.data, s.formula);
    const least = name === "Filip" ? 7 : 9;
    const found = [
      ...fit.coefficients.map((b, j) => lre(b, s.beta[j]!)),
      ...fit.rows.map((r, j) => lre(r.se, s.se[j]!)),
      lre(fit.sigma!, s.sigma),
      lre(fit.rSquared!, s.r2),
    ];
    assert.ok(Math.min(...found) >= least, `fewest correct digits ${Math.min(...found).toFixed(1)}, expected ${least}`);
  });

test("Filip's near-singularity is said, with the stated tolerance", () => {
  const { warnings } = ols(sets.Filip!.data, sets.Filip!.formula);
  assert.match(warnings.join(), /I\(x\^10\) is nearly a linear combination .* below 1e-7/);
});

test("Longley as statsmodels' documentation prints it: scale 92936.0061673238, R² .995479004577296", () => {
  const fit = ols(sets.Longley!.data, sets.Longley!.formula);
  assert.ok(Math.abs(fit.sigma! ** 2 / 92936.0061673238 - 1) < 1e-12);
  assert.ok(Math.abs(fit.rSquared! - 0.995479004577296) < 1e-14);
});
