import type { Respondents } from "../study/index.js";
import type { Margins } from "./coverage.js";
import { rake } from "./rake.js";

export interface WeightedMeanOptions {
  /** Item whose values are sampled as wholes; people by default. */
  cluster?: string;
  /** Margins to rake the weights to, which also makes the estimate more precise. */
  margins?: Margins;
  /** Number of clusters (or people) the sample was drawn from, for the finite-population correction. */
  population?: number;
  /**
   * "linearised" (default): Taylor linearisation, for raked weights with residuals on the margins (Deville, Särndal &
   * Sautory 1993). "jackknife": JK1, one cluster or person left out at a time and the rest raked again (Wolter 2007).
   */
  variance?: "linearised" | "jackknife";
}

/** Weighted mean of an item with its design-based standard error. `clusters` is the number of independent units. */
export function weightedMean(
  respondents: Respondents,
  outcome: string,
  options: WeightedMeanOptions = {},
): { mean: number; standardError: number; clusters: number } {
  const y = respondents.numbers(outcome);
  const missing = y.findIndex((v) => Number.isNaN(v));
  if (missing >= 0)
    throw new Error(
      `column ${outcome}, respondent ${respondents.ids[missing]}: the answer is missing; leave such people out first`,
    );
  const units = options.cluster ? respondents.column(options.cluster) : respondents.ids;
  const distinct = new Map([...new Set(units)].map((u, k) => [u, k]));
  const g = distinct.size;
  if (g < 2)
    throw new Error(`weightedMean: expected at least two ${options.cluster ? "clusters" : "people"}, found ${g}`);
  const base = respondents.weights ?? respondents.ids.map(() => 1);
  const unit = Int32Array.from(units, (u) => distinct.get(u)!);
  const fpc = options.population === undefined ? 1 : 1 - g / options.population;
  const weights = options.margins ? rake(respondents, { margins: options.margins, weights: base }).weights : base;
  const total = sum(weights);
  const mean = sum(y.map((v, i) => weights[i]! * v)) / total;
  const deviations =
    options.variance === "jackknife"
      ? jackknife(respondents, y, unit, g, base, options.margins)
      : linearised(
          respondents,
          y.map((v) => (v - mean) / total),
          unit,
          g,
          weights,
          base,
          options.margins,
        );
  const centre = sum(deviations) / g;
  const squares = sum(deviations.map((d) => (d - centre) ** 2));
  const factor = options.variance === "jackknife" ? (g - 1) / g : g / (g - 1);
  return { mean, standardError: Math.sqrt(fpc * factor * squares), clusters: g };
}

/** Sums by cluster of raked weight × residual of the linearised mean on the margins (regression by the starting weights). */
function linearised(
  people: Respondents,
  z: Float64Array,
  unit: Int32Array,
  g: number,
  weights: readonly number[],
  base: readonly number[],
  margins: Margins = {},
): Float64Array {
  const residual = z.slice();
  const columns = Object.keys(margins).map((name) => people.column(name));
  // Weighted least squares on the margins' indicators, by taking level means off in turn until nothing changes.
  for (let round = 0, change = Infinity; round < 1000 && change > 1e-15; round++) {
    change = 0;
    for (const column of columns) {
      const sums = new Map<unknown, [number, number]>();
      column.forEach((v, i) => {
        const s = sums.get(v) ?? sums.set(v, [0, 0]).get(v)!;
        s[0] += base[i]! * residual[i]!;
        s[1] += base[i]!;
      });
      column.forEach((v, i) => {
        const [top, bottom] = sums.get(v)!;
        residual[i]! -= top / bottom;
        change = Math.max(change, Math.abs(top / bottom));
      });
    }
  }
  const totals = new Float64Array(g);
  residual.forEach((r, i) => (totals[unit[i]!]! += weights[i]! * r));
  return totals;
}

/** The mean without each cluster, the others weighted up and raked again. */
function jackknife(
  people: Respondents,
  y: Float64Array,
  unit: Int32Array,
  g: number,
  base: readonly number[],
  margins?: Margins,
): Float64Array {
  return Float64Array.from({ length: g }, (_, left) => {
    const kept = people.ids.map((_, i) => i).filter((i) => unit[i] !== left);
    const up = kept.map((i) => (base[i]! * g) / (g - 1));
    const weights = margins ? rake(people.take(kept, {}, up), { margins }).weights : up;
    return sum(kept.map((i, k) => weights[k]! * y[i]!)) / sum(weights);
  });
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
