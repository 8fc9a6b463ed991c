import { coherence, compare, heterogeneity } from "../alignment/index.js";
import type { Coherence, Comparison, Heterogeneity, Simulations } from "../alignment/index.js";
import { result } from "../study/index.js";
import type { Respondents, Result } from "../study/index.js";
import { bibtex, citedIn } from "./citations.js";
import { methods } from "./methods.js";
import { defaultThresholds, failingGroups, judge, levelOf } from "./rules.js";
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
  /** Recovery of a regression: its F1 of signs and false-positive rate. */
  recover?: RecoveryNumbers;
  /** Thresholds other than the documented ones. They are printed. */
  thresholds?: Partial<Thresholds>;
  /** Seed for what is computed here (default 1). */
  seed?: number;
}

export interface Verdict extends Result<Criterion> {
  readonly level: Level;
  /** The verdict in a few sentences: what for, what not, why. */
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
}

/**
 * Says in words, by written rules, what simulations may be used for: nothing, prototyping, or piloting with
 * rectification on people. The rules and their thresholds are in docs/what-you-may-conclude.md.
 */
export function verdict(options: VerdictOptions): Verdict {
  const { human, simulated, pilot, seed = 1 } = options;
  const thresholds = { ...defaultThresholds, ...options.thresholds };
  const comparison = options.compare ?? compare(human, simulated, { seed, ...(pilot ? { pilot } : {}) });
  const structures = options.heterogeneity ?? heterogeneity(human, simulated);
  const gap = options.coherence ?? (human.codebook.rule ? coherence(human, simulated, { seed }) : undefined);
  const criteria = judge(
    {
      comparison,
      heterogeneity: structures,
      pilotKnown: pilot !== undefined,
      ...(gap ? { coherence: gap } : {}),
      ...(options.recover ? { recovery: options.recover } : {}),
    },
    thresholds,
  );
  const level = levelOf(criteria);
  const failing = failingGroups(comparison, thresholds);
  const all = (Array.isArray(simulated) ? simulated : [simulated]) as readonly Respondents[];
  const { may, mayNot } = uses(level, failing);
  const text = words(level, comparison, criteria, may, mayNot);
  const section = methods({
    human,
    simulated: all,
    comparison,
    ...(pilot ? { pilot } : {}),
    ...(gap ? { coherence: gap } : {}),
  });
  const changed = (Object.keys(options.thresholds ?? {}) as (keyof Thresholds)[]).map(
    (name) => `${name} = ${JSON.stringify(thresholds[name])} in place of ${JSON.stringify(defaultThresholds[name])}`,
  );
  return result(
    {
      kind: "report.verdict",
      title: `Verdict on ${comparison.model}: ${level}`,
      rows: criteria,
      columns: [
        { name: "rule" },
        { name: "outcome" },
        { name: "finding" },
        { name: "asked", title: "asked for" },
        { name: "needed", title: "needed for" },
      ],
      notes: [
        text,
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
    },
  );
}

function uses(level: Level, failing: readonly GroupFailure[]) {
  const may: string[] = [],
    mayNot: string[] = [];
  if (level !== "not usable")
    may.push("trying out questions, wordings and treatment arms before they are put to people");
  if (level === "piloting with rectification")
    may.push(
      "planning a study, and adding precision to one, together with answers of people the model has not seen, by inference.ppi",
    );
  else mayNot.push("estimating any quantity, also together with people");
  mayNot.push("standing in for people alone in a published estimate or test");
  if (failing.length)
    mayNot.push(
      `any statement on ${list(failing.map((g) => `${g.group} (${g.by})`))}, whom the simulations are furthest from`,
    );
  return { may, mayNot };
}

function words(
  level: Level,
  comparison: Comparison,
  criteria: readonly Criterion[],
  may: readonly string[],
  mayNot: readonly string[],
): string {
  const failed = criteria.filter((c) => c.outcome === "not met"),
    unknown = criteria.filter((c) => c.outcome === "not known");
  const parts = [`${comparison.model}: ${level}.`];
  if (failed.length) parts.push(`Not met: ${failed.map((c) => `${c.rule} (${c.finding})`).join("; ")}.`);
  if (unknown.length) parts.push(`Not known, and so counted as not met: ${unknown.map((c) => c.rule).join("; ")}.`);
  if (may.length) parts.push(`May be used for ${list(may)}.`);
  parts.push(`Not for ${list(mayNot)}.`);
  return parts.join(" ");
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} or ${parts.at(-1)}`;
}
