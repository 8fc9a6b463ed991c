/** The paper's table in one call: variants of whom a model learns from, run side by side on the same people and compared. */
import type { LongWork, Result, Study } from "../../study/index.js";
import type { Provider } from "../../provider/index.js";
import { conclusions } from "./conclusions.js";
import type { TableRow } from "./measure.js";
import { makePlan, type Plan } from "./plan.js";
import { provenanceOf } from "./provenance.js";
import { runPlan, type Outcome } from "./run.js";
import { tablesOf, type Tables } from "./tables.js";

export interface PlanSettings {
  /** People drawn; half of them finetune, half are kept to rectify with; default 60. */
  n?: number;
  /** Default 7. */
  seed?: number;
  /** Finetuning seeds of each finetuned variant; default 3. */
  seeds?: number;
  /** The paper's grid (default), or only base, few-shot and one finetuned variant. */
  full?: boolean;
  /** Answer for so many people only. */
  people?: number;
}

export interface ReplicationOptions extends PlanSettings, LongWork {
  /** Model to start from; default "proband-base". */
  base?: string;
  provider?: Provider;
  confirmSharing?: boolean;
  /** State folder; default `.proband`. */
  home?: string;
  /** Bootstrap resamples and permutations; default 1000. */
  replicates?: number;
}

/** How near each variant comes, one row a variant or baseline, with the other tables and everything behind them. */
export type Replication = Result<TableRow> &
  Omit<Tables, "rows" | "distances"> & {
    readonly plan: Plan;
    readonly outcomes: readonly Outcome[];
  };

/**
 * Variants as data: who is drawn, whom each variant learns from, with which seeds, who is answered for. Variants may be
 * left out of `variants` or added before the plan is run; `notes` say which of the paper's the study has no data for.
 */
export const replicationPlan = (study: Study, settings: PlanSettings = {}): Plan =>
  makePlan(study, {
    n: settings.n ?? 60,
    seed: settings.seed ?? 7,
    seeds: settings.seeds ?? 3,
    full: settings.full ?? true,
    ...(settings.people === undefined ? {} : { people: settings.people }),
  });

/**
 * Runs a plan (or the paper's, of a study): finetunes, simulates and measures every variant against the same people, and
 * the baselines that need no model. What was trained or answered before is found again, so that the same call goes on
 * where one was stopped. `proband replicate --full` is this call.
 */
export async function replicate(what: Study | Plan, options: ReplicationOptions = {}): Promise<Replication> {
  const plan = "variants" in what ? what : replicationPlan(what, options);
  const main = plan.variants.findIndex((v) => v.kind === "finetuned");
  if (main < 0) throw new Error("the plan has no finetuned variant: there is nothing to compare with the people");
  const { home, provider, confirmSharing, signal, onProgress } = options;
  const outcomes = await runPlan(plan, {
    base: options.base ?? "proband-base",
    replicates: options.replicates ?? 1000,
    ...(home === undefined ? {} : { home }),
    ...(provider ? { provider, confirmSharing: confirmSharing ?? false } : {}),
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  return replicationOf(plan, outcomes);
}

/** The tables of outcomes. */
export function replicationOf(plan: Plan, outcomes: readonly Outcome[]): Replication {
  const main = outcomes.find((o) => o.variant.kind === "finetuned")!;
  const { distances, groups, behaviour, byVariant } = tablesOf(plan, outcomes, main, {
    warnings: conclusions(outcomes, main),
    provenance: provenanceOf(outcomes.filter((o) => o.variant.kind !== "baseline").map((o) => o.measures.compare)),
  });
  const text = `${distances}\n\n${groups}\n\n${behaviour}`;
  const replication = Object.assign(distances, { groups, behaviour, byVariant, plan, outcomes });
  Object.defineProperty(replication, "toString", { value: () => text, enumerable: false });
  return replication;
}

export type { GroupMean, Measures, TableRow } from "./measure.js";
export type { Plan, Variant } from "./plan.js";
export type { Outcome } from "./run.js";
