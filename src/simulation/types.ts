import type { LongWork, Respondents, Result, Simulated } from "../study/index.js";
import type { Limits, Price, Provider } from "../provider/index.js";
import type { ElicitationName } from "./elicitation/index.js";
import type { Template } from "./template.js";

/** Part of a finetuned model that a simulation uses; `finetuning.run` returns it. */
export interface ModelReference {
  id: string;
  base?: string;
  provider?: string;
  trainedOn?: { ids: readonly string[]; study: string };
  seed?: number;
  /** Name of a shipped template, or one of your own. */
  template?: string | Template;
  demographics?: boolean;
}

export interface SimulationOptions extends LongWork {
  /** A finetuned model, or the id of one, or of a base model ("proband-base"). */
  model: ModelReference | string;
  /** Decides every draw: answers, option orders, which examples are shown; default 1. */
  seed?: number;
  /** Few-shot: people shown with their answers in the prompt. */
  examples?: Respondents;
  /** The most examples shown; default as many as the model's context holds. */
  maxExamples?: number;
  /** Default "auto": log-probabilities where possible, otherwise sampled structured answers. */
  elicitation?: ElicitationName | "auto";
  /**
   * With elicitation "text": the model answers in its own words, and this model of the same provider says which answer of
   * the scale was meant (true: the same model). Default: an answer is looked for in the text by rules, without a coder.
   */
  coder?: string | true;
  /** Answers a person and item; the first is the table, the others are in `draws`. Default 1. */
  draws?: number;
  /** Names of the items to ask; default every belief and action of the codebook, in its order. */
  items?: readonly string[];
  /** Path of the ledger; default one a study in the state folder. */
  ledger?: string;
  /** Where the model is; default where it was finetuned, otherwise the embedded engine. */
  provider?: Provider | string;
  /** State folder; default `.proband`. */
  home?: string;
  /** Default as the model was finetuned, otherwise as the model says, otherwise "plain". */
  template?: string | Template;
  /** Default as the model was finetuned, otherwise true. */
  demographics?: boolean;
  /** Whether options of nominal items are shown in a random order; default as the template says. */
  permute?: boolean;
  /** How often a malformed answer is asked again before it counts as missing; default 2. */
  malformed?: number;
  /** How often a refused answer is asked again before it counts as missing; default 1. */
  refusals?: number;
  limits?: Limits;
  /** Milliseconds for one try; default 60,000. */
  timeout?: number;
  /** Tries of one request before the run stops; default 8. */
  tries?: number;
  backoffMs?: number;
  /** Stops before more than this is spent in this run. */
  budgetUSD?: number;
  /** Prices by model, where the price list lacks yours. */
  prices?: Record<string, Price>;
  /** Required before attributes of people leave this machine. */
  confirmSharing?: boolean;
  /** Allows simulating people the model has learned from, which flatters it. */
  allowTrainedOn?: boolean;
  /** Receives answers as streams, for servers or proxies that drop long silent connections. */
  stream?: boolean;
  /** Sends everything through the Batch API: cheaper, slower, the same result. */
  batch?: boolean;
  /**
   * Further fields of every request, in place of Proband's own where both name one, null leaves a field out: `{ reasoning_effort: "minimal" }`,
   * `{ chat_template_kwargs: { enable_thinking: false } }` (vLLM). They decide answers, so other ones find no old answers.
   */
  extra?: Record<string, unknown>;
  /** The most tokens of a sampled or stated answer, for models that reason before they answer; default as the scale needs. */
  answerTokens?: number;
  /** Keeps option probabilities beside the answers; default true (false for very large runs). */
  probabilities?: boolean;
  /**
   * Called after each answer; `soFar()` makes the respondents of the first draw as far as they are answered (null
   * where not yet). Make them as seldom as a reader can look.
   */
  onAnswer?: (soFar: () => Simulated) => void;
}

export interface ItemReport {
  item: string;
  elicitation: ElicitationName;
  answers: number;
  /** Found in the ledger, not asked. */
  found: number;
  missing: number;
  malformed: number;
  refused: number;
  /** Answers of servers that did not keep to the JSON schema but could be read. */
  ignoredSchema: number;
  /** What was wrong with the first malformed or refused answer. */
  example?: string;
  /** Mean share of the model's probability on the options; null where the elicitation does not show it. */
  mass: number | null;
}

export type SimulationReport = Result<ItemReport> & {
  requests: number;
  retries: number;
  promptTokens: number;
  answerTokens: number;
  costUSD: number;
  seconds: number;
  ledger: string;
};

/** Simulated respondents, further draws of them, and what happened on the way. */
export type SimulationRun = Simulated & {
  readonly report: SimulationReport;
  /** All draws; the first is the table itself. */
  readonly draws: readonly Simulated[];
};
