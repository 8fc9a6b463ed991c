/**
 * Prediction-powered estimates of means and regression coefficients: the simulated target population, corrected by the
 * difference between people and their own simulations. Angelopoulos et al. (2023), Science 382, 669–674; power tuning
 * by λ: Angelopoulos, Duchi & Zrnic (2023), arXiv 2311.01453. Formulas as in the authors' package ppi_py.
 */
import {
  cholesky,
  choleskySolve,
  crossProduct,
  inverse,
  quadraticForms,
  times,
  transposeTimes,
} from "../regression/linalg.js";
import { InferenceError } from "./errors.js";
import type { Part, Sample } from "./sample.js";

export type Link = "identity" | "logit";

export interface Rectified {
  estimate: number;
  se: number;
  /** How much of the simulation is used, 0 (people only) to 1. */
  lambda: number;
  /** Satterthwaite's degrees of freedom of the two variance parts. */
  df: number;
}

const expit = (e: number): number => (e < 0 ? Math.exp(e) / (1 + Math.exp(e)) : 1 / (1 + Math.exp(-e)));

const weighted = (v: Float64Array, w: Float64Array | undefined): Float64Array => (w ? v.map((a, i) => a * w[i]!) : v);

function solve(a: Float64Array, b: Float64Array, k: number, terms: readonly string[]): Float64Array {
  const l = cholesky(a, k);
  if (!l)
    throw new InferenceError(
      "diverges",
      `the coefficients ${terms.join(", ")} cannot be told apart (linearly dependent columns, or too few rectifying people)`,
    );
  return choleskySolve(l, k, b);
}

/** Weighted least squares of y on a part's predictors. */
export function leastSquaresOf(
  part: Pick<Part, "n" | "x" | "w">,
  y: Float64Array,
  k: number,
  terms: readonly string[],
): Float64Array {
  const { n, x, w } = part;
  return solve(crossProduct(x, n, k, w), transposeTimes(x, n, k, weighted(y, w)), k, terms);
}

/** The estimate for a given λ. */
export function point(s: Sample, link: Link, lambda: number, start?: Float64Array): Float64Array {
  const { k, terms, human, hat, target } = s;
  if (link === "identity" && s.samePredictors) {
    const base = leastSquaresOf(
      human,
      human.y.map((v, i) => v - lambda * hat.y[i]!),
      k,
      terms,
    );
    if (lambda === 0) return base;
    const imputed = leastSquaresOf(
      target,
      target.y.map((v) => lambda * v),
      k,
      terms,
    );
    return base.map((v, j) => v + imputed[j]!);
  }
  return minimise(s, link, lambda, start);
}

/**
 * Minimises L(human) − λ L(hat) + λ L(target) by Newton's method with step halving. With predictors that are observed
 * the loss is convex for λ in [0, 1]; it may still have no minimum, where people are separated or too few.
 */
function minimise(s: Sample, link: Link, lambda: number, start?: Float64Array): Float64Array {
  const { k, terms, human, hat, target } = s;
  const parts: [Part, number][] = [
    [human, 1 / human.n],
    ...(lambda
      ? ([
          [hat, -lambda / hat.n],
          [target, lambda / target.n],
        ] as [Part, number][])
      : []),
  ];
  const none = () =>
    new InferenceError(
      "diverges",
      `the rectified regression of ${terms.join(", ")} has no minimum at λ = ${lambda}: people (${human.n}) are separated by a predictor, or too few to rectify; use fewer predictors or more people`,
    );
  const loss = (b: Float64Array): number => {
    let total = 0;
    for (const [part, share] of parts) {
      const eta = times(part.x, part.n, k, b);
      for (let i = 0; i < part.n; i++) {
        const e = eta[i]!;
        const value =
          link === "logit"
            ? Math.max(e, 0) + Math.log1p(Math.exp(-Math.abs(e))) - part.y[i]! * e
            : 0.5 * (e - part.y[i]!) ** 2;
        total += share * (part.w?.[i] ?? 1) * value;
      }
    }
    return total;
  };
  let b: Float64Array = start?.slice() ?? new Float64Array(k);
  let current = loss(b);
  for (let iteration = 0; iteration < 100; iteration++) {
    const g = new Float64Array(k);
    const h = new Float64Array(k * k);
    for (const [part, share] of parts) {
      const eta = times(part.x, part.n, k, b);
      const mu = link === "logit" ? eta.map(expit) : eta;
      const residual = weighted(
        mu.map((m, i) => m - part.y[i]!),
        part.w,
      );
      const curvature = weighted(
        link === "logit" ? mu.map((m) => m * (1 - m)) : new Float64Array(part.n).fill(1),
        part.w,
      );
      transposeTimes(part.x, part.n, k, residual).forEach((v, j) => (g[j]! += share * v));
      crossProduct(part.x, part.n, k, curvature).forEach((v, j) => (h[j]! += share * v));
    }
    const l = cholesky(h, k);
    if (!l) throw none();
    const step = choleskySolve(l, k, g);
    let decrement = 0;
    for (let j = 0; j < k; j++) decrement += g[j]! * step[j]!;
    // Newton converges quadratically: a step this small is the last that can change a digit.
    const last = decrement < 1e-18;
    for (let shrink = 1; ; shrink /= 2) {
      const next = b.map((v, j) => v - shrink * step[j]!);
      const value = loss(next);
      if (value <= current + 1e-13 * Math.abs(current) || last || shrink < 1e-9) {
        b = next;
        current = value;
        break;
      }
    }
    if (b.some((v) => !Number.isFinite(v) || Math.abs(v) > 1e5)) throw none();
    if (last) return b;
  }
  throw none();
}

/** Gradients of the loss, n × k column after column. */
function gradients(part: Part, b: Float64Array, k: number, link: Link): Float64Array {
  const eta = times(part.x, part.n, k, b);
  const out = new Float64Array(part.n * k);
  for (let i = 0; i < part.n; i++) {
    const r = ((link === "logit" ? expit(eta[i]!) : eta[i]!) - part.y[i]!) * (part.w?.[i] ?? 1);
    for (let j = 0; j < k; j++) out[j * part.n + i] = r * part.x[j * part.n + i]!;
  }
  return out;
}

/** Inverse of the Hessian over these parts. */
function inverseHessian(s: Sample, b: Float64Array, link: Link, parts: readonly Part[]): Float64Array {
  const { k } = s;
  const total = parts.reduce((a, p) => a + p.n, 0);
  const h = new Float64Array(k * k);
  for (const part of parts) {
    const eta = times(part.x, part.n, k, b);
    const curvature = weighted(link === "logit" ? eta.map((e) => expit(e) * (1 - expit(e))) : eta.map(() => 1), part.w);
    crossProduct(part.x, part.n, k, curvature).forEach((v, j) => (h[j]! += v / total));
  }
  const inv = inverse(h, k);
  if (!inv)
    throw new InferenceError(
      "diverges",
      `the coefficients ${s.terms.join(", ")} cannot be told apart (linearly dependent columns)`,
    );
  return inv;
}

/** Leverage of each person, below 1. */
function leverages(part: Part, k: number, inverse: Float64Array): Float64Array {
  const h = quadraticForms(part.x, part.n, k, inverse);
  return h.map((v, i) => Math.min(1 - 1e-9, (v * (part.w?.[i] ?? 1)) / part.n));
}

/** Σ_j v_j g_ij for each row. */
function project(g: Float64Array, n: number, k: number, v: Float64Array): Float64Array {
  return times(g, n, k, v);
}

function covariance(a: Float64Array, b: Float64Array, divisor: number): number {
  const mean = (v: Float64Array) => v.reduce((s, x) => s + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let s = 0;
  for (let i = 0; i < a.length; i++) s += (a[i]! - ma) * (b[i]! - mb);
  return s / divisor;
}

/** Where λ is tuned: the fully rectified estimate (as in ppi_py), or the people's own where that does not exist. */
function startingPoint(s: Sample, link: Link): Float64Array {
  try {
    return point(s, link, 1);
  } catch (e) {
    if (!(e instanceof InferenceError)) throw e;
    return point(s, link, 0);
  }
}

/**
 * Each coefficient with its standard error. λ is a number, or "tuned": for each coefficient the one of least variance,
 * in [0, 1]. `smallSample` divides by n − k instead of n − 1 and, where λ is tuned, by one less again times
 * 1 + 1/(n − k − 2): λ is a regression coefficient estimated from the same people (Cochran 1977, chapters 7 and 12).
 */
export function rectify(s: Sample, link: Link, lambda: number | "tuned", smallSample = true): Rectified[] {
  const { k, human, hat, target } = s;
  const n = human.n;
  const N = target.n;
  const fitted = lambda === "tuned" ? 1 : 0;
  const room = n - k - fitted;
  // A rectified least squares estimate is a sum of regressions, each of whose errors are its own residuals'. ppi_py takes
  // all residuals about the sum, which is right for a mean and too wide for slopes (docs/inference.md).
  const summed = smallSample && link === "identity" && s.samePredictors;
  const spared = summed ? n - k : n - 1;
  const inflation = smallSample && room > 1 ? (spared / room) * (fitted ? 1 + 1 / (room - 1) : 1) : 1;
  const first = lambda === "tuned" ? startingPoint(s, link) : point(s, link, lambda);
  const centre = (part: Part, b: Float64Array) => (summed ? leastSquaresOf(part, part.y, k, s.terms) : b);
  const stats = (b: Float64Array, pooled: boolean) => ({
    g: gradients(human, centre(human, b), k, link),
    gHat: gradients(hat, centre(hat, b), k, link),
    gTarget: gradients(target, centre(target, b), k, link),
    // Pooled over people and target; people alone without the simulation; each side its own where they are summed.
    inv: inverseHessian(s, b, link, summed ? [target] : pooled ? [human, target] : [human]),
    own: summed ? inverseHessian(s, b, link, [human]) : undefined,
  });
  // Residuals over 1 − leverage (HC3), since with few people those that pull the line have small ones; for a mean, over its
  // root (HC2), which is exact there.
  const lean = summed ? leverages(human, k, inverseHessian(s, first, link, [human])) : undefined;
  const one = (j: number, b: Float64Array, l: number, st: ReturnType<typeof stats>): Rectified => {
    const v = st.inv.subarray(j * k, (j + 1) * k);
    const w = st.own ? st.own.subarray(j * k, (j + 1) * k) : v;
    const a = project(st.g, n, k, w);
    const aHat = project(st.gHat, n, k, w);
    const u = project(st.gTarget, N, k, v);
    const difference = a.map((x, i) => (x - l * aHat[i]!) / (lean ? (1 - lean[i]!) ** (k === 1 ? 0.5 : 1) : 1));
    const va =
      ((lean ? difference.reduce((sum, d) => sum + d * d, 0) / n : covariance(difference, difference, n - 1)) / n) *
      inflation;
    const vu = (l * l * covariance(u, u, N - 1)) / N;
    const spare = Math.max(1, n - k - fitted);
    const df = va + vu > 0 ? (va + vu) ** 2 / (va ** 2 / spare + vu ** 2 / Math.max(1, N - k)) : spare;
    return { estimate: b[j]!, se: Math.sqrt(va + vu), lambda: l, df };
  };
  if (lambda !== "tuned") {
    const st = stats(first, lambda !== 0);
    return Array.from({ length: k }, (_, j) => one(j, first, lambda, st));
  }
  const st = stats(first, true);
  return Array.from({ length: k }, (_, j) => {
    const v = st.inv.subarray(j * k, (j + 1) * k);
    const a = project(st.g, n, k, v);
    const aHat = project(st.gHat, n, k, v);
    const u = project(st.gTarget, N, k, v);
    const both = new Float64Array(n + N);
    both.set(aHat);
    both.set(u, n);
    const variance = covariance(both, both, n + N - 1);
    const l = variance > 0 ? Math.min(1, Math.max(0, covariance(a, aHat, n) / ((1 + n / N) * variance))) : 0;
    let b: Float64Array;
    try {
      b = point(s, link, l, first);
    } catch (e) {
      if (!(e instanceof InferenceError)) throw e;
      const alone = point(s, link, 0);
      return one(j, alone, 0, stats(alone, false));
    }
    // Without the simulation its predictors do not enter either.
    return one(j, b, l, stats(b, l !== 0));
  });
}
