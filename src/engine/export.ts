/** Writes a finetuned model as a folder of its own, which any tool that reads Hugging Face models opens. */
import type { FileSystem } from "./files.js";
import { merged } from "./inference/sessions.js";
import { readAdapter } from "./model/adapter.js";
import { openFolder } from "./model/folder.js";
import { checkOutput, writeModel } from "./model/output.js";
import { readWeights } from "./model/weights.js";

export interface ExportOptions {
  /** "F16" halves the size; the default "F32" keeps every bit. */
  dtype?: "F32" | "F16";
}

/**
 * Adds an adapter (peft's layout, LoRA) to its base's weights and writes config.json, the tokenizer's files and
 * model.safetensors to `output`. Base and adapter stay as they are: `output` must be another folder than theirs.
 */
export async function exportMerged(
  files: FileSystem,
  paths: { base: string; adapter: string; output: string },
  options: ExportOptions = {},
): Promise<void> {
  await checkOutput(files, paths.base, paths.output, "model");
  const folder = await openFolder(files, paths.base);
  const weights = await readWeights(folder.config, folder.tensors);
  const adapter = await readAdapter(files, paths.adapter, folder.config);
  const all = new Map([...weights, ...merged(folder.config, weights, adapter)]);
  await writeModel(files, paths.output, folder, all, options);
}
