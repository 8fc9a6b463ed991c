/** Names and shapes of a model's weights (Hugging Face) and of its adapters' (peft). */
import type { ModelConfig } from "./config.js";

export interface Parameter {
  name: string;
  shape: number[];
  /** How it starts when a model is made from nothing. */
  init: "normal" | "ones" | "zeros" | "uniform";
}

export interface LoraShape {
  rank: number;
  alpha: number;
  dropout: number;
  targets: string[];
  rsLora: boolean;
}

export const linearNames = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;
export type LinearName = (typeof linearNames)[number];

/** What LoRA may adapt: the linears of every layer, and the output head of a model that has one of its own. */
export const loraTargets = [...linearNames, "lm_head"] as const;
export type LoraTarget = (typeof loraTargets)[number];

export interface Linear {
  target: LoraTarget;
  /** None of the head. */
  layer?: number;
  /** Name without `.weight`. */
  name: string;
  out: number;
  in: number;
  bias: boolean;
}

/** The linear maps of one layer. */
export function layerLinears(config: ModelConfig, layer: number): Record<LinearName, Linear> {
  const { hiddenSize: d, intermediateSize: f, bias } = config;
  const q = config.heads * config.headSize,
    kv = config.keyValueHeads * config.headSize;
  const shapes: Record<LinearName, [number, number, boolean]> = {
    q_proj: [q, d, bias.qkv],
    k_proj: [kv, d, bias.qkv],
    v_proj: [kv, d, bias.qkv],
    o_proj: [d, q, bias.o],
    gate_proj: [f, d, bias.mlp],
    up_proj: [f, d, bias.mlp],
    down_proj: [d, f, bias.mlp],
  };
  const entries = linearNames.map((target) => {
    const [out, input, hasBias] = shapes[target];
    const block = target.endsWith("_proj") && "qkvo".includes(target[0]!) ? "self_attn" : "mlp";
    return [target, { target, layer, name: `model.layers.${layer}.${block}.${target}`, out, in: input, bias: hasBias }];
  });
  return Object.fromEntries(entries) as Record<LinearName, Linear>;
}

/** The output head, [vocabulary, hiddenSize]. */
export const headLinear = ({ hiddenSize, vocabularySize }: ModelConfig): Linear => ({
  target: "lm_head",
  name: "lm_head",
  out: vocabularySize,
  in: hiddenSize,
  bias: false,
});

/** The linear maps that adapters may change. A head tied to the embedding is none: the two would come apart. */
export const adaptableLinears = (config: ModelConfig): Linear[] => [
  ...Array.from({ length: config.layers }, (_, l) => Object.values(layerLinears(config, l))).flat(),
  ...(config.tied ? [] : [headLinear(config)]),
];

/** All weights of the base model. */
export function baseParameters(config: ModelConfig): Parameter[] {
  const { hiddenSize: d, vocabularySize } = config;
  const list: Parameter[] = [{ name: "model.embed_tokens.weight", shape: [vocabularySize, d], init: "normal" }];
  for (let l = 0; l < config.layers; l++) {
    list.push({ name: `model.layers.${l}.input_layernorm.weight`, shape: [d], init: "ones" });
    list.push({ name: `model.layers.${l}.post_attention_layernorm.weight`, shape: [d], init: "ones" });
    for (const linear of Object.values(layerLinears(config, l))) {
      list.push({ name: `${linear.name}.weight`, shape: [linear.out, linear.in], init: "normal" });
      if (linear.bias) list.push({ name: `${linear.name}.bias`, shape: [linear.out], init: "zeros" });
    }
  }
  list.push({ name: "model.norm.weight", shape: [d], init: "ones" });
  if (!config.tied) list.push({ name: "lm_head.weight", shape: [vocabularySize, d], init: "normal" });
  return list;
}

/** peft's names of a linear's two low-rank factors: A [rank, in], B [out, rank]. */
export const loraNames = (linear: { name: string }) => ({
  a: `base_model.model.${linear.name}.lora_A.weight`,
  b: `base_model.model.${linear.name}.lora_B.weight`,
});

export const loraScale = (lora: Pick<LoraShape, "alpha" | "rank" | "rsLora">) =>
  lora.alpha / (lora.rsLora ? Math.sqrt(lora.rank) : lora.rank);

/** All weights of an adapter; A starts uniform (Kaiming, as peft's), B at zero, so that training starts at the base. */
export function loraParameters(config: ModelConfig, lora: LoraShape): Parameter[] {
  const list: Parameter[] = [];
  for (const linear of adaptableLinears(config))
    if (lora.targets.includes(linear.target)) {
      const { a, b } = loraNames(linear);
      list.push({ name: a, shape: [lora.rank, linear.in], init: "uniform" });
      list.push({ name: b, shape: [linear.out, lora.rank], init: "zeros" });
    }
  return list;
}

export const elements = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

export const parameterCount = (parameters: Parameter[]) =>
  parameters.reduce((total, p) => total + elements(p.shape), 0);
