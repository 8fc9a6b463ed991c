/** Refits of a model on resampled rows or clusters. Efron & Tibshirani (1993), chapters 7 and 13. */
import { random } from "../study/index.js";
import { EstimationError } from "./errors.js";
import { derivatives, newton, type IndexFamily } from "./index-models.js";
import { cholesky, choleskySolve, crossProduct, inverse, transposeTimes } from "./linalg.js";
import { run, type Model } from "./model.js";
import { quickRefit } from "./refit.js";

export interface BootstrapOptions {
  /** Number of refits (default 1999). */
  replicates?: number;
  /** Seed of the draws (default 1). */
  seed?: number;
}

export interface BootstrapDraws {
  /** replicates × p, row after row; refits that failed are left out. */
  estimates: Float64Array;
  replicates: number;
  p: number;
  /** Refits without an estimate (separated or collinear draws). */
  failed: number;
}

/** Coefficients of a model refitted on rows drawn with replacement; whole clusters where the model has them. */
export function bootstrapDraws(model: Model, options: BootstrapOptions = {}): BootstrapDraws {
  const { replicates = 1999, seed = 1 } = options;
  checkReplicates(replicates);
  const { n } = model.problem;
  const p = model.estimate.p;
  if (model.clusters.length > 1)
    throw new EstimationError("cluster", "the bootstrap draws clusters of one kind; name one column in `cluster`");
  const next = random(seed, "bootstrap");
  const group = model.clusters[0];
  const times = new Float64Array(group ? group.count : n);
  const counts = new Float64Array(n);
  const out = new Float64Array(replicates * p);
  const refit = refitter(model);
  let done = 0;
  for (let r = 0; r < replicates; r++) {
    times.fill(0);
    draw(times, next);
    if (group) for (let i = 0; i < n; i++) counts[i] = times[group.codes[i]!]!;
    else counts.set(times);
    const beta = refit(counts);
    if (beta) out.set(beta, p * done++);
  }
  if (done < Math.max(10, replicates / 2))
    throw new EstimationError(
      "separation",
      `only ${done} of ${replicates} bootstrap refits had an estimate; the sample is too small for this model`,
    );
  return { estimates: out.slice(0, done * p), replicates: done, p, failed: replicates - done };
}

/** Throws unless there are replicates enough to have a spread. */
export function checkReplicates(replicates: number): void {
  if (!Number.isInteger(replicates) || replicates < 10)
    throw new EstimationError("formula", `replicates: expected a whole number of 10 or more, found ${replicates}`);
}

/** Counts of as many draws with replacement. One uniform number of 53 bits gives two draws; their bias is below 1e-6. */
function draw(counts: Float64Array, next: () => number): void {
  const size = counts.length;
  for (let i = 0; i < size; i += 2) {
    const u = next() * size;
    const first = Math.floor(u);
    counts[first]!++;
    if (i + 1 < size) counts[Math.floor((u - first) * size)]!++;
  }
}

/** A function from counts (how often each row was drawn) to the refitted coefficients, or null where there are none. */
export function refitter(model: Model): (counts: Float64Array) => Float64Array | null {
  const { estimate: e, problem, family } = model;
  const { n, w } = problem;
  const { z, k } = e.space;
  if (!e.index || model.penalty)
    return (counts) => {
      try {
        // A level that is never drawn would change the number of equations.
        const seen = new Set<number>();
        for (let i = 0; i < n; i++) if (counts[i]! > 0) seen.add(problem.y[i]!);
        if (e.levels && seen.size < e.levels.length) return null;
        return run(family, pack(problem, counts), model.penalty).beta;
      } catch {
        return null;
      }
    };
  const least = family === "ols" || family === "wls" || family === "lpm";
  const { slope } = e.index;
  const factor = least ? e.bread : cholesky(inverse(e.bread, k)!, k)!;
  const at = new Int32Array(n);
  const outcomes = problem.y;
  const buffer = new Float64Array(n * (k + 6));
  return (counts) => {
    // Drawn rows are packed, so that loops run over contiguous memory without zeros.
    let m = 0;
    for (let i = 0; i < n; i++) if (counts[i]! > 0) at[m++] = i;
    const part = (index: number, width = 1) => buffer.subarray(index * n, index * n + m * width);
    const [y, wm, s, h] = [part(0), part(1), part(2), part(3)];
    const zm = buffer.subarray(6 * n, 6 * n + m * k);
    const offset = problem.offset ? part(4) : undefined;
    for (let i = 0; i < m; i++) {
      const r = at[i]!;
      const c = counts[r]!;
      y[i] = outcomes[r]!;
      wm[i] = w ? c * w[r]! : c;
      s[i] = c * slope[r]!;
      if (offset) offset[i] = problem.offset![r]!;
    }
    for (let j = 0; j < k; j++) {
      const to = j * m;
      const from = j * n;
      for (let i = 0; i < m; i++) zm[to + i] = z[from + at[i]!]!;
    }
    if (least) {
      const gram = crossProduct(zm, m, k, wm);
      const l = cholesky(gram, k);
      if (!l || [...Array(k).keys()].some((j) => l[j * k + j]! ** 2 < 1e-10 * gram[j * k + j]!)) return null;
      // A correction of the full sample's estimate: its residuals are known.
      const b = choleskySolve(l, k, transposeTimes(zm, m, k, s));
      return e.space.coefficients(b.map((v, j) => v + e.inner[j]!));
    }
    const kind = family as IndexFamily;
    const quick = quickRefit(
      kind,
      { z: zm, m, k, y, w: wm, slope: s, curvature: h, factor, eta: part(5), ...(offset ? { offset } : {}) },
      e.inner,
    );
    if (quick) return e.space.coefficients(quick);
    const fit = newton(derivatives[kind], zm, m, k, y, e.inner.slice(), {
      w: wm,
      ...(offset ? { offset } : {}),
      tolerance: 1e-9,
    });
    return fit.state === "ok" && fit.b.every((v) => Math.abs(v) < 50) ? e.space.coefficients(fit.b) : null;
  };
}

function pack(p: Model["problem"], counts: Float64Array): Model["problem"] {
  const rows = [...Array(p.n).keys()].filter((i) => counts[i]! > 0);
  const pick = (v: Float64Array) => Float64Array.from(rows, (i) => v[i]!);
  const x = new Float64Array(rows.length * p.k);
  for (let j = 0; j < p.k; j++) x.set(pick(p.x.subarray(j * p.n, (j + 1) * p.n)), j * rows.length);
  return {
    ...p,
    x,
    n: rows.length,
    y: pick(p.y),
    w: Float64Array.from(rows, (i) => counts[i]! * (p.w ? p.w[i]! : 1)),
    ...(p.offset ? { offset: pick(p.offset) } : {}),
  };
}

/** Covariance of draws. */
export function drawsCovariance({ estimates, replicates, p }: BootstrapDraws): Float64Array {
  const mean = new Float64Array(p);
  for (let r = 0; r < replicates; r++) for (let j = 0; j < p; j++) mean[j]! += estimates[r * p + j]! / replicates;
  const v = new Float64Array(p * p);
  for (let r = 0; r < replicates; r++)
    for (let i = 0; i < p; i++)
      for (let j = i; j < p; j++)
        v[i * p + j]! += ((estimates[r * p + i]! - mean[i]!) * (estimates[r * p + j]! - mean[j]!)) / (replicates - 1);
  for (let i = 0; i < p; i++) for (let j = 0; j < i; j++) v[i * p + j] = v[j * p + i]!;
  return v;
}

/** The q-quantile of parameter j over the draws (linear interpolation, as numpy and R type 7). */
export function drawsQuantile({ estimates, replicates, p }: BootstrapDraws, j: number, q: number): number {
  const sorted = Float64Array.from({ length: replicates }, (_, r) => estimates[r * p + j]!).sort();
  const at = q * (replicates - 1);
  const low = Math.floor(at);
  const high = Math.min(replicates - 1, low + 1);
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!);
}
