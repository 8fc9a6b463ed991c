/** Where trained weights are written: never over a model that is there already, the base least of all. */
import { EngineError } from "../errors.js";
import { writeText, type FileSystem } from "../files.js";
import { safetensorsParts, type WriteOptions } from "../safetensors.js";
import type { ModelFolder } from "./folder.js";
import type { Weights } from "./weights.js";

/**
 * Throws, before any work is done, where nothing can be written to `output`, or writing would damage what is there: the
 * base's own folder; for an adapter any model's folder, since Python's libraries would then load that model with the
 * adapter; for a model an adapter's folder, of which the adapter would go on being read.
 */
export async function checkOutput(
  files: FileSystem,
  base: string,
  output: string,
  kind: "adapter" | "model",
): Promise<void> {
  if (typeof output !== "string" || !output)
    throw new EngineError("bad_option", `output must name a folder for what is trained, not ${String(output)}`);
  const refuse = (why: string) =>
    new EngineError("bad_option", `output ${output} ${why}. Choose a folder of its own.`, { file: output });
  if ((await files.canonical(base)) === (await files.canonical(output)))
    throw refuse("is the base model's own folder, which stays as it is");
  const has = async (name: string) => (await files.version(`${output}/${name}`)) !== undefined;
  if (kind === "adapter" && (await has("config.json"))) throw refuse("holds a model (config.json)");
  if (kind === "model" && (await has("adapter_config.json"))) throw refuse("holds an adapter (adapter_config.json)");
  const trial = `${output}/.proband-trial`;
  await files.write(trial, new Uint8Array(1));
  await files.remove(trial);
}

/** Writes a whole model: weights, and the base's other files as they are. config.json comes last: a folder that has it is whole. */
export async function writeModel(
  files: FileSystem,
  output: string,
  { texts, generation }: Pick<ModelFolder, "texts" | "generation">,
  weights: Weights,
  options: WriteOptions = {},
): Promise<void> {
  await files.write(`${output}/model.safetensors`, safetensorsParts([...weights.values()], options));
  const { "config.json": config, ...rest } = texts;
  if (generation !== undefined) rest["generation_config.json"] = generation;
  for (const [name, text] of Object.entries(rest)) await writeText(files, `${output}/${name}`, text);
  await writeText(files, `${output}/config.json`, config!);
}
