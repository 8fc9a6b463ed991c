/** Adapters in peft's layout (adapter_config.json, adapter_model.safetensors), and fully finetuned weights. */
import { EngineError, parseJson } from "../errors.js";
import { readText, writeText, type FileSystem } from "../files.js";
import { openSafetensors, safetensorsParts } from "../safetensors.js";
import type { Adapter } from "../inference/sessions.js";
import type { ModelConfig } from "./config.js";
import { openWeights } from "./folder.js";
import { linearNames, loraParameters, type LoraShape } from "./parameters.js";
import { readChecked, readWeights, type Weights } from "./weights.js";

export async function writeAdapter(
  files: FileSystem,
  folder: string,
  adapter: { lora: LoraShape; weights: Weights },
  base: string,
): Promise<void> {
  const { lora, weights } = adapter;
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: base,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    use_rslora: lora.rsLora,
    target_modules: lora.targets,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
  };
  await files.write(`${folder}/adapter_model.safetensors`, safetensorsParts([...weights.values()]));
  // The config comes last: a folder that has it is whole.
  await writeText(files, `${folder}/adapter_config.json`, JSON.stringify(config, null, 2) + "\n");
}

/** Reads an adapter that was trained here or by peft, or a folder of full weights. */
export async function readAdapter(files: FileSystem, folder: string, config: ModelConfig): Promise<Adapter> {
  const file = `${folder}/adapter_config.json`;
  const text = await readText(files, file);
  if (text === undefined) {
    if (
      (await files.version(`${folder}/model.safetensors`)) ||
      (await files.version(`${folder}/model.safetensors.index.json`))
    )
      return { lora: null, weights: await readWeights(config, await openWeights(files, folder)) };
    throw new EngineError(
      "missing_file",
      `${folder} holds neither an adapter (adapter_config.json) nor weights (model.safetensors)`,
      { file },
    );
  }
  const lora = parseLora(text, file);
  const path = `${folder}/adapter_model.safetensors`;
  const source = await files.open(path);
  if (!source) throw new EngineError("missing_file", `${path} is missing`, { file: path });
  const tensors = await openSafetensors(source);
  const weights: Weights = new Map();
  for (const { name, shape } of loraParameters(config, lora)) {
    if (!tensors.tensors.has(name))
      throw new EngineError(
        "missing_tensor",
        `${path}: no tensor ${name}, which ${file} implies. Was it trained on another model?`,
        {
          file: path,
          tensor: name,
        },
      );
    weights.set(name, { name, shape, data: await readChecked(tensors, name, shape) });
  }
  return { lora, weights };
}

function parseLora(text: string, file: string): LoraShape {
  const json = parseJson<Record<string, unknown>>(text, file);
  const refuse = (why: string) => new EngineError("unsupported_setting", `${file}: ${why}`, { file });
  if (json["peft_type"] !== "LORA") throw refuse(`peft_type ${String(json["peft_type"])}; only LORA is supported`);
  for (const key of ["use_dora", "fan_in_fan_out"]) if (json[key]) throw refuse(`${key} is not supported`);
  if (json["bias"] !== undefined && json["bias"] !== "none")
    throw refuse(`bias ${String(json["bias"])} is not supported`);
  for (const key of ["rank_pattern", "alpha_pattern", "modules_to_save"]) {
    const value = json[key];
    if (value && Object.keys(value).length) throw refuse(`${key} is not supported`);
  }
  const named = json["target_modules"];
  const targets = named === "all-linear" ? [...linearNames] : (named as string[]);
  if (!Array.isArray(targets) || targets.some((t) => !linearNames.includes(t as never)))
    throw refuse(`target_modules ${JSON.stringify(named)}; supported: ${linearNames.join(", ")}`);
  return {
    rank: Number(json["r"]),
    alpha: Number(json["lora_alpha"]),
    dropout: Number(json["lora_dropout"] ?? 0),
    rsLora: Boolean(json["use_rslora"]),
    targets: linearNames.filter((t) => targets.includes(t)),
  };
}
