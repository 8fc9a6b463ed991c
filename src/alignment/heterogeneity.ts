import { checkCounts, checkLevel, marks, random, result, sourceName } from "../study/index.js";
import type { Respondents, Result } from "../study/index.js";
import { chao1, entropy, hillNumber, rarefy } from "./diversity.js";
import { groups } from "./groups.js";
import type { By } from "./groups.js";
import { pair } from "./pairs.js";
import type { Simulations } from "./pairs.js";
import { normalQuantile, wilson } from "./normal.js";
import { Drawer, percentileInterval } from "./resample.js";
import { spreadOf } from "./spread.js";
import type { Spread } from "./spread.js";
import { beliefStructures } from "./structures.js";
import type { Structure } from "./structures.js";

export interface HeterogeneityOptions {
  /** The items whose combinations are the belief structures (default: all beliefs; actions where there are none). */
  items?: readonly string[];
  /** Groups for the within and between spread (default: the codebook's groups; several are crossed). */
  by?: By;
  /** Size to which all are rarefied (default: the smallest number of complete respondents). */
  n?: number;
  /** Bootstrap resamples of pairs for the interval of flattening (default 300; 0 leaves it out). */
  replicates?: number;
  /** Seed (default 1). */
  seed?: number;
  /** Coverage of the intervals (default .95). */
  level?: number;
}

export interface HeterogeneityRow {
  /** "human", or the simulation's name. */
  source: string;
  /** Respondents with all beliefs answered. */
  n: number;
  /** Different belief structures among them. */
  unique: number;
  /** Expected number of structures among equally many of each source. */
  rarefied: number;
  /** Interval for another sample of that size from the same population (Colwell et al. 2012). */
  rarefiedInterval: [number, number];
  hill1: number;
  hill2: number;
  /** Estimated number of structures, seen and unseen. */
  chao1: number;
  /** Share of the commonest structure. */
  modalShare: number;
  /** Wilson's interval of it. */
  modalInterval: [number, number];
  /** Bits. */
  entropy: number;
  /** Structures that people gave too, as a share of this source's answers. */
  sharedWithHumans: number;
  /** Share of the spread that lies between groups, mean over items; null without groups or without any spread. */
  betweenShare: number | null;
  /** 1 − (spread within groups ÷ that of people), mean over items: 0 as people, 1 everyone in a group alike, below 0 more spread than people. */
  flattening: number | null;
  flatteningInterval: [number, number] | null;
}

/** One point of a rarefaction curve: expected structures among n respondents, with an interval for other samples of that size. */
export interface RarefactionPoint {
  source: string;
  n: number;
  structures: number;
  sd: number;
  low: number;
  high: number;
}

export interface Heterogeneity extends Result<HeterogeneityRow> {
  /** Expected structures against number of respondents, up to the smallest source. */
  readonly curves: readonly RarefactionPoint[];
  /** The structures of each source, commonest first. */
  readonly structures: readonly { source: string; structures: readonly Structure[] }[];
  /** Size to which `rarefied` refers. */
  readonly rarefiedTo: number;
}

/**
 * How varied people's beliefs are, and whether simulations are as varied: belief structures (combinations of answers)
 * seen, expected at equal n, effective (Hill), estimated (Chao1), and how the spread of answers divides within and
 * between groups. More structures is not better: uniform noise has most.
 */
export function heterogeneity(
  human: Respondents,
  simulated: Simulations,
  options: HeterogeneityOptions = {},
): Heterogeneity {
  const { replicates = 300, seed = 1, level = 0.95 } = options;
  checkCounts({ replicates });
  checkLevel(level);
  const z = normalQuantile((1 + level) / 2);
  const pairs = pair(human, simulated);
  const notes = [...pairs.notes];
  const sources = [pairs.human, ...pairs.simulated];
  const names = unique(sources.map(sourceName));
  const found = sources.map((s) => beliefStructures(s, options));
  found.forEach((f, i) => {
    if (f.missing) notes.push(`${names[i]}: ${f.missing} left a belief out and have no structure`);
    if (!f.n) throw new Error(`${names[i]}: nobody answered all of ${f.items.map((x) => x.name).join(", ")}`);
  });
  const smallest = Math.min(...found.map((f) => f.n));
  const rarefiedTo = options.n ?? smallest;
  if (!Number.isInteger(rarefiedTo) || rarefiedTo < 1 || rarefiedTo > smallest)
    throw new Error(
      `n: expected a whole number from 1 to ${smallest}, the fewest complete respondents; found ${options.n}`,
    );
  const cells = crossed(pairs.human, options.by, notes);
  const items = found[0]!.items.map((item) => item.name);
  const spread = sources.map((s) => items.map((item) => spreadOf(s, item, cells)));
  const spreads = spread.map((of) => of.map((f) => f()));
  const flatten = (own: Spread[], people: Spread[]) => meanOf(own.map((s, j) => 1 - s.within / people[j]!.within));
  const drawer = new Drawer(random(seed, "heterogeneity"));
  const flattenings = sources.map(() => new Float64Array(replicates));
  const drawn = new Int32Array(pairs.human.n);
  for (let r = 0; r < replicates; r++) {
    drawer.indices(drawn.length, drawn);
    const people = spread[0]!.map((f) => f(drawn));
    for (let i = 1; i < sources.length; i++)
      flattenings[i]![r] =
        flatten(
          spread[i]!.map((f) => f(drawn)),
          people,
        ) ?? NaN;
  }
  const sizes = curveSizes(smallest);
  const humanKeys = new Set(found[0]!.structures.map((s) => JSON.stringify(s.answers)));
  const rows = found.map((f, i): HeterogeneityRow => {
    const counts = f.structures.map((s) => s.count);
    const at = rarefy(counts, [rarefiedTo])[0]!;
    const shared = f.structures.reduce((sum, s) => sum + (humanKeys.has(JSON.stringify(s.answers)) ? s.count : 0), 0);
    return {
      source: names[i]!,
      n: f.n,
      unique: counts.length,
      rarefied: at.expected,
      rarefiedInterval: [Math.max(0, at.expected - z * at.populationSd), at.expected + z * at.populationSd],
      hill1: hillNumber(counts, 1),
      hill2: hillNumber(counts, 2),
      chao1: chao1(counts),
      modalShare: counts[0]! / f.n,
      modalInterval: wilson(counts[0]! / f.n, f.n, level),
      entropy: entropy(counts),
      sharedWithHumans: shared / f.n,
      betweenShare: cells.length > 1 ? meanOf(spreads[i]!.map((s) => s.between / (s.within + s.between))) : null,
      flattening: i === 0 ? null : flatten(spreads[i]!, spreads[0]!),
      flatteningInterval: i === 0 || !replicates ? null : intervalOrNull(flattenings[i]!, level),
    };
  });
  items.forEach((item, j) => {
    if (!(spreads[0]![j]!.within > 0))
      notes.push(`${item}: all people of a group answer alike, so flattening has nothing to compare and leaves it out`);
  });
  notes.push(
    `structures: combinations of answers to ${items.join(", ")}`,
    `at equal n: expected structures among ${rarefiedTo} drawn without replacement (exact, hypergeometric); interval: other samples of that size (Colwell et al. 2012)`,
    "flattening: 1 − spread within groups ÷ that of people; 0 as varied as people, 1 everyone in a group alike, below 0 more varied than people",
    "more structures is not better: uniform noise has most; the aim is the human number",
  );
  return result(
    {
      kind: "alignment.heterogeneity",
      title: `Heterogeneity of beliefs`,
      rows,
      columns: [
        { name: "source" },
        { name: "n", format: "integer" },
        { name: "unique", title: "structures", format: "integer" },
        { name: "rarefied", title: `at n = ${rarefiedTo}`, digits: 1 },
        { name: "rarefiedInterval", title: "interval", format: "interval", digits: 0 },
        { name: "hill1", title: "Hill 1", digits: 1 },
        { name: "hill2", title: "Hill 2", digits: 1 },
        { name: "chao1", title: "Chao1", digits: 1 },
        { name: "modalShare", title: "commonest", format: "percent" },
        { name: "entropy", title: "entropy (bits)", digits: 2 },
        { name: "sharedWithHumans", title: "human structures", format: "percent" },
        { name: "betweenShare", title: "between groups", format: "percent" },
        { name: "flattening" },
        { name: "flatteningInterval", title: "interval", format: "interval" },
      ],
      notes,
      provenance: marks(...sources),
    },
    {
      rarefiedTo,
      curves: found.flatMap((f, i) =>
        rarefy(
          f.structures.map((s) => s.count),
          sizes,
        ).map(({ n, expected, populationSd: sd }) => ({
          source: names[i]!,
          n,
          structures: expected,
          sd,
          low: Math.max(0, expected - z * sd),
          high: expected + z * sd,
        })),
      ),
      structures: found.map((f, i) => ({ source: names[i]!, structures: f.structures })),
    },
  );
}

/** The groups of all groupings crossed; everyone where there are none. */
function crossed(people: Respondents, by: By | undefined, notes: string[]) {
  const given = by ?? people.codebook.defaults.groups;
  // Groups of the codebook may be absent from a part of the study; groups asked for may not.
  const names = [...new Set((typeof given === "string" ? [given] : given).flat())].filter(
    (n) => by !== undefined || people.has(n),
  );
  const all = groups(people, names.length ? [names] : [], notes);
  return names.length ? all.slice(1) : all;
}

/** Some forty sizes from 1 to n, closer together at the start. */
function curveSizes(n: number): number[] {
  const steps = 40;
  const sizes = Array.from({ length: steps + 1 }, (_, i) => Math.round(1 + (n - 1) * (i / steps) ** 1.5));
  return [...new Set(sizes)];
}

function unique(names: string[]): string[] {
  return names.map((name, i) =>
    names.indexOf(name) === i ? name : `${name} (${names.slice(0, i + 1).filter((n) => n === name).length})`,
  );
}

/** Mean of what is a number; null where nothing is. */
function meanOf(values: number[]): number | null {
  const known = values.filter((x) => Number.isFinite(x));
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
}

const intervalOrNull = (values: Float64Array, level: number): [number, number] | null =>
  values.every(Number.isNaN) ? null : percentileInterval(values, level);
