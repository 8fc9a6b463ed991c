/** What the engine offers to the OpenAI-shaped handler: one opened model that scores, generates and trains. */

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** One training conversation. Only assistant messages are learned; `weight: 0` masks one (OpenAI's convention). */
export interface TrainingExample {
  messages: (ChatMessage & {
    weight?: 0 | 1;
    /** Distribution loss: the options an assistant message was chosen from and the target probability of each. */
    options?: { text: string[]; target?: number[]; ordered?: boolean };
  })[];
}

export interface LoraOptions {
  rank: number;
  alpha: number;
  dropout?: number;
  /**
   * Names of linears as peft has them: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj (the default), and lm_head where it is
   * not tied to the embedding.
   */
  targets?: string[];
  rsLora?: boolean;
}

export interface TrainOptions {
  /** `null` for full finetuning. */
  lora?: LoraOptions | null;
  epochs: number;
  learningRate: number;
  batchSize: number;
  warmupSteps?: number;
  schedule?: "constant" | "linear" | "cosine";
  weightDecay?: number;
  clipNorm?: number;
  loss?: "cross-entropy" | "kl" | "wasserstein";
  /** Share of an ordered option's target given to its neighbours (0 … 1) on scales of up to 21 options; only where messages carry `options`. */
  smoothing?: number;
  seed: number;
  validation?: TrainingExample[];
  /** Epochs without a better validation loss after which training stops and the best state is kept. */
  patience?: number;
  /** Where checkpoints go; with one, a killed training resumes. */
  checkpoints?: string;
  /** Writes the adapter after each epoch to `folder/step-N` and keeps the `last` (default 3) of them. LoRA only. */
  epochAdapters?: { folder: string; last?: number };
  /**
   * Computes each layer twice instead of keeping what its backward pass needs (Chen et al. 2016). Default: only where
   * the training would not fit in memory otherwise.
   */
  gradientCheckpointing?: boolean;
  signal?: AbortSignal;
  onStep?: (step: TrainStep) => void;
}

export interface TrainStep {
  step: number;
  totalSteps: number;
  epoch: number;
  /** Mean loss of the step's answer tokens, nats. */
  loss: number;
  validationLoss?: number;
  /** The epoch's adapter was written here (with `epochAdapters`). */
  adapter?: string;
}

export interface TrainResult {
  /** Folder or handle of the adapter in peft's layout. */
  adapter: string;
  history: TrainStep[];
  trainedTokens: number;
}

export interface ScoreRequest {
  messages: ChatMessage[];
  /** Continuations to score as the assistant's whole answer. */
  options: string[];
}

export interface GenerateRequest {
  messages: ChatMessage[];
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  seed?: number;
  stop?: string[];
  /** Taken off the logit of a token for each time it was written before, and once if it was at all (OpenAI's, −2 … 2). Default 0. */
  frequencyPenalty?: number;
  presencePenalty?: number;
  topLogprobs?: number;
  /** JSON Schema that the answer must satisfy. */
  jsonSchema?: unknown;
}

export interface GeneratedToken {
  text: string;
  logprob: number;
  top?: { text: string; logprob: number }[];
}

export interface Generated {
  text: string;
  tokens: GeneratedToken[];
  finish: "stop" | "length";
  promptTokens: number;
}

/** Where a model computes, and how that was decided. */
export interface EngineDevice {
  /** "native": the processor, by onnxruntime-node; "webgpu": a graphics card; "wasm": the processor, by onnxruntime-web. */
  runtime: "native" | "webgpu" | "wasm";
  threads: number;
  /** Bytes that one run may use beyond the weights. */
  memoryBudget: number;
  /** How runtime and threads were chosen, in words. */
  why: string;
}

/** An opened model. All methods run off the calling thread; concurrent calls are batched. */
export interface Engine {
  readonly id: string;
  /** Hash of weights and tokenizer, for the ledger. */
  readonly fingerprint: string;
  readonly contextLength: number;
  readonly device?: EngineDevice;
  countTokens(messages: ChatMessage[]): Promise<number>;
  /** Log-probability (nats, not normalised over the options) of each option as the whole answer. */
  score(requests: ScoreRequest[], options?: { adapter?: string; signal?: AbortSignal }): Promise<Float64Array[]>;
  generate(
    requests: GenerateRequest[],
    options?: { adapter?: string; signal?: AbortSignal; onToken?: (request: number, token: GeneratedToken) => void },
  ): Promise<Generated[]>;
  /** Writes a peft-layout adapter (or full weights when `lora` is null) to `output` when it ends. */
  train(examples: TrainingExample[], options: TrainOptions & { output: string }): Promise<TrainResult>;
  close(): Promise<void>;
}
