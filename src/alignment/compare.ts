import { checkChoice, checkCounts, checkLevel, marks, random, result, sourceName } from "../study/index.js";
import type { Column, Respondents, Result } from "../study/index.js";
import { baselineDistances, baselineNotes } from "./baseline-distances.js";
import type { BaselineDistances } from "./baseline-distances.js";
import { AnswerTable } from "./answer-table.js";
import { compareGroup, meanOver } from "./compare-group.js";
import type { IntervalKind, ItemComparison } from "./compare-group.js";
import { measures } from "./counts.js";
import type { Measure } from "./counts.js";
import { groups } from "./groups.js";
import type { By, Group } from "./groups.js";
import { chooseItems, codeItem, jointItem, meanName } from "./items.js";
import { adjust } from "./multiplicity.js";
import type { Correction } from "./multiplicity.js";
import { permutation } from "./permutation.js";
import { learnedFrom, pair } from "./pairs.js";
import { Drawer } from "./resample.js";
import { scoped } from "./row-sums.js";
import type { Simulations } from "./pairs.js";
import { exactPlaces } from "./support.js";
import type { Support } from "./support.js";

export interface CompareOptions {
  /** Groupings besides everyone (default: the codebook's groups). An inner list is an intersection: `[["treatment", "sex"]]`. */
  by?: By;
  /** Names of the items (default: all beliefs and actions). */
  items?: readonly string[];
  /** Bootstrap resamples of people (as pairs) and of finetuning seeds (default 1000). */
  replicates?: number;
  /** Permutations within pairs (default: as many as replicates, at least 500, and for "holm" 20 a row; 0 leaves p out). */
  permutations?: number;
  /** Random halves for the human–human floor (default 200; 0 leaves it out). */
  halves?: number;
  /** Seed of all resampling (default 1). */
  seed?: number;
  /** Coverage of the intervals (default .95). */
  level?: number;
  /** What distances are: "jensenShannon" (default), "totalVariation", or for ordered items "wasserstein", "kolmogorovSmirnov", "energy". Interval, floor, p and baselines follow it. */
  measure?: Measure;
  /** How intervals are made: around the bias-corrected distance (default "corrected"), or plain percentiles of the resamples ("percentile"), which lie too high in small groups. */
  interval?: IntervalKind;
  /** The people the model learned from: adds the pilot's bootstraps and copula as baselines. */
  pilot?: Respondents;
  /** Draws of each baseline (default 10; 0 leaves baselines out). */
  baselineDraws?: number;
  /** Adjustment of p for the number of rows: by Westfall and Young's step-down maximum (default "maxT"), or from the p-values alone. */
  correction?: Correction | "maxT";
  /** Adds a row for all beliefs as one answer (default: when there are two beliefs or more). */
  joint?: boolean;
  /** Weigh people by their sampling weights, so that distances are those of the population sampled (default false). */
  weights?: boolean;
  /** Bins for interval items of more than 41 steps and for counts of more than 41 (default 20). */
  bins?: number;
}

/** One group and item. Distances are those of the measure asked for: by default Jensen–Shannon (root of base-2 divergence, 0 … 1). */
export interface CompareRow extends ItemComparison, BaselineDistances {
  /** The grouping; empty for everyone. */
  by: string;
  group: string;
  /** Item name; "mean of beliefs" and "beliefs (joint)" are rows too. */
  item: string;
  /** p adjusted for the number of rows. */
  pAdjusted: number | null;
}

export interface Comparison extends Result<CompareRow> {
  /** Name of the model compared. */
  readonly model: string;
  /** People compared whom the model learned from; above 0 the comparison flatters it. */
  readonly learnedFrom: number;
  /** Number of simulations compared (finetuning seeds). */
  readonly simulations: number;
  readonly options: Readonly<Required<Omit<CompareOptions, "by" | "items" | "pilot" | "joint" | "weights">>>;
  /** The row of one group and item (defaults: everyone, the mean over beliefs). */
  row(where?: { by?: string; group?: string; item?: string }): CompareRow;
}

/**
 * How far simulated answers are from those of the same people, group by group and item by item: Jensen–Shannon
 * distance with a percentile interval (people and their simulations resampled as pairs, and finetuning seeds), its
 * bias-corrected estimate, the human–human floor that chance alone gives at half the group, a permutation test within
 * pairs, and what answering without a model gives on the same scale.
 *
 * With several simulations (finetuning seeds) the distance is the mean over them.
 */
export function compare(human: Respondents, simulated: Simulations, options: CompareOptions = {}): Comparison {
  return scoped(() => compared(human, simulated, options));
}

function compared(human: Respondents, simulated: Simulations, options: CompareOptions): Comparison {
  const { replicates = 1000, seed = 1, level = 0.95, baselineDraws = 10, halves = 200 } = options;
  const { correction = "maxT", bins = 20, interval = "corrected", measure = "jensenShannon" } = options;
  checkChoice("interval", interval, ["corrected", "percentile"]);
  checkChoice("measure", measure, Object.keys(measures));
  checkChoice("correction", correction, ["maxT", "holm", "bh", "none"]);
  checkLevel(level);
  checkCounts({ bins }, 1);
  const pairs = pair(human, simulated);
  const sources = [pairs.human, ...pairs.simulated];
  const notes = [...pairs.notes];
  const chosen = chooseItems(pairs.human, pairs.simulated, options.items, notes).filter((item) => {
    const answered = pairs.human.column(item.name).some((v) => v !== null);
    if (!answered) notes.push(`${item.name}: no human answered it, so it is left out`);
    return answered;
  });
  if (!chosen.length) throw new Error("there is nothing to compare: no human answered any of the items");
  const { ordered } = measures[measure];
  const coded = chosen.map((item) => codeItem(item, sources, bins)).filter((item) => !ordered || item.support!.ordered);
  const unordered = chosen.filter((item) => !coded.some((c) => c.name === item.name)).map((item) => item.name);
  if (unordered.length) notes.push(`${unordered.join(", ")}: nominal, so left out of a measure that needs an order`);
  if (!coded.length) throw new Error(`measure ${measure} needs ordered items; ${unordered.join(", ")} have no order`);
  const beliefs = coded.filter((item) => item.kind === "belief");
  if ((options.joint ?? true) && beliefs.length > 1 && !ordered) coded.push(jointItem(beliefs));
  const cells = groups(pairs.human, options.by, notes);
  const rowCount = cells.length * (coded.length + (beliefs.length > 1 ? 1 : 0));
  const least = correction === "maxT" ? 500 : correction === "none" ? 0 : 20 * rowCount;
  const { permutations = Math.max(replicates, least) } = options;
  checkCounts({ replicates, permutations, halves, baselineDraws });
  const weights = options.weights ? checkedWeights(pairs.human, cells) : undefined;
  const baselines = baselineDistances(
    pairs.human,
    coded,
    chosen,
    cells,
    options.pilot,
    baselineDraws,
    seed,
    measure,
    weights,
  );
  // Where places stand for the answers themselves, histograms give the distances of the samples exactly.
  const scores = coded.map((item) =>
    item.support?.ordered && !exactPlaces(item.support) ? sources.map((s) => scored(item.support!, s)) : undefined,
  );
  const settings = { replicates, halves, level, interval, measure, ...(weights ? { weights } : {}) };
  const tables = cells.map(
    (cell) =>
      new AnswerTable(
        coded.map((i) => i.codes),
        cell.people,
        { measure, positions: coded.map((i) => i.support?.positions), weights },
      ),
  );
  const found = cells.map((cell, c) =>
    compareGroup(tables[c]!, coded, scores, cell, settings, random(seed, "compare", cell.by, cell.group), notes),
  );
  const tested = cells.flatMap((_, c) => (permutations > 0 && tables[c]!.n > 1 ? [c] : []));
  const exchanges = tested.length
    ? permutation(
        tested.map((c) => ({
          table: tables[c]!,
          observed: found[c]!.map((r) => r.distance),
          finish: meanOver(coded).finish,
        })),
        pairs.human.n,
        permutations,
        new Drawer(random(seed, "compare", "exchange")),
        { family: correction === "maxT" },
      )
    : [];
  const rows: CompareRow[] = cells.flatMap((cell, c) =>
    found[c]!.map(({ item, ...row }, j) => {
      const test = row.distance === null ? undefined : exchanges[tested.indexOf(c)]?.[j];
      return {
        by: cell.by,
        group: cell.group,
        item,
        ...row,
        p: test?.p ?? null,
        pAdjusted: test && correction === "maxT" ? test.pMaximum : null,
        ...baselines[c]!.get(item)!,
      };
    }),
  );
  if (correction !== "maxT") {
    const adjusted = adjust(
      rows.map((r) => r.p ?? NaN),
      correction,
    );
    rows.forEach((r, i) => (r.pAdjusted = Number.isNaN(adjusted[i]!) ? null : adjusted[i]!));
  }
  for (const item of coded) if (item.support?.binned) notes.push(item.support.binned);
  const model = [...new Set(pairs.simulated.map(sourceName))].join(", ");
  notes.push(
    ...explain(
      options,
      { replicates, permutations, halves, level, correction, interval, measure, seed, rows: rows.length },
      pairs.simulated.length,
    ),
  );
  if (weights) notes.push("people are weighed by their sampling weights, in every distance and resample");
  else if (human.weights)
    notes.push("sampling weights are not used: distances are those of these people; weights: true uses them");
  notes.push(...baselineNotes(rows, options.pilot));
  const made = result(
    {
      kind: "alignment.compare",
      title: `Alignment of ${model} with ${pairs.human.n} people`,
      rows,
      columns: columnsFor(rows, level, measures[measure].short),
      notes,
      provenance: marks(...sources),
    },
    {
      model,
      learnedFrom: learnedFrom(pairs.human, pairs.simulated),
      simulations: pairs.simulated.length,
      options: { replicates, permutations, halves, level, interval, measure, seed, baselineDraws, correction, bins },
    },
  );
  // Not listed among the properties, so that a comparison stays plain data when it is copied or sent.
  Object.defineProperty(made, "row", {
    value: ({ by = "", group = "everyone", item = beliefs.length > 1 ? meanName : coded[0]!.name } = {}) => {
      const row = rows.find((r) => r.by === by && r.group === group && r.item === item);
      if (!row) throw new Error(`no row for group ${by ? `${by} = ` : ""}${group}, item ${item}`);
      return row;
    },
  });
  return made as typeof made & Comparison;
}

/** The sampling weights, or an error that names the respondent or group they fail for. */
function checkedWeights(human: Respondents, cells: readonly Group[]): Float64Array {
  if (!human.weights)
    throw new Error(
      "weights: these respondents have no sampling weights; leave weights out, or draw them by a method that gives some",
    );
  const out = Float64Array.from(human.weights);
  out.forEach((w, i) => {
    if (!(w >= 0) || w === Infinity)
      throw new Error(`weights: respondent ${human.ids[i]} has weight ${w}; expected a non-negative number`);
  });
  for (const cell of cells)
    if (!cell.people.some((i) => out[i]! > 0))
      throw new Error(`weights: all weights of ${cell.by ? `${cell.by} = ${cell.group}` : "everyone"} are zero`);
  return out;
}

/** Each source's answers as numbers. */
function scored(support: Support, source: Respondents): Float64Array {
  const column = source.column(support.item.name),
    out = new Float64Array(column.length);
  for (let i = 0; i < out.length; i++) out[i] = support.score(column[i]!);
  return out;
}

/** The columns worth showing: baselines and groupings only where there are any. */
function columnsFor(rows: readonly CompareRow[], level: number, short: string): Column<CompareRow>[] {
  const shown = (name: keyof CompareRow) => rows.some((r) => r[name] !== null && r[name] !== "");
  const all: Column<CompareRow>[] = [
    { name: "by", format: "text" },
    { name: "group", format: "text" },
    { name: "item", format: "text" },
    { name: "n", format: "integer" },
    { name: "distance", title: short },
    { name: "corrected", title: "corrected" },
    { name: "interval", title: `${Number((100 * level).toFixed(1))}% interval`, format: "interval" },
    { name: "matched", title: "at n/2" },
    { name: "floor", title: "floor" },
    { name: "p", format: "p" },
    { name: "pAdjusted", title: "p adj.", format: "p" },
    { name: "uniform" },
    { name: "humanMarginal", title: "human marg." },
    { name: "marginalBootstrap", title: "pilot marg." },
    { name: "rowBootstrap", title: "pilot rows" },
    { name: "copula" },
  ];
  return all.filter((c) => shown(c.name));
}

function explain(
  options: CompareOptions,
  used: {
    replicates: number;
    permutations: number;
    halves: number;
    level: number;
    correction: Correction | "maxT";
    interval: IntervalKind;
    measure: Measure;
    seed: number;
    rows: number;
  },
  simulations: number,
): string[] {
  const { short, title } = measures[used.measure];
  const out = [`${short}: ${title}`];
  if (used.replicates)
    out.push(
      `interval: ${used.replicates} bootstrap resamples of people with their simulations` +
        (simulations > 1 ? ` and of the ${simulations} finetuning seeds` : "") +
        (used.interval === "percentile"
          ? ", percentiles as they are: too high where a group is small for the number of options"
          : ", around the corrected distance (it need not hold the distance itself, which is too high by the bias)"),
    );
  if (simulations === 1)
    out.push(
      "one finetuning seed: the interval does not hold what another seed would change; give several simulations",
    );
  if (used.halves)
    out.push(
      `floor: mean distance of one random half of the people to the other half (${used.halves} times); at n/2: the same ` +
        `with the other half's simulations in their place. At n/2 equal to the floor is as good as people are for each other`,
    );
  if (used.correction === "holm" && used.permutations && used.rows / (used.permutations + 1) > 0.05)
    out.push(
      `with ${used.permutations} permutations no p adjusted for ${used.rows} rows can fall below .05: ` +
        `give permutations: ${20 * used.rows}, or fewer groups`,
    );
  if (used.permutations)
    out.push(
      `p: ${used.permutations} exchanges of answers within pairs; adjusted ` +
        {
          maxT: `for ${used.rows} rows by the step-down maximum of all of them (Westfall and Young)`,
          holm: "by Holm",
          bh: "by Benjamini–Hochberg (false discovery rate)",
          none: "not at all",
        }[used.correction],
    );
  out.push(
    used.measure === "jensenShannon" && !options.weights
      ? "corrected: less the upward bias that a sample of this size gives (entropies by Chao, Wang & Jost 2013; pairs taken into account)"
      : "corrected: less the upward bias that resampling shows",
  );
  if (options.baselineDraws !== 0)
    out.push(
      `baselines are answers made without a model, mean of ${options.baselineDraws ?? 10} draws, with the same small-sample bias as ${short}: ` +
        "uniform; human marg., the margins of all these people (what ignoring groups costs)" +
        (options.pilot ? "; pilot marg., pilot rows and copula, from the pilot alone" : ""),
    );
  out.push(`seed ${used.seed}`);
  if (options.pilot === undefined)
    out.push("no pilot was given, so the pilot's bootstraps and copula are not among the baselines");
  return out;
}
