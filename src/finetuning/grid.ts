/** Variants side by side: the paper's grid of who is learned from, how many, and with or without demographics. */
import { result, startProgress } from "../study/index.js";
import type { LongWork, Respondents } from "../study/index.js";
import { providerOf } from "../provider/index.js";
import { run } from "./run.js";
import type { FinetunedModel, FinetuningOptions } from "./types.js";

/** One variant: whom it learns from, and what differs from the other variants. */
export interface Variant extends Omit<FinetuningOptions, keyof LongWork | "seed"> {
  name: string;
  pilot: Respondents;
}

export interface GridRow {
  variant: string;
  seed: number;
  people: number;
  demographics: boolean;
  epochs: number | null;
  /** Mean loss of the last epoch, nats. */
  loss: number | null;
  validationLoss: number | null;
  model: string;
}

export interface GridOptions extends Omit<FinetuningOptions, "seed"> {
  /** Seeds of each variant; default 1, 2, 3. */
  seeds?: readonly number[];
  /** Trainings under way at once; default 1 on this machine, whose processor one training fills, otherwise 3. */
  atOnce?: number;
}

export interface GridModel {
  variant: string;
  seed: number;
  model: FinetunedModel;
}

/**
 * Finetunes every variant with every seed, side by side where a service trains them, and shows them in one table. `models` holds them for
 * simulation. The same call again trains only what is missing.
 */
export async function grid(variants: readonly Variant[], options: GridOptions = {}) {
  if (!variants.length) throw new Error("name at least one variant: { name, pilot, … }");
  const names = variants.map((v) => v.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two variants are named ${twice}`);
  const { seeds = [1, 2, 3], atOnce = atOnceAt(options), ...shared } = options;
  if (!Number.isInteger(atOnce) || atOnce < 1) throw new Error(`atOnce must be a whole number from 1, found ${atOnce}`);
  const jobs = variants.flatMap((variant) => seeds.map((seed) => ({ variant, seed })));
  const models = new Array<GridModel>(jobs.length);
  const progress = startProgress(
    {
      label: `Finetuning ${variants.length} variants × ${seeds.length} seeds`,
      total: variants.length * seeds.length,
      unit: "models",
    },
    options,
  );
  try {
    let next = 0;
    let done = 0;
    let failed: { error: unknown } | undefined;
    const worker = async () => {
      while (next < jobs.length && !failed) {
        const at = next++;
        const { variant, seed } = jobs[at]!;
        const { name, pilot, ...own } = variant;
        try {
          const model = await run(pilot, { ...shared, ...own, seed });
          models[at] = { variant: name, seed, model };
          progress.update(++done);
        } catch (error) {
          failed ??= { error };
        }
      }
    };
    // After a failure nothing more is begun; what is under way elsewhere is paid for and ends.
    await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, worker));
    if (failed) throw (failed as { error: unknown }).error;
    progress.finish("done");
  } catch (error) {
    progress.finish(options.signal?.aborted ? "cancelled" : "failed");
    throw error;
  }
  const rows = models.map(({ variant, seed, model }): GridRow => {
    const last = model.rows.at(-1);
    return {
      variant,
      seed,
      people: model.trainedOn.ids.length,
      demographics: model.demographics,
      epochs: last?.epoch ?? null,
      loss: last?.loss ?? null,
      validationLoss: last?.validationLoss ?? null,
      model: model.id,
    };
  });
  return result(
    {
      kind: "finetuning.grid",
      title: `${variants.length} variants × ${seeds.length} seeds`,
      rows,
      columns: [
        { name: "variant" },
        { name: "seed", format: "integer" },
        { name: "people", format: "integer" },
        { name: "demographics" },
        { name: "epochs", format: "integer" },
        { name: "loss", title: "last loss (nats)" },
        { name: "validationLoss", title: "validation loss" },
        { name: "model" },
      ],
      notes: [
        "A loss is on the people learned from; how far a variant can stand in for others is what a simulation of the rest shows.",
      ],
      provenance: [...new Set(models.flatMap((m) => m.model.provenance))],
    },
    { models },
  );
}

const atOnceAt = ({ provider, home }: GridOptions) => (providerOf(provider, home).reach === "local" ? 1 : 3);

/** The model of a variant and seed. */
export type Grid = Awaited<ReturnType<typeof grid>>;
