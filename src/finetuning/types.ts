import type { LoraOptions } from "../engine/types.js";
import type { LongWork, Result } from "../study/index.js";
import type { Provider } from "../provider/index.js";
import type { Template } from "../simulation/template.js";

export interface FinetuningOptions extends LongWork {
  /** The model to start from: "proband-base" (built in), a folder with an open model, or a provider's model name. */
  base?: string;
  /** Decides the order of examples, initial adapter weights and permuted options; default 1. */
  seed?: number;
  /** Passes over the examples; default as the base model says, by the number of people. */
  epochs?: number;
  /** Uses this many of the people, drawn with the seed; default all. */
  n?: number;
  /** Where it runs; default the embedded engine. A name ("nebius"), a base URL, or a provider object. */
  provider?: Provider | string;
  /** State folder of the embedded engine and of the registry; default `.proband`. */
  home?: string;
  /** Prompt template; default as the base model says, otherwise "plain". */
  template?: string | Template;
  /** Default true; false leaves attributes out of the prompts (the paper's ablation). */
  demographics?: boolean;
  /** Share of the people held out for a validation loss (0 … 0.5) and early stopping with `patience`; default 0. */
  validation?: number;
  /** Epochs without a better validation loss after which training stops. */
  patience?: number;
  /** Adapter settings; null trains all weights (embedded only). Default as the base model says. */
  lora?: Partial<LoraOptions> | null;
  learningRate?: number;
  /** Multiplies the server's own learning rate (all providers). */
  learningRateMultiplier?: number;
  batchSize?: number;
  loss?: "cross-entropy" | "kl" | "wasserstein";
  /** Share of an ordered answer's target given to its neighbours (0 … 1; embedded only). */
  smoothing?: number;
  /** Part of the finetuned model's name. */
  suffix?: string;
  /** Required before rows of people leave this machine. */
  confirmSharing?: boolean;
  /** Trains again although the same training is registered. */
  again?: boolean;
}

export interface EpochRow {
  epoch: number;
  steps: number;
  /** Mean loss of answer tokens, nats. */
  loss: number;
  validationLoss: number | null;
}

export interface TrainingStepRow {
  step: number;
  epoch: number;
  loss: number;
  validationLoss: number | null;
}

/** A state that the job kept on its way and that can be simulated with: `simulation.run(people, { model: { ...model, id: checkpoint.model } })`. */
export interface Checkpoint {
  step: number;
  /** Model id. */
  model: string;
  loss: number | null;
  validationLoss: number | null;
}

/** A finetuned model: what `simulation.run` takes as `model`, and a table of its training. */
export type FinetunedModel = Result<EpochRow> & {
  /** Model id as the provider names it. */
  readonly id: string;
  readonly base: string;
  /** Name of the provider. */
  readonly provider: string;
  readonly trainedOn: {
    /** Row ids of the people whose answers it has learned or was stopped by. */
    readonly ids: readonly string[];
    /** SHA-256 of the training file. */
    readonly hash: string;
    readonly study: string;
  };
  readonly seed: number;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly template: string;
  readonly demographics: boolean;
  readonly job: string;
  /** Loss by step. */
  readonly history: readonly TrainingStepRow[];
  /** States that the server kept, the latest first. */
  readonly checkpoints: readonly Checkpoint[];
  readonly trainedTokens: number | null;
};

/** How a finetuned model is reached; not part of its data. */
export interface Connection {
  provider: Provider;
  home?: string;
  template: Template;
}

export const connection: unique symbol = Symbol.for("proband.connection") as never;
