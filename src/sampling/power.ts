import { checkChoice, result, type Result } from "../study/index.js";
import { cephes } from "./cephes.js";

export interface TTestDesign {
  /** Difference of the means in standard deviations (Cohen's d). */
  effect: number;
  /** Level of the test (default 0.05). */
  alpha?: number;
  /** "two-sided" (default), or "larger": only an effect above zero counts. */
  alternative?: "two-sided" | "larger";
  /** People in the second group for each in the first (default 1). */
  ratio?: number;
}

/**
 * Power of a t-test of two independent groups with `n` people in the first: the probability to find an effect that is
 * there, from the noncentral t distribution.
 */
export function power(design: TTestDesign & { n: number }): number {
  return assurance({ ...design, uncertainty: 0 });
}

/**
 * Power averaged over what the effect may be, a normal distribution around `effect` with standard deviation `uncertainty`
 * (assurance; O'Hagan, Stevens & Campbell 2005). Exact: an uncertain shift only widens the normal variable of the t statistic.
 */
export function assurance(design: TTestDesign & { n: number; uncertainty: number }): number {
  const { effect, n, alpha = 0.05, alternative = "two-sided", ratio = 1, uncertainty } = design;
  if (!(n >= 2 && Number.isFinite(n))) throw new Error(`n: expected at least 2 people a group, found ${n}`);
  if (!(alpha > 0 && alpha < 1)) throw new Error(`alpha: expected a level between 0 and 1, found ${alpha}`);
  if (!(ratio > 0 && Number.isFinite(ratio))) throw new Error(`ratio: expected a number above 0, found ${ratio}`);
  if (n * ratio < 1)
    throw new Error(`ratio: ${ratio} leaves ${n * ratio} people in the second group; expected at least 1`);
  checkChoice("alternative", alternative, ["two-sided", "larger"]);
  if (!(uncertainty >= 0 && Number.isFinite(uncertainty)))
    throw new Error(`uncertainty: expected a standard deviation of 0 or more, found ${uncertainty}`);
  if (!Number.isFinite(effect)) throw new Error(`effect: expected a number of standard deviations, found ${effect}`);
  const second = n * ratio;
  const df = n + second - 2;
  const root = Math.sqrt((n * second) / (n + second));
  const shift = effect * root,
    wide = Math.hypot(1, uncertainty * root);
  if (alternative === "larger") return upperTail(tQuantile(1 - alpha, df), df, shift, wide);
  const t = tQuantile(1 - alpha / 2, df);
  return Math.min(1, upperTail(t, df, shift, wide) + upperTail(t, df, -shift, wide));
}

/** Smallest number of people in the first group that gives at least this power (default 0.8). */
export function sampleSizeForPower(design: TTestDesign & { power?: number }): number {
  const wanted = design.power ?? 0.8;
  if (!(wanted > 0 && wanted < 1)) throw new Error(`power: expected a probability between 0 and 1, found ${wanted}`);
  if (design.effect === 0) throw new Error("effect: no sample can find an effect of zero; expected another number");
  // The second group has somebody from here on.
  let high = Math.max(2, Math.ceil(1 / (design.ratio ?? 1))),
    low = high - 1;
  while (power({ ...design, n: high }) < wanted) {
    if (high > 1e9) throw new Error(`effect: ${design.effect} is too small; more than a billion people are needed`);
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (power({ ...design, n: middle }) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

export interface SampleSizeRow {
  design: string;
  /** Humans to ask. */
  humans: number;
  /** Simulated answers beside them. */
  simulated: number;
  /** Humans that would be as good alone. */
  effective: number;
  standardError: number;
}

/**
 * How many humans give a mean (or a share) this standard error: alone, and with a simulator whose answers correlate
 * `correlation` with theirs and which answers for `simulated` further people (prediction-powered inference with the
 * best weight; n_eff = n(n + N) / (n + (1 − ρ²)N), Broska, Howes & van Loon 2024, doi 10.1177/00491241251326865).
 */
export function sampleSize(options: {
  /** Standard deviation of the outcome; for a share p it is √(p(1 − p)), at most 0.5. */
  sd: number;
  standardError: number;
  /** Correlation between a person's answer and its simulation, −1 to 1. */
  correlation?: number;
  /** How many further people are simulated. */
  simulated?: number;
}): Result<SampleSizeRow> & { alone: number; withSimulator: number } {
  const { sd, standardError, correlation = 0, simulated = 0 } = options;
  if (!(sd > 0 && Number.isFinite(sd))) throw new Error(`sd: expected a number above 0, found ${sd}`);
  if (!(standardError > 0 && Number.isFinite(standardError)))
    throw new Error(`standardError: expected a number above 0, found ${standardError}`);
  if (!(Math.abs(correlation) <= 1)) throw new Error(`correlation: expected −1 to 1, found ${correlation}`);
  if (!(simulated >= 0 && Number.isFinite(simulated)))
    throw new Error(`simulated: expected a number of people, 0 or more, found ${simulated}`);
  const needed = (sd / standardError) ** 2;
  // 1e-9 forgives the rounding of a quotient that is a whole number.
  const alone = Math.ceil(needed - 1e-9);
  // n_eff = needed solved for n: n² + n(N − needed) − needed (1 − ρ²) N = 0.
  const b = simulated - needed,
    c = needed * (1 - correlation ** 2) * simulated;
  const withSimulator = Math.max(2, Math.ceil((-b + Math.sqrt(b * b + 4 * c)) / 2 - 1e-9));
  const row = (design: string, humans: number, N: number): SampleSizeRow => {
    const effective = effectiveSampleSize(humans, N, correlation);
    return { design, humans, simulated: N, effective, standardError: sd / Math.sqrt(effective) };
  };
  return result(
    {
      kind: "sampling.sampleSize",
      title: `Humans for a standard error of ${standardError}`,
      rows: [
        row("humans alone", alone, 0),
        row(`with a simulator of correlation ${correlation}`, withSimulator, simulated),
      ],
      columns: [
        { name: "design" },
        { name: "humans", format: "integer" },
        { name: "simulated", format: "integer" },
        { name: "effective", format: "number", digits: 1 },
        { name: "standardError", title: "standard error", format: "number", digits: 4 },
      ],
      notes: [
        `standard deviation ${sd}; the correlation must be measured on people the simulator was not finetuned on`,
        "the saving is bounded: with correlation ρ and endless simulation, 1 − ρ² of the humans are still needed",
      ],
    },
    { alone, withSimulator },
  );
}

/** Humans that alone would be as good as `n` humans with `N` simulated people of correlation ρ. */
export function effectiveSampleSize(n: number, N: number, correlation: number): number {
  if (!(n > 0 && N >= 0 && Number.isFinite(n) && Number.isFinite(N)))
    throw new Error(`expected n above 0 and N of 0 or more, found n = ${n}, N = ${N}`);
  if (!(Math.abs(correlation) <= 1)) throw new Error(`correlation: expected −1 to 1, found ${correlation}`);
  return (n * (n + N)) / (n + (1 - correlation ** 2) * N);
}

/** Quantile of Student's t for p ≥ 1/2, by the incomplete beta function. */
function tQuantile(p: number, df: number): number {
  const x = cephes.incbi(df / 2, 0.5, 2 * (1 - p));
  return Math.sqrt((df * (1 - x)) / x);
}

/**
 * P(T > t) for the noncentral t whose normal variable has standard deviation `wide` (1 where the shift is certain): the normal tail beyond t·s averaged over s = √(χ²/df), within 14 standard deviations
 * of s. With many degrees of freedom the integrand and its derivatives vanish at both ends, where the trapezoidal rule
 * converges exponentially and 200 steps give full precision; with few, Simpson's rule with 2,000.
 */
function upperTail(t: number, df: number, shift: number, wide: number): number {
  const spread = 1 / Math.sqrt(2 * df);
  const low = Math.max(0, 1 - 14 * spread),
    high = 1 + 14 * spread + (df < 5 ? 6 / df : 0);
  const logConstant = Math.log(2) + (df / 2) * Math.log(df / 2) - cephes.lgam(df / 2);
  const integrand = (s: number) =>
    s <= 0
      ? 0
      : Math.exp(logConstant + (df - 1) * Math.log(s) - (df * s * s) / 2) * cephes.ndtr((shift - t * s) / wide);
  const trapezoid = df > 100;
  const steps = trapezoid ? 200 : 2000,
    h = (high - low) / steps;
  let sum = 0;
  for (let k = 0; k <= steps; k++) {
    const ends = k === 0 || k === steps;
    sum += integrand(low + k * h) * (trapezoid ? (ends ? 0.5 : 1) : ends ? 1 / 3 : k % 2 ? 4 / 3 : 2 / 3);
  }
  return Math.min(1, sum * h);
}
