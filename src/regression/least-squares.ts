/** Ordinary and weighted least squares. */
import { EstimationError } from "./errors.js";
import type { Estimate, Problem } from "./estimate.js";
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  crossProduct,
  qr,
  qrInverse,
  qrSolve,
  times,
  transposeTimes,
  type QR,
} from "./linalg.js";
import { refine } from "./refine.js";
import { checkIndependence, independent, standardise } from "./standardise.js";

/**
 * Least squares on centred and scaled columns: by Householder QR up to 200,000 numbers or where columns are nearly
 * dependent, else by the normal equations. Both are refined: columns that lean on each other (less than a twentieth
 * of one its own) in doubled precision, all else by one step from the residuals (Björck 1996, §2.9).
 */
export function leastSquares(problem: Problem, family: "ols" | "wls" | "lpm" = "ols"): Estimate {
  const { x, n, k, intercept, names, w } = problem;
  if (n < k)
    throw new EstimationError(
      "too-few",
      `${n} rows for ${k} coefficients (${names.join(", ")}); least squares needs at least as many rows as coefficients`,
    );
  let space = standardise(x, n, k, intercept, names, w);
  const root = w?.map(Math.sqrt);
  let y = problem.y;
  if (problem.offset) y = y.map((v, i) => v - problem.offset![i]!);
  if (y.every((v) => v === (intercept >= 0 ? y[0] : 0)))
    throw new EstimationError(
      "constant",
      `all ${n} rows have ${problem.outcome} = ${problem.y[0]}; there is no variation to explain`,
      [problem.outcome],
    );
  const z = root ? scaled(space.z, root, n, k) : space.z;
  const target = root ? y.map((v, i) => v * root[i]!) : y;
  let solve: (r: Float64Array) => Float64Array;
  let bread: Float64Array;
  let warnings: string[] = [];
  let factor: QR | undefined;
  const gram = n * k > 200_000 ? crossProduct(z, n, k) : undefined;
  const l = gram ? cholesky(gram, k) : null;
  const conditioned = l !== null && [...Array(k).keys()].every((j) => l[j * k + j]! ** 2 > 1e-6 * gram![j * k + j]!);
  if (conditioned) {
    solve = (r) => choleskySolve(l, k, transposeTimes(z, n, k, r));
    bread = choleskyInverse(l, k);
  } else {
    const f = qr(z, n, k);
    if (Math.min(...f.independence) < 0.05) factor = f;
    warnings = checkIndependence(f.independence, names, space, w);
    solve = (r) => qrSolve(f, r);
    bread = qrInverse(f);
  }
  const b = solve(target);
  let beta: Float64Array;
  let residual: Float64Array;
  if (factor) {
    const start = target.slice();
    times(z, n, k, b).forEach((v, i) => (start[i]! -= v));
    const refined = refine(root ? scaled(x, root, n, k) : x, n, k, target, factor, space, space.coefficients(b), start);
    beta = refined.b;
    residual = root ? refined.r.map((v, i) => v / root[i]!) : refined.r;
    const basis = independent(space, factor, w);
    if (basis !== space) {
      // The columns of the basis are orthonormal up to the root of n.
      bread = new Float64Array(k * k);
      for (let j = 0; j < k; j++) bread[j * k + j] = 1 / n;
      space = basis;
    }
    b.set(space.inverse(beta));
  } else {
    const rest = target.slice();
    times(z, n, k, b).forEach((v, i) => (rest[i]! -= v));
    const correction = solve(rest);
    for (let j = 0; j < k; j++) b[j]! += correction[j]!;
    beta = space.coefficients(b);
    const fit = times(space.z, n, k, b);
    residual = y.map((v, i) => v - fit[i]!);
  }
  let rss = 0;
  let size = 0;
  let mean = 0;
  let total = 0;
  const slope = new Float64Array(n);
  let logWeights = 0;
  for (let i = 0; i < n; i++) {
    const wi = w ? w[i]! : 1;
    const e = residual[i]!;
    slope[i] = wi * e;
    rss += wi * e * e;
    size += wi * (y[i]! - e) ** 2;
    mean += wi * y[i]!;
    total += wi;
    if (w) logWeights += Math.log(wi);
  }
  mean = intercept >= 0 ? mean / total : 0;
  let tss = 0;
  for (let i = 0; i < n; i++) tss += (w ? w[i]! : 1) * (y[i]! - mean) ** 2;
  // R's criterion of an essentially perfect fit.
  if (n > k && rss / (n - k) < (1e-30 * size) / n)
    warnings.push(
      `The fit is exact (residuals are rounding errors): standard errors, p-values and the likelihood of ${problem.outcome} say nothing.`,
    );
  const logLikelihood = (s: number) => -0.5 * n * (Math.log((2 * Math.PI * s) / n) + 1) + 0.5 * logWeights;
  const linear = problem.y.map((v, i) => v - residual[i]!);
  return {
    family,
    names: [...names],
    beta,
    p: k,
    columnOf: names.map((_, j) => (j === intercept ? -1 : j)),
    n,
    inner: b,
    transform: space.transform,
    bread,
    dispersion: n > k ? rss / (n - k) : NaN,
    index: { slope, curvature: w ?? new Float64Array(n).fill(1) },
    space,
    logLikelihood: logLikelihood(rss),
    nullLogLikelihood: intercept >= 0 ? logLikelihood(tss) : NaN,
    dfResidual: n - k,
    fitted: linear,
    linear,
    iterations: 1,
    warnings,
    rss,
    tss,
  };
}

function scaled(z: Float64Array, root: Float64Array, n: number, k: number): Float64Array {
  const out = new Float64Array(n * k);
  for (let j = 0; j < k; j++) for (let i = 0; i < n; i++) out[j * n + i] = z[j * n + i]! * root[i]!;
  return out;
}
