/** Adapters in peft's layout (adapter_config.json, adapter_model.safetensors), and fully finetuned weights. */
import { EngineError } from "../errors.js";
import { readText, writeText, type FileSystem } from "../files.js";
import { openSafetensors, safetensorsParts, type NamedTensor, type SafetensorsFile } from "../safetensors.js";
import type { Adapter } from "../inference/sessions.js";
import type { ModelConfig } from "./config.js";
import { openWeights } from "./folder.js";
import {
  baseParameters,
  elements,
  loraNames,
  loraParameters,
  loraScale,
  loraTargets,
  type LoraShape,
} from "./parameters.js";
import { isUniform, parsePeft, scaleOf, type AdaptedLinear, type PeftConfig } from "./peft.js";
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

/**
 * Reads an adapter that was trained here or by peft (also with ranks, scales or layers of its own for some linears, and
 * with weights that it replaces), or a folder of full weights.
 */
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
  const peft = parsePeft(text, file, config);
  const path = `${folder}/adapter_model.safetensors`;
  const source = await files.open(path);
  if (!source) throw new EngineError("missing_file", `${path} is missing`, { file: path });
  const tensors = await openSafetensors(source);
  const read = new Map<string, Float32Array>();
  const expect = async (name: string, shape: number[]) => {
    if (!tensors.tensors.has(name))
      throw new EngineError(
        "missing_tensor",
        `${path}: no tensor ${name}, which ${file} implies. Was it trained on another model?`,
        { file: path, tensor: name },
      );
    read.set(name, await readChecked(tensors, name, shape));
  };
  for (const { linear, rank } of peft.linears) {
    const { a, b } = loraNames(linear);
    await expect(a, [rank, linear.in]);
    await expect(b, [linear.out, rank]);
  }
  const lora = commonShape(peft, config);
  const weights: Weights = new Map();
  for (const adapted of peft.linears)
    for (const tensor of fitted(adapted, peft, lora, read)) weights.set(tensor.name, tensor);
  // Where layers differ, those without an adapter have one of zeros.
  for (const { name, shape } of loraParameters(config, lora))
    if (!weights.has(name)) weights.set(name, { name, shape, data: new Float32Array(elements(shape)) });
  for (const [name, tensor] of await replaced(tensors, read, config)) weights.set(name, tensor);
  return { lora, weights };
}

/** One rank and scale for all: those of the adapter, or the largest rank and a scale of 1, with the scales in B. */
function commonShape(peft: PeftConfig, config: ModelConfig): LoraShape {
  const { targets: adapted, dropout, rsLora, linears } = peft;
  const targets = loraTargets.filter((t) => adapted.includes(t));
  const [first] = linears;
  if (isUniform(peft, config)) return { rank: first!.rank, alpha: first!.alpha, dropout, rsLora, targets };
  const rank = linears.reduce((most, l) => Math.max(most, l.rank), 0);
  return { rank, alpha: rank, dropout, rsLora: false, targets };
}

/** A and B of one linear in the common shape: rows and columns of zeros fill up what its rank is smaller. */
function fitted(
  adapted: AdaptedLinear,
  peft: PeftConfig,
  lora: LoraShape,
  read: Map<string, Float32Array>,
): NamedTensor[] {
  const { linear, rank } = adapted;
  const names = loraNames(linear);
  const scale = scaleOf(adapted, peft) / loraScale(lora);
  const [a, b] = [read.get(names.a)!, read.get(names.b)!];
  if (rank === lora.rank && scale === 1)
    return [
      { name: names.a, shape: [rank, linear.in], data: a },
      { name: names.b, shape: [linear.out, rank], data: b },
    ];
  const wideA = new Float32Array(lora.rank * linear.in),
    wideB = new Float32Array(linear.out * lora.rank);
  wideA.set(a);
  for (let o = 0; o < linear.out; o++)
    for (let r = 0; r < rank; r++) wideB[o * lora.rank + r] = scale * b[o * rank + r]!;
  return [
    { name: names.a, shape: [lora.rank, linear.in], data: wideA },
    { name: names.b, shape: [linear.out, lora.rank], data: wideB },
  ];
}

/**
 * Weights of the base that the adapter replaces (peft's modules_to_save, and biases trained along). Throws for a tensor
 * that is neither: left out, the model would answer otherwise than the trained one.
 */
async function replaced(
  tensors: SafetensorsFile,
  read: Map<string, Float32Array>,
  config: ModelConfig,
): Promise<Weights> {
  const base = new Map(baseParameters(config).map((p) => [p.name, p.shape]));
  const weights: Weights = new Map();
  for (const tensor of tensors.tensors.keys()) {
    if (read.has(tensor)) continue;
    // peft wraps an adapted linear, whose own bias is then its base layer's.
    const name = tensor.replace(/^base_model\.model\./, "").replace(".base_layer.", ".");
    const shape = base.get(name);
    // Of a tied pair only one would change here.
    if (!shape || (config.tied && name === "model.embed_tokens.weight"))
      throw new EngineError(
        "unsupported_setting",
        `${tensors.source.name}: the tensor ${tensor} is not supported. Adapters may change ${loraTargets.join(", ")} (the last where it is not tied to the embedding), and replace weights of models whose head and embedding are not tied.`,
        { file: tensors.source.name, tensor },
      );
    weights.set(name, { name, shape, data: await readChecked(tensors, tensor, shape) });
  }
  return weights;
}
