/**
 * Clustered covariance that is unbiased where errors are independent and alike ("CR2": Bell and McCaffrey 2002,
 * Pustejovsky and Tipton 2018), and degrees of freedom that its own variability leaves (Satterthwaite's approximation).
 * With every row a cluster of its own it is HC2.
 */
import { EstimationError } from "./errors.js";
import type { Estimate } from "./estimate.js";
import { cholesky, congruence, sandwich, symmetricEigen } from "./linalg.js";

export interface BiasReduced {
  /** Covariance of the coefficients, p × p. */
  v: Float64Array;
  /** Degrees of freedom of each coefficient's t statistic. */
  df: Float64Array;
}

/**
 * Residuals of a cluster are multiplied by (I − H)^(−1/2), H its block of the hat matrix. Everything is done on p × p
 * matrices: H = Z B Z′ has as many eigenvectors as coefficients. Where a cluster alone determines a coefficient
 * (eigenvalue 1) the pseudo-inverse is taken, as in R's clubSandwich. With weights, or in logit, probit and Poisson
 * models, residuals are working residuals times the root of their weight.
 *
 * @param codes cluster of each row, 0 … count − 1
 */
export function biasReduced(e: Estimate, codes: Int32Array, count: number): BiasReduced {
  if (!e.index)
    throw new EstimationError(
      "formula",
      `CR2 is not defined for ${e.family}, which has several equations; use covariance: "cluster" or "bootstrap"`,
    );
  const { n, p } = e;
  const z = e.space.z;
  const { slope, curvature } = e.index;
  const rows = clusterRows(codes, count);
  const root = cholesky(e.bread, p)!;
  const meat = new Float64Array(p * p);
  // For each coefficient, in the standardised space: its row of the transform times the bread.
  const contrasts = Array.from({ length: p }, (_, j) =>
    Float64Array.from({ length: p }, (_, a) => {
      let sum = 0;
      for (let b = 0; b < p; b++) sum += e.transform[j * p + b]! * e.bread[b * p + a]!;
      return sum;
    }),
  );
  const total = new Float64Array(p),
    squares = new Float64Array(p),
    products = contrasts.map(() => new Float64Array(p * p));
  const gram = new Float64Array(p * p),
    scores = new Float64Array(p),
    adjusted = new Float64Array(p);
  for (const members of rows) {
    gram.fill(0);
    scores.fill(0);
    for (const i of members)
      for (let a = 0; a < p; a++) {
        const x = z[a * n + i]!;
        scores[a]! += slope[i]! * x;
        const weighted = curvature[i]! * x;
        if (weighted !== 0) for (let b = 0; b <= a; b++) gram[a * p + b]! += weighted * z[b * n + i]!;
      }
    for (let a = 0; a < p; a++) for (let b = 0; b < a; b++) gram[b * p + a] = gram[a * p + b]!;
    // Eigenvectors q of the block, scaled so that Z q has the eigenvalue as its squared length; g = Z′Z q.
    const directions = eigenDirections(gram, root, p);
    adjusted.set(scores);
    for (const { half, q, g } of directions) {
      let dot = 0;
      for (let a = 0; a < p; a++) dot += q[a]! * scores[a]!;
      for (let a = 0; a < p; a++) adjusted[a]! += half * g[a]! * dot;
    }
    for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) meat[a * p + b]! += adjusted[a]! * adjusted[b]!;
    contrasts.forEach((c, j) => {
      const r = multiply(gram, c, p);
      let s = dotOf(c, r);
      for (const { half, whole, g } of directions) {
        const dot = dotOf(g, c);
        s += whole * dot * dot;
        for (let a = 0; a < p; a++) r[a]! += half * g[a]! * dot;
      }
      // L′ r, of which the squared length is r′ B r.
      const l = new Float64Array(p);
      for (let a = 0; a < p; a++) for (let b = a; b < p; b++) l[a]! += root[b * p + a]! * r[b]!;
      const h = dotOf(l, l);
      total[j]! += s - h;
      squares[j]! += s * s - 2 * s * h;
      const of = products[j]!;
      for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) of[a * p + b]! += l[a]! * l[b]!;
    });
  }
  const df = total.map((t, j) => {
    const sum = squares[j]! + products[j]!.reduce((s, x) => s + x * x, 0);
    return sum > 0 ? (t * t) / sum : NaN;
  });
  return { v: congruence(e.transform, sandwich(e.bread, meat, p), p), df };
}

function clusterRows(codes: Int32Array, count: number): number[][] {
  const rows: number[][] = Array.from({ length: count }, () => []);
  codes.forEach((c, i) => rows[c]!.push(i));
  return rows;
}

interface Direction {
  /** What (I − H)^(−1/2) and (I − H)^(−1) add to the identity along it, over the eigenvalue. */
  half: number;
  whole: number;
  q: Float64Array;
  g: Float64Array;
}

function eigenDirections(gram: Float64Array, root: Float64Array, p: number): Direction[] {
  // L′ G L has the eigenvalues of the block; q = L v.
  const { values, vectors } = symmetricEigen(congruence(transpose(root, p), gram, p), p);
  return values.flatMap((value, s) => {
    if (!(value > 1e-12)) return [];
    const rest = 1 - value;
    const singular = rest < 1e-10;
    const q = new Float64Array(p);
    for (let a = 0; a < p; a++) for (let b = 0; b <= a; b++) q[a]! += root[a * p + b]! * vectors(b, s);
    const half = ((singular ? 0 : 1 / Math.sqrt(rest)) - 1) / value,
      whole = ((singular ? 0 : 1 / rest) - 1) / value;
    return [{ half, whole, q, g: multiply(gram, q, p) }];
  });
}

function transpose(a: Float64Array, p: number): Float64Array {
  return a.map((_, at) => a[(at % p) * p + Math.floor(at / p)]!);
}

function multiply(a: Float64Array, x: Float64Array, p: number): Float64Array {
  const out = new Float64Array(p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) out[i]! += a[i * p + j]! * x[j]!;
  return out;
}

function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
