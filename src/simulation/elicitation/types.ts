import type OpenAI from "openai";
import type { Item, Value } from "../../study/index.js";
import type { ChatMessage } from "../../engine/types.js";
import type { Provider } from "../../provider/index.js";
import type { Template } from "../template.js";

/**
 * How an answer is got out of a model:
 * - "logprobs": probabilities of the options, from which Proband draws with a recorded seed;
 * - "sampled": one answer sampled by the server under a JSON schema;
 * - "verbalised": the model states a percentage for each option, from which Proband draws;
 * - "text": free text, mapped to the scale.
 */
export type ElicitationName = "logprobs" | "sampled" | "verbalised" | "text";

/** One question as put to one person. */
export interface Question {
  item: Item;
  template: Template;
  messages: ChatMessage[];
  /** In which order the options were shown. */
  order?: number[];
  /** How each option is answered, in the codebook's order; undefined for numbers without a list of options. */
  texts?: string[];
  /** The option values, in the same order. */
  values?: (number | string)[];
}

/** What is kept of a server's reply: enough to read the answer again. */
export interface RawReply {
  content?: string;
  refusal?: string;
  finish?: string;
  /** Log-probabilities of the options in the codebook's order. */
  logprobs?: number[];
  /** The first answer token's alternatives. */
  top?: [token: string, logprob: number][];
}

/** A reply read as an answer, or why it is none. */
export type Reading =
  | { value: Value; probabilities?: undefined; ignoredSchema?: boolean }
  | { probabilities: number[]; mass: number; value?: undefined }
  | { problem: "malformed" | "refused"; detail: string };

export interface Elicitation {
  name: ElicitationName;
  /** Throws early where provider, template and item do not allow it. */
  check(provider: Provider, item: Item, template: Template): void;
  /** Fields of the request beside model and messages. */
  request(question: Question, provider: Provider, seed: number): Record<string, unknown>;
  /** Keeps what matters of a reply. */
  keep(completion: OpenAI.ChatCompletion): RawReply;
  read(reply: RawReply, question: Question): Reading;
  /** The same prompt always gets the same reply, so it need be asked once. */
  deterministic: boolean;
}
