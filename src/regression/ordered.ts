/** Ordered logit and probit: P(y ≤ j) = F(τ_j − x′β). McCullagh (1980). Maximum likelihood by Newton's method. */
import { logNormalCdf, normalDensity, normalQuantile } from "./distributions.js";
import { EstimationError } from "./errors.js";
import type { Estimate, Problem } from "./estimate.js";
import { cholesky, choleskyInverse, choleskySolve, times } from "./linalg.js";
import { told } from "./separation.js";
import { checkIndependence, independent, standardise, weightedQr } from "./standardise.js";

/** Distribution function, density and the density's derivative of the latent error. */
const links = {
  ologit: (t: number): [number, number, number] => {
    const u = Math.exp(-Math.abs(t));
    const f = u / (1 + u) ** 2;
    const F = t >= 0 ? 1 / (1 + u) : u / (1 + u);
    return [F, f, f * (1 - 2 * F)];
  },
  oprobit: (t: number): [number, number, number] => {
    const f = normalDensity(t);
    return [Math.exp(logNormalCdf(t)), f, -t * f];
  },
};

export function orderedModel(family: "ologit" | "oprobit", problem: Problem): Estimate {
  const { y, w, n, outcome } = problem;
  const levels = problem.levels!;
  const cuts = levels.length - 1;
  // The thresholds take the intercept's place.
  const keep = [...Array(problem.k).keys()].filter((j) => j !== problem.intercept);
  const k = keep.length;
  const names = keep.map((j) => problem.names[j]!);
  // Centring needs the thresholds to absorb it, which they do; so columns are standardised as beside an intercept.
  const x = new Float64Array(n * (k + 1)).fill(1, 0, n);
  keep.forEach((j, c) => x.set(problem.x.subarray(j * n, (j + 1) * n), (c + 1) * n));
  const scaled = standardise(x, n, k + 1, 0, ["(Intercept)", ...names], w);
  const factors = weightedQr(scaled, w);
  const warnings = checkIndependence(factors.independence, ["(Intercept)", ...names], scaled, w);
  const space = independent(scaled, factors, w);
  const z = space.z.subarray(n);
  const p = k + cuts;
  if (n < p)
    throw new EstimationError(
      "too-few",
      `${n} rows for ${p} coefficients and thresholds; the model needs at least as many rows`,
    );
  const link = links[family];
  const counts = levels.map(() => 0);
  let total = 0;
  for (let i = 0; i < n; i++) {
    counts[y[i]!]! += w ? w[i]! : 1;
    total += w ? w[i]! : 1;
  }
  const b = new Float64Array(p);
  let cumulative = 0;
  for (let j = 0; j < cuts; j++) {
    cumulative += counts[j]! / total;
    b[k + j] = family === "ologit" ? Math.log(cumulative / (1 - cumulative)) : normalQuantile(cumulative);
  }
  const probabilityOf = (at: Float64Array, eta: Float64Array, i: number, level: number): number => {
    // The upper tail is taken where both thresholds lie above, so that no difference of two ones is formed.
    const high = level < cuts ? at[k + level]! - eta[i]! : Infinity;
    const low = level > 0 ? at[k + level - 1]! - eta[i]! : -Infinity;
    if (low > 0) return link(-low)[0] - (high === Infinity ? 0 : link(-high)[0]);
    return (high === Infinity ? 1 : link(high)[0]) - (low === -Infinity ? 0 : link(low)[0]);
  };
  const value = (at: Float64Array): number => {
    for (let j = 1; j < cuts; j++) if (!(at[k + j]! > at[k + j - 1]!)) return -Infinity;
    const eta = times(z, n, k, at);
    let s = 0;
    for (let i = 0; i < n; i++) s += (w ? w[i]! : 1) * Math.log(probabilityOf(at, eta, i, y[i]!));
    return s;
  };
  const scores = new Float64Array(n * p);
  const slopes = (at: Float64Array): { g: Float64Array; h: Float64Array } => {
    const eta = times(z, n, k, at);
    const g = new Float64Array(p);
    const h = new Float64Array(p * p);
    scores.fill(0);
    for (let i = 0; i < n; i++) {
      const level = y[i]!;
      const wi = w ? w[i]! : 1;
      const pr = probabilityOf(at, eta, i, level);
      const [, fh, dh] = level < cuts ? link(at[k + level]! - eta[i]!) : [1, 0, 0];
      const [, fl, dl] = level > 0 ? link(at[k + level - 1]! - eta[i]!) : [0, 0, 0];
      // Each parameter moves the upper argument by u and the lower by l; ∂P = f_h u − f_l l.
      const parameters: [number, number, number][] = Array.from({ length: k }, (_, c) => [
        c,
        -z[c * n + i]!,
        -z[c * n + i]!,
      ]);
      if (level < cuts) parameters.push([k + level, 1, 0]);
      if (level > 0) parameters.push([k + level - 1, 0, 1]);
      for (const [a, ua, la] of parameters) {
        const da = (fh * ua - fl * la) / pr;
        scores[a * n + i]! += wi * da;
        g[a]! += wi * da;
        for (const [c, uc, lc] of parameters) {
          if (c < a) continue;
          const dc = (fh * uc - fl * lc) / pr;
          h[a * p + c]! -= wi * ((dh * ua * uc - dl * la * lc) / pr - da * dc);
        }
      }
    }
    for (let r = 0; r < p; r++) for (let c = 0; c < r; c++) h[r * p + c] = h[c * p + r]!;
    return { g, h };
  };
  let ll = value(b);
  let factor: Float64Array | null = null;
  let direction: Float64Array = new Float64Array(p);
  let last = false;
  let iterations = 0;
  for (; iterations < 80; iterations++) {
    const { g, h } = slopes(b);
    factor = cholesky(h, p);
    if (!factor || last) break;
    direction = choleskySolve(factor, p, g);
    let decrement = 0;
    for (let j = 0; j < p; j++) decrement += g[j]! * direction[j]!;
    last = decrement < 1e-13 * (1 + Math.abs(ll));
    for (let step = 1; ; step /= 2) {
      const next = b.map((v, j) => v + step * direction[j]!);
      const at = value(next);
      if (at >= ll - 1e-12 * Math.abs(ll) || step < 1e-9) {
        b.set(next);
        ll = at;
        break;
      }
    }
  }
  let far = 0;
  for (const v of times(z, n, k, b)) far = Math.max(far, Math.abs(v));
  if ((!factor && far > 10) || far > 25) {
    const step = scaled.inverse(space.coefficients([0, ...direction.subarray(0, k)])).subarray(1);
    const top = Math.max(...step.map(Math.abs), 0);
    const columns = names.filter((_, c) => Math.abs(step[c]!) > 0.05 * top);
    throw new EstimationError(
      "separation",
      `perfect separation: ${told(columns)} the answers of ${outcome} exactly, so the likelihood has no maximum. Merge levels or leave columns out`,
      columns,
    );
  }
  if (!last || !factor)
    throw new EstimationError(
      "convergence",
      `the ${family} likelihood of ${outcome} did not converge in ${iterations} steps; merge rare answers or levels, or leave columns out`,
      [outcome],
    );
  const transform = new Float64Array(p * p);
  for (let c = 0; c < k; c++) {
    for (let r = 0; r < k; r++) transform[r * p + c] = space.transform[(r + 1) * (k + 1) + c + 1]!;
    // Thresholds take up, with the other sign, what an intercept would.
    for (let j = 0; j < cuts; j++) transform[(k + j) * p + c] = -space.transform[c + 1]!;
  }
  for (let j = 0; j < cuts; j++) transform[(k + j) * p + k + j] = 1;
  const beta = new Float64Array(p);
  for (let r = 0; r < p; r++) for (let c = 0; c < p; c++) beta[r]! += transform[r * p + c]! * b[c]!;
  const eta = times(z, n, k, b);
  const fitted = new Float64Array(n * levels.length);
  for (let j = 0; j < levels.length; j++) for (let i = 0; i < n; i++) fitted[j * n + i] = probabilityOf(b, eta, i, j);
  return {
    family,
    names: [...names, ...levels.slice(1).map((l, j) => `${levels[j]!.label}|${l.label}`)],
    beta,
    p,
    columnOf: Array.from({ length: p }, (_, a) => (a < k ? keep[a]! : -1)),
    n,
    inner: b,
    transform,
    bread: choleskyInverse(factor, p),
    dispersion: 1,
    scores,
    space,
    logLikelihood: ll,
    nullLogLikelihood: counts.reduce((a, c) => a + (c > 0 ? c * Math.log(c / total) : 0), 0),
    dfResidual: n - p,
    fitted,
    linear: eta,
    iterations,
    warnings,
    levels,
  };
}
