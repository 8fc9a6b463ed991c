/** The prediction-powered bootstrap: any estimator, resampled on people and target. Zrnic (2024), arXiv 2405.18379. */
import { random } from "../study/index.js";
import { derivatives, newton } from "../regression/index-models.js";
import { cholesky, choleskySolve, crossProduct, transposeTimes } from "../regression/linalg.js";
import { InferenceError } from "./errors.js";
import type { Estimand } from "./estimands.js";
import { plainQuantile } from "./quantiles.js";
import type { Part, Sample } from "./sample.js";

export interface BootstrapEstimate {
  estimate: number;
  se: number;
  low: number;
  high: number;
  lambda: number;
}

/** The estimand on one part, each row counted `times` often; null where it does not exist. */
export function plain(estimand: Estimand, part: Part, k: number, times?: Float64Array): Float64Array | null {
  const w = times ? times.map((t, i) => t * (part.w?.[i] ?? 1)) : part.w;
  const { n, x, y } = part;
  if (estimand.kind === "quantile") return Float64Array.of(plainQuantile(y, estimand.q, w));
  if (estimand.kind === "logit") {
    const fit = newton(derivatives.logit, x, n, k, y, new Float64Array(k), {
      ...(w ? { w } : {}),
      maxIterations: 40,
      tolerance: 1e-12,
    });
    return fit.state === "ok" && fit.b.every((v) => Math.abs(v) < 1e4) ? fit.b : null;
  }
  const l = cholesky(crossProduct(x, n, k, w), k);
  return l ? choleskySolve(l, k, transposeTimes(x, n, k, w ? y.map((v, i) => v * w[i]!) : y)) : null;
}

export function ppboot(
  estimand: Estimand,
  s: Sample,
  options: { lambda: number | "tuned"; replicates: number; seed: number; alpha: number },
): { estimates: BootstrapEstimate[]; failed: number } {
  const { k, human, hat, target } = s;
  const next = random(options.seed, "ppboot");
  const width = s.terms.length;
  const base = [human, hat, target].map((p) => plain(estimand, p, k));
  if (base.some((b) => b === null))
    throw new InferenceError(
      "diverges",
      `${s.terms.join(", ")}: the estimate does not exist on the people, on their simulations or on the target (separated or dependent predictors)`,
    );
  const draws: Float64Array[][] = [];
  let failed = 0;
  const draw = (n: number) => {
    const times = new Float64Array(n);
    for (let i = 0; i < n; i++) times[next.integer(n)]!++;
    return times;
  };
  for (let r = 0; r < options.replicates; r++) {
    // People and their simulations are drawn together.
    const people = draw(human.n);
    const b = [
      plain(estimand, human, k, people),
      plain(estimand, hat, k, people),
      plain(estimand, target, k, draw(target.n)),
    ];
    if (b.some((v) => v === null)) failed++;
    else draws.push(b as Float64Array[]);
  }
  if (draws.length < Math.max(20, options.replicates / 2))
    throw new InferenceError(
      "diverges",
      `only ${draws.length} of ${options.replicates} bootstrap draws have an estimate; use fewer predictors or more people`,
    );
  const estimates = Array.from({ length: width }, (_, j): BootstrapEstimate => {
    const column = (which: number) => draws.map((d) => d[which]![j]!);
    const [y, f, t] = [column(0), column(1), column(2)];
    const spread = covariance(f, f) + covariance(t, t);
    const lambda =
      options.lambda === "tuned"
        ? spread > 0
          ? Math.min(1, Math.max(0, covariance(y, f) / spread))
          : 0
        : options.lambda;
    const values = y.map((v, i) => lambda * t[i]! + v - lambda * f[i]!).sort((a, b) => a - b);
    return {
      estimate: lambda * base[2]![j]! + base[0]![j]! - lambda * base[1]![j]!,
      se: Math.sqrt(covariance(values, values)),
      low: quantileOf(values, options.alpha / 2),
      high: quantileOf(values, 1 - options.alpha / 2),
      lambda,
    };
  });
  return { estimates, failed };
}

function covariance(a: readonly number[], b: readonly number[]): number {
  const mean = (v: readonly number[]) => v.reduce((s, x) => s + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  return a.reduce((s, v, i) => s + (v - ma) * (b[i]! - mb), 0) / (a.length - 1);
}

/** Quantile of sorted values by linear interpolation. */
function quantileOf(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * (sorted[Math.min(sorted.length - 1, low + 1)]! - sorted[low]!);
}
