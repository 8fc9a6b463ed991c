/**
 * Tail probabilities and quantiles of the normal, t, F and chi-squared distributions, from Cephes (Moshier; the
 * library scipy.special was built on), compiled to WebAssembly. jStat is not used here: its tails are one minus a
 * rounded distribution function, and are wrong beyond the sixteenth digit (docs/regression.md has the measurement).
 */
import library from "#cephes";
import type { Cephes } from "./cephes.js";

const cephes = library as Cephes;

/** Resolves once the functions below work: at once in Node, a few milliseconds after loading in a browser. */
export const ready: Promise<void> = cephes.compiled;

/** Cephes throws where a probability is below the smallest number; here that is 0. */
function orZero(f: () => number): number {
  try {
    return f();
  } catch (e) {
    if (/underflow/.test(String(e))) return 0;
    throw e;
  }
}

/** P(Z ≤ z) for a standard normal Z. */
export const normalCdf = (z: number): number => orZero(() => cephes.ndtr(z));

/** The z with P(Z ≤ z) = p; p in (0, 1). */
export const normalQuantile = (p: number): number => cephes.ndtri(p);

/** Density of the standard normal. */
export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** φ(z)/Φ(z), right in the far lower tail, where both are zero in floating point. */
export function inverseMills(z: number): number {
  if (z > -25) return normalDensity(z) / cephes.ndtr(z);
  // Mills' ratio as a continued fraction (Abramowitz & Stegun 26.2.14).
  let f = 0;
  for (let k = 60; k > 0; k--) f = k / (-z + f);
  return -z + f;
}

/** log Φ(z), finite for every finite z. */
export function logNormalCdf(z: number): number {
  if (z > -25) return z > 0 ? Math.log1p(-cephes.ndtr(-z)) : Math.log(cephes.ndtr(z));
  return -z * z * 0.5 - 0.5 * Math.log(2 * Math.PI) - Math.log(inverseMills(z));
}

/** P(T > t) with `df` degrees of freedom (any positive number; ∞ is the normal). */
export function tUpper(t: number, df: number): number {
  if (Number.isNaN(t) || Number.isNaN(df)) return NaN;
  if (df === Infinity) return normalCdf(-t);
  if (t === Infinity) return 0;
  if (t === -Infinity) return 1;
  const tail =
    t * t < 1
      ? 0.5 * (1 - cephes.incbet(0.5, df / 2, (t * t) / (df + t * t)))
      : 0.5 * orZero(() => cephes.incbet(df / 2, 0.5, df / (df + t * t)));
  return t >= 0 ? tail : 1 - tail;
}

/** Two-sided p-value of a t statistic (z with df = ∞). */
export const twoSided = (t: number, df: number): number => Math.min(1, 2 * tUpper(Math.abs(t), df));

/** The t with P(T ≤ t) = p; p in (0, 1). */
export function tQuantile(p: number, df: number): number {
  if (df === Infinity) return cephes.ndtri(p);
  if (p === 0.5) return 0;
  const lower = Math.min(p, 1 - p);
  // Cephes' own inverse is wrong in the far tail at large df; a bracket and Newton steps on the tail are not.
  let low = 0;
  let high = 1;
  while (tUpper(high, df) > lower) {
    low = high;
    high *= 2;
  }
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (tUpper(middle, df) > lower) low = middle;
    else high = middle;
  }
  let t = (low + high) / 2;
  const constant = cephes.lgam((df + 1) / 2) - cephes.lgam(df / 2) - 0.5 * Math.log(df * Math.PI);
  for (let i = 0; i < 2; i++)
    t += (tUpper(t, df) - lower) / Math.exp(constant - ((df + 1) / 2) * Math.log1p((t * t) / df));
  return p < 0.5 ? -t : t;
}

/** P(F > f) with (df1, df2) degrees of freedom. */
export function fUpper(f: number, df1: number, df2: number): number {
  if (Number.isNaN(f)) return NaN;
  if (f <= 0) return 1;
  if (f === Infinity) return 0;
  if (df2 === Infinity) return chiSquaredUpper(f * df1, df1);
  return orZero(() => cephes.incbet(df2 / 2, df1 / 2, df2 / (df2 + df1 * f)));
}

/** P(X > x) for a chi-squared X. */
export function chiSquaredUpper(x: number, df: number): number {
  if (Number.isNaN(x)) return NaN;
  return x <= 0 ? 1 : orZero(() => cephes.igamc(df / 2, x / 2));
}

/** log Γ(x). */
export const logGamma = (x: number): number => cephes.lgam(x);
