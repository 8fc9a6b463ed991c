/** Finetuning on conversations: epochs, schedule, validation, the best state. */
import { random } from "../../study/random.js";
import type { ModelConfig } from "../model/config.js";
import type { LoraShape } from "../model/parameters.js";
import type { Weights } from "../model/weights.js";
import type { FileSystem } from "../files.js";
import { breathe } from "../inference/queue.js";
import { checkTrainingFits, trainingBytesPerToken } from "../model/memory.js";
import { createCheckpoints, type TrainingState } from "./checkpoint.js";
import type { Runtime } from "../runtime.js";
import type { ChatTokenizer } from "../tokenizer.js";
import type { TrainingExample, TrainOptions, TrainStep } from "../types.js";
import { trainingRows } from "./examples.js";
import { loraShape } from "./options.js";
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
  /** Bytes for what one run keeps for its backward pass. */
  memoryBudget: number;
  /** Bytes the machine has left, where known. */
  availableMemory: () => number | undefined;
  files: FileSystem;
  /** Writes an adapter to a folder. */
  save: (folder: string, lora: LoraShape, weights: Weights) => Promise<void>;
  /** Least time between two checkpoints. */
  checkpointSeconds: number;
  /** Names and hash of the base, for messages and checkpoints. */
  id: string;
  fingerprint: string;
}

export async function finetune(
  setup: FinetuneSetup,
  examples: TrainingExample[],
  options: TrainOptions,
): Promise<Finetuned> {
  const { epochs, batchSize, learningRate, seed, loss = "cross-entropy", smoothing = 0 } = options;
  const lora = loraShape(options.lora, setup.config);
  const rowOptions = { loss, smoothing, contextLength: setup.config.contextLength };
  const rows = trainingRows(setup.tokenizer, examples, rowOptions);
  const validation = options.validation?.length
    ? trainingRows(setup.tokenizer, options.validation, rowOptions, "validation")
    : [];
  // Not Math.max(...rows): a file may have more rows than a call has room for arguments.
  const most = (of: TrainingRow[], size: (row: TrainingRow) => number) =>
    of.reduce((max, row) => Math.max(max, size(row)), 0);
  const longest = most([...rows, ...validation], (row) => row.ids.length);
  const targets = most(rows, (row) => row.targets.length + (row.groups?.length ?? 0));
  const gradientCheckpointing = checkTrainingFits(
    setup.id,
    setup.config,
    lora,
    { longest, targets },
    setup.availableMemory(),
    options.gradientCheckpointing,
  );
  const microbatchTokens = Math.min(
    4096,
    Math.floor(setup.memoryBudget / trainingBytesPerToken(setup.config, longest, gradientCheckpointing)),
  );
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
    gradientCheckpointing,
    longest,
    optimizer: { weightDecay: options.weightDecay ?? 0, clipNorm: options.clipNorm ?? 1 },
  });
  try {
    const perEpoch = Math.ceil(rows.length / batchSize);
    const totalSteps = Math.ceil(epochs * perEpoch);
    const { signal: _signal, onStep, checkpoints: place, epochAdapters, ...identity } = options;
    const checkpoints =
      place === undefined
        ? undefined
        : createCheckpoints(setup.files, place, [setup.fingerprint, examples, { ...identity, output: undefined }]);
    const fresh: TrainingState = { step: 0, history: [], trainedTokens: 0, microbatchTokens };
    const state: TrainingState = (await checkpoints?.restore(trainer)) ?? fresh;
    const { history } = state;
    // The split into microbatches decides the last bits of a sum: a resumed training keeps it, whatever memory is free now.
    const tokens = state.microbatchTokens;
    let saved = Date.now();
    while (state.step < totalSteps && !patienceIsOver(state, options.patience)) {
      if (options.signal?.aborted) {
        await checkpoints?.save(trainer, state);
        throw options.signal.reason;
      }
      const epoch = Math.floor(state.step / perEpoch);
      const within = state.step % perEpoch;
      const order = random(seed, "epoch", epoch).permutation(rows.length);
      const batch = order.slice(within * batchSize, (within + 1) * batchSize).map((i) => rows[i]!);
      for (const row of batch) state.trainedTokens += row.ids.length;
      const result = await trainer.step(microbatches(batch, tokens), {
        learningRate: learningRate * rateAt(state.step, totalSteps, options),
      });
      const entry: TrainStep = { step: ++state.step, totalSteps, epoch, loss: result.loss };
      const epochEnds = state.step % perEpoch === 0 || state.step === totalSteps;
      if (epochEnds && validation.length) {
        entry.validationLoss = await meanLoss(trainer, validation, tokens);
        if (!state.best || entry.validationLoss < state.best.loss)
          state.best = { loss: entry.validationLoss, weights: copy(trainer.weights), epoch };
      }
      history.push(entry);
      // With patience any epoch may be among the last.
      const epochsLeft = options.patience === undefined ? Math.ceil((totalSteps - state.step) / perEpoch) : 0;
      if (epochEnds && lora && epochAdapters && epochsLeft < (epochAdapters.last ?? 3))
        await keepEpoch(setup, epochAdapters, lora, trainer.weights, history);
      // At an epoch's end (within one when it is long), but not too often: small models' epochs are shorter than a write.
      const due = Date.now() - saved >= 1000 * setup.checkpointSeconds * (epochEnds ? 1 : 20);
      if (checkpoints && due) {
        await checkpoints.save(trainer, state);
        saved = Date.now();
      }
      onStep?.(entry);
      // Lets messages in: a cancel, other calls.
      await breathe();
    }
    const { best, trainedTokens } = state;
    await checkpoints?.remove();
    return { lora, weights: best?.weights ?? trainer.weights, history, trainedTokens };
  } finally {
    await trainer.release();
  }
}

/** Writes the adapter of the epoch that ended, and removes what is no longer among the last. */
async function keepEpoch(
  { files, save }: FinetuneSetup,
  { folder, last = 3 }: { folder: string; last?: number },
  lora: LoraShape,
  weights: Weights,
  history: TrainStep[],
): Promise<void> {
  const entry = history.at(-1)!;
  entry.adapter = `${folder}/step-${entry.step}`;
  await save(entry.adapter, lora, weights);
  const kept = history.filter((h) => h.adapter);
  for (const old of kept.slice(0, -last)) {
    await files.remove(old.adapter!);
    delete old.adapter;
  }
}

function patienceIsOver({ best, history }: TrainingState, patience: number | undefined): boolean {
  const last = history.at(-1);
  if (!best || patience === undefined || last?.validationLoss === undefined) return false;
  return last.epoch - best.epoch >= patience;
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

/** Padding that a run of its own costs less than: about what a run takes beside its tokens. */
const paddingWorthARun = 128;

/** Splits a batch into microbatches of like length (buckets) that hold at most `tokens` padded tokens. */
export function microbatches(rows: TrainingRow[], tokens: number): TrainingRow[][] {
  const sorted = [...rows].sort((a, b) => a.ids.length - b.ids.length);
  const out: TrainingRow[][] = [];
  let current: TrainingRow[] = [];
  for (const row of sorted) {
    const { length } = row.ids;
    const shorter = current.length * length - current.reduce((sum, r) => sum + r.ids.length, 0);
    if (current.length && ((current.length + 1) * length > tokens || shorter > paddingWorthARun)) {
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
