import { checkCounts, checkLevel, marks, random, result, scoresOf, sourceName, supportOf } from "../study/index.js";
import type { Item, Respondents, Result } from "../study/index.js";
import { adjust } from "./multiplicity.js";
import type { Correction } from "./multiplicity.js";
import { pair } from "./pairs.js";
import type { Simulations } from "./pairs.js";
import { Drawer, mean, percentileInterval } from "./resample.js";
import type { ShareEstimate } from "./sensitive.js";

export interface BiasOptions {
  /** Names of the sensitive items (default: all that the codebook marks). */
  items?: readonly string[];
  /** For a sensitive item, what people would say if nobody had to admit it: a list or randomised-response estimate. */
  adjusted?: Readonly<Record<string, ShareEstimate>>;
  /** Bootstrap resamples of pairs and permutations within pairs (default 1000). */
  replicates?: number;
  /** Seed (default 1). */
  seed?: number;
  /** Coverage of the intervals (default .95). */
  level?: number;
  /** Adjustment of p for the number of items (default "holm"). */
  correction?: Correction;
}

export interface BiasRow {
  item: string;
  /** The comparable item that is not sensitive; empty when the codebook names none. */
  matched: string;
  /** Pairs with all answers. */
  n: number;
  /** Means on the item's scale brought to 0 … 1; for a yes–no item the share of its last option. */
  human: number | null;
  simulated: number | null;
  /** Simulated less human, on the sensitive and on the matched item. */
  shift: number | null;
  matchedShift: number | null;
  /** Shift on the sensitive item beyond that on the matched one. */
  contrast: number | null;
  interval: [number, number] | null;
  p: number | null;
  pAdjusted: number | null;
  /** The protected estimate for people and its method, where given. */
  protected: number | null;
  protectedInterval: [number, number] | null;
  /** Human answers when asked directly less the protected estimate: what people hide. */
  hidden: number | null;
  /** Simulated answers less the protected estimate. */
  simulatedHidden: number | null;
}

/**
 * Social desirability: are simulated answers to sensitive items shifted against people's, beyond the shift on matched
 * items that are not sensitive? The contrast is a difference in differences with people and simulations resampled as
 * pairs; its test exchanges them within pairs. With a protected estimate (`listExperiment`, `randomisedResponse`) it is
 * also said how far direct answers, human and simulated, lie from what people would say unobserved.
 */
export function bias(human: Respondents, simulated: Simulations, options: BiasOptions = {}): Result<BiasRow> {
  const { replicates = 1000, seed = 1, level = 0.95, correction = "holm" } = options;
  checkCounts({ replicates }, 1);
  checkLevel(level);
  const pairs = pair(human, simulated);
  const notes = [...pairs.notes];
  const sources = [pairs.human, ...pairs.simulated];
  const names = options.items ?? human.codebook.items.filter((i) => i.sensitive).map((i) => i.name);
  if (!names.length)
    throw new Error(
      `the codebook of ${human.codebook.name} marks no item as sensitive; mark one, or name items: bias(human, simulated, { items })`,
    );
  const rows = names.flatMap((name): BiasRow[] => {
    const item = human.item(name);
    const absent = sources.filter((s) => !s.has(name));
    if (absent.length) {
      notes.push(`${name}: not answered by ${absent.map(sourceName).join(", ")}, so it is left out`);
      return [];
    }
    const matched = item.matched && sources.every((s) => s.has(item.matched!)) ? human.item(item.matched) : undefined;
    if (!matched)
      notes.push(
        item.matched
          ? `${name}: its matched item ${item.matched} was not answered by all, so there is no contrast`
          : `${name}: the codebook names no matched item, so a shift cannot be told from one on any item`,
      );
    const drawer = new Drawer(random(seed, "bias", name));
    return [one(item, matched, sources, options.adjusted?.[name], replicates, level, drawer, notes)];
  });
  const adjusted = adjust(
    rows.map((r) => r.p ?? NaN),
    correction,
  );
  rows.forEach((r, i) => (r.pAdjusted = Number.isNaN(adjusted[i]!) ? null : adjusted[i]!));
  for (const [name, e] of Object.entries(options.adjusted ?? {}))
    notes.push(
      `${name}, protected: ${e.method}, n = ${e.n}, SE ${e.se.toFixed(3)}`,
      ...e.warnings.map((w) => `${name}: ${w}`),
    );
  notes.push(
    "means are on each item's scale brought to 0 … 1; for yes–no items the share of the last option",
    `contrast: shift on the sensitive item less shift on its matched item; interval: ${replicates} bootstrap resamples of pairs; p: as many exchanges within pairs; seed ${seed}`,
  );
  if (!Object.keys(options.adjusted ?? {}).length)
    notes.push(
      "people's own direct answers may be shifted too; give a protected estimate (alignment.listExperiment, randomisedResponse) to see by how much",
    );
  return result({
    kind: "alignment.bias",
    title: `Social desirability of ${[...new Set(pairs.simulated.map(sourceName))].join(", ")}`,
    rows,
    columns: [
      { name: "item" },
      { name: "matched" },
      { name: "n", format: "integer" },
      { name: "human" },
      { name: "simulated" },
      { name: "shift" },
      { name: "matchedShift", title: "matched shift" },
      { name: "contrast" },
      { name: "interval", format: "interval" },
      { name: "p", format: "p" },
      { name: "pAdjusted", title: "p adj.", format: "p" },
      ...(rows.some((r) => r.protected !== null)
        ? ([
            { name: "protected" },
            { name: "protectedInterval", title: "interval", format: "interval" },
            { name: "hidden", title: "people − protected" },
            { name: "simulatedHidden", title: "simulated − protected" },
          ] as const)
        : []),
    ],
    notes,
    provenance: marks(...sources),
  });
}

function one(
  item: Item,
  matched: Item | undefined,
  sources: readonly Respondents[],
  guarded: ShareEstimate | undefined,
  replicates: number,
  level: number,
  drawer: Drawer,
  notes: string[],
): BiasRow {
  const own = sources.map((s) => unitScores(item, s)),
    other = matched ? sources.map((s) => unitScores(matched, s)) : undefined;
  const people = sources[0]!.ids
    .map((_, i) => i)
    .filter((i) => [...own, ...(other ?? [])].every((x) => !Number.isNaN(x[i])));
  const n = people.length,
    k = sources.length - 1;
  const row: BiasRow = {
    item: item.name,
    matched: matched?.name ?? "",
    n,
    human: null,
    simulated: null,
    shift: null,
    matchedShift: null,
    contrast: null,
    interval: null,
    p: null,
    pAdjusted: null,
    protected: guarded?.estimate ?? null,
    protectedInterval: guarded?.interval ?? null,
    hidden: null,
    simulatedHidden: null,
  };
  if (!n) {
    notes.push(`${item.name}: no pair answered it on both sides, so there is nothing to compare`);
    return row;
  }
  // Per person: simulated less human, each simulation on its own.
  const difference = (x: readonly Float64Array[]) =>
    Array.from({ length: k }, (_, s) => Float64Array.from(people, (i) => x[s + 1]![i]! - x[0]![i]!));
  const shifts = difference(own),
    matchedShifts = other ? difference(other) : undefined;
  row.human = mean(people.map((i) => own[0]![i]!));
  row.shift = mean(shifts.map(mean));
  row.simulated = row.human + row.shift;
  row.matchedShift = matchedShifts ? mean(matchedShifts.map(mean)) : null;
  row.contrast = row.matchedShift === null ? null : row.shift - row.matchedShift;
  if (guarded) {
    row.hidden = row.human - guarded.estimate;
    row.simulatedHidden = row.simulated - guarded.estimate;
  }
  if (!matchedShifts || n < 2) return row;
  const contrasts = shifts.map((x, s) => x.map((v, i) => v - matchedShifts[s]![i]!));
  const draws = new Float64Array(replicates),
    rows = new Int32Array(n),
    seeds = new Int32Array(k);
  for (let r = 0; r < replicates; r++) {
    drawer.indices(n, rows);
    if (k > 1) drawer.indices(k, seeds);
    let sum = 0;
    for (const s of seeds) {
      const c = contrasts[s]!;
      for (const i of rows) sum += c[i]!;
    }
    draws[r] = sum / n / k;
  }
  row.interval = percentileInterval(draws, level);
  let extreme = 1;
  for (let r = 0; r < replicates; r++) {
    drawer.indices(k + 1, rows);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const swap = rows[i]!;
      // Exchanging the person with simulation `swap` moves every difference's origin to that simulation's answers.
      const origin = swap === 0 ? 0 : contrasts[swap - 1]![i]!;
      for (let s = 0; s < k; s++) sum += (s === swap - 1 ? 0 : contrasts[s]![i]!) - origin;
    }
    if (Math.abs(sum / n / k) >= Math.abs(row.contrast!) - 1e-12) extreme++;
  }
  row.p = extreme / (replicates + 1);
  return row;
}

/** Answers on 0 … 1; for two options the second is 1. Items with more options without order have no mean. */
function unitScores(item: Item, respondents: Respondents): Float64Array {
  const column = respondents.column(item.name);
  const values = supportOf(item, column);
  const scores = scoresOf(item, column) ?? (values.length === 2 ? [0, 1] : undefined);
  if (!scores)
    throw new Error(
      `item ${item.name} has ${values.length} options without an order, so its answers have no mean; a sensitive item needs an order or two options`,
    );
  const low = Math.min(...scores),
    high = Math.max(...scores);
  const places = new Map(values.map((v, i) => [String(v), high > low ? (scores[i]! - low) / (high - low) : 0]));
  return Float64Array.from(column, (v, i) => {
    if (v === null) return NaN;
    const x = places.get(String(v));
    if (x !== undefined) return x;
    if (typeof v === "number" && v >= low && v <= high && item.scale.kind !== "nominal")
      return (v - low) / (high - low);
    throw new Error(
      `item ${item.name}, respondent ${respondents.ids[i]}: ${JSON.stringify(v)} is not an answer the codebook allows`,
    );
  });
}
