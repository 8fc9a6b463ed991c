// One row of the replication's tables: everything that is measured of one set of simulations, or of a baseline.
import { coherence, compare, heterogeneity } from "../../alignment/index.js";
import type { Coherence, Comparison, CompareRow, Heterogeneity } from "../../alignment/index.js";
import { recover, type Recovered } from "../../regression/index.js";
import type { Respondents, Simulated } from "../../study/index.js";

export interface Measures {
  compare: Comparison;
  heterogeneity: Heterogeneity;
  coherence?: Coherence;
  recover: Recovered | { error: string };
}

/** Mean over a grouping's groups of the distances of one variant. */
export interface GroupMean {
  by: string;
  groups: number;
  jsd: number | null;
  matched: number | null;
  floor: number | null;
  resampled: number | null;
}

export interface TableRow {
  variant: string;
  kind: string;
  /** People it learned from or was shown; null for what learns from nobody. */
  trainedOn: number | null;
  seeds: number;
  /** Expected belief structures at equal n, mean over seeds, and the people's. */
  structures: number;
  structuresHuman: number;
  /** Jensen–Shannon distance to the people, mean over beliefs. */
  jsd: number | null;
  jsdInterval: [number, number] | null;
  /** The same at half the people, and what stands beside it: the distance between halves of the people. */
  matched: number | null;
  floor: number | null;
  /** The distance that resampling this row's own pilot reaches: the better of marginal and row bootstrap. */
  resampled: number | null;
  /** By each of the codebook's groupings. */
  byGroup: GroupMean[];
  jsdJoint: number | null;
  jsdAction: number | null;
  gap: number | null;
  gapInterval: [number, number] | null;
  gapHuman: number | null;
  indifferent: number | null;
  signF1: string;
  falsePositives: string;
}

/** Measures simulations of one variant against the people they stand for. `pilot`, whom it learned from, adds the baselines' distances. */
export function measure(
  human: Respondents,
  simulated: Simulated[],
  seed: number,
  replicates: number,
  pilot?: Respondents,
): Measures {
  const settings = { seed, replicates };
  let recovered: Measures["recover"];
  try {
    recovered = recover(human, simulated);
  } catch (error) {
    // A variant whose answers cannot be regressed on (all alike, separated) is a finding, not a failure of the run.
    recovered = { error: (error as Error).message };
  }
  return {
    compare: compare(human, simulated, { ...settings, ...(pilot ? { pilot } : { baselineDraws: 0 }) }),
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
    structuresHuman: m.heterogeneity.rows[0]!.rarefied,
    jsd: mean.distance,
    jsdInterval: mean.interval,
    matched: mean.matched,
    floor: mean.floor,
    resampled: resampledOf(mean),
    byGroup: codebook.defaults.groups.map((by) => groupMean(m.compare, by)),
    jsdJoint: find("beliefs (joint)"),
    jsdAction: action ? find(action.name) : null,
    gap: gap?.simulatedGap ?? null,
    gapInterval: gap?.simulatedInterval ?? null,
    gapHuman: gap?.humanGap ?? null,
    indifferent: gap?.simulatedIndifferent ?? null,
    ...recoveryCells(m.recover),
  };
}

const resampledOf = (row: CompareRow): number | null => {
  const known = [row.marginalBootstrap, row.rowBootstrap].filter((v) => v !== null && v !== undefined);
  return known.length ? Math.min(...known) : null;
};

/** Over the groups that are large enough to be halved, so that distance, n/2 and floor are of the same groups. */
function groupMean(comparison: Comparison, by: string): GroupMean {
  const { item } = comparison.row(); // the mean of beliefs, or the only belief
  const all = comparison.rows.filter((r) => r.by === by && r.item === item);
  const halved = all.filter((r) => r.floor !== null && r.matched !== null);
  const rows = halved.length ? halved : all;
  const mean = (value: (r: CompareRow) => number | null) => {
    const known = rows.map(value).filter((v) => v !== null);
    return known.length === rows.length && known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
  };
  return {
    by,
    groups: rows.length,
    jsd: mean((r) => r.distance),
    matched: mean((r) => r.matched),
    floor: mean((r) => r.floor),
    resampled: mean(resampledOf),
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
