import { coherence, compare, heterogeneity } from "../alignment/index.js";
import type { Coherence, Comparison, Heterogeneity, Simulations } from "../alignment/index.js";
import { recover } from "../regression/index.js";
import type { Ppi } from "../inference/index.js";
import type { Recovered } from "../regression/index.js";
import { result, Simulated } from "../study/index.js";
import type { Respondents, Result } from "../study/index.js";
import { bibtex, citedIn } from "./citations.js";
import { methods } from "./methods.js";
import { expectedGains, foundGains } from "./rectification.js";
import type { RectificationEvidence } from "./rectification.js";
import { checkThresholds, defaultThresholds, failingGroups, judge, levelOf } from "./rules.js";
import type { Criterion, GroupFailure, Level, RecoveryNumbers, Thresholds } from "./rules.js";

export interface VerdictOptions {
  human: Respondents;
  /** One simulation, or several (finetuning seeds). */
  simulated: Simulations;
  /** The people the model learned from; without them nothing can be said of whether the model beats them. */
  pilot?: Respondents;
  /** Results at hand; those not given are computed here. */
  compare?: Comparison;
  heterogeneity?: Heterogeneity;
  coherence?: Coherence;
  /** What `regression.recover` found (by default it is run with the codebook's formula); false leaves regression out. */
  recover?: RecoveryNumbers | false;
  /** What `inference.ppi` found with this simulation, one result or several; without, the gain to expect follows from how people's and simulated answers correlate. */
  ppi?: Ppi | readonly Ppi[];
  /** Thresholds other than the documented ones. They are printed. */
  thresholds?: Partial<Thresholds>;
  /** What to call the model (default: its own name). */
  name?: string;
  /** Seed for what is computed here (default 1). */
  seed?: number;
}

export interface Verdict extends Result<Criterion> {
  readonly level: Level;
  /** The verdict in a few paragraphs (one a line): why, what for, what not. */
  readonly text: string;
  /** What the model may be used for, and what not. */
  readonly may: readonly string[];
  readonly mayNot: readonly string[];
  readonly failingGroups: readonly GroupFailure[];
  readonly thresholds: Thresholds;
  /** A methods section in Markdown, with citations as [@key]. */
  readonly methods: string;
  /** BibTeX of what the methods section cites. */
  readonly bibtex: string;
  readonly compare: Comparison;
  readonly heterogeneity: Heterogeneity;
  readonly coherence?: Coherence;
  readonly recover?: Recovered;
  /** What rectifying with these simulations gains. */
  readonly rectification?: RectificationEvidence;
}

/**
 * Says in words, by written rules, what simulations may be used for: nothing, prototyping, or piloting with
 * rectification on people. The rules and their thresholds are in docs/what-you-may-conclude.md.
 */
export function verdict(options: VerdictOptions): Verdict {
  const { human, simulated, pilot, seed = 1 } = options;
  checkThresholds(options.thresholds ?? {});
  const thresholds = { ...defaultThresholds, ...options.thresholds };
  const comparison = options.compare ?? compare(human, simulated, { seed, ...(pilot ? { pilot } : {}) });
  if (comparison.options.measure !== "jensenShannon")
    throw new Error(`compare: the rules are stated for Jensen–Shannon distances, found ${comparison.options.measure}`);
  const structures = options.heterogeneity ?? heterogeneity(human, simulated);
  const gap = options.coherence ?? (human.codebook.rule ? coherence(human, simulated, { seed }) : undefined);
  const recovery = options.recover ?? recovered(human, simulated);
  const all = (Array.isArray(simulated) ? simulated : [simulated]) as readonly Respondents[];
  const results =
    options.ppi === undefined ? [] : ((Array.isArray(options.ppi) ? options.ppi : [options.ppi]) as Ppi[]);
  const rectification = results.length ? foundGains(results) : expectedGains(human, all);
  const criteria = judge(
    {
      comparison,
      heterogeneity: structures,
      ...(gap ? { coherence: gap } : {}),
      ...(recovery ? { recovery } : {}),
      ...(rectification ? { rectification } : {}),
    },
    thresholds,
  );
  const level = levelOf(criteria);
  const name = options.name ?? comparison.model;
  const failing = failingGroups(comparison, thresholds);
  const gains = criteria.some((c) => c.rule === "rectification gains precision" && c.outcome === "met");
  const { may, mayNot } = uses(level, failing, gains);
  const text = words(level, name, criteria, may, mayNot);
  const section = methods({
    human,
    simulated: all,
    comparison,
    ...(pilot ? { pilot } : {}),
    ...(gap ? { coherence: gap } : {}),
    ...(recovery && "rows" in recovery ? { recover: recovery as Recovered } : {}),
    ...(results.length ? { ppi: results } : {}),
  });
  const changed = (Object.keys(options.thresholds ?? {}) as (keyof Thresholds)[]).map(
    (name) => `${name} = ${JSON.stringify(thresholds[name])} in place of ${JSON.stringify(defaultThresholds[name])}`,
  );
  return result(
    {
      kind: "report.verdict",
      title: `Verdict on ${name}: ${level}`,
      rows: criteria,
      columns: [
        { name: "rule" },
        { name: "outcome" },
        { name: "finding" },
        { name: "asked", title: "asked for" },
        { name: "needed", title: "needed for" },
      ],
      notes: [
        ...text.split("\n"),
        ...(changed.length ? [`thresholds changed: ${changed.join("; ")}`] : []),
        ...(human.codebook.caveats ?? []),
        "thresholds are conventions; they and the reasons for them are in docs/what-you-may-conclude.md",
      ],
      provenance: [...new Set([...comparison.provenance, ...structures.provenance])],
    },
    {
      level,
      text,
      may,
      mayNot,
      failingGroups: failing,
      thresholds,
      methods: section,
      bibtex: bibtex(citedIn(section)),
      compare: comparison,
      heterogeneity: structures,
      ...(gap ? { coherence: gap } : {}),
      ...(recovery && "rows" in recovery ? { recover: recovery as Recovered } : {}),
      ...(rectification ? { rectification } : {}),
    },
  );
}

/** The codebook's regression in people and simulations; why not, where it cannot be estimated. */
function recovered(human: Respondents, simulated: Simulations): Recovered | { error: string } | undefined {
  const all = (Array.isArray(simulated) ? simulated : [simulated]).filter(
    (s): s is Simulated => s instanceof Simulated,
  );
  if (!human.codebook.defaults.formula || !all.length) return undefined;
  try {
    return recover(human, all);
  } catch (error) {
    return { error: `${human.codebook.defaults.formula}: ${(error as Error).message}` };
  }
}

function uses(level: Level, failing: readonly GroupFailure[], gains: boolean) {
  const may: string[] = [],
    mayNot: string[] = [];
  if (level !== "not usable") may.push("trying out questions, wordings and treatment arms before people get them");
  if (level === "piloting with rectification")
    may.push(
      "planning a study",
      "making its estimates more precise by inference.ppi, together with people it has not seen",
    );
  else if (level === "prototyping only")
    mayNot.push(
      "estimating any quantity (together with people it has not seen, inference.ppi stays valid whatever the simulation" +
        (gains ? ")" : ", but nothing here shows that it is worth it)"),
    );
  else mayNot.push("estimating any quantity");
  mayNot.push("standing in for people alone in a published estimate or test");
  if (failing.length)
    mayNot.push(`statements on ${list(failing.map((g) => `“${g.group}” (${g.by})`))}, from whom it is furthest`);
  return { may, mayNot };
}

function words(
  level: Level,
  name: string,
  criteria: readonly Criterion[],
  may: readonly string[],
  mayNot: readonly string[],
): string {
  const failed = criteria.filter((c) => c.outcome === "not met"),
    unknown = criteria.filter((c) => c.outcome === "not known");
  const parts = [`${name}: ${level}.`];
  if (failed.length) parts.push(`Not met: ${failed.map((c) => `${c.rule} (${c.finding})`).join("; ")}.`);
  if (unknown.length) parts.push(`Not known, and so counted as not met: ${unknown.map((c) => c.rule).join("; ")}.`);
  if (may.length) parts.push(`It may be used for ${may.join("; for ")}.`);
  parts.push(`It may not be used for ${mayNot.join("; nor for ")}.`);
  return parts.join("\n");
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} or ${parts.at(-1)}`;
}
