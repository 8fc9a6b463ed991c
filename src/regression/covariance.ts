/** Covariances of coefficients: classical, heteroskedasticity-consistent, clustered. */
import { EstimationError } from "./errors.js";
import type { Estimate } from "./estimate.js";
import { congruence, crossProduct, quadraticForms, sandwich, symmetricEigen } from "./linalg.js";

/**
 * - classical: inverse information (least squares: σ² (X′X)⁻¹).
 * - HC0: White (1980). HC1: HC0 × n / (n − k). HC2: residuals over √(1 − h); HC3: over (1 − h) (MacKinnon & White
 *   1985). HC4: over (1 − h)^(δ/2), δ = min(4, n h / k) (Cribari-Neto 2004).
 * - cluster: sums of scores within clusters (Liang & Zeger 1986), × G / (G − 1) × (n − 1) / (n − k); two ways by
 *   Cameron, Gelbach & Miller (2011).
 * - CR2: clustered one way, without the downward bias of few clusters (`biasReduced`); t with Satterthwaite's degrees of freedom.
 * - bootstrap: pairs, or whole clusters, drawn with replacement.
 */
export type CovarianceType = "classical" | "HC0" | "HC1" | "HC2" | "HC3" | "HC4" | "cluster" | "CR2" | "bootstrap";

export const covarianceTypes: CovarianceType[] = [
  "classical",
  "HC0",
  "HC1",
  "HC2",
  "HC3",
  "HC4",
  "cluster",
  "CR2",
  "bootstrap",
];

/** Inverse information times the dispersion. */
export function classical(e: Estimate): Float64Array {
  const v = congruence(e.transform, e.bread, e.p);
  return e.dispersion === 1 ? v : v.map((s) => s * e.dispersion);
}

/** Leverage of each row: the diagonal of the (weighted) hat matrix. */
export function leverage(e: Estimate): Float64Array {
  if (!e.index)
    throw new EstimationError("formula", `leverage is not defined for ${e.family}, which has several equations`);
  const { z, n, k } = e.space;
  const h = quadraticForms(z, n, k, e.bread);
  for (let i = 0; i < n; i++) h[i]! *= e.index.curvature[i]!;
  return h;
}

/** HC0 … HC4. */
export function heteroskedastic(e: Estimate, type: "HC0" | "HC1" | "HC2" | "HC3" | "HC4"): Float64Array {
  const { n, p } = e;
  let meat: Float64Array;
  if (e.index) {
    const { slope } = e.index;
    const v = new Float64Array(n);
    if (type === "HC0" || type === "HC1") for (let i = 0; i < n; i++) v[i] = slope[i]! * slope[i]!;
    else {
      const h = leverage(e);
      for (let i = 0; i < n; i++) {
        const rest = 1 - h[i]!;
        if (rest < 1e-10)
          throw new EstimationError(
            "too-few",
            `${type} is not defined: one row has leverage 1 (a coefficient that rests on that row alone, as a group of one); merge the group or use HC1`,
            e.names.filter((_, j) => j !== e.space.intercept && nonzero(e, j) === 1),
          );
        const power = type === "HC2" ? 1 : type === "HC3" ? 2 : Math.min(4, (n * h[i]!) / p);
        v[i] = (slope[i]! * slope[i]!) / rest ** power;
      }
    }
    meat = crossProduct(e.space.z, n, p, v);
  } else {
    if (type !== "HC0" && type !== "HC1")
      throw new EstimationError(
        "formula",
        `${type} needs leverages, which ${e.family} (several equations) does not have; use HC0, HC1, cluster or bootstrap`,
      );
    meat = crossProduct(e.scores!, n, p);
  }
  const v = congruence(e.transform, sandwich(e.bread, meat, p), p);
  return type === "HC1" ? v.map((s) => (s * n) / (n - p)) : v;
}

function nonzero(e: Estimate, j: number): number {
  const values = new Map<number, number>();
  for (const v of e.space.columns.subarray(j * e.n, (j + 1) * e.n)) values.set(v, (values.get(v) ?? 0) + 1);
  return Math.min(...values.values());
}

/** Clustered in one or two ways; `groups` holds one code a row for each way. */
export function clustered(
  e: Estimate,
  groups: { name: string; codes: Int32Array; count: number }[],
): { v: Float64Array; warnings: string[] } {
  const warnings: string[] = [];
  const one = (codes: Int32Array, count: number, name: string): Float64Array => {
    if (count < 2)
      throw new EstimationError(
        "cluster",
        `column ${name} has one cluster only; clustered errors need at least two (and are trusted from about 30 up)`,
        [name],
      );
    const { n, p } = e;
    const sums = new Float64Array(count * p);
    const add = (j: number, i: number, s: number) => (sums[j * count + codes[i]!]! += s);
    for (let j = 0; j < p; j++)
      for (let i = 0; i < n; i++)
        add(j, i, e.index ? e.index.slope[i]! * e.space.z[j * n + i]! : e.scores![j * n + i]!);
    const v = congruence(e.transform, sandwich(e.bread, crossProduct(sums, count, p), p), p);
    const factor = (count / (count - 1)) * ((n - 1) / (n - p));
    return v.map((s) => s * factor);
  };
  if (groups.length === 1) return { v: one(groups[0]!.codes, groups[0]!.count, groups[0]!.name), warnings };
  const [a, b] = groups as [(typeof groups)[0], (typeof groups)[0]];
  const both = new Map<number, number>();
  const codes = a.codes.map((c, i) => {
    const key = c * b.count + b.codes[i]!;
    if (!both.has(key)) both.set(key, both.size);
    return both.get(key)!;
  });
  const va = one(a.codes, a.count, a.name);
  const vb = one(b.codes, b.count, b.name);
  const vab = one(codes, both.size, `${a.name} × ${b.name}`);
  let v: Float64Array = va.map((s, i) => s + vb[i]! - vab[i]!);
  const { values, vectors } = symmetricEigen(v, e.p);
  if (Math.min(...values) < -1e-12 * Math.max(...values)) {
    warnings.push(
      "The two-way clustered covariance was not positive semidefinite; its negative eigenvalues are set to zero (Cameron, Gelbach & Miller 2011).",
    );
    const fixed = new Float64Array(e.p * e.p);
    for (let s = 0; s < e.p; s++)
      if (values[s]! > 0)
        for (let i = 0; i < e.p; i++)
          for (let j = 0; j < e.p; j++) fixed[i * e.p + j]! += values[s]! * vectors(i, s) * vectors(j, s);
    v = fixed;
  }
  return { v, warnings };
}

/**
 * Influence of each row on the coefficients, n × p column after column: the rows of which sum_i IF_i IF_i′ is HC0.
 * Models of the same people can be stacked by them, which gives their joint covariance.
 */
export function influence(e: Estimate): Float64Array {
  const { n, p } = e;
  const map = new Float64Array(p * p); // T · bread
  for (let i = 0; i < p; i++)
    for (let s = 0; s < p; s++) {
      const t = e.transform[i * p + s]!;
      if (t !== 0) for (let j = 0; j < p; j++) map[i * p + j]! += t * e.bread[s * p + j]!;
    }
  const out = new Float64Array(n * p);
  for (let s = 0; s < p; s++)
    for (let i = 0; i < n; i++) {
      const score = e.index ? e.index.slope[i]! * e.space.z[s * n + i]! : e.scores![s * n + i]!;
      if (score !== 0) for (let j = 0; j < p; j++) out[j * n + i]! += map[j * p + s]! * score;
    }
  return out;
}
