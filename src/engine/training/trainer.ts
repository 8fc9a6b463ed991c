/**
 * Training at the level of tokens: one optimizer step over microbatches of rows. Everything above (LoRA finetuning on
 * conversations, pretraining of the built-in model) is a loop around `Trainer.step`.
 *
 * Pretraining a small model from nothing:
 *
 *     const weights = initialWeights(baseParameters(config), seed);
 *     const trainer = await createTrainer(runtime, { config, weights, trained: "full" });
 *     for (let i = 0; i < steps; i++) {
 *       // A row: token ids, and which tokens are to be predicted. `at` is the token after which `token` comes.
 *       const rows = sequences.map((ids) => sequenceRow(ids, weightOfEachToken));
 *       const { loss } = await trainer.step([rows], { learningRate });    // [rows, rows] would accumulate two microbatches
 *     }
 *     writeSafetensors([...trainer.weights.values()], { dtype: "F16" });  // model.safetensors
 *     writeConfig(config);                                                // config.json
 *
 * Rows of one microbatch are padded to its longest: put rows of like length together.
 */
import { createLayout, type Row } from "../model/batch.js";
import type { ModelConfig } from "../model/config.js";
import { trainingGraph, type LossKind } from "../model/heads.js";
import { elements, loraParameters, type LoraShape } from "../model/parameters.js";
import { initialWeights, type Weights } from "../model/weights.js";
import { EngineError } from "../errors.js";
import { floats, ints, type Runtime, type Tensor } from "../runtime.js";
import { random } from "../../study/random.js";
import { createAdamW, type AdamW, type AdamWOptions } from "./adamw.js";
import { groupFeeds } from "./groups.js";

/** "After the token at index `at`, `token` comes", with a weight in the loss. */
export interface Target {
  at: number;
  token: number;
  weight: number;
}

/** Answer options with target probabilities, for distribution losses. */
export interface OptionGroup {
  /** For each option the predictions that make it up. */
  options: { at: number; token: number }[][];
  target: number[];
  weight: number;
  /** Whether the options lie on a scale, of which a Wasserstein distance makes sense. */
  ordered?: boolean;
}

export interface TrainingRow extends Row {
  targets: Target[];
  groups?: OptionGroup[];
}

/** A row that learns each token of `ids` from those before it; `weights[i]` is the weight of predicting `ids[i]` (default 1). */
export function sequenceRow(ids: ArrayLike<number>, weights?: ArrayLike<number>): TrainingRow {
  const targets: Target[] = [];
  for (let i = 1; i < ids.length; i++) {
    const weight = weights ? weights[i]! : 1;
    if (weight) targets.push({ at: i - 1, token: ids[i]!, weight });
  }
  return { ids, targets };
}

export interface TrainerOptions {
  config: ModelConfig;
  /** The base weights. With `trained: "full"` they are changed in place. */
  weights: Weights;
  trained: "lora" | "full";
  lora?: LoraShape;
  /** Adapter weights to start from; default fresh ones from `seed`. */
  adapter?: Weights;
  loss?: LossKind;
  optimizer?: AdamWOptions;
  seed?: number;
  /** Computes each layer twice instead of keeping what its backward pass needs: a third more time, far less memory. Default false. */
  gradientCheckpointing?: boolean;
  /** Tokens of the longest row that will come, where known: attention over short rows is computed in one part. */
  longest?: number;
}

export interface StepOptions {
  learningRate: number;
}

export interface StepResult {
  /** Weighted mean loss, nats. */
  loss: number;
  gradientNorm: number;
}

export interface Trainer {
  /** What is trained: the adapter's weights, or the model's. */
  readonly weights: Weights;
  readonly optimizer: AdamW;
  /** One optimizer step. The loss is normalised by the sum of weights over all microbatches. */
  step(microbatches: TrainingRow[][], options: StepOptions): Promise<StepResult>;
  /** Loss of rows without learning (dropout off). */
  evaluate(rows: TrainingRow[]): Promise<{ loss: number; weight: number }>;
  release(): Promise<void>;
}

/** Rows of so many tokens make attention's three parts worth their overhead. */
const partsFrom = 150;

export async function createTrainer(runtime: Runtime, options: TrainerOptions): Promise<Trainer> {
  const { config, weights: base, trained, lora, loss = "cross-entropy", seed = 0 } = options;
  const learned = trained === "full" ? base : (options.adapter ?? initialWeights(loraParameters(config, lora!), seed));
  const { gradientCheckpointing = false, longest = Infinity } = options;
  const attentionBlocks = longest < partsFrom ? 1 : 3;
  const compiled = trainingGraph(config, {
    lora: trained === "lora" ? lora : undefined,
    trained,
    loss,
    gradientCheckpointing,
    attentionBlocks,
  });
  const session = await runtime.ort.InferenceSession.create(compiled.model, runtime.session);
  const layout = createLayout(runtime, config, attentionBlocks);
  const dropout = trained === "lora" && (lora?.dropout ?? 0) > 0;
  const constant: Record<string, Tensor> = {};
  for (const { parameter } of compiled.parameters) {
    const source = learned.get(parameter.name) ?? base.get(parameter.name)!;
    constant[parameter.name] = floats(runtime, source.data, parameter.shape);
  }
  const trainable = compiled.parameters.filter((p) => p.trained).map((p) => p.parameter);
  const outputs = ["loss", ...trainable.map(({ name }) => `gradient:${name}`)];
  /**
   * Memory that gradients are written into: fresh outputs would at every run be garbage of the model's size. The WebAssembly
   * runtime ignores outputs that are given to it.
   */
  const gradientMemory = () => {
    const memory = trainable.map(({ shape }) => new Float32Array(elements(shape)));
    const tensors = trainable.map(({ name, shape }, i) => [`gradient:${name}`, floats(runtime, memory[i]!, shape)]);
    return { memory, given: runtime.kind === "native" ? { loss: null, ...Object.fromEntries(tensors) } : undefined };
  };
  const first = gradientMemory();
  /** Of a step's further microbatches, whose gradients are added to the first's. */
  let further: typeof first | undefined;
  const optimizer = createAdamW(
    trainable.map(({ name }) => learned.get(name)!),
    options.optimizer,
  );

  function feeds(rows: TrainingRow[], scale: number, noise: (() => number) | null) {
    const { feeds, time, predict: predictAfter } = layout(rows);
    const index = new Map<number, number>(),
      wanted: number[] = [],
      pairs: number[] = [],
      weights: number[] = [];
    const predict = (row: number, at: number, token: number, weight: number) => {
      const position = row * time + at;
      let i = index.get(position);
      if (i === undefined) {
        index.set(position, (i = wanted.length));
        wanted.push(position);
      }
      pairs.push(i, token);
      weights.push(weight * scale);
      return weights.length - 1;
    };
    rows.forEach((row, b) => row.targets.forEach((t) => predict(b, t.at, t.token, t.weight)));
    const extra = loss === "cross-entropy" ? {} : groupFeeds(runtime, rows, predict, scale, loss, () => weights.length);
    if (dropout) {
      const values = Float32Array.from({ length: rows.length * time }, () => (noise ? noise() * 1000 : 0));
      extra["dropout_rows"] = floats(runtime, values, [values.length, 1]);
    }
    return {
      ...constant,
      ...feeds,
      ...extra,
      ...predictAfter(wanted),
      pairs: ints(runtime, Int32Array.from(pairs), [weights.length, 2]),
      weights: floats(runtime, Float32Array.from(weights), [weights.length]),
    };
  }

  const totalWeight = (rows: TrainingRow[]) => {
    let total = 0;
    for (const row of rows) {
      for (const t of row.targets) total += t.weight;
      if (loss !== "cross-entropy") for (const group of row.groups ?? []) total += group.weight;
    }
    return total;
  };

  return {
    weights: learned,
    optimizer,
    async step(microbatches, { learningRate }) {
      const scale = 1 / microbatches.reduce((total, rows) => total + totalWeight(rows), 0);
      if (!Number.isFinite(scale))
        throw new EngineError("bad_example", "nothing to learn in this batch: all weights are 0");
      let total = 0;
      for (const [i, rows] of microbatches.entries()) {
        const noise = dropout ? random(seed, "dropout", optimizer.step, i) : null;
        const { memory, given } = i === 0 ? first : (further ??= gradientMemory());
        const out = await session.run(feeds(rows, scale, noise), given ?? outputs);
        total += (out["loss"]!.data as Float32Array)[0]!;
        if (!given) trainable.forEach(({ name }, k) => memory[k]!.set(out[`gradient:${name}`]!.data as Float32Array));
        if (i > 0) first.memory.forEach((sum, k) => add(sum, memory[k]!));
      }
      const gradientNorm = optimizer.update(first.memory, learningRate);
      if (!Number.isFinite(total) || !Number.isFinite(gradientNorm))
        throw new EngineError(
          "diverged",
          `training diverged at step ${optimizer.step}: the loss is ${total}. Lower the learning rate (it was ${learningRate}).`,
        );
      return { loss: total, gradientNorm };
    },
    async evaluate(rows) {
      const weight = totalWeight(rows);
      const out = await session.run(feeds(rows, 1, null), ["loss"]);
      return { loss: (out["loss"]!.data as Float32Array)[0]!, weight };
    },
    release: () => session.release(),
  };
}

function add(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
}
