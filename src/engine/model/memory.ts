/**
 * What scoring and training need in memory, estimated before they start. Training's factors were fitted to peaks of
 * resident memory measured at shapes from 2 to 500 million parameters and 100 to 2,400 tokens; within a third of them.
 */
import { EngineError } from "../errors.js";
import type { ModelConfig } from "./config.js";
import { baseParameters, loraParameters, parameterCount, type LoraShape } from "./parameters.js";

/**
 * Bytes of what training keeps of one token for the backward pass, in rows of `length` tokens. With checkpointing a layer's
 * input is kept of all layers, and of the one at work the rest and as much again beside its attention.
 */
export function trainingBytesPerToken(config: ModelConfig, length: number, checkpointing = false): number {
  const { hiddenSize: d, intermediateSize: f, heads, headSize, keyValueHeads, layers } = config;
  const vectors = 8 * d + 4 * f + (2 * heads + 3 * keyValueHeads) * headSize;
  // Causal attention in parts keeps two thirds of the square, and a little.
  const layer = vectors + 0.75 * heads * length;
  return 4 * (checkpointing ? layers * d + layer + vectors : layers * layer);
}

/** What a training's graph takes in the runtime, whatever its rows are. */
const graphBytes = ({ layers }: ModelConfig) => 20e6 + 3e6 * layers;

/** Bytes of what scoring holds of one token: a layer's activations, and all layers' keys and values. */
export function scoringBytesPerToken(config: ModelConfig): number {
  const { hiddenSize: d, intermediateSize: f } = config;
  return 4 * (12 * d + 4 * f + 4 * config.layers * config.keyValueHeads * config.headSize);
}

export const weightBytes = (config: ModelConfig) => 4 * parameterCount(baseParameters(config));

/** Bytes that training takes beyond the opened model's weights, for its longest row. */
export function trainingBytes(
  config: ModelConfig,
  lora: LoraShape | null,
  longest: number,
  targets: number,
  checkpointing = false,
): number {
  const trained = lora ? 4 * parameterCount(loraParameters(config, lora)) : weightBytes(config);
  // Weights (a copy when all are trained), gradients, two moments; a second gradient while accumulating.
  const states = (lora ? 5 : 6) * trained;
  const logits = 4 * 4 * Math.min(targets, longest) * config.vocabularySize;
  const activations = trainingBytesPerToken(config, longest, checkpointing) * longest;
  return graphBytes(config) + states + logits + activations;
}

export const megabytes = (bytes: number) =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;

/** Throws, before anything is read, when a model's weights do not fit. */
export function checkWeightsFit(name: string, config: ModelConfig, available: number | undefined): void {
  const need = 1.15 * weightBytes(config);
  if (available === undefined || need <= available) return;
  const parameters = parameterCount(baseParameters(config));
  throw new EngineError(
    "out_of_memory",
    `${name} has ${(parameters / 1e6).toFixed(0)} million parameters and needs about ${megabytes(need)} of memory; ${megabytes(available)} are available. A model of up to ${(available / 1.15 / 4e6).toFixed(0)} million parameters fits (SmolLM2-135M needs 0.6 GB, the built-in proband-base 10 MB); or close other programs, or serve this model elsewhere and use its base URL.`,
  );
}

/**
 * Whether training must compute its layers twice to fit. Throws, before it starts, when it does not fit even then;
 * `asked` insists on one or the other.
 */
export function checkTrainingFits(
  name: string,
  config: ModelConfig,
  lora: LoraShape | null,
  rows: { longest: number; targets: number },
  available: number | undefined,
  asked?: boolean,
): boolean {
  const bytes = (longest: number, checkpointing: boolean) =>
    trainingBytes(config, lora, longest, rows.targets, checkpointing);
  if (available === undefined || bytes(rows.longest, asked ?? false) <= available) return asked ?? false;
  const checkpointing = asked ?? true;
  const need = bytes(rows.longest, checkpointing);
  if (need <= available) return checkpointing;
  let fits = rows.longest;
  while (fits > 16 && bytes(fits, checkpointing) > available) fits = Math.floor(fits * 0.9);
  const ways: string[] = [];
  if (fits > 16) ways.push(`examples of at most ${fits} tokens (the longest has ${rows.longest})`);
  if (
    !lora &&
    trainingBytes(
      config,
      { rank: 8, alpha: 16, dropout: 0, rsLora: false, targets: ["q_proj", "v_proj"] },
      rows.longest,
      rows.targets,
      checkpointing,
    ) < available
  )
    ways.push("LoRA instead of full finetuning");
  ways.push("a smaller model");
  throw new EngineError(
    "out_of_memory",
    `finetuning ${name} needs about ${megabytes(need)} beside its weights; ${megabytes(available)} are available. What would fit: ${ways.join(", or ")}.`,
  );
}
