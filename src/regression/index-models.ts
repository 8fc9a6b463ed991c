/**
 * Models whose likelihood depends on a row only through one linear predictor η: logit, probit, Poisson.
 * Maximum likelihood by Newton's method with the observed information and step halving, on standardised columns.
 */
import { inverseMills, logGamma, logNormalCdf } from "./distributions.js";
import { EstimationError } from "./errors.js";
import type { Estimate, Problem } from "./estimate.js";
import { cholesky, choleskyInverse, choleskySolve, crossProduct, times, transposeTimes } from "./linalg.js";
import { separation } from "./separation.js";
import { checkIndependence, independent, standardise, weightedQr } from "./standardise.js";

export type IndexFamily = "logit" | "probit" | "poisson";

/**
 * Fills slope = ∂ℓ/∂η and curvature = −∂²ℓ/∂η² of each row and returns the log-likelihood, each times the weight
 * (Poisson without its constant).
 */
export type Derivatives = (
  eta: Float64Array,
  y: Float64Array,
  w: Float64Array | undefined,
  slope: Float64Array,
  curvature: Float64Array,
) => number;

const logit: Derivatives = (eta, y, w, slope, curvature) => {
  let total = 0;
  for (let i = 0; i < eta.length; i++) {
    const e = eta[i]!;
    const wi = w ? w[i]! : 1;
    // With t = exp(−|η|) neither tail overflows.
    const t = Math.exp(e < 0 ? e : -e);
    const u = 1 / (1 + t);
    const mu = e < 0 ? t * u : u;
    slope[i] = wi * (y[i]! - mu);
    curvature[i] = wi * t * u * u;
    total += wi * (y[i]! * e - (e > 0 ? e : 0) - Math.log1p(t));
  }
  return total;
};

const probit: Derivatives = (eta, y, w, slope, curvature) => {
  let total = 0;
  for (let i = 0; i < eta.length; i++) {
    const sign = y[i]! > 0.5 ? 1 : -1;
    const q = sign * eta[i]!;
    const wi = w ? w[i]! : 1;
    const mills = inverseMills(q);
    slope[i] = wi * sign * mills;
    curvature[i] = wi * mills * (mills + q);
    total += wi * logNormalCdf(q);
  }
  return total;
};

const poisson: Derivatives = (eta, y, w, slope, curvature) => {
  let total = 0;
  for (let i = 0; i < eta.length; i++) {
    const mu = Math.exp(eta[i]!);
    const wi = w ? w[i]! : 1;
    slope[i] = wi * (y[i]! - mu);
    curvature[i] = wi * mu;
    total += wi * (y[i]! * eta[i]! - mu);
  }
  return total;
};

export const derivatives: Record<IndexFamily, Derivatives> = { logit, probit, poisson };

/** The expected outcome at η. */
export const meanOf: Record<IndexFamily, (eta: number) => number> = {
  logit: (e) => (e < 0 ? Math.exp(e) / (1 + Math.exp(e)) : 1 / (1 + Math.exp(-e))),
  probit: (e) => Math.exp(logNormalCdf(e)),
  poisson: Math.exp,
};

export interface NewtonResult {
  b: Float64Array;
  eta: Float64Array;
  slope: Float64Array;
  curvature: Float64Array;
  logLikelihood: number;
  /** Cholesky factor of the information at the solution. */
  factor: Float64Array;
  iterations: number;
  /** "ok", or why it stopped; `direction` is the last step. */
  state: "ok" | "singular" | "slow";
  direction: Float64Array;
}

/** Newton's method for one-index models; `start` is changed in place. */
export function newton(
  f: Derivatives,
  z: Float64Array,
  n: number,
  k: number,
  y: Float64Array,
  start: Float64Array,
  options: { w?: Float64Array; offset?: Float64Array; maxIterations?: number; tolerance?: number } = {},
): NewtonResult {
  const { w, offset, maxIterations = 60, tolerance = 1e-13 } = options;
  const b = start;
  const slope = new Float64Array(n);
  const curvature = new Float64Array(n);
  const predict = (at: Float64Array) => {
    const eta = times(z, n, k, at);
    if (offset) for (let i = 0; i < n; i++) eta[i]! += offset[i]!;
    return eta;
  };
  let eta = predict(b);
  let ll = f(eta, y, w, slope, curvature);
  let factor: Float64Array = new Float64Array(k * k);
  let direction: Float64Array = new Float64Array(k);
  const done = (state: NewtonResult["state"], iterations: number): NewtonResult => ({
    b,
    eta,
    slope,
    curvature,
    logLikelihood: ll,
    factor,
    iterations,
    state,
    direction,
  });
  let last = false;
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const g = transposeTimes(z, n, k, slope);
    const l = cholesky(crossProduct(z, n, k, curvature), k);
    if (!l) return done("singular", iteration);
    factor = l;
    if (last) return done("ok", iteration - 1);
    direction = choleskySolve(l, k, g);
    let decrement = 0;
    for (let j = 0; j < k; j++) decrement += g[j]! * direction[j]!;
    // Newton converges quadratically: after a step this small the next is below rounding.
    last = decrement < tolerance * (1 + Math.abs(ll));
    let step = 1;
    for (;;) {
      const next = b.map((v, j) => v + step * direction[j]!);
      const trial = predict(next);
      const value = f(trial, y, w, slope, curvature);
      if (value >= ll - 1e-12 * Math.abs(ll) || last || step < 1e-9) {
        b.set(next);
        eta = trial;
        ll = value;
        break;
      }
      step /= 2;
    }
  }
  return done("slow", maxIterations);
}

/** Maximum likelihood for logit, probit and Poisson. */
export function indexModel(family: IndexFamily, problem: Problem): Estimate {
  const { x, n, k, intercept, names, y, w, offset, outcome } = problem;
  if (n < k)
    throw new EstimationError(
      "too-few",
      `${n} rows for ${k} coefficients (${names.join(", ")}); the model needs at least as many rows as coefficients`,
    );
  let sum = 0;
  let constant = true;
  for (let i = 0; i < n; i++) {
    sum += y[i]!;
    if (y[i] !== y[0]) constant = false;
  }
  if (constant && (family !== "poisson" || y[0] === 0))
    throw new EstimationError(
      "constant",
      family === "poisson"
        ? `all ${n} rows have ${outcome} = 0; a Poisson model needs counts above zero somewhere`
        : `all ${n} rows have ${outcome} = ${y[0]}; a ${family} model needs both outcomes to occur`,
      [outcome],
    );
  const scaled = standardise(x, n, k, intercept, names, w);
  const factors = weightedQr(scaled, w);
  const warnings = checkIndependence(factors.independence, names, scaled, w);
  const space = independent(scaled, factors, w);
  const { z } = space;
  const start = new Float64Array(k);
  if (family === "poisson" && intercept >= 0)
    start[intercept] = Math.log(sum / (offset ? offset.reduce((a, v) => a + Math.exp(v), 0) : n));
  const fit = newton(derivatives[family], z, n, k, y, start, { ...(w ? { w } : {}), ...(offset ? { offset } : {}) });
  // Coefficients of the standardised columns themselves.
  const own = (b: Float64Array) => (space === scaled ? b : scaled.inverse(space.coefficients(b)));
  let far = 0;
  for (let i = 0; i < n; i++) far = Math.max(far, Math.abs(fit.eta[i]!));
  // Probabilities of 1e-8 are rare in data and the rule in separated data, where η grows by about one a step.
  const found =
    fit.state !== "ok" || far > 18
      ? separation(family, own(fit.direction), own(fit.b), scaled, y, names, outcome)
      : undefined;
  if (found) throw found;
  if (fit.state !== "ok")
    throw new EstimationError(
      "convergence",
      `the ${family} likelihood of ${outcome} did not converge in ${fit.iterations} steps (${fit.state}); look for a column of a very different size, or leave columns out`,
      [outcome],
    );
  let constantTerm = 0;
  if (family === "poisson") for (let i = 0; i < n; i++) constantTerm -= (w ? w[i]! : 1) * logGamma(y[i]! + 1);
  let nullLogLikelihood = NaN;
  if (intercept >= 0 && k > 1) {
    const one = new Float64Array(n).fill(1);
    const nothing = newton(derivatives[family], one, n, 1, y, new Float64Array(1), {
      ...(w ? { w } : {}),
      ...(offset ? { offset } : {}),
    });
    nullLogLikelihood = nothing.logLikelihood + constantTerm;
  } else if (intercept >= 0) nullLogLikelihood = fit.logLikelihood + constantTerm;
  return {
    family,
    names: [...names],
    beta: space.coefficients(fit.b),
    p: k,
    columnOf: names.map((_, j) => (j === intercept ? -1 : j)),
    n,
    inner: fit.b,
    transform: space.transform,
    bread: choleskyInverse(fit.factor, k),
    dispersion: 1,
    index: { slope: fit.slope, curvature: fit.curvature },
    space,
    logLikelihood: fit.logLikelihood + constantTerm,
    nullLogLikelihood,
    dfResidual: n - k,
    fitted: fit.eta.map(meanOf[family]),
    linear: fit.eta,
    iterations: fit.iterations,
    warnings,
  };
}
