/** Tells runtimes apart by what they are for: how long the training of a model's layer takes on each. */
import type { ModelConfig } from "./model/config.js";
import { baseParameters, linearNames } from "./model/parameters.js";
import { initialWeights, type Weights } from "./model/weights.js";
import type { Runtime } from "./runtime.js";
import { createTrainer, sequenceRow } from "./training/trainer.js";

export interface LayerTime {
  /** Milliseconds of a LoRA step through one layer of the model's width, the fastest of several. */
  ms: number;
  loss: number;
}

/**
 * A model of two layers as wide as `config`'s: one that is computed for all tokens, as most are, and the last. Its
 * vocabulary is small: the head sees few tokens in training too.
 */
export function layerOf(config: ModelConfig): { config: ModelConfig; weights: Weights } {
  const two: ModelConfig = { ...config, layers: 2, vocabularySize: Math.min(config.vocabularySize, 512), tied: true };
  return { config: two, weights: initialWeights(baseParameters(two), 1) };
}

/** Times training on a runtime. Throws what the runtime throws. */
export async function timeLayer(
  runtime: Runtime,
  { config, weights }: { config: ModelConfig; weights: Weights },
  repeats = 3,
): Promise<LayerTime> {
  const lora = { rank: 8, alpha: 16, dropout: 0, rsLora: false, targets: [...linearNames] };
  const length = Math.min(128, config.contextLength);
  const trainer = await createTrainer(runtime, { config, weights, trained: "lora", lora, longest: length });
  try {
    const row = sequenceRow(Array.from({ length }, (_, i) => (i * 7919) % config.vocabularySize));
    row.targets = row.targets.slice(-4);
    let ms = Infinity,
      loss = NaN;
    for (let i = 0; i <= repeats; i++) {
      const started = performance.now();
      loss = (await trainer.step([[row]], { learningRate: 0 })).loss;
      // The first run prepares memory for its shapes.
      if (i) ms = Math.min(ms, performance.now() - started);
    }
    return { ms, loss };
  } finally {
    await trainer.release();
  }
}
