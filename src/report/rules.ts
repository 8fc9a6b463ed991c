/**
 * The rules a verdict is made by. They are conventions, stated here and in docs/what-you-may-conclude.md, so that two
 * readers of the same numbers reach the same verdict; every threshold is an option.
 */
import type { Recovered } from "../regression/index.js";
import type { RectificationEvidence } from "./rectification.js";
import type { Coherence, Comparison, CompareRow, Heterogeneity } from "../alignment/index.js";

export interface Thresholds {
  /** Structures at equal n, simulated ÷ human: below this the simulations are a few people repeated (default .25). */
  collapsed: number;
  /** Structures at equal n, simulated ÷ human, that count as as varied as people (default .5 … 2). */
  varied: readonly [number, number];
  /** Largest distance at n/2 above the human–human floor, mean over beliefs (default .1). */
  excess: number;
  /** Largest difference between simulated and human belief–action gap, either way (default .1). */
  gap: number;
  /** A group fails when its distance at n/2 exceeds its floor by more than this (default .15). */
  groupExcess: number;
  /** Smallest group a verdict is given on (default 20). */
  groupSize: number;
  /** Smallest F1 of coefficient signs, and largest false-positive rate, to pilot regressions on simulations (default .8, .1). */
  signF1: number;
  falsePositiveRate: number;
  /** Smallest gain of people by simulations that rectification brings: effective over real number of people (default 1.05). */
  rectificationGain: number;
}

export const defaultThresholds: Thresholds = {
  collapsed: 0.25,
  varied: [0.5, 2],
  excess: 0.1,
  gap: 0.1,
  groupExcess: 0.15,
  groupSize: 20,
  signF1: 0.8,
  falsePositiveRate: 0.1,
  rectificationGain: 1.05,
};

/** Throws for a threshold that no rule has, and for one that is not a number (or a pair of them). */
export function checkThresholds(given: Partial<Thresholds>): void {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in defaultThresholds))
      throw new Error(`thresholds: there is no ${name}; expected some of ${Object.keys(defaultThresholds).join(", ")}`);
    const pair = Array.isArray(defaultThresholds[name as keyof Thresholds]);
    const numbers = Array.isArray(value) ? value : [value];
    if (Array.isArray(value) !== pair || numbers.length !== (pair ? 2 : 1) || !numbers.every(Number.isFinite))
      throw new Error(
        `thresholds.${name}: expected ${pair ? "two numbers, [least, most]" : "a number"}, found ${JSON.stringify(value)}`,
      );
  }
}

/** What a verdict can say, from worst to best. There is none above piloting: simulations never stand in for people alone. */
export type Level = "not usable" | "prototyping only" | "piloting with rectification";

export interface Criterion {
  /** Name of the rule. */
  rule: string;
  /** What was found, with its numbers. */
  finding: string;
  /** What the rule asks for. */
  asked: string;
  /** "not known" where what the rule needs was not given. */
  outcome: "met" | "not met" | "not known";
  /** The level that a failure rules out, and all above it. */
  needed: Exclude<Level, "not usable">;
}

/** What a comparison of regressions must offer to be judged: `regression.recover` gives it. */
export type RecoveryNumbers = Pick<Recovered, "f1" | "falsePositiveRate"> & Partial<Pick<Recovered, "counts">>;

export interface Evidence {
  comparison: Comparison;
  heterogeneity: Heterogeneity;
  coherence?: Coherence;
  /** Recovery of a regression, or why there is none. */
  recovery?: RecoveryNumbers | { error: string };
  /** What the simulation gains when people rectify it. */
  rectification?: RectificationEvidence;
}

const three = (x: number) => x.toFixed(3);
const percent = (x: number) => `${(100 * x).toFixed(1)}%`;

/** The rules, applied. */
export function judge(evidence: Evidence, t: Thresholds): Criterion[] {
  const { comparison, heterogeneity, coherence, recovery } = evidence;
  const row = comparison.row();
  const [people, simulation] = [heterogeneity.rows[0]!, heterogeneity.rows.slice(1)];
  const ratio = simulation.reduce((sum, s) => sum + s.rarefied, 0) / simulation.length / people.rarefied;
  const out: Criterion[] = [];
  const add = (
    rule: string,
    needed: Criterion["needed"],
    asked: string,
    met: boolean | undefined,
    finding: string,
  ): void => {
    out.push({ rule, finding, asked, outcome: met === undefined ? "not known" : met ? "met" : "not met", needed });
  };
  add(
    "judged on people it has not seen",
    "prototyping only",
    "none of the people compared was learned from",
    comparison.learnedFrom === 0,
    comparison.learnedFrom ? `${comparison.learnedFrom} of ${row.n} were learned from` : "none was",
  );
  // Uniform answers are measured with the bias of their sample size, so the interval, which is free of it, is taken with it.
  const upper = row.interval && row.distance !== null ? row.interval[1] + row.distance - row.corrected! : undefined;
  add(
    "closer than uniform answers",
    "prototyping only",
    "the interval of the distance, small-sample bias included, lies below the distance of uniform answers",
    row.uniform === null || upper === undefined ? undefined : upper < row.uniform,
    row.uniform === null || !row.interval
      ? "no interval or baseline"
      : `${distance(row)}, up to ${three(upper!)} with the bias; uniform answers ${three(row.uniform)}`,
  );
  const structures = `${simulation.map((s) => s.rarefied.toFixed(0)).join(", ")} structures for people's ${people.rarefied.toFixed(0)} at n = ${heterogeneity.rarefiedTo}`;
  add(
    "not collapsed",
    "prototyping only",
    `at least ${t.collapsed} of the human number of belief structures at equal n`,
    ratio >= t.collapsed,
    structures,
  );
  const best = bestPilot(row);
  add(
    "better than the pilot alone",
    "piloting with rectification",
    "closer than resampling the pilot or a copula fitted on it",
    best ? row.distance! < best.value : undefined,
    best
      ? `${three(row.distance!)}, ${best.name} ${three(best.value)}`
      : "the pilot was not given, so its baselines are not known",
  );
  const above = row.matched !== null && row.floor !== null ? row.matched - row.floor : undefined;
  add(
    "near the human–human floor",
    "piloting with rectification",
    `at most ${t.excess} above the distance of half the people from the other half`,
    above === undefined ? undefined : above <= t.excess,
    above === undefined ? "no floor" : `${three(row.matched!)} at n/2 for a floor of ${three(row.floor!)}`,
  );
  add(
    "as varied as people",
    "piloting with rectification",
    `${t.varied[0]} to ${t.varied[1]} times the human number of belief structures at equal n`,
    ratio >= t.varied[0] && ratio <= t.varied[1],
    structures,
  );
  const gap = coherence?.rows[0];
  add(
    "as coherent as people",
    "piloting with rectification",
    `belief–action gap within ${percent(t.gap)} of the human one`,
    gap?.difference === null || gap === undefined ? undefined : Math.abs(gap.difference) <= t.gap,
    gap?.difference === null || gap === undefined
      ? "the codebook has no belief–action rule, or nobody's beliefs imply an action"
      : `gap ${percent(gap.simulatedGap!)} for people's ${percent(gap.humanGap!)}` +
          (gap.pOverCoherent !== null && gap.pOverCoherent < 0.05 ? "; more coherent than people" : ""),
  );
  const failing = failingGroups(comparison, t);
  add(
    "no group left behind",
    "piloting with rectification",
    `every group of ${t.groupSize} or more at most ${t.groupExcess} above its own floor`,
    comparison.rows.some((r) => r.by !== "") ? failing.length === 0 : undefined,
    failing.length
      ? `${failing.length} above: ${failing.map((g) => `“${g.group}”`).join(", ")}`
      : comparison.rows.some((r) => r.by !== "")
        ? "none above"
        : "no groups were compared",
  );
  if (recovery) {
    const asked = `F1 of signs at least ${t.signF1}, false positives at most ${percent(t.falsePositiveRate)}`;
    if ("error" in recovery)
      add("regression recovered", "piloting with rectification", asked, undefined, recovery.error);
    else {
      const { f1, falsePositiveRate, counts } = recovery;
      add(
        "regression recovered",
        "piloting with rectification",
        asked,
        f1 === null ? undefined : f1 >= t.signF1 && (falsePositiveRate ?? 0) <= t.falsePositiveRate,
        counts ??
          `${f1 === null ? "no coefficient is significant in people" : `F1 ${three(f1)}`}, false positives ` +
            (falsePositiveRate === null ? "not defined (0/0)" : percent(falsePositiveRate)),
      );
    }
  }
  const { rectification } = evidence;
  add(
    "rectification gains precision",
    "piloting with rectification",
    `people rectified by simulations count as at least ${t.rectificationGain} × as many`,
    rectification ? rectification.median >= t.rectificationGain : undefined,
    rectification?.finding ?? "no item whose answers can be correlated, and no result of inference.ppi was given",
  );
  return out;
}

/** The level that the criteria leave. */
export function levelOf(criteria: readonly Criterion[]): Level {
  const fails = (level: Criterion["needed"]) => criteria.some((c) => c.needed === level && c.outcome !== "met");
  if (fails("prototyping only")) return "not usable";
  return fails("piloting with rectification") ? "prototyping only" : "piloting with rectification";
}

export interface GroupFailure {
  by: string;
  group: string;
  n: number;
  matched: number;
  floor: number;
}

/** Groups whose simulations are further from them than the threshold allows above their own floor. */
export function failingGroups(comparison: Comparison, t: Thresholds): GroupFailure[] {
  const item = comparison.row().item;
  return comparison.rows.flatMap((r) =>
    r.by !== "" &&
    r.item === item &&
    r.n >= t.groupSize &&
    r.matched !== null &&
    r.floor !== null &&
    r.matched - r.floor > t.groupExcess
      ? [{ by: r.by, group: r.group, n: r.n, matched: r.matched, floor: r.floor }]
      : [],
  );
}

function bestPilot(row: CompareRow): { name: string; value: number } | undefined {
  const all = [
    { name: "the pilot's marginal bootstrap", value: row.marginalBootstrap },
    { name: "the pilot's row bootstrap", value: row.rowBootstrap },
    { name: "a copula on the pilot", value: row.copula },
  ].filter((x): x is { name: string; value: number } => x.value !== null);
  return all.sort((a, b) => a.value - b.value)[0];
}

const distance = (row: CompareRow) =>
  `${row.distance === null ? "–" : three(row.distance)}` +
  (row.interval ? `, corrected ${three(row.corrected!)} [${row.interval.map(three).join(", ")}]` : "");
