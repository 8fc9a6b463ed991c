/** Finetuned models and what they were trained on: row ids and hash, from which leakage is checked. */
import { readJson } from "../engine/openai/state.js";
import { openHome } from "./home.js";

export interface RegisteredModel {
  /** Model id as the provider names it. */
  id: string;
  base: string;
  provider: string;
  baseURL: string;
  study: string;
  /** Ids of the respondents it was trained on. */
  trainedOn: string[];
  /** SHA-256 of the training file. */
  trainingHash: string;
  seed: number;
  hyperparameters: Record<string, unknown>;
  template: string;
  /** The template itself, where it is none of the shipped ones. */
  ownTemplate?: unknown;
  templateHash: string;
  demographics: boolean;
  created: string;
  job: string;
  /** Ids of states that the server kept on the way: they learned from the same people. */
  checkpoints?: string[];
  /** Hash of everything that decides the training: the same call finds the same model again. */
  key: string;
}

const path = (id: string) => `registry/${encodeURIComponent(id)}.json`;

export async function registerModel(model: RegisteredModel, home?: string): Promise<void> {
  await openHome(home).state.write(path(model.id), JSON.stringify(model, null, 2) + "\n");
}

/** A finetuned model by its id or that of one of its checkpoints. */
export async function findModel(id: string, home?: string): Promise<RegisteredModel | undefined> {
  const found = await readJson<RegisteredModel>(openHome(home).state, path(id));
  return found ?? (await listModels(home)).find((model) => model.checkpoints?.includes(id));
}

export async function listModels(home?: string): Promise<RegisteredModel[]> {
  const { state } = openHome(home);
  const names = await state.list("registry");
  const models = await Promise.all(names.map((name) => readJson<RegisteredModel>(state, `registry/${name}`)));
  return models.filter((m) => m !== undefined).sort((a, b) => a.created.localeCompare(b.created));
}
