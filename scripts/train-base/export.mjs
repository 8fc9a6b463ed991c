/** Writes a trained model as a folder in Hugging Face's layout: weights as f16, tokenizer, chat template, what Proband needs to know. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "#src/engine/safetensors.js";
import { writeConfig } from "#src/engine/model/config.js";
import { tokenizerConfig } from "./tokenizer.mjs";

export async function exportModel(folder, { config, weights, tokenizer, card }) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config.json"), writeConfig(config));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer) + "\n");
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(tokenizerConfig, null, 2) + "\n");
  await writeFile(join(folder, "model.safetensors"), writeSafetensors([...weights.values()], { dtype: "F16" }));
  await writeFile(join(folder, "proband.json"), JSON.stringify(card, null, 2) + "\n");
}
