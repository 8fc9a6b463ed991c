/** What a simulator is worth in people, and how to divide a pilot. */
import { result, type Result } from "../study/index.js";
import { InferenceError } from "./errors.js";

/**
 * The number of people who alone would give the precision of n people and N simulations whose predictions correlate by
 * ρ with the people's answers: n (n + N) / (n + (1 − ρ²) N). Broska, Howes & van Loon (2025), doi
 * 10.1177/00491241251326865; the variance is that of power-tuned inference (PPI++) for a mean.
 */
export function effectiveN(options: { n: number; N: number; correlation: number }): number {
  const { n, N, correlation } = options;
  if (!(n > 0) || !(N >= 0))
    throw new InferenceError("too-few", `effectiveN needs n > 0 and N ≥ 0, found n = ${n}, N = ${N}`);
  if (!(correlation >= -1 && correlation <= 1))
    throw new InferenceError("estimand", `a correlation lies between −1 and 1, found ${correlation}`);
  if (N === Infinity) return n / (1 - correlation ** 2);
  return (n * (n + N)) / (n + (1 - correlation ** 2) * N);
}

export interface SplitRow {
  finetune: number;
  rectify: number;
  /** Correlation of predictions and answers expected after finetuning on that many people. */
  correlation: number;
  effectiveN: number;
  /** Standard error relative to that of all people without a simulator (below 1 is a gain). */
  relativeSe: number;
}

export interface SplitOptions {
  /** People in the pilot. */
  n: number;
  /** Simulated people in the target population. */
  N: number;
  /**
   * How well a model finetuned on m people predicts: measured points [m, ρ] (interpolated over log m, flat beyond the
   * ends), or a function. Measure it on the pilot: finetune on parts of it, correlate on the others.
   */
  correlation: readonly (readonly [number, number])[] | ((people: number) => number);
  /** Number of divisions tried (default: every whole number up to 200, else 200 steps). */
  steps?: number;
}

/** The division of a pilot between finetuning and rectifying that gives the smallest standard error of a mean. */
export function optimalSplit(
  options: SplitOptions,
): Result<SplitRow> & { best: SplitRow; share: number; worthIt: boolean } {
  const { n, N } = options;
  if (!Number.isInteger(n) || n < 4)
    throw new InferenceError("too-few", `a pilot of ${n} cannot be divided; at least 4 people are needed`);
  const rho = typeof options.correlation === "function" ? options.correlation : interpolate(options.correlation);
  const steps = Math.min(options.steps ?? 200, n - 2);
  const sizes = [...new Set(Array.from({ length: steps + 1 }, (_, i) => Math.round((i * (n - 2)) / steps)))];
  const all = sizes.map((finetune): SplitRow => {
    const correlation = rho(finetune);
    const rectify = n - finetune;
    const effective = effectiveN({ n: rectify, N, correlation });
    return { finetune, rectify, correlation, effectiveN: effective, relativeSe: Math.sqrt(n / effective) };
  });
  const best = all.reduce((a, b) => (b.effectiveN > a.effectiveN ? b : a));
  const shown = [...new Set([0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8].map((s) => nearest(all, s * n)))];
  const rows = [...new Set([...shown, best])].sort((a, b) => a.finetune - b.finetune);
  const worthIt = best.relativeSe < 1;
  const made = result(
    {
      kind: "inference.optimalSplit",
      title: `Dividing a pilot of ${n} between finetuning and rectifying, ${N} simulated people`,
      rows,
      columns: [
        { name: "finetune", format: "integer" },
        { name: "rectify", format: "integer" },
        { name: "correlation", digits: 3 },
        { name: "effectiveN", title: "effective n", digits: 1 },
        { name: "relativeSe", title: "SE relative to people alone", digits: 3 },
      ],
      notes: [
        worthIt
          ? `Best: finetune on ${best.finetune} (${((100 * best.finetune) / n).toFixed(0)}%), rectify with ${best.rectify}: as good as ${best.effectiveN.toFixed(0)} people alone.`
          : `No division beats the ${n} people alone: the predictions do not correlate enough.`,
        "Krsteski et al. found about 20% to finetune and 80% to rectify best; the correlations given here decide.",
      ],
    },
    { best, share: best.finetune / n, worthIt },
  );
  return made;
}

const nearest = (rows: readonly SplitRow[], size: number): SplitRow =>
  rows.reduce((a, b) => (Math.abs(b.finetune - size) < Math.abs(a.finetune - size) ? b : a));

function interpolate(points: readonly (readonly [number, number])[]): (m: number) => number {
  if (!points.length) throw new InferenceError("estimand", "correlation: give at least one measured point [people, ρ]");
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  for (const [m, r] of sorted)
    if (!(m >= 0) || !(r >= -1 && r <= 1))
      throw new InferenceError("estimand", `correlation: [${m}, ${r}] is not a number of people and a correlation`);
  return (m) => {
    const after = sorted.findIndex((p) => p[0] >= m);
    if (after === -1) return sorted.at(-1)![1];
    if (after === 0) return sorted[0]![1];
    const [[a, ra], [b, rb]] = [sorted[after - 1]!, sorted[after]!];
    const t = (Math.log(m + 1) - Math.log(a + 1)) / (Math.log(b + 1) - Math.log(a + 1));
    return ra + t * (rb - ra);
  };
}
