import { checkChoice, checkCounts, checkLevel, marks, random, result, sourceName } from "../study/index.js";
import type { Respondents, Result } from "../study/index.js";
import { AnswerTable } from "./answer-table.js";
import type { Counts } from "./counts.js";
import { groups } from "./groups.js";
import type { By, Group } from "./groups.js";
import { chooseItems, codeItem } from "./items.js";
import { adjust } from "./multiplicity.js";
import type { Correction } from "./multiplicity.js";
import { pair } from "./pairs.js";
import type { Simulations } from "./pairs.js";
import { scoped } from "./row-sums.js";
import { Drawer, mean, percentileInterval } from "./resample.js";

export interface GroupGapOptions {
  /** Groupings (default: the codebook's groups). */
  by?: By;
  /** Names of the items (default: all beliefs; actions where there are none). */
  items?: readonly string[];
  /** The group others are held against, in each grouping (default: the largest). */
  reference?: string;
  /** Groups smaller than this are left out and said (default 10). */
  smallest?: number;
  /** Random subsets at equal n, and bootstrap resamples (default 500). */
  replicates?: number;
  /** Seed (default 1). */
  seed?: number;
  level?: number;
  correction?: Correction;
}

export interface GroupGapRow {
  by: string;
  group: string;
  n: number;
  /** Share of all people in the grouping. */
  share: number;
  /** Mean distance over items among as many people as the smallest group has: so a small group is not further only for being small. */
  distance: number;
  /** The distance of two human subsets of half that size to each other. */
  floor: number;
  /** Distance less the reference's; null for the reference. */
  gap: number | null;
  interval: [number, number] | null;
  /** Two-sided p from the bootstrap: how seldom the gap changes sign. */
  p: number | null;
  pAdjusted: number | null;
  /** "reference", "worse", "better" (adjusted p below .05), or "not told apart". */
  reading: string;
}

/**
 * Does the model serve small groups as well as the largest? Distances of all groups are taken at equal n (random subsets
 * as large as the smallest group), since the distance of a small group is larger by chance alone.
 */
export function groupGaps(
  human: Respondents,
  simulated: Simulations,
  options: GroupGapOptions = {},
): Result<GroupGapRow> {
  const { replicates = 500, seed = 1, level = 0.95, correction = "holm", smallest = 10 } = options;
  checkCounts({ smallest }, 2);
  checkCounts({ replicates }, 1);
  checkLevel(level);
  checkChoice("correction", correction, ["holm", "bh", "none"]);
  const pairs = pair(human, simulated);
  const notes = [...pairs.notes];
  const sources = [pairs.human, ...pairs.simulated];
  const beliefs = pairs.human.items("belief").map((i) => i.name);
  const items = chooseItems(
    pairs.human,
    pairs.simulated,
    options.items ?? (beliefs.length ? beliefs : undefined),
    notes,
  );
  const codes = items.map((item) => codeItem(item, sources).codes);
  const cells = groups(pairs.human, options.by, notes).slice(1);
  if (!cells.length)
    throw new Error('groupGaps: there are no groups; name a grouping, for example { by: "ethnicity" }');
  const rows: GroupGapRow[] = [];
  for (const by of new Set(cells.map((c) => c.by))) {
    const all = cells.filter((c) => c.by === by);
    for (const c of all.filter((x) => x.people.length < smallest))
      notes.push(`${by} = ${c.group}: ${c.people.length} people are too few to be compared (smallest: ${smallest})`);
    const kept = all.filter((c) => c.people.length >= smallest);
    if (kept.length < 2) {
      notes.push(`${by}: fewer than two groups of ${smallest} or more, so there is no gap`);
      continue;
    }
    const answered = items.filter((item, j) => {
      const silent = kept.filter((c) => !c.people.some((i) => codes[j]!.every((source) => source[i]! >= 0)));
      if (silent.length)
        notes.push(
          `${by}: nobody of ${silent.map((c) => c.group).join(", ")} answered ${item.name} on both sides, so it is left out of this grouping`,
        );
      return !silent.length;
    });
    if (!answered.length) {
      notes.push(`${by}: no item is answered in all of its groups, so there is no gap`);
      continue;
    }
    const ofThese = answered.map((item) => codes[items.indexOf(item)]!);
    rows.push(...oneGrouping(by, kept, ofThese, options.reference, { replicates, level, seed }, all));
  }
  const adjusted = adjust(
    rows.map((r) => r.p ?? NaN),
    correction,
  );
  rows.forEach((r, i) => {
    if (r.p === null) return;
    r.pAdjusted = adjusted[i]!;
    r.reading = adjusted[i]! >= 0.05 ? "not told apart" : r.gap! > 0 ? "worse" : "better";
  });
  notes.push(
    `distance: mean Jensen–Shannon distance over ${items.map((i) => i.name).join(", ")} among random subsets as large as the smallest group of the grouping (${replicates} times)`,
    "gap: distance less that of the reference group; interval and p from bootstrap resamples of people as pairs, within groups, centred on the estimate",
    `p adj.: two-sided, adjusted for ${rows.filter((r) => r.p !== null).length} gaps ${{ holm: "by Holm", bh: "by Benjamini–Hochberg (false discovery rate)", none: "not at all" }[correction]}; the reading takes 5%`,
    `seed ${seed}`,
  );
  return result({
    kind: "alignment.groupGaps",
    title: `Group gaps of ${[...new Set(pairs.simulated.map(sourceName))].join(", ")}`,
    rows,
    columns: [
      { name: "by" },
      { name: "group" },
      { name: "n", format: "integer" },
      { name: "share", format: "percent" },
      { name: "distance", title: "JSD at equal n" },
      { name: "floor" },
      { name: "gap" },
      { name: "interval", title: `${Number((100 * level).toFixed(1))}% interval`, format: "interval" },
      { name: "pAdjusted", title: "p adj.", format: "p" },
      { name: "reading" },
    ],
    notes,
    provenance: marks(...sources),
  });
}

function oneGrouping(
  by: string,
  cells: readonly Group[],
  codes: readonly Int32Array[][],
  wanted: string | undefined,
  settings: { replicates: number; level: number; seed: number },
  all: readonly Group[],
): GroupGapRow[] {
  const { replicates, level, seed } = settings;
  const m = Math.min(...cells.map((c) => c.people.length));
  const total = all.reduce((sum, c) => sum + c.people.length, 0);
  const reference =
    (wanted === undefined ? undefined : cells.find((c) => c.group === wanted)) ??
    cells.reduce((a, b) => (b.people.length > a.people.length ? b : a));
  if (wanted !== undefined && reference.group !== wanted)
    throw new Error(
      `reference: ${by} has no group ${wanted} of sufficient size; it has ${cells.map((c) => c.group).join(", ")}`,
    );
  const measured = cells.map((cell) =>
    scoped(() => measure(cell, codes, m, replicates, new Drawer(random(seed, "groupGaps", by, cell.group)))),
  );
  const at = cells.indexOf(reference);
  return cells.map((cell, c) => {
    const { distance, floor, boot } = measured[c]!;
    const own = cell === reference;
    const gaps = boot.map((x, r) => x - measured[at]!.boot[r]!).filter((x) => !Number.isNaN(x));
    const gap = distance - measured[at]!.distance;
    // The bootstrap's mean is off by the bias of resampling; centring it there leaves the spread.
    const centre = mean(gaps) - gap;
    const centred = gaps.map((x) => x - centre);
    const beyond = Math.min(centred.filter((x) => x <= 0).length, centred.filter((x) => x >= 0).length);
    return {
      by,
      group: cell.group,
      n: cell.people.length,
      share: cell.people.length / total,
      distance,
      floor,
      gap: own ? null : gap,
      interval: own ? null : percentileInterval(centred, level),
      p: own ? null : Math.min(1, (2 * (beyond + 1)) / (gaps.length + 1)),
      pAdjusted: null,
      reading: own ? "reference" : "",
    };
  });
}

function measure(cell: Group, codes: readonly Int32Array[][], m: number, replicates: number, drawer: Drawer) {
  const table = new AnswerTable(codes, cell.people);
  const counts = table.counts(),
    other = table.counts(),
    order = Int32Array.from({ length: table.n }, (_, i) => i),
    drawn = new Int32Array(table.n),
    parts = Math.floor(table.n / m),
    half = Math.floor(m / 2);
  // An item that nobody of a small subset answered has no distance there and is not averaged.
  const average = (a: Counts, s: number, b: Counts, t: number) => {
    let sum = 0,
      known = 0;
    for (let j = 0; j < table.items; j++) {
      const d = table.distance(j, a, s, b, t);
      if (Number.isNaN(d)) continue;
      sum += d;
      known++;
    }
    return known ? sum / known : NaN;
  };
  const overSeeds = (c: Counts) => {
    let sum = 0;
    for (let s = 1; s < table.sources; s++) sum += average(c, 0, c, s);
    return sum / (table.sources - 1);
  };
  const subsets = new Float64Array(replicates),
    floors = new Float64Array(replicates),
    boot = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) {
    drawer.shuffle(order);
    subsets[r] = overSeeds(table.count(order.subarray(0, m), counts));
    floors[r] = average(
      table.count(order.subarray(0, half), counts),
      0,
      table.count(order.subarray(half, 2 * half), other),
      0,
    );
    // Draws with replacement fall into independent samples of the smallest size: their mean varies as the whole group does.
    drawer.indices(table.n, drawn);
    for (let k = 0; k < parts; k++)
      boot[r]! += overSeeds(table.count(drawn.subarray(k * m, (k + 1) * m), counts)) / parts;
  }
  return { distance: mean(subsets), floor: mean(floors), boot };
}
