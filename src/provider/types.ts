import type OpenAI from "openai";
import type { FinetuningDefaults } from "../engine/openai/index.js";

/** What a server can do. Anything missing is an early error, never a silent other way. */
export interface Capabilities {
  /** Finetuning by OpenAI-shaped files and fine_tuning jobs; a text says why not. */
  finetuning: true | string;
  /** The most alternatives a token's log-probabilities list (`top_logprobs`); 0 without log-probabilities. */
  topLogprobs: number;
  /** The declared extension: log-probabilities of given options as whole answers. */
  optionLogprobs: boolean;
  /** The declared extension: losses on option probabilities, LoRA settings, smoothing. */
  distributionLoss: boolean;
  jsonSchema: boolean;
  batch: boolean;
  seed: boolean;
}

/** Where the data goes: nowhere (in process or loopback), to a server of one's own, or to a company. */
export type Reach = "local" | "own-server" | "hosted";

/** US dollars per million tokens. */
export interface Price {
  input: number;
  output: number;
  /** Per million tokens trained on (tokens × epochs). */
  training?: number;
  /** Factor on input and output through the Batch API. */
  batch?: number;
  /** The day the price was read, and where; unknown for prices of your own. */
  asOf?: string;
  source?: string;
}

export interface Limits {
  /** Requests a minute. */
  requestsPerMinute?: number;
  /** Tokens a minute, prompt and answer. */
  tokensPerMinute?: number;
  /** The most requests at once. */
  concurrency?: number;
}

/** What a server says of a model, where it says it. */
export interface ModelInfo {
  id: string;
  description?: string;
  /** Name of the prompt template the model reads best. */
  template?: string;
  finetuning?: FinetuningDefaults;
  contextLength?: number;
  /** Of weights, tokenizer and adapter. */
  fingerprint?: string;
}

/** A server that speaks OpenAI: a base URL, a key's environment name, and what it can do. */
export interface Provider {
  name: string;
  baseURL: string;
  /** Name of the environment variable that holds the key; keys are never passed as text. */
  keyName?: string;
  capabilities: Capabilities;
  reach: Reach;
  limits: Limits;
  /** Whether answers cost nothing but time: engines and servers of one's own. A price that is only unknown is not free. */
  free: boolean;
  /** The base model finetuned where none is named. */
  defaultModel?: string;
  /** By model id; of a finetuned model or dated snapshot the longest listed name it begins with counts. */
  prices?: Readonly<Record<string, Price>>;
  /** A client of the official SDK, made at the first call. */
  client(): OpenAI;
}
