import { marks, result, sourceName } from "../study/index.js";
import type { Respondents, Result } from "../study/index.js";
import { chao1, entropy, hillNumber, rarefy } from "./diversity.js";
import { groups } from "./groups.js";
import type { By } from "./groups.js";
import { pair } from "./pairs.js";
import type { Simulations } from "./pairs.js";
import { spread } from "./spread.js";
import { beliefStructures } from "./structures.js";
import type { Structure } from "./structures.js";

export interface HeterogeneityOptions {
  /** The items whose combinations are the belief structures (default: all beliefs). */
  items?: readonly string[];
  /** Groups for the within and between spread (default: the codebook's groups; several are crossed). */
  by?: By;
  /** Size to which all are rarefied (default: the smallest number of complete respondents). */
  n?: number;
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
  rarefiedSd: number;
  hill1: number;
  hill2: number;
  /** Estimated number of structures, seen and unseen. */
  chao1: number;
  /** Share of the commonest structure. */
  modalShare: number;
  /** Bits. */
  entropy: number;
  /** Structures that people gave too, as a share of this source's answers. */
  sharedWithHumans: number;
  /** Share of the spread that lies between groups, mean over items; null without groups or without any spread. */
  betweenShare: number | null;
  /** 1 − (spread within groups ÷ that of people), mean over items: 0 as people, 1 everyone in a group alike, below 0 more spread than people. */
  flattening: number | null;
}

/** One point of a rarefaction curve: expected structures among n respondents, with expectation ± 1.96 sd. */
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
  const spreads = sources.map((s) => items.map((item) => spread(s, item, cells)));
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
      rarefiedSd: at.sd,
      hill1: hillNumber(counts, 1),
      hill2: hillNumber(counts, 2),
      chao1: chao1(counts),
      modalShare: counts[0]! / f.n,
      entropy: entropy(counts),
      sharedWithHumans: shared / f.n,
      betweenShare: cells.length > 1 ? meanOf(spreads[i]!.map((s) => s.between / (s.within + s.between))) : null,
      flattening: i === 0 ? null : meanOf(spreads[i]!.map((s, j) => 1 - s.within / spreads[0]![j]!.within)),
    };
  });
  items.forEach((item, j) => {
    if (!(spreads[0]![j]!.within > 0))
      notes.push(`${item}: all people of a group answer alike, so flattening has nothing to compare and leaves it out`);
  });
  notes.push(
    `structures: combinations of answers to ${items.join(", ")}`,
    `at equal n: expected structures among ${rarefiedTo} drawn without replacement (exact, hypergeometric)`,
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
        { name: "hill1", title: "Hill 1", digits: 1 },
        { name: "hill2", title: "Hill 2", digits: 1 },
        { name: "chao1", title: "Chao1", digits: 1 },
        { name: "modalShare", title: "commonest", format: "percent" },
        { name: "entropy", title: "entropy (bits)", digits: 2 },
        { name: "sharedWithHumans", title: "human structures", format: "percent" },
        { name: "betweenShare", title: "between groups", format: "percent" },
        { name: "flattening", format: "percent" },
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
        ).map(({ n, expected, sd }) => ({
          source: names[i]!,
          n,
          structures: expected,
          sd,
          low: expected - 1.96 * sd,
          high: expected + 1.96 * sd,
        })),
      ),
      structures: found.map((f, i) => ({ source: names[i]!, structures: f.structures })),
    },
  );
}

/** The groups of all groupings crossed; everyone where there are none. */
function crossed(people: Respondents, by: By | undefined, notes: string[]) {
  const given = by ?? people.codebook.defaults.groups;
  const names = [...new Set((typeof given === "string" ? [given] : given).flat())].filter((n) => people.has(n));
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
