import type { Random } from "../study/index.js";
import { jsDivergence, totalVariation } from "./distances.js";
import type { Group } from "./groups.js";
import { meanName } from "./items.js";
import type { CodedItem } from "./items.js";
import { energyDistance, kolmogorovSmirnov, wasserstein1 } from "./ordered.js";
import type { AnswerTable } from "./answer-table.js";
import { countDistance, measures } from "./counts.js";
import type { Measure } from "./counts.js";
import { Drawer, mean, percentileInterval } from "./resample.js";
import { correctedDivergence } from "./small-sample.js";

export interface ItemComparison {
  item: string;
  /** Pairs in which both sides answered; for the mean over beliefs the fewest of any belief. */
  n: number;
  /** Pairs left out because a side did not answer. */
  missing: number;
  /** Jensen–Shannon distance (or the measure asked for); null when nobody answered. */
  distance: number | null;
  interval: [number, number] | null;
  /** Base-2 Jensen–Shannon divergence (the distance squared; with several seeds the mean of their divergences). */
  divergence: number | null;
  /** The distance less its small-sample bias; of other measures than Jensen–Shannon's by the bootstrap. */
  corrected: number | null;
  /** Mean distance between random halves of the people, m = ⌊n/2⌋ each. */
  floor: number | null;
  /** Central 95% of the distances between halves. */
  floorInterval: [number, number] | null;
  /** Mean distance between a half of the people and the simulations of the other half. */
  matched: number | null;
  /** Share of exchanges within pairs that give a distance at least as large. */
  p: number | null;
  totalVariation: number | null;
  /** Wasserstein-1 in the item's units; null for nominal items. */
  wasserstein: number | null;
  kolmogorovSmirnov: number | null;
  energy: number | null;
}

export interface ResampleSettings {
  replicates: number;
  halves: number;
  level: number;
  interval: IntervalKind;
  measure: Measure;
  /** Weight of each respondent (default: all count once). */
  weights?: Float64Array;
}

/**
 * How the interval is made of the resampled distances. "corrected": on the scale of the divergence, the resamples'
 * deviations from their mean around the bias-corrected estimate. "percentile": their percentiles as they are, which lie
 * too high where a group is small for the number of options, since resampling adds the bias once more.
 */
export type IntervalKind = "corrected" | "percentile";

/** Fills in the mean over beliefs behind the items' distances, where there are two beliefs or more. */
export function meanOver(items: readonly CodedItem[]): { columns: number; finish: Finish } {
  const beliefs = items.flatMap((item, j) => (item.kind === "belief" ? [j] : []));
  if (beliefs.length < 2) return { columns: items.length, finish: (at) => at };
  return {
    columns: items.length + 1,
    finish(at) {
      let sum = 0;
      for (const j of beliefs) sum += at[j]!;
      at[items.length] = sum / beliefs.length;
      return at;
    },
  };
}

/** Compares one group (`table`) on all items at once, but for p; the mean over beliefs is the last row when there are two beliefs or more. */
export function compareGroup(
  table: AnswerTable,
  items: readonly CodedItem[],
  scores: readonly (Float64Array[] | undefined)[],
  group: Group,
  settings: ResampleSettings,
  random: Random,
  notes: string[],
): ItemComparison[] {
  const where = group.by ? `${group.by} = ${group.group}` : "everyone";
  const rows = items.map((item, j) => describe(item, scores[j], group.people, settings));
  const beliefs = items.flatMap((item, j) => (item.kind === "belief" ? [j] : []));
  const { columns, finish } = meanOver(items);
  if (columns > items.length) rows.push(meanRow(beliefs.map((j) => rows[j]!)));
  for (const r of rows)
    if (r.n === 0) notes.push(`${where}, ${r.item}: nobody answered on both sides, so there is no distance`);
  if (table.n < 2) {
    notes.push(`${where}: a group of ${table.n} has no interval, floor or p`);
    return rows;
  }
  const drawer = new Drawer(random);
  const boot = bootstrap(table, items.length, columns, settings, drawer, finish);
  const halved = halves(table, items.length, columns, settings.halves, drawer, finish);
  return rows.map((row, j) => {
    if (row.distance === null) return row;
    const resampled = settings.replicates > 0 && row.n > 1;
    const corrected = row.corrected ?? (resampled ? bootstrapCorrected(row.distance, boot[j]!) : null);
    return {
      ...row,
      corrected,
      interval: resampled ? intervalOf(boot[j]!, corrected!, settings) : null,
      floor: settings.halves ? orNull(mean(halved.floor[j]!)) : null,
      floorInterval: settings.halves ? percentileInterval(halved.floor[j]!) : null,
      matched: settings.halves ? orNull(mean(halved.matched[j]!)) : null,
    };
  });
}

/** The distance less the bias that resampling shows, on the scale of its square, where bias and variance add. */
const bootstrapCorrected = (distance: number, boot: Float64Array) =>
  Math.sqrt(Math.max(0, 2 * distance ** 2 - mean(boot.map((d) => d * d))));

function intervalOf(
  boot: Float64Array,
  corrected: number,
  { level, interval, measure }: ResampleSettings,
): [number, number] {
  if (interval === "percentile") return percentileInterval(boot, level);
  const squares = boot.map((d) => d * Math.abs(d));
  const shift = corrected ** 2 - mean(squares);
  const [low, high] = percentileInterval(squares, level);
  const top = measures[measure].bounded ? 1 : Infinity;
  const distance = (square: number) => Math.sqrt(Math.min(top, Math.max(0, square)));
  return [distance(low + shift), distance(high + shift)];
}

type Finish = (distances: Float64Array) => Float64Array;

const orNull = (x: number) => (Number.isNaN(x) ? null : x);
const blank = (columns: number, length: number) => Array.from({ length: columns }, () => new Float64Array(length));

/** Distances under resampling of people as pairs and, where there are several, of simulations. */
function bootstrap(
  table: AnswerTable,
  items: number,
  columns: number,
  { replicates: times, interval, measure }: ResampleSettings,
  drawer: Drawer,
  finish: Finish,
) {
  // Deviations of the corrected distance vary more than those of the plain one where many options are unseen.
  const corrected = interval === "corrected" && measure === "jensenShannon" && !table.weighted && table.n < 65536;
  const out = blank(columns, times);
  const people = new Int32Array(table.n),
    counts = table.counts(),
    k = table.sources - 1,
    seeds = new Int32Array(k),
    at = new Float64Array(columns);
  for (let r = 0; r < times; r++) {
    table.count(drawer.indices(table.n, people), counts);
    if (k > 1) drawer.indices(k, seeds);
    for (let j = 0; j < items; j++) {
      let sum = 0;
      for (let s = 0; s < k; s++) {
        const source = k > 1 ? 1 + seeds[s]! : 1;
        sum += corrected
          ? table.correctedDistance(j, counts, 0, counts, source)
          : table.distance(j, counts, 0, counts, source);
      }
      at[j] = sum / k;
    }
    finish(at);
    for (let j = 0; j < columns; j++) out[j]![r] = at[j]!;
  }
  return out;
}

/** Distances of a random half of the people to the other half, and to the other half's simulations. */
function halves(table: AnswerTable, items: number, columns: number, times: number, drawer: Drawer, finish: Finish) {
  const floor = blank(columns, times),
    matched = blank(columns, times);
  const order = Int32Array.from({ length: table.n }, (_, i) => i),
    m = Math.floor(table.n / 2),
    own = new Int32Array(m),
    one = table.counts(),
    other = table.counts(),
    at = new Float64Array(columns);
  for (let r = 0; r < times; r++) {
    drawer.shuffle(order);
    for (let i = 0; i < m; i++) own[i] = order[i]! * table.sources;
    table.countRows(own, one, 0);
    table.count(order.subarray(m, 2 * m), other);
    for (let j = 0; j < items; j++) at[j] = table.distance(j, one, 0, other, 0);
    finish(at);
    for (let j = 0; j < columns; j++) floor[j]![r] = at[j]!;
    for (let j = 0; j < items; j++) {
      let sum = 0;
      for (let s = 1; s < table.sources; s++) sum += table.distance(j, one, 0, other, s);
      at[j] = sum / (table.sources - 1);
    }
    finish(at);
    for (let j = 0; j < columns; j++) matched[j]![r] = at[j]!;
  }
  return { floor, matched };
}

/** The point estimates of one item. */
function describe(
  item: CodedItem,
  scores: Float64Array[] | undefined,
  people: Int32Array,
  { measure, weights }: ResampleSettings,
): ItemComparison {
  const answered = people.filter((i) => item.codes.every((source) => source[i]! >= 0) && (!weights || weights[i]! > 0));
  const n = answered.length;
  const empty: ItemComparison = {
    item: item.name,
    n,
    missing: people.length - n,
    distance: null,
    interval: null,
    divergence: null,
    corrected: null,
    floor: null,
    floorInterval: null,
    matched: null,
    p: null,
    totalVariation: null,
    wasserstein: null,
    kolmogorovSmirnov: null,
    energy: null,
  };
  if (!n) return empty;
  const histograms = item.codes.map((source) => {
    const counts = weights ? new Float64Array(item.size) : new Int32Array(item.size);
    for (const i of answered) counts[source[i]!]! += weights ? weights[i]! : 1;
    return counts;
  });
  const js = measure === "jensenShannon",
    byCounts = countDistance(measure, n, weights !== undefined),
    positions = item.support?.positions ?? new Float64Array(item.size);
  const simulations = item.codes.slice(1).map((_, s) => s + 1);
  const over = (f: (s: number) => number) => simulations.reduce((sum, s) => sum + f(s), 0) / simulations.length;
  const human = histograms[0]!;
  const values = scores?.map((source) => Float64Array.from(answered, (i) => source[i]!));
  const shares = weights && Float64Array.from(answered, (i) => weights[i]!);
  const both = shares ? { xWeights: shares, yWeights: shares } : {};
  const ordered = (named: "wasserstein" | "kolmogorovSmirnov" | "energy", ofSamples: typeof wasserstein1) => {
    if (values) return over((s) => ofSamples(values[0]!, values[s]!, both));
    if (!item.support?.ordered) return null;
    const distance = countDistance(named, n, weights !== undefined);
    return over((s) => distance(human, 0, histograms[s]!, 0, item.size, positions));
  };
  return {
    ...empty,
    distance: over((s) =>
      js ? Math.sqrt(jsDivergence(human, histograms[s]!)) : byCounts(human, 0, histograms[s]!, 0, item.size, positions),
    ),
    divergence: over((s) => jsDivergence(human, histograms[s]!)),
    corrected:
      !js || weights
        ? null
        : over((s) => {
            const same = new Float64Array(item.size);
            for (const i of answered) if (item.codes[0]![i] === item.codes[s]![i]) same[item.codes[0]![i]!]!++;
            return Math.sqrt(correctedDivergence(human, histograms[s]!, { same }));
          }),
    totalVariation: over((s) => totalVariation(human, histograms[s]!)),
    wasserstein: ordered("wasserstein", wasserstein1),
    kolmogorovSmirnov: ordered("kolmogorovSmirnov", kolmogorovSmirnov),
    energy: ordered("energy", energyDistance),
  };
}

/** The mean over beliefs. Wasserstein and energy distances have units and are not averaged. */
function meanRow(rows: readonly ItemComparison[]): ItemComparison {
  const average = (name: "distance" | "divergence" | "corrected" | "totalVariation") =>
    rows.some((r) => r[name] === null) ? null : mean(rows.map((r) => r[name]!));
  return {
    ...rows[0]!,
    item: meanName,
    n: Math.min(...rows.map((r) => r.n)),
    missing: Math.max(...rows.map((r) => r.missing)),
    distance: average("distance"),
    divergence: average("divergence"),
    corrected: average("corrected"),
    totalVariation: average("totalVariation"),
    wasserstein: null,
    kolmogorovSmirnov: null,
    energy: null,
  };
}
