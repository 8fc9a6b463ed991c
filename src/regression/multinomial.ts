/** Multinomial logit: log P(y = j)/P(y = reference) = x′β_j. Maximum likelihood by Newton's method. */
import { EstimationError } from "./errors.js";
import type { Estimate, Problem } from "./estimate.js";
import { cholesky, choleskyInverse, choleskySolve, times } from "./linalg.js";
import { told } from "./separation.js";
import { checkIndependence, independent, standardise, weightedQr } from "./standardise.js";

export function multinomialModel(problem: Problem): Estimate {
  const { x, n, k, intercept, names, y, w, outcome } = problem;
  const levels = problem.levels!;
  const equations = levels.length - 1;
  const p = k * equations;
  if (problem.offset) throw new EstimationError("formula", "a multinomial logit takes no offset()");
  if (n < p)
    throw new EstimationError(
      "too-few",
      `${n} rows for ${p} coefficients (${equations} equations of ${k}); the model needs at least as many rows`,
    );
  const scaled = standardise(x, n, k, intercept, names, w);
  const factors = weightedQr(scaled, w);
  const warnings = checkIndependence(factors.independence, names, scaled, w);
  const space = independent(scaled, factors, w);
  const { z } = space;
  const b = new Float64Array(p);
  const probability = new Float64Array(n * (equations + 1));
  const evaluate = (at: Float64Array): number => {
    for (let j = 0; j < equations; j++) probability.set(times(z, n, k, at.subarray(j * k, (j + 1) * k)), (j + 1) * n);
    probability.fill(0, 0, n);
    let total = 0;
    for (let i = 0; i < n; i++) {
      let top = 0;
      for (let j = 1; j <= equations; j++) top = Math.max(top, probability[j * n + i]!);
      let s = 0;
      for (let j = 0; j <= equations; j++) s += Math.exp(probability[j * n + i]! - top);
      const log = top + Math.log(s);
      total += (w ? w[i]! : 1) * (probability[y[i]! * n + i]! - log);
      for (let j = 0; j <= equations; j++) probability[j * n + i] = Math.exp(probability[j * n + i]! - log);
    }
    return total;
  };
  let ll = evaluate(b);
  let factor: Float64Array | null = null;
  let direction: Float64Array = new Float64Array(p);
  let last = false;
  let iterations = 0;
  for (; iterations < 60; iterations++) {
    const g = new Float64Array(p);
    const h = new Float64Array(p * p);
    for (let a = 0; a < equations; a++) {
      for (let i = 0; i < n; i++) {
        const r = (w ? w[i]! : 1) * (+(y[i] === a + 1) - probability[(a + 1) * n + i]!);
        for (let c = 0; c < k; c++) g[a * k + c]! += r * z[c * n + i]!;
      }
      for (let d = a; d < equations; d++)
        for (let i = 0; i < n; i++) {
          const pa = probability[(a + 1) * n + i]!;
          const v = (w ? w[i]! : 1) * pa * (+(a === d) - probability[(d + 1) * n + i]!);
          for (let c = 0; c < k; c++) {
            const vz = v * z[c * n + i]!;
            for (let e = 0; e < k; e++) h[(a * k + c) * p + d * k + e]! += vz * z[e * n + i]!;
          }
        }
    }
    for (let r = 0; r < p; r++) for (let c = 0; c < r; c++) h[r * p + c] = h[c * p + r]!;
    factor = cholesky(h, p);
    if (!factor || last) break;
    direction = choleskySolve(factor, p, g);
    let decrement = 0;
    for (let j = 0; j < p; j++) decrement += g[j]! * direction[j]!;
    last = decrement < 1e-13 * (1 + Math.abs(ll));
    for (let step = 1; ; step /= 2) {
      const next = b.map((v, j) => v + step * direction[j]!);
      const value = evaluate(next);
      if (value >= ll - 1e-12 * Math.abs(ll) || last || step < 1e-9) {
        b.set(next);
        ll = value;
        break;
      }
    }
  }
  let far = 0;
  for (let j = 0; j < equations; j++)
    for (const v of times(z, n, k, b.subarray(j * k, (j + 1) * k))) far = Math.max(far, Math.abs(v));
  // Where the information vanishes only predictors that have grown far apart speak of separation.
  if ((!factor && far > 10) || far > 25) {
    const steps = levels.slice(1).map((_, j) => {
      const step = direction.subarray(j * k, (j + 1) * k);
      return space === scaled ? step : scaled.inverse(space.coefficients(step));
    });
    const size = names.map((_, c) => Math.max(...steps.map((step) => Math.abs(step[c]!))));
    const top = Math.max(...size.filter((_, c) => c !== intercept), 0);
    const columns = names.filter((_, c) => c !== intercept && size[c]! > 0.05 * top);
    throw new EstimationError(
      "separation",
      `perfect separation: ${told(columns.length ? columns : names)} an answer of ${outcome} exactly, so coefficients grow without end. Merge rare answers or levels, or leave columns out`,
      columns,
    );
  }
  if (!last || !factor)
    throw new EstimationError(
      "convergence",
      `the multinomial likelihood of ${outcome} did not converge in ${iterations} steps; merge rare answers or levels, or leave columns out`,
      [outcome],
    );
  const scores = new Float64Array(n * p);
  for (let j = 0; j < equations; j++)
    for (let c = 0; c < k; c++)
      for (let i = 0; i < n; i++)
        scores[(j * k + c) * n + i] =
          (w ? w[i]! : 1) * (+(y[i] === j + 1) - probability[(j + 1) * n + i]!) * z[c * n + i]!;
  const transform = new Float64Array(p * p);
  const beta = new Float64Array(p);
  for (let j = 0; j < equations; j++) {
    beta.set(space.coefficients(b.subarray(j * k, (j + 1) * k)), j * k);
    for (let r = 0; r < k; r++)
      for (let c = 0; c < k; c++) transform[(j * k + r) * p + j * k + c] = space.transform[r * k + c]!;
  }
  const counts = levels.map(() => 0);
  let total = 0;
  for (let i = 0; i < n; i++) {
    counts[y[i]!]! += w ? w[i]! : 1;
    total += w ? w[i]! : 1;
  }
  return {
    family: "mlogit",
    names: levels.slice(1).flatMap((l) => names.map((c) => `${l.label}: ${c}`)),
    beta,
    p,
    columnOf: Array.from({ length: p }, (_, a) => (a % k === intercept ? -1 : a % k)),
    n,
    inner: b,
    transform,
    bread: choleskyInverse(factor, p),
    dispersion: 1,
    scores,
    space,
    logLikelihood: ll,
    nullLogLikelihood: intercept >= 0 ? counts.reduce((a, c) => a + (c > 0 ? c * Math.log(c / total) : 0), 0) : NaN,
    dfResidual: n - p,
    fitted: probability,
    linear: new Float64Array(0),
    iterations,
    warnings,
    levels,
  };
}
