// One row of the replication's table: everything that is measured of one set of simulations, or of a baseline.
import { coherence, compare, heterogeneity } from "../../alignment/index.js";
import type { Coherence, Comparison, Heterogeneity } from "../../alignment/index.js";
import { recover, type Recovered } from "../../regression/index.js";
import { result, type Column, type Respondents, type Result, type Simulated } from "../../study/index.js";

export interface Measures {
  compare: Comparison;
  heterogeneity: Heterogeneity;
  coherence?: Coherence;
  recover: Recovered | { error: string };
}

export interface TableRow {
  variant: string;
  kind: string;
  /** People it learned from or was shown; null for what learns from nobody. */
  trainedOn: number | null;
  seeds: number;
  /** Expected belief structures at equal n, mean over seeds. */
  structures: number;
  /** Jensen–Shannon distance to the people, mean over beliefs. */
  jsd: number | null;
  jsdInterval: [number, number] | null;
  /** Mean distance between halves of the people; beside it belongs the model's distance at the same size. */
  floor: number | null;
  jsdJoint: number | null;
  jsdAction: number | null;
  gap: number | null;
  gapInterval: [number, number] | null;
  indifferent: number | null;
  signF1: string;
  falsePositives: string;
}

/** Measures simulations of one variant against the people they stand for. `pilot` adds the baselines' distances. */
export function measure(human: Respondents, simulated: Simulated[], seed: number, replicates: number): Measures {
  const settings = { seed, replicates };
  let recovered: Measures["recover"];
  try {
    recovered = recover(human, simulated);
  } catch (error) {
    // A variant whose answers cannot be regressed on (all alike, separated) is a finding, not a failure of the run.
    recovered = { error: (error as Error).message };
  }
  return {
    compare: compare(human, simulated, { ...settings, baselineDraws: 0 }),
    heterogeneity: heterogeneity(human, simulated),
    ...(human.codebook.rule ? { coherence: coherence(human, simulated, settings) } : {}),
    recover: recovered,
  };
}

export function rowOf(
  name: string,
  kind: string,
  trainedOn: number | null,
  simulated: Simulated[],
  m: Measures,
): TableRow {
  const mean = m.compare.row();
  const { codebook } = simulated[0]!;
  const action =
    codebook.items.find(
      (i) => i.role === "action" && i.name === (codebook.rule?.action ?? codebook.defaults.outcome),
    ) ?? codebook.items.find((i) => i.role === "action");
  const find = (item: string) => m.compare.rows.find((r) => r.by === "" && r.item === item)?.distance ?? null;
  const gap = m.coherence?.rows.find((r) => r.by === "");
  const sources = m.heterogeneity.rows.filter((r) => r.source !== "human");
  return {
    variant: name,
    kind,
    trainedOn,
    seeds: simulated.length,
    structures: sources.reduce((s, r) => s + r.rarefied, 0) / sources.length,
    jsd: mean.distance,
    jsdInterval: mean.interval,
    floor: mean.floor,
    jsdJoint: find("beliefs (joint)"),
    jsdAction: action ? find(action.name) : null,
    gap: gap?.simulatedGap ?? null,
    gapInterval: gap?.simulatedInterval ?? null,
    indifferent: gap?.simulatedIndifferent ?? null,
    ...recoveryCells(m.recover),
  };
}

function recoveryCells(r: Measures["recover"]): { signF1: string; falsePositives: string } {
  if ("error" in r) return { signF1: "not estimable", falsePositives: "not estimable" };
  const { signs } = r;
  const ratio = (value: number | null, a: number, b: number) =>
    `${value === null ? "0/0" : value.toFixed(2)} (${a}/${b})`;
  return {
    signF1: ratio(r.f1, signs.truePositives, signs.truePositives + signs.falseNegatives),
    falsePositives: ratio(r.falsePositiveRate, signs.falseAlarms, signs.humanNull),
  };
}

const columns: Column<TableRow>[] = [
  { name: "variant", title: "who answers" },
  { name: "trainedOn", title: "learned from", format: "integer" },
  { name: "seeds", format: "integer" },
  { name: "structures", title: "structures", format: "integer" },
  { name: "jsd", title: "JSD" },
  { name: "jsdInterval", title: "95%", format: "interval", digits: 3 },
  { name: "floor", title: "floor" },
  { name: "jsdJoint", title: "joint JSD" },
  { name: "jsdAction", title: "action JSD" },
  { name: "gap", title: "gap", format: "percent" },
  { name: "indifferent", title: "indiff.", format: "percent" },
  { name: "signF1", title: "sign F1 (TP/real)" },
  { name: "falsePositives", title: "FPR (FP/null)" },
];

/** The whole comparison, humans first. */
export function replicationTable(
  rows: TableRow[],
  init: { title: string; notes: string[]; provenance: string[] },
): Result<TableRow> {
  return result({ kind: "replication", rows, columns, ...init });
}
