/** Writes a finetuned model as a folder of its own, which any tool that reads Hugging Face models opens. */
import { writeText, type FileSystem } from "./files.js";
import { merged } from "./inference/sessions.js";
import { readAdapter } from "./model/adapter.js";
import { openFolder } from "./model/folder.js";
import { readWeights } from "./model/weights.js";
import { safetensorsParts } from "./safetensors.js";

export interface ExportOptions {
  /** "F16" halves the size; the default "F32" keeps every bit. */
  dtype?: "F32" | "F16";
}

/**
 * Adds an adapter (peft's layout, LoRA) to its base's weights and writes config.json, the tokenizer's files and
 * model.safetensors to `output`. Base and adapter stay as they are.
 */
export async function exportMerged(
  files: FileSystem,
  paths: { base: string; adapter: string; output: string },
  options: ExportOptions = {},
): Promise<void> {
  const { config, tensors, texts } = await openFolder(files, paths.base);
  const weights = await readWeights(config, tensors);
  const adapter = await readAdapter(files, paths.adapter, config);
  const all = new Map([...weights, ...merged(config, weights, adapter)]);
  await files.write(`${paths.output}/model.safetensors`, safetensorsParts([...all.values()], options));
  for (const [name, text] of Object.entries(texts)) await writeText(files, `${paths.output}/${name}`, text);
}
