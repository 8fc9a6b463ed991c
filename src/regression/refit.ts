/** Maximum likelihood of a one-index model on resampled rows, started from the full sample's estimate. */
import type { IndexFamily } from "./index-models.js";
import { inverseMills } from "./distributions.js";
import { cholesky, choleskySolve, crossProduct, transposeTimes } from "./linalg.js";

type Slopes = (
  eta: Float64Array,
  y: Float64Array,
  w: Float64Array,
  slope: Float64Array,
  curvature: Float64Array,
) => void;

// As in index-models.ts, without the likelihood: a logarithm a row saved, which is a third of a refit.
const slopes: Record<IndexFamily, Slopes> = {
  logit: (eta, y, w, slope, curvature) => {
    for (let i = 0; i < eta.length; i++) {
      const mu = 1 / (1 + Math.exp(-eta[i]!));
      slope[i] = w[i]! * (y[i]! - mu);
      curvature[i] = w[i]! * mu * (1 - mu);
    }
  },
  probit: (eta, y, w, slope, curvature) => {
    for (let i = 0; i < eta.length; i++) {
      const sign = y[i]! > 0.5 ? 1 : -1;
      const mills = inverseMills(sign * eta[i]!);
      slope[i] = w[i]! * sign * mills;
      curvature[i] = w[i]! * mills * (mills + sign * eta[i]!);
    }
  },
  poisson: (eta, y, w, slope, curvature) => {
    for (let i = 0; i < eta.length; i++) {
      const mu = Math.exp(eta[i]!);
      slope[i] = w[i]! * (y[i]! - mu);
      curvature[i] = w[i]! * mu;
    }
  },
};

/** A resample's rows, packed: m × k columns of stride m, and what the full sample's estimate gives on them. */
export interface Packed {
  z: Float64Array;
  m: number;
  k: number;
  y: Float64Array;
  w: Float64Array;
  offset?: Float64Array;
  /** Slopes at the start, times the weight: the first step needs no exponential. */
  slope: Float64Array;
  /** Room for curvatures, and the Cholesky factor of the full sample's information. */
  curvature: Float64Array;
  factor: Float64Array;
  /** Room for the linear predictors. */
  eta: Float64Array;
}

/**
 * Newton steps without line search until the decrement is below 1e-3, which leaves the coefficients within a few
 * thousandths of a standard error, far below the noise of a bootstrap. The first step takes the full sample's
 * information, so that a refit computes one information matrix of its own, at the second. Null where it does not get
 * there in a few steps; the caller then takes the safe way.
 */
export function quickRefit(family: IndexFamily, p: Packed, start: Float64Array): Float64Array | null {
  const { z, m, k, y, w, offset, slope, curvature, eta } = p;
  const b = start.slice();
  let l: Float64Array | null = null;
  let decrement = Infinity;
  for (let iteration = 0; iteration < 12; iteration++) {
    if (iteration > 0) {
      if (offset) eta.set(offset);
      else eta.fill(0);
      // Two columns a pass: the predictors are read and written half as often.
      for (let j = 0; j < k; j += 2) {
        const at = j * m;
        const c = b[j]!;
        if (j + 1 === k) for (let i = 0; i < m; i++) eta[i]! += c * z[at + i]!;
        else {
          const d = b[j + 1]!;
          for (let i = 0; i < m; i++) eta[i]! += c * z[at + i]! + d * z[at + m + i]!;
        }
      }
      slopes[family](eta, y, w, slope, curvature);
      // Close to the solution the last factor serves: the information hardly changes over a fraction of a standard error.
      if (!l || decrement > 0.5) l = cholesky(crossProduct(z, m, k, curvature), k);
      if (!l) return null;
    }
    const g = transposeTimes(z, m, k, slope);
    const step = choleskySolve(l ?? p.factor, k, g);
    decrement = 0;
    for (let j = 0; j < k; j++) {
      decrement += g[j]! * step[j]!;
      b[j]! += step[j]!;
      if (!(Math.abs(b[j]!) < 50)) return null;
    }
    if (iteration > 0 && decrement < 1e-3) return b;
  }
  return null;
}
