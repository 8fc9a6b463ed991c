import type { Respondents } from "../study/index.js";
import type { Margins } from "./coverage.js";
import { levels } from "./levels.js";
import { checkWeights, rake } from "./rake.js";

export interface WeightedMeanOptions {
  /** Item whose values are sampled as wholes; people by default. */
  cluster?: string;
  /** Margins to rake the weights to, which also makes the estimate more precise. */
  margins?: Margins;
  /** Item or items (crossed) that people, or clusters, were stratified by when they were drawn. */
  strata?: string | readonly string[];
  /** Number of clusters (or people) the sample was drawn from, for the finite-population correction; by stratum label where there are strata. */
  population?: number | Record<string, number>;
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
  checkWeights(base, respondents.ids);
  const unit = Int32Array.from(units, (u) => distinct.get(u)!);
  const weights = options.margins ? rake(respondents, { margins: options.margins, weights: base }).weights : base;
  const total = sum(weights);
  const mean = sum(y.map((v, i) => weights[i]! * v)) / total;
  const design = strataOf(respondents, options, unit, g);
  const replicated = options.variance === "jackknife";
  if (replicated && design.length > 1)
    throw new Error("variance: the jackknife here is for designs without strata; use linearised");
  const z = y.map((v) => (v - mean) / total);
  const deviations = replicated
    ? jackknife(respondents, y, unit, g, base, options.margins)
    : linearised(respondents, z, unit, g, weights, base, options.margins);
  let variance = 0;
  for (const { label, clusters, fpc } of design) {
    const m = clusters.length;
    if (m < 2)
      throw new Error(
        `stratum ${label}: only one ${options.cluster ? "cluster" : "person"}, so that its variance is unknown; merge strata`,
      );
    const centre = sum(clusters.map((k) => deviations[k]!)) / m;
    const squares = sum(clusters.map((k) => (deviations[k]! - centre) ** 2));
    variance += fpc * (replicated ? (m - 1) / m : m / (m - 1)) * squares;
  }
  return { mean, standardError: Math.sqrt(variance), clusters: g };
}

/** The clusters of each stratum and its finite-population correction; everyone is one stratum where there are none. */
function strataOf(people: Respondents, options: WeightedMeanOptions, unit: Int32Array, g: number) {
  const { strata, population } = options;
  const correction = (size: number | undefined, m: number, label: string) => {
    if (size === undefined) return 1;
    if (!(size >= m)) throw new Error(`population ${label}: expected at least the ${m} that were drawn, found ${size}`);
    return 1 - m / size;
  };
  if (strata === undefined) {
    if (typeof population === "object") throw new Error("population: expected a number, since no strata are given");
    return [{ label: "all", clusters: Array.from({ length: g }, (_, k) => k), fpc: correction(population, g, "") }];
  }
  if (typeof population === "number")
    throw new Error("population: expected the size of each stratum by its label, found a number");
  const { codes, labels } = levels(people, strata);
  const stratumOf = new Map<number, number>();
  unit.forEach((k, i) => {
    const before = stratumOf.get(k);
    if (before !== undefined && before !== codes[i])
      throw new Error(
        `strata: the cluster of respondent ${people.ids[i]} lies in ${labels[before]} and in ${labels[codes[i]!]}`,
      );
    stratumOf.set(k, codes[i]!);
  });
  return labels.map((label, h) => {
    const clusters = [...stratumOf].filter(([, s]) => s === h).map(([k]) => k);
    return { label, clusters, fpc: correction(population?.[label], clusters.length, label) };
  });
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
