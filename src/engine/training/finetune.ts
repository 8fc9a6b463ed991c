/** Finetuning on conversations: epochs, schedule, validation, the best state. */
import { random } from "../../study/random.js";
import type { ModelConfig } from "../model/config.js";
import { linearNames, type LoraShape } from "../model/parameters.js";
import type { Weights } from "../model/weights.js";
import { EngineError } from "../errors.js";
import type { Runtime } from "../runtime.js";
import type { ChatTokenizer } from "../tokenizer.js";
import type { TrainingExample, TrainOptions, TrainStep } from "../types.js";
import { trainingRows } from "./examples.js";
import { createTrainer, type Trainer, type TrainingRow } from "./trainer.js";

export interface Finetuned {
  lora: LoraShape | null;
  weights: Weights;
  history: TrainStep[];
  trainedTokens: number;
}

export interface FinetuneSetup {
  runtime: Runtime;
  config: ModelConfig;
  tokenizer: ChatTokenizer;
  base: Weights;
  /** Padded tokens that one run may hold. */
  microbatchTokens: number;
}

export const loraShape = (options: TrainOptions["lora"]): LoraShape | null => {
  if (options === null) return null;
  const { rank, alpha, dropout = 0, targets = [...linearNames], rsLora = false } = options ?? { rank: 8, alpha: 16 };
  const unknown = targets.filter((t) => !linearNames.includes(t as never));
  if (unknown.length)
    throw new EngineError(
      "bad_option",
      `lora.targets: ${unknown.join(", ")} unknown; expected some of ${linearNames.join(", ")}`,
    );
  if (!(Number.isInteger(rank) && rank > 0))
    throw new EngineError("bad_option", `lora.rank must be a positive integer, not ${rank}`);
  if (!(dropout >= 0 && dropout < 1))
    throw new EngineError("bad_option", `lora.dropout must be in 0 … 1 (1 excluded), not ${dropout}`);
  return { rank, alpha, dropout, targets: linearNames.filter((t) => targets.includes(t)), rsLora };
};

export async function finetune(
  setup: FinetuneSetup,
  examples: TrainingExample[],
  options: TrainOptions,
): Promise<Finetuned> {
  const { epochs, batchSize, learningRate, seed, loss = "cross-entropy", smoothing = 0 } = options;
  for (const [name, value] of Object.entries({ epochs, batchSize, learningRate }))
    if (!(value > 0)) throw new EngineError("bad_option", `${name} must be greater than 0, not ${value}`);
  const lora = loraShape(options.lora);
  const rowOptions = { loss, smoothing, contextLength: setup.config.contextLength };
  const rows = trainingRows(setup.tokenizer, examples, rowOptions);
  const validation = options.validation?.length ? trainingRows(setup.tokenizer, options.validation, rowOptions) : [];
  // Full finetuning works on a copy: the opened model stays what it was.
  const copy = (weights: Weights): Weights =>
    new Map([...weights].map(([name, w]) => [name, { ...w, data: w.data.slice() }]));
  const trainer = await createTrainer(setup.runtime, {
    config: setup.config,
    weights: lora ? setup.base : copy(setup.base),
    trained: lora ? "lora" : "full",
    ...(lora && { lora }),
    loss,
    seed,
    optimizer: { weightDecay: options.weightDecay ?? 0, clipNorm: options.clipNorm ?? 1 },
  });
  try {
    const perEpoch = Math.ceil(rows.length / batchSize);
    const totalSteps = Math.ceil(epochs * perEpoch);
    const history: TrainStep[] = [];
    let best: { loss: number; weights: Weights; epoch: number } | undefined;
    let trainedTokens = 0;
    for (let step = 0; step < totalSteps; step++) {
      options.signal?.throwIfAborted();
      const epoch = Math.floor(step / perEpoch);
      const order = random(seed, "epoch", epoch).permutation(rows.length);
      const batch = order
        .slice((step % perEpoch) * batchSize, ((step % perEpoch) + 1) * batchSize)
        .map((i) => rows[i]!);
      for (const row of batch) trainedTokens += row.ids.length;
      const result = await trainer.step(microbatches(batch, setup.microbatchTokens), {
        learningRate: learningRate * rateAt(step, totalSteps, options),
      });
      const entry: TrainStep = { step: step + 1, totalSteps, epoch, loss: result.loss };
      const epochEnds = (step + 1) % perEpoch === 0 || step + 1 === totalSteps;
      if (epochEnds && validation.length) {
        entry.validationLoss = await meanLoss(trainer, validation, setup.microbatchTokens);
        if (!best || entry.validationLoss < best.loss)
          best = { loss: entry.validationLoss, weights: copy(trainer.weights), epoch };
      }
      history.push(entry);
      options.onStep?.(entry);
      if (best && options.patience !== undefined && epoch - best.epoch >= options.patience) break;
      // Lets messages in: a cancel, other calls.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return { lora, weights: best?.weights ?? trainer.weights, history, trainedTokens };
  } finally {
    await trainer.release();
  }
}

/** Factor of the learning rate at a step (from 0): linear warm-up, then constant, or a decay to a tenth. */
export function rateAt(
  step: number,
  totalSteps: number,
  options: Pick<TrainOptions, "warmupSteps" | "schedule">,
): number {
  const { schedule = "linear", warmupSteps = Math.min(4, Math.ceil(totalSteps / 10)) } = options;
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  const part = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  if (schedule === "constant") return 1;
  if (schedule === "cosine") return 0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI * part));
  return 1 - 0.9 * part;
}

/** Splits a batch into microbatches of like length that hold at most `tokens` padded tokens. */
export function microbatches(rows: TrainingRow[], tokens: number): TrainingRow[][] {
  const sorted = [...rows].sort((a, b) => a.ids.length - b.ids.length);
  const out: TrainingRow[][] = [];
  let current: TrainingRow[] = [];
  for (const row of sorted) {
    if (current.length && (current.length + 1) * row.ids.length > tokens) {
      out.push(current);
      current = [];
    }
    current.push(row);
  }
  out.push(current);
  return out;
}

async function meanLoss(trainer: Trainer, rows: TrainingRow[], tokens: number): Promise<number> {
  let loss = 0,
    weight = 0;
  for (const part of microbatches(rows, tokens)) {
    const result = await trainer.evaluate(part);
    loss += result.loss;
    weight += result.weight;
  }
  return loss / weight;
}
