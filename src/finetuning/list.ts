import { jupyterDisplay, result } from "../study/index.js";
import { listModels } from "../provider/index.js";
import type { RegisteredModel } from "../provider/index.js";

/** Finetuned models in the order they were made, with whom they learned from; shown as a table. */
export async function list(home?: string): Promise<RegisteredModel[]> {
  const models = await listModels(home);
  const table = result({
    kind: "finetuning.list",
    title: `${models.length} finetuned models`,
    rows: models.map(({ id, base, provider, study, trainedOn, seed, template, demographics, created }) => ({
      id,
      base,
      provider,
      study,
      people: trainedOn.length,
      seed,
      template,
      demographics,
      created: created.slice(0, 16).replace("T", " "),
    })),
    columns: [
      { name: "id" },
      { name: "base" },
      { name: "provider" },
      { name: "study" },
      { name: "people", format: "integer" },
      { name: "seed", format: "integer" },
      { name: "template" },
      { name: "demographics" },
      { name: "created", title: "created (UTC)" },
    ],
    notes: ["Each entry has the row ids (trainedOn) and the hash of the training file (trainingHash)."],
    provenance: [],
  });
  const display = (table as { [jupyterDisplay]?: () => unknown })[jupyterDisplay];
  Object.defineProperty(models, "toString", { value: () => String(table), enumerable: false });
  if (display) Object.defineProperty(models, jupyterDisplay, { value: () => display.call(table), enumerable: false });
  return models;
}
