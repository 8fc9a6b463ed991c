/** Which models there are: base models of a host and adapters that jobs made. */
import type { Engine, LoraOptions } from "../types.js";
import { notFound, ApiError } from "./errors.js";
import { readJson, type State } from "./state.js";

/** What a model's folder says of itself (`proband.json`). */
export interface ModelCard {
  id: string;
  created: number;
  /** Said wherever the model shows: "built-in, knows nothing of the world". */
  description?: string;
  /** Name of the prompt template it reads best. */
  template?: string;
  /** Defaults for finetuning it. */
  finetuning?: FinetuningDefaults;
}

export interface FinetuningDefaults {
  epochs?: number;
  learningRate?: number;
  batchSize?: number;
  lora?: LoraOptions | null;
  loss?: "cross-entropy" | "kl" | "wasserstein";
  smoothing?: number;
  warmupSteps?: number;
  schedule?: "constant" | "linear" | "cosine";
  weightDecay?: number;
  clipNorm?: number;
  patience?: number;
  /** Epochs by number of examples: the entry with the largest `examples` not above the number at hand. */
  epochsByExamples?: { examples: number; epochs: number }[];
  /**
   * For LoRA on more people: the entry with the largest `people` not above theirs takes the place of what is set above. A job knows
   * examples only, of which a person has several, so who makes the examples reads this (src/finetuning/run.ts).
   */
  byPeople?: { people: number; learningRate?: number; weightDecay?: number }[];
  examples?: ExampleMaking;
}

/** How examples keep few people from being learned by heart; who makes examples of people heeds it (src/finetuning/examples.ts). */
export interface ExampleMaking {
  /**
   * So many more interviews of each person, in which every attribute and treatment is left out with probability
   * `share` (0 … 1): a model that sees few people then learns what people answer before what this person answers.
   */
  attributeDropout?: AttributeDropout;
  /**
   * Aims at a mixture of the person's answer and all these people's answers to the item, as if so many more people had
   * answered as people do on average: k of them have the share k / (k + n). Smoothing of labels by their frequency
   * (Pereyra et al. 2017, "Regularizing neural networks by penalizing confident output distributions"). Needs `options`, and leaves
   * out items whose options are shown in another order to each person.
   */
  marginSmoothing?: MarginSmoothing;
}

export interface AttributeDropout {
  /** Interviews a person besides the complete one. */
  copies: number;
  share: number;
  /** Only for fewer people than this (default: always). */
  below?: number;
  /**
   * These interviews teach actions too from so many people on (default 0: always). With fewer an action is read there and not learned:
   * a base that knows how actions follow from beliefs unlearns it with every further look at the same few actions.
   */
  actionsFrom?: number;
}

/** Numbers of average people added (0 or more). */
export interface MarginSmoothing {
  beliefs: number;
  actions: number;
  /**
   * Aims ordered items of three or more options at an estimate of everybody's answers (`estimateMargins`) instead of the pilot's
   * frequencies: a person's own answer is spread over near options, by this part of the scale (0.1: a tenth), so
   * that all people's answers together are that estimate.
   */
  spread?: number;
}

/** Base models: which there are, and how to open one. Opening twice gives the same engine. */
export interface ModelHost {
  list(): Promise<ModelCard[]>;
  find(id: string): Promise<ModelCard | undefined>;
  open(id: string): Promise<Engine>;
}

/** A finetuned model as recorded when its job ended. */
export interface AdapterRecord {
  id: string;
  base: string;
  created: number;
  job: string;
  /** Path of the adapter in the state. */
  adapter: string;
  fingerprint: string;
  /** A state in between, which the list of models leaves out, as OpenAI's does. */
  checkpoint?: boolean;
}

export const adapterPath = (id: string) => `models/${encodeURIComponent(id)}.json`;

export interface Resolved {
  card: ModelCard;
  engine: Engine;
  adapter?: string;
  fingerprint: string;
}

/** What was opened before, so that an answer costs no file reads. */
const opened = new WeakMap<State, Map<string, Promise<Resolved>>>();

/** Forgets what a model id meant: its adapter was written or deleted. */
export const forget = (state: State, id: string) => opened.get(state)?.delete(id);

/** Opens the engine a model id needs; 404 as OpenAI says it where there is none. */
export function resolveModel(host: ModelHost, state: State, id: string): Promise<Resolved> {
  let known = opened.get(state);
  if (!known) opened.set(state, (known = new Map()));
  let resolved = known.get(id);
  if (!resolved) {
    known.set(id, (resolved = lookUp(host, state, id)));
    resolved.catch(() => known.delete(id));
  }
  return resolved;
}

async function lookUp(host: ModelHost, state: State, id: string): Promise<Resolved> {
  const record = await readJson<AdapterRecord>(state, adapterPath(id));
  const card = await host.find(record?.base ?? id);
  if (!card) {
    const known = [
      ...(await host.list()).map((m) => m.id),
      ...(await adapters(state)).filter((r) => !r.checkpoint).map((a) => a.id),
    ];
    throw new ApiError(
      404,
      `The model '${id}' does not exist or you do not have access to it. Known here: ${known.join(", ") || "none"}.`,
      "model_not_found",
      "model",
    );
  }
  const engine = await host.open(card.id);
  return record
    ? { card, engine, adapter: state.location(record.adapter), fingerprint: record.fingerprint }
    : { card, engine, fingerprint: engine.fingerprint };
}

export async function adapters(state: State): Promise<AdapterRecord[]> {
  const names = await state.list("models");
  const records = await Promise.all(names.map((name) => readJson<AdapterRecord>(state, `models/${name}`)));
  return records.filter((r) => r !== undefined);
}

const describe = (card: ModelCard, extra: object = {}) => ({
  id: card.id,
  object: "model",
  created: card.created,
  owned_by: "proband",
  proband: { description: card.description, template: card.template, finetuning: card.finetuning, ...extra },
});

export async function listModels(host: ModelHost, state: State) {
  const bases = await host.list();
  const finetuned = (await adapters(state)).filter((r) => !r.checkpoint).map((record) => finetunedModel(record));
  return { object: "list", data: [...bases.map((card) => describe(card)), ...finetuned] };
}

const finetunedModel = (record: AdapterRecord, card?: ModelCard) => ({
  ...describe({ ...card, id: record.id, created: record.created }, { base: record.base, job: record.job }),
});

export async function retrieveModel(host: ModelHost, state: State, id: string) {
  const record = await readJson<AdapterRecord>(state, adapterPath(id));
  const card = await host.find(record?.base ?? id);
  if (!card) throw notFound("model", id, "model");
  const engine = await host.open(card.id);
  const extra = {
    context_length: engine.contextLength,
    fingerprint: record?.fingerprint ?? engine.fingerprint,
    ...(engine.device && { device: engine.device }),
  };
  const model = record ? finetunedModel(record, card) : describe(card);
  return { ...model, proband: { ...model.proband, ...extra } };
}

export async function deleteModel(state: State, id: string) {
  const record = await readJson<AdapterRecord>(state, adapterPath(id));
  if (!record) throw new ApiError(403, `The model '${id}' is not a finetuned model of this server.`, null, "model");
  await state.remove(record.adapter);
  await state.remove(adapterPath(id));
  forget(state, id);
  // A checkpoint goes alone, a job's model with its checkpoints.
  return { id, object: "model", deleted: true, ...(record.checkpoint ? {} : { job: record.job }) };
}
