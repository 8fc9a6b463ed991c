/** Prediction-powered quantiles by inverting the rectified distribution function. */
import { InferenceError } from "./errors.js";
import type { Part, Sample } from "./sample.js";

export interface QuantileEstimate {
  estimate: number;
  low: number;
  high: number;
  lambda: number;
  /** Standard error of the distribution function at the estimate (a quantile has no standard error of its own). */
  seOfShare: number;
}

/** Mean and variance of the weighted indicator of values up to `at`. */
function share(part: Part, at: number): { mean: number; variance: number } {
  let s = 0;
  let squares = 0;
  for (let i = 0; i < part.n; i++) {
    const v = part.y[i]! <= at ? (part.w?.[i] ?? 1) : 0;
    s += v;
    squares += v * v;
  }
  const mean = s / part.n;
  return { mean, variance: squares / part.n - mean * mean };
}

/** Mean and variance of 1[y ≤ at] − λ 1[ŷ ≤ at]. */
function difference(human: Part, hat: Part, at: number, lambda: number): { mean: number; variance: number } {
  let s = 0;
  let squares = 0;
  for (let i = 0; i < human.n; i++) {
    const v = (+(human.y[i]! <= at) - lambda * +(hat.y[i]! <= at)) * (human.w?.[i] ?? 1);
    s += v;
    squares += v * v;
  }
  const mean = s / human.n;
  return { mean, variance: squares / human.n - mean * mean };
}

/**
 * The smallest value whose rectified distribution function reaches q, and the values that a two-sided z test at
 * `critical` does not reject as the q-quantile: those whose distribution function may reach q while that of the values
 * below may not exceed it. λ = 1 is ppi_py's ppi_quantile_ci on the exact grid.
 */
export function rectifiedQuantile(s: Sample, q: number, lambda: number | "tuned", critical: number): QuantileEstimate {
  const { human, hat, target } = s;
  const grid = Float64Array.from(new Set([...human.y, ...(lambda === 0 ? [] : [...hat.y, ...target.y])])).sort();
  const cdf = (at: number, l: number) => {
    const d = difference(human, hat, at, l);
    const t = l === 0 ? { mean: 0, variance: 0 } : share(target, at);
    return {
      value: l * t.mean + d.mean,
      se: Math.sqrt(Math.max(0, (l * l * t.variance) / target.n + d.variance / human.n)),
    };
  };
  const pointAt = (l: number): number => grid.find((v) => cdf(v, l).value >= q) ?? grid.at(-1)!;
  const l = lambda === "tuned" ? tune(s, pointAt(1)) : lambda;
  const estimate = pointAt(l);
  const functions = Array.from(grid, (v) => cdf(v, l));
  const low = grid[functions.findIndex((f) => f.value + critical * f.se >= q)];
  let at = grid.length - 1;
  while (at > 0 && functions[at - 1]!.value - critical * functions[at - 1]!.se > q) at--;
  if (low === undefined)
    throw new InferenceError(
      "too-few",
      `no value can be the ${q} quantile: with ${human.n} rectifying people the distribution is not known well enough`,
    );
  return { estimate, low, high: grid[at]!, lambda: l, seOfShare: functions[grid.indexOf(estimate)]!.se };
}

/** λ of least variance of the distribution function at a value. */
function tune({ human, hat, target }: Sample, at: number): number {
  const indicator = (p: Part) => Float64Array.from(p.y, (v, i) => +(v <= at) * (p.w?.[i] ?? 1));
  const [a, b, u] = [indicator(human), indicator(hat), indicator(target)];
  const mean = (v: Float64Array) => v.reduce((s, x) => s + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let cov = 0;
  for (let i = 0; i < a.length; i++) cov += ((a[i]! - ma) * (b[i]! - mb)) / a.length;
  const both = [...b, ...u];
  const m = both.reduce((s, x) => s + x, 0) / both.length;
  const variance = both.reduce((s, x) => s + (x - m) ** 2, 0) / (both.length - 1);
  return variance > 0 ? Math.min(1, Math.max(0, cov / ((1 + human.n / target.n) * variance))) : 0;
}

/** The smallest value that at least the share q of the weight does not exceed. */
export function plainQuantile(y: Float64Array, q: number, w?: Float64Array): number {
  const order = [...y.keys()].sort((a, b) => y[a]! - y[b]!);
  const total = w ? w.reduce((a, v) => a + v, 0) : y.length;
  let s = 0;
  for (const i of order) {
    s += w ? w[i]! : 1;
    // Sums of weights round; a share that misses q by 1e-12 has reached it.
    if (s / total >= q - 1e-12) return y[i]!;
  }
  return y[order.at(-1)!]!;
}
