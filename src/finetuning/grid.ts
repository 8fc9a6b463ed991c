/** Variants side by side: the paper's grid of who is learned from, how many, and with or without demographics. */
import { result, startProgress } from "../study/index.js";
import type { LongWork, Respondents } from "../study/index.js";
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
}

export interface GridModel {
  variant: string;
  seed: number;
  model: FinetunedModel;
}

/**
 * Finetunes every variant with every seed, one after the other, and shows them in one table. `models` holds them for
 * simulation. The same call again trains only what is missing.
 */
export async function grid(variants: readonly Variant[], options: GridOptions = {}) {
  if (!variants.length) throw new Error("name at least one variant: { name, pilot, … }");
  const names = variants.map((v) => v.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two variants are named ${twice}`);
  const { seeds = [1, 2, 3], ...shared } = options;
  const models: GridModel[] = [];
  const progress = startProgress(
    {
      label: `Finetuning ${variants.length} variants × ${seeds.length} seeds`,
      total: variants.length * seeds.length,
      unit: "models",
    },
    options,
  );
  try {
    for (const { name, pilot, ...own } of variants)
      for (const seed of seeds) {
        const model = await run(pilot, { ...shared, ...own, seed });
        models.push({ variant: name, seed, model });
        progress.update(models.length);
      }
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

/** The model of a variant and seed. */
export type Grid = Awaited<ReturnType<typeof grid>>;
