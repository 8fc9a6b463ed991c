/** Logit with Firth's penalty (Firth 1993; Heinze & Schemper 2002): finite also where the outcome is separated. */
import { EstimationError } from "./errors.js";
import type { Estimate, Problem } from "./estimate.js";
import { derivatives, meanOf } from "./index-models.js";
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  crossProduct,
  quadraticForms,
  times,
  transposeTimes,
} from "./linalg.js";
import { checkIndependence, independent, standardise, weightedQr } from "./standardise.js";

/** Maximises ℓ + ½ log |information|; errors are from the inverse information at the solution, as in R's logistf. */
export function firthLogit(problem: Problem): Estimate {
  const { x, n, k, intercept, names, y, w, offset, outcome } = problem;
  if (n < k)
    throw new EstimationError(
      "too-few",
      `${n} rows for ${k} coefficients (${names.join(", ")}); the model needs at least as many rows`,
    );
  const solve = (x: Float64Array, k: number, intercept: number, names: readonly string[]) => {
    const scaled = standardise(x, n, k, intercept, names, w);
    const factors = weightedQr(scaled, w);
    const warnings = checkIndependence(factors.independence, names, scaled, w);
    const space = independent(scaled, factors, w);
    const { z } = space;
    const at = (b: Float64Array) => {
      const eta = times(z, n, k, b);
      if (offset) for (let i = 0; i < n; i++) eta[i]! += offset[i]!;
      const slope = new Float64Array(n);
      const curvature = new Float64Array(n);
      const ll = derivatives.logit(eta, y, w, slope, curvature);
      const l = cholesky(crossProduct(z, n, k, curvature), k);
      let penalised = -Infinity;
      if (l) {
        penalised = ll;
        for (let j = 0; j < k; j++) penalised += Math.log(l[j * k + j]!);
      }
      return { eta, slope, curvature, ll, l, penalised };
    };
    let b: Float64Array = new Float64Array(k);
    let state = at(b);
    for (let iteration = 1; iteration <= 200; iteration++) {
      const { l, eta, slope, curvature } = state;
      if (!l) break;
      const bread = choleskyInverse(l, k);
      const h = quadraticForms(z, n, k, bread);
      const modified = slope.map((s, i) => s + h[i]! * curvature[i]! * (0.5 - meanOf.logit(eta[i]!)));
      const direction = choleskySolve(l, k, transposeTimes(z, n, k, modified));
      const longest = Math.max(...direction.map(Math.abs));
      if (longest < 1e-12) return { b, state, bread, modified, space, warnings, iteration };
      for (let step = Math.min(1, 5 / longest); ; step /= 2) {
        const next = b.map((v, j) => v + step * direction[j]!);
        const trial = at(next);
        if (trial.penalised >= state.penalised - 1e-12 * Math.abs(state.penalised) || step < 1e-8) {
          b = next;
          state = trial;
          break;
        }
      }
    }
    throw new EstimationError(
      "convergence",
      `the penalised logit likelihood of ${outcome} did not converge in 200 steps (${n} rows, ${k} coefficients); use fewer predictors or more people`,
      [outcome],
    );
  };
  const { b, state, bread, modified, space, warnings, iteration } = solve(x, k, intercept, names);
  const nothing =
    intercept >= 0 && k > 1
      ? solve(new Float64Array(n).fill(1), 1, 0, ["(Intercept)"]).state.penalised
      : intercept >= 0
        ? state.penalised
        : NaN;
  return {
    family: "logit",
    names: [...names],
    beta: space.coefficients(b),
    p: k,
    columnOf: names.map((_, j) => (j === intercept ? -1 : j)),
    n,
    inner: b,
    transform: space.transform,
    bread,
    dispersion: 1,
    index: { slope: modified, curvature: state.curvature },
    space,
    logLikelihood: state.penalised,
    nullLogLikelihood: nothing,
    dfResidual: n - k,
    fitted: state.eta.map(meanOf.logit),
    linear: state.eta,
    iterations: iteration,
    warnings: [...warnings, "Estimates carry Firth's penalty; the log-likelihood shown is the penalised one."],
  };
}
