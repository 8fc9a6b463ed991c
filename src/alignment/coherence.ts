import { checkCounts, checkLevel, impliedAction, labelOf, marks, random, result, sourceName } from "../study/index.js";
import type { Respondents, Result } from "../study/index.js";
import { groups } from "./groups.js";
import type { By, Group } from "./groups.js";
import { pair } from "./pairs.js";
import type { Simulations } from "./pairs.js";
import { wilson } from "./normal.js";
import { Drawer, percentileInterval } from "./resample.js";
import { StatePairs } from "./state-pairs.js";
import type { State } from "./state-pairs.js";

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
  humanIndifferent: number | null;
  /** The same for simulations; with several the mean over them. */
  simulatedDefinite: number;
  simulatedGap: number | null;
  simulatedInterval: [number, number] | null;
  simulatedIndifferent: number | null;
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

/**
 * Belief–action gap by the codebook's rule: the share of respondents with a definite implied action whose action
 * differs from it. Indifference is counted beside it, not in it. Intervals of one gap are Wilson's (1927), of differences from
 * resampling people with their simulations; the tests exchange them within pairs.
 */
export function coherence(human: Respondents, simulated: Simulations, options: CoherenceOptions = {}): Coherence {
  const { replicates = 1000, seed = 1, level = 0.95 } = options;
  checkCounts({ replicates }, 1);
  checkLevel(level);
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
    `intervals: Wilson's for one gap, ${replicates} bootstrap resamples of pairs for differences and for several seeds; ` +
      `tests: as many exchanges within pairs; seed ${seed}`,
    "difference: interval of the simulated gap less the human one",
    "over-coherent: one-sided p of “the simulated gap is at least the human one”" +
      (rows.length > 1 ? ", not adjusted for the number of groups" : ""),
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
        { name: "humanInterval", title: `${percent(level)} interval`, format: "interval" },
        { name: "humanIndifferent", title: "indifferent", format: "percent" },
        { name: "simulatedGap", title: "simulated gap", format: "percent" },
        { name: "simulatedInterval", title: `${percent(level)} interval`, format: "interval" },
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

const percent = (share: number) => `${Number((100 * share).toFixed(1))}%`;

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
  const n = people.length;
  const pairs = new StatePairs(people, states);
  const observed = pairs.gaps(pairs.everyone());
  const row: CoherenceRow = {
    by: group.by,
    group: group.group,
    n,
    humanDefinite: observed.humanDefinite,
    humanGap: known(observed.human),
    humanInterval: null,
    humanIndifferent: n ? 1 - observed.humanDefinite / n : null,
    simulatedDefinite: observed.definite,
    simulatedGap: known(observed.simulated),
    simulatedInterval: null,
    simulatedIndifferent: n ? 1 - observed.definite / n : null,
    difference: known(observed.simulated - observed.human),
    differenceInterval: null,
    pOverCoherent: null,
    pUnderCoherent: null,
  };
  if (row.humanGap === null) notes.push(`${where}: no human's beliefs imply an action, so there is no gap`);
  if (row.simulatedGap === null) notes.push(`${where}: no simulation's beliefs imply an action, so there is no gap`);
  if (row.humanGap !== null) row.humanInterval = wilson(row.humanGap, row.humanDefinite, level);
  if (n < 2) return row;
  const simulated = new Float64Array(replicates),
    differences = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) {
    const { human, simulated: gap } = pairs.gaps(pairs.resampled(drawer), drawer);
    simulated[r] = gap;
    differences[r] = gap - human;
  }
  if (row.simulatedGap !== null)
    row.simulatedInterval =
      states.length === 2
        ? wilson(row.simulatedGap, row.simulatedDefinite, level)
        : percentileInterval(simulated, level);
  if (row.difference === null) return row;
  row.differenceInterval = percentileInterval(differences, level);
  let lower = 1,
    upper = 1;
  for (let r = 0; r < replicates; r++) {
    const { human, simulated: gap } = pairs.gaps(pairs.exchanged(drawer));
    // An exchange that leaves one side without a definite action speaks for neither: it counts on both sides.
    if (!(gap - human > row.difference + 1e-12)) lower++;
    if (!(gap - human < row.difference - 1e-12)) upper++;
  }
  row.pOverCoherent = lower / (replicates + 1);
  row.pUnderCoherent = upper / (replicates + 1);
  return row;
}

const known = (x: number) => (Number.isNaN(x) ? null : x);
