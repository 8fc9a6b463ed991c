import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { random, type Random, type Respondents } from "../study/index.js";
import { features, squaredDistance } from "./features.js";
import { checkSize, split, type SamplingOptions, type Split } from "./split.js";

export interface KDppOptions extends SamplingOptions {
  n: number;
  /** Items to compare people by (default: attributes and treatments). */
  by?: readonly string[];
  /** Width of the Gaussian kernel of similarity (default: the median distance between two people). */
  bandwidth?: number;
  /** Rank at which the kernel is cut (default: twice `n`, at least 150; all of it for fewer people). */
  rank?: number;
}

/**
 * Diversity sampling by a k-determinantal point process (Kulesza & Taskar 2011): sets of `n` people are drawn with
 * probability proportional to the determinant of their similarities, so that similar people rarely come together.
 * Inclusion probabilities are known, hence weights. Not nested.
 */
export function kDpp(respondents: Respondents, options: KDppOptions): Split {
  const { n } = options;
  checkSize(respondents, n);
  if (options.bandwidth !== undefined && !(options.bandwidth > 0 && Number.isFinite(options.bandwidth)))
    throw new Error(`bandwidth: expected a distance above 0, found ${options.bandwidth}`);
  if (options.rank !== undefined && !(Number.isInteger(options.rank) && options.rank >= n))
    throw new Error(`rank: expected a whole number of at least n (${n}), found ${options.rank}`);
  const { points, items } = features(respondents, options.by);
  const r = random(options.seed ?? 1, "k-dpp");
  const width = options.bandwidth ?? medianDistance(points);
  const kernel = (i: number, j: number) => Math.exp(-squaredDistance(points[i]!, points[j]!) / (2 * width * width));
  const rank = Math.min(respondents.n, options.rank ?? Math.max(2 * n, 150));
  const { factor, residual } = pivotedCholesky(kernel, respondents.n, rank);
  const process = kDppFromFactor(factor, n);
  const drawn = process.draw(r);
  return split(respondents, drawn, {
    ...options,
    method: `k-DPP on ${items.join(", ")}, n = ${n}`,
    inclusion: drawn.map((i) => process.inclusion[i]!),
    notes:
      residual > 0.01
        ? [`the kernel is cut at rank ${factor.length}: ${(100 * residual).toFixed(0)}% of its trace is left out`]
        : [],
  });
}

function medianDistance(points: readonly Float64Array[]): number {
  // A fixed scheme of pairs: the width must not depend on the seed.
  const distances: number[] = [];
  const step = Math.max(1, Math.floor(points.length / 200));
  for (let i = 0; i < points.length; i += step)
    for (let j = i + step; j < points.length; j += step) distances.push(squaredDistance(points[i]!, points[j]!));
  const positive = distances.filter((d) => d > 0).sort((a, b) => a - b);
  return positive.length ? Math.sqrt(positive[positive.length >> 1]!) : 1;
}

/**
 * The columns of V with kernel ≈ V Vᵀ, by Cholesky with the largest remaining diagonal as pivot; stops early when nothing
 * remains. `residual` is the share of the trace left out.
 */
export function pivotedCholesky(kernel: (i: number, j: number) => number, size: number, rank: number) {
  const diagonal = Float64Array.from({ length: size }, (_, i) => kernel(i, i));
  const trace = diagonal.reduce((a, b) => a + b, 0);
  const columns: Float64Array[] = [];
  while (columns.length < rank) {
    let pivot = 0;
    for (let i = 1; i < size; i++) if (diagonal[i]! > diagonal[pivot]!) pivot = i;
    if (diagonal[pivot]! < 1e-10 * (trace / size)) break;
    const root = Math.sqrt(diagonal[pivot]!);
    const column = Float64Array.from({ length: size }, (_, i) => kernel(i, pivot));
    for (const c of columns) subtract(column, c, c[pivot]!);
    for (let i = 0; i < size; i++) column[i]! /= root;
    column[pivot] = root;
    for (let i = 0; i < size; i++) diagonal[i] = Math.max(0, diagonal[i]! - column[i]! ** 2);
    diagonal[pivot] = 0;
    columns.push(column);
  }
  return { factor: columns, residual: diagonal.reduce((a, b) => a + b, 0) / trace };
}

/** a ← a − factor · b */
function subtract(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i]! -= factor * b[i]!;
}

/**
 * A k-DPP with L = V Vᵀ, V given by its columns: its inclusion probabilities, which sum to k, and a way to draw from
 * it. Only the small Vᵀ V is decomposed; its eigenvectors u give those of L as V u / √λ.
 */
export function kDppFromFactor(
  columns: readonly Float64Array[],
  k: number,
): { inclusion: Float64Array; draw(r: Random): number[] } {
  const gram = columns.map((a) => columns.map((b) => (a === b ? dot(a, a) : 0)));
  for (let i = 0; i < columns.length; i++)
    for (let j = 0; j < i; j++) gram[i]![j] = gram[j]![i] = dot(columns[i]!, columns[j]!);
  const dual = new EigenvalueDecomposition(new Matrix(gram), { assumeSymmetric: true });
  const values = dual.realEigenvalues;
  const top = values.reduce((a, b) => Math.max(a, b), 0);
  const kept = values.map((_, j) => j).filter((j) => values[j]! > 1e-12 * top);
  if (kept.length < k)
    throw new Error(
      `the people differ in only ${kept.length} independent ways, so that no ${k} different ones exist; lower n or compare by more items`,
    );
  const logs = kept.map((j) => Math.log(values[j]!));
  const size = columns[0]!.length;
  const vectors = kept.map((j) => {
    const vector = new Float64Array(size);
    columns.forEach((column, c) => subtract(vector, column, -dual.eigenvectorMatrix.get(c, j) / Math.sqrt(values[j]!)));
    return vector;
  });
  const up = elementary(logs, k);
  const chosen = eigenvectorProbabilities(logs, k);
  const inclusion = new Float64Array(size);
  vectors.forEach((v, c) => {
    for (let i = 0; i < size; i++) inclusion[i]! += chosen[c]! * v[i]! ** 2;
  });
  return {
    inclusion,
    draw(r) {
      const picked: Float64Array[] = [];
      for (let m = logs.length, left = k; left > 0; m--) {
        const p = left === m ? 1 : Math.exp(logs[m - 1]! + up[left - 1]![m - 1]! - up[left]![m]!);
        if (r() < p) {
          picked.push(vectors[m - 1]!);
          left--;
        }
      }
      return drawProjection(picked, r);
    },
  };
}

/** log e_l(λ_1 … λ_m), the elementary symmetric polynomials, for l = 0 … k and m = 0 … M. */
function elementary(logs: readonly number[], k: number): Float64Array[] {
  const table = Array.from({ length: k + 1 }, (_, l) =>
    new Float64Array(logs.length + 1).fill(l === 0 ? 0 : -Infinity),
  );
  for (let l = 1; l <= k; l++)
    for (let m = l; m <= logs.length; m++)
      table[l]![m] = logAdd(table[l]![m - 1]!, logs[m - 1]! + table[l - 1]![m - 1]!);
  return table;
}

const logAdd = (a: number, b: number) => {
  const top = Math.max(a, b);
  return top === -Infinity ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
};

/** Probability of each eigenvector to be among the k: λ e_{k−1}(the others) / e_k, from prefix and suffix tables. */
function eigenvectorProbabilities(logs: readonly number[], k: number): number[] {
  const before = elementary(logs, k);
  const after = elementary([...logs].reverse(), k);
  const M = logs.length;
  return logs.map((log, m) => {
    let others = -Infinity;
    for (let l = 0; l < k; l++) others = logAdd(others, before[l]![m]! + after[k - 1 - l]![M - 1 - m]!);
    return Math.exp(log + others - before[k]![M]!);
  });
}

/** A draw from the projection process spanned by some orthonormal columns: one person a step, then projected away. */
function drawProjection(columns: readonly Float64Array[], r: Random): number[] {
  const size = columns[0]!.length;
  const left = new Float64Array(size);
  for (const column of columns) for (let i = 0; i < size; i++) left[i]! += column[i]! ** 2;
  const basis: Float64Array[] = [];
  const drawn: number[] = [];
  while (drawn.length < columns.length) {
    const s = r.weighted(left);
    const direction = Float64Array.from(columns, (column) => column[s]!);
    for (const b of basis) subtract(direction, b, dot(b, direction));
    const norm = Math.sqrt(dot(direction, direction));
    for (let j = 0; j < direction.length; j++) direction[j]! /= norm;
    basis.push(direction);
    const along = new Float64Array(size);
    columns.forEach((column, j) => subtract(along, column, -direction[j]!));
    for (let i = 0; i < size; i++) left[i] = Math.max(0, left[i]! - along[i]! ** 2);
    left[s] = 0;
    drawn.push(s);
  }
  return drawn;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
