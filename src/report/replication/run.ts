// Runs a plan: finetunes, simulates and measures each variant. What was done before is found again (models in the
// registry, answers in the ledger), so a killed run goes on where it was.
import { baselines } from "../../alignment/index.js";
import * as finetuning from "../../finetuning/index.js";
import type { FinetunedModel } from "../../finetuning/index.js";
import * as simulation from "../../simulation/index.js";
import type { Provider } from "../../provider/index.js";
import type { SimulationReport } from "../../simulation/index.js";
import type { OnProgress, Simulated } from "../../study/index.js";
import { measure, rowOf, type Measures, type TableRow } from "./measure.js";
import type { Plan, Variant } from "./plan.js";

export interface Outcome {
  variant: Variant | { name: string; label: string; kind: "baseline" };
  models: FinetunedModel[];
  simulated: Simulated[];
  reports: SimulationReport[];
  measures: Measures;
  row: TableRow;
}

export interface RunOptions {
  /** State folder: models, jobs, ledger. */
  home?: string;
  base: string;
  /** Default the embedded engine. */
  provider?: Provider;
  confirmSharing?: boolean;
  replicates: number;
  /** Told what comes next. */
  say?(line: string): void;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

const baselineKinds = ["marginalBootstrap", "rowBootstrap", "copula", "uniform"] as const;

export async function runPlan(plan: Plan, options: RunOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const variant of plan.variants) outcomes.push(await runVariant(plan, variant, options));
  options.say?.("\nBaselines, which answer without a model");
  for (const kind of baselineKinds) {
    const label = baselines.baselineTitles[kind];
    const simulated = [0, 1, 2].map((i) => baselines[kind](plan.pilot, plan.rest, { seed: plan.seed + i }));
    const measures = measure(plan.rest, simulated, plan.seed, options.replicates);
    const row = rowOf(label, "baseline", kind === "uniform" ? null : plan.pilot.n, simulated, measures);
    outcomes.push({
      variant: { name: kind, label, kind: "baseline" },
      models: [],
      reports: [],
      simulated,
      measures,
      row,
    });
  }
  return outcomes;
}

async function runVariant(plan: Plan, variant: Variant, options: RunOptions): Promise<Outcome> {
  const { home, base, signal, onProgress } = options;
  options.say?.(`\n${variant.label}`);
  const models: FinetunedModel[] = [];
  const simulated: Simulated[] = [];
  const reports: SimulationReport[] = [];
  // What the table measures: beliefs, and the action that the rule speaks of (sensitive side questions are for alignment.bias).
  const { rule, defaults } = plan.study.codebook;
  const measured = new Set([rule?.action, defaults.outcome]);
  const items = plan.study
    .items("belief", "action")
    .filter((i) => i.role === "belief" || measured.has(i.name) || !rule)
    .map((i) => i.name);
  const common = {
    ...(home === undefined ? {} : { home }),
    ...(onProgress ? { onProgress } : {}),
    ...(options.provider ? { provider: options.provider, confirmSharing: options.confirmSharing ?? false } : {}),
    ...(signal ? { signal } : {}),
    ...(variant.demographics === false ? { demographics: false } : {}),
  };
  for (const seed of variant.seeds) {
    let model: FinetunedModel | string = base;
    if (variant.kind === "finetuned") {
      model = await finetuning.run(variant.pilot!, { ...common, base, seed });
      models.push(model);
    }
    const run = await simulation.run(plan.rest, {
      ...common,
      items,
      model,
      seed: plan.seed,
      ...(variant.kind === "few-shot" ? { examples: variant.pilot!, maxExamples: 8 } : {}),
    });
    simulated.push(run);
    reports.push(run.report);
  }
  const measures = measure(plan.rest, simulated, plan.seed, options.replicates, variant.pilot);
  const row = rowOf(variant.label, variant.kind, variant.pilot?.n ?? null, simulated, measures);
  return { variant, models, simulated, reports, measures, row };
}
