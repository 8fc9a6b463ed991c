/** Two one-sided tests of equivalence (Schuirmann 1987), and estimates of several simulations combined. */
import { tUpper } from "./distributions.js";
import { EstimationError } from "./errors.js";

export interface Tost {
  /** The larger of the two one-sided p-values: below α the difference lies within the margin. */
  p: number;
  /** p of "the difference is at or below the lower margin", and of "at or above the upper one". */
  pLower: number;
  pUpper: number;
}

/** TOST from a difference, its standard error and degrees of freedom; the margin is ± a number or [low, high]. */
export function tost(difference: number, se: number, df: number, margin: number | readonly [number, number]): Tost {
  const [low, high] = typeof margin === "number" ? [-margin, margin] : margin;
  if (!(high > low))
    throw new EstimationError(
      "formula",
      `the equivalence margin [${low}, ${high}] is empty; give a positive number or [low, high]`,
    );
  if (!(se >= 0)) return { p: NaN, pLower: NaN, pUpper: NaN };
  const one = (distance: number) => (se > 0 ? tUpper(distance / se, df) : distance > 0 ? 0 : 1);
  const pLower = one(difference - low);
  const pUpper = one(high - difference);
  return { p: Math.max(pLower, pUpper), pLower, pUpper };
}

/** TOST of two independent means, unequal variances (Welch) by default. */
export function tostMeans(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  margin: number | readonly [number, number],
  options: { variances?: "unequal" | "equal" } = {},
): Tost & { difference: number; se: number; df: number } {
  const a = moments(x, "the first sample");
  const b = moments(y, "the second sample");
  const difference = a.mean - b.mean;
  const [va, vb] = [a.variance / a.n, b.variance / b.n];
  let se = Math.sqrt(va + vb);
  let df = (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1));
  if (options.variances === "equal") {
    df = a.n + b.n - 2;
    se = Math.sqrt((((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df) * (1 / a.n + 1 / b.n));
  }
  // Two samples without any spread: Welch's 0/0 is the degrees of freedom of equal variances.
  if (se === 0) df = a.n + b.n - 2;
  return { ...tost(difference, se, df, margin), difference, se, df };
}

function moments(x: ArrayLike<number>, name: string): { n: number; mean: number; variance: number } {
  const n = x.length;
  if (n < 2) throw new EstimationError("too-few", `${name} has ${n} value${n === 1 ? "" : "s"}; a variance needs two`);
  let mean = 0;
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(x[i]!))
      throw new EstimationError("outcome", `${name}, value ${i + 1}: ${x[i]}; expected a finite number`);
    mean += x[i]! / n;
  }
  let s = 0;
  for (let i = 0; i < n; i++) s += (x[i]! - mean) ** 2;
  return { n, mean, variance: s / (n - 1) };
}

export interface Combined {
  estimate: number;
  se: number;
  df: number;
  /** Mean variance within a seed, and variance of the estimates between seeds. */
  within: number;
  between: number;
}

/**
 * Estimates of several simulations of the same people combined: variance W + B / M, with (M − 1)(1 + W / (B / M))²
 * degrees of freedom (not more than those of one), by the rules for partially synthetic data (Reiter 2003). Simulations
 * replace the answers of real people and keep their attributes, which is such data; Rubin's rules for imputation,
 * W + (1 + 1/M) B, are for missing answers and too wide here (Reiter and Raghunathan 2007). With one estimate it stays
 * as it is.
 */
export function combine(estimates: readonly number[], variances: readonly number[], dfComplete: number): Combined {
  const m = estimates.length;
  if (!m || variances.length !== m)
    throw new EstimationError(
      "too-few",
      `${m} estimates and ${variances?.length ?? 0} variances; expected one variance an estimate, and at least one`,
    );
  const estimate = estimates.reduce((a, v) => a + v, 0) / m;
  const within = variances.reduce((a, v) => a + v, 0) / m;
  if (m === 1) return { estimate, se: Math.sqrt(within), df: dfComplete, within, between: 0 };
  const between = estimates.reduce((a, v) => a + (v - estimate) ** 2, 0) / (m - 1);
  const total = within + between / m;
  const df = between > 0 ? (m - 1) * (1 + within / (between / m)) ** 2 : Infinity;
  return { estimate, se: Math.sqrt(total), df: Math.min(df, dfComplete), within, between };
}
