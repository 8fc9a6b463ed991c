import { impliedAction, labelOf, marks, random, result, sourceName } from "../study/index.js";
import type { Respondents, Result } from "../study/index.js";
import { groups } from "./groups.js";
import type { By, Group } from "./groups.js";
import { pair } from "./pairs.js";
import type { Simulations } from "./pairs.js";
import { Drawer, percentileInterval } from "./resample.js";

export interface CoherenceOptions {
  /** Groupings besides everyone (default: the codebook's groups). */
  by?: By;
  /** Bootstrap resamples of people as pairs, and permutations within pairs (default 1000). */
  replicates?: number;
  /** Seed (default 1). */
  seed?: number;
  /** Coverage of the intervals (default .95). */
  level?: number;
}

export interface CoherenceRow {
  by: string;
  group: string;
  n: number;
  /** People whose beliefs imply an action. */
  humanDefinite: number;
  /** Share of those who act otherwise; null when nobody's beliefs imply an action. */
  humanGap: number | null;
  humanInterval: [number, number] | null;
  /** Share of people whose beliefs imply no action. */
  humanIndifferent: number;
  /** The same for simulations; with several the mean over them. */
  simulatedDefinite: number;
  simulatedGap: number | null;
  simulatedInterval: [number, number] | null;
  simulatedIndifferent: number;
  /** Simulated gap less human gap. */
  difference: number | null;
  differenceInterval: [number, number] | null;
  /** One-sided p of H0 "the simulated gap is at least the human one": small means simulations are more coherent than people. */
  pOverCoherent: number | null;
  /** One-sided p of H0 "the simulated gap is at most the human one": small means simulations are less coherent than people. */
  pUnderCoherent: number | null;
}

/** How many respondents of a source whose beliefs imply `implied` ("indifferent" where they imply nothing) did `action`. */
export interface ImpliedFlow {
  source: string;
  implied: string;
  action: string;
  count: number;
}

export interface Coherence extends Result<CoherenceRow> {
  /** The rule in words. */
  readonly rule: string;
  /** From implied to actual action, over everyone. */
  readonly flows: readonly ImpliedFlow[];
}

/** 0 beliefs and action unknown, 1 indifferent, 2 acts as implied, 3 acts otherwise. */
type State = 0 | 1 | 2 | 3;

/**
 * Belief–action gap by the codebook's rule: the share of respondents with a definite implied action whose action
 * differs from it. Indifference is counted beside it, not in it. Intervals resample people with their simulations; the
 * tests exchange them within pairs.
 */
export function coherence(human: Respondents, simulated: Simulations, options: CoherenceOptions = {}): Coherence {
  const { replicates = 1000, seed = 1, level = 0.95 } = options;
  if (!Number.isInteger(replicates) || replicates < 1)
    throw new Error(`replicates: expected a whole number of 1 or more, found ${replicates}`);
  const { rule } = human.codebook;
  if (!rule)
    throw new Error(
      `the codebook of ${human.codebook.name} has no belief–action rule; add "rule" to say which action beliefs imply`,
    );
  const pairs = pair(human, simulated);
  const notes = [...pairs.notes];
  const states = [pairs.human, ...pairs.simulated].map(statesOf);
  const rows = groups(pairs.human, options.by, notes).map((group) =>
    coherenceOf(group, states, replicates, level, new Drawer(random(seed, "coherence", group.by, group.group)), notes),
  );
  notes.push(
    `rule: ${rule.text}`,
    "gap: share of those with a definite implied action who act otherwise; the indifferent are counted beside it",
    `intervals: ${replicates} bootstrap resamples of pairs; tests: as many exchanges within pairs; seed ${seed}`,
    "over-coherent: one-sided p of “the simulated gap is at least the human one”",
  );
  return result(
    {
      kind: "alignment.coherence",
      title: `Belief–action coherence of ${[...new Set(pairs.simulated.map(sourceName))].join(", ")}`,
      rows,
      columns: [
        ...(rows.length > 1 ? ([{ name: "by" }] as const) : []),
        { name: "group" },
        { name: "humanDefinite", title: "definite", format: "integer" },
        { name: "humanGap", title: "human gap", format: "percent" },
        { name: "humanInterval", title: "interval", format: "interval" },
        { name: "humanIndifferent", title: "indifferent", format: "percent" },
        { name: "simulatedGap", title: "simulated gap", format: "percent" },
        { name: "simulatedInterval", title: "interval", format: "interval" },
        { name: "simulatedIndifferent", title: "indifferent", format: "percent" },
        { name: "differenceInterval", title: "difference", format: "interval" },
        { name: "pOverCoherent", title: "p over-coherent", format: "p" },
      ],
      notes,
      provenance: marks(pairs.human, ...pairs.simulated),
    },
    { rule: rule.text, flows: [pairs.human, ...pairs.simulated].flatMap(flowsOf) },
  );
}

function flowsOf(respondents: Respondents): ImpliedFlow[] {
  const item = respondents.item(respondents.codebook.rule!.action);
  const acted = respondents.column(item.name);
  const counts = new Map<string, ImpliedFlow>();
  impliedAction(respondents).forEach((implied, i) => {
    if (implied === undefined || acted[i] === null) return;
    const from = implied === null ? "indifferent" : labelOf(item, implied),
      to = labelOf(item, acted[i]!);
    const key = JSON.stringify([from, to]);
    const flow = counts.get(key);
    if (flow) flow.count++;
    else counts.set(key, { source: sourceName(respondents), implied: from, action: to, count: 1 });
  });
  return [...counts.values()];
}

function statesOf(respondents: Respondents): Uint8Array {
  const implied = impliedAction(respondents);
  const acted = respondents.column(respondents.codebook.rule!.action);
  return Uint8Array.from(implied, (action, i): State => {
    if (action === undefined || acted[i] === null) return 0;
    if (action === null) return 1;
    return String(action) === String(acted[i]) ? 2 : 3;
  });
}

function coherenceOf(
  group: Group,
  states: readonly Uint8Array[],
  replicates: number,
  level: number,
  drawer: Drawer,
  notes: string[],
): CoherenceRow {
  const where = group.by ? `${group.by} = ${group.group}` : "everyone";
  // Only pairs in which everything is known: then people and simulations are the same people.
  const people = group.people.filter((i) => states.every((s) => s[i]! > 0));
  const left = group.people.length - people.length;
  if (left) notes.push(`${where}: ${left} pairs lack a belief or the action and are left out`);
  const n = people.length,
    k = states.length - 1;
  const codes = states.map((s) => Uint8Array.from(people, (i) => s[i]!));
  const everyone = Int32Array.from(people, (_, i) => i);
  const tally = (source: Uint8Array, rows: Int32Array) => {
    let acts = 0,
      differs = 0;
    for (const i of rows) {
      if (source[i] === 2) acts++;
      else if (source[i] === 3) differs++;
    }
    return { definite: acts + differs, gap: differs / (acts + differs) };
  };
  const known = (x: number) => (Number.isNaN(x) ? null : x);
  const human = tally(codes[0]!, everyone);
  const simulated = codes.slice(1).map((c) => tally(c, everyone));
  const average = (of: number[]) => of.reduce((a, b) => a + b, 0) / of.length;
  const gap = average(simulated.map((s) => s.gap)),
    definite = average(simulated.map((s) => s.definite));
  const row: CoherenceRow = {
    by: group.by,
    group: group.group,
    n,
    humanDefinite: human.definite,
    humanGap: known(human.gap),
    humanInterval: null,
    humanIndifferent: n ? 1 - human.definite / n : NaN,
    simulatedDefinite: definite,
    simulatedGap: known(gap),
    simulatedInterval: null,
    simulatedIndifferent: n ? 1 - definite / n : NaN,
    difference: known(gap - human.gap),
    differenceInterval: null,
    pOverCoherent: null,
    pUnderCoherent: null,
  };
  if (row.humanGap === null) notes.push(`${where}: no human's beliefs imply an action, so there is no gap`);
  if (row.simulatedGap === null) notes.push(`${where}: no simulation's beliefs imply an action, so there is no gap`);
  if (n < 2) return row;
  const draws = [0, 1, 2].map(() => new Float64Array(replicates));
  const rows = new Int32Array(n),
    seeds = new Int32Array(k);
  for (let r = 0; r < replicates; r++) {
    drawer.indices(n, rows);
    if (k > 1) drawer.indices(k, seeds);
    draws[0]![r] = tally(codes[0]!, rows).gap;
    draws[1]![r] = average(Array.from(seeds, (s) => tally(codes[1 + s]!, rows).gap));
    draws[2]![r] = draws[1]![r]! - draws[0]![r]!;
  }
  if (row.humanGap !== null) row.humanInterval = percentileInterval(draws[0]!, level);
  if (row.simulatedGap !== null) row.simulatedInterval = percentileInterval(draws[1]!, level);
  if (row.difference === null) return row;
  row.differenceInterval = percentileInterval(draws[2]!, level);
  let lower = 1,
    upper = 1;
  const exchanged = codes.map((c) => c.slice());
  for (let r = 0; r < replicates; r++) {
    drawer.indices(k + 1, rows);
    codes.forEach((c, s) => exchanged[s]!.set(c));
    for (let i = 0; i < n; i++) {
      const other = rows[i]!;
      exchanged[0]![i] = codes[other]![i]!;
      exchanged[other]![i] = codes[0]![i]!;
    }
    const difference =
      average(exchanged.slice(1).map((c) => tally(c, everyone).gap)) - tally(exchanged[0]!, everyone).gap;
    if (difference <= row.difference + 1e-12) lower++;
    if (difference >= row.difference - 1e-12) upper++;
  }
  row.pOverCoherent = lower / (replicates + 1);
  row.pUnderCoherent = upper / (replicates + 1);
  return row;
}
