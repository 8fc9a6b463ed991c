/** The equivalence margin of a coefficient. */
import { EstimationError } from "./errors.js";
import type { Model } from "./model.js";

export function defaultMargin(
  model: Model,
  j: number,
  term: string,
  margin: number | Readonly<Record<string, number>> | { standardised: number } | undefined,
): number {
  const check = (m: number): number => {
    if (!(m > 0))
      throw new EstimationError("formula", `the equivalence margin of ${term} is ${m}; expected a positive number`, [
        term,
      ]);
    return m;
  };
  if (typeof margin === "number") return check(margin);
  const named = margin as Readonly<Record<string, number>> | undefined;
  if (named && !("standardised" in named)) {
    if (named[term] === undefined)
      throw new EstimationError(
        "formula",
        `no equivalence margin is given for ${term}; give one a term, or { standardised: 0.1 }`,
        [term],
      );
    return check(named[term]);
  }
  const share = check(named?.standardised ?? 0.1);
  const { n, x, y } = model.problem;
  const column = model.estimate.columnOf[j]!;
  const sdX = sd(x.subarray(column * n, (column + 1) * n));
  const outcome: Record<string, number> = {
    logit: Math.PI / Math.sqrt(3),
    mlogit: Math.PI / Math.sqrt(3),
    ologit: Math.PI / Math.sqrt(3),
    probit: 1,
    oprobit: 1,
    poisson: 1,
  };
  return (share * (outcome[model.family] ?? sd(y))) / sdX;
}

function sd(v: Float64Array): number {
  let mean = 0;
  for (const a of v) mean += a / v.length;
  let s = 0;
  for (const a of v) s += (a - mean) ** 2;
  return Math.sqrt(s / (v.length - 1));
}
