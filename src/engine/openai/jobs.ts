/** /v1/fine_tuning/jobs: create, list, retrieve, cancel, events, checkpoints. What a job does is in job-runner.ts. */
import { inTurns } from "../../study/turns.js";
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import { loraTargets } from "../model/parameters.js";
import type { LoraOptions, TrainStep } from "../types.js";
import { ApiError } from "./errors.js";
import {
  flag,
  metadata,
  number,
  numberOrAuto,
  object,
  onlyKnown,
  optionalText,
  refuse,
  text,
  type Body,
} from "./fields.js";
import { fileContent, page, retrieveFile } from "./files.js";
import type { FinetuningDefaults, ModelHost } from "./models.js";
import { newId, readJson, readLines, seconds, type State } from "./state.js";
import { describeProblems, parseTrainingFile } from "./training-file.js";

/** Every decision of a training, resolved when the job is made, so that a resumed job is the same job. */
export interface ResolvedTraining {
  epochs: number;
  learningRate: number;
  batchSize: number;
  lora: LoraOptions | null;
  loss: "cross-entropy" | "kl" | "wasserstein";
  smoothing: number;
  warmupSteps?: number;
  schedule?: "constant" | "linear" | "cosine";
  weightDecay?: number;
  clipNorm?: number;
  patience?: number;
  gradientCheckpointing?: boolean;
  seed: number;
}

export type JobStatus = "validating_files" | "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface Job {
  id: string;
  object: "fine_tuning.job";
  model: string;
  created_at: number;
  finished_at: number | null;
  fine_tuned_model: string | null;
  organization_id: string;
  result_files: string[];
  status: JobStatus;
  training_file: string;
  validation_file: string | null;
  hyperparameters: { n_epochs: number; batch_size: number; learning_rate_multiplier: number };
  method: { type: "supervised"; supervised: { hyperparameters: Job["hyperparameters"] } };
  trained_tokens: number | null;
  error: { code: string; message: string; param: string | null } | null;
  seed: number;
  estimated_finish: number | null;
  integrations: [];
  metadata: Record<string, string>;
  user_provided_suffix: string | null;
  /** Beyond OpenAI's shape: every hyperparameter as used, and how far the job is. */
  proband: {
    training: ResolvedTraining;
    examples: number;
    dataHash: string;
    /** Milliseconds since 1970: OpenAI's seconds do not tell which of two jobs is the newer. */
    created: number;
    progress?: TrainStep & { elapsed_seconds: number };
  };
}

export interface JobEvent {
  object: "fine_tuning.job.event";
  id: string;
  created_at: number;
  level: "info" | "warn" | "error";
  message: string;
  type: "message" | "metrics";
  data?: Record<string, unknown>;
}

export const jobPath = (id: string) => `jobs/${id}/job.json`;
export const eventsPath = (id: string) => `jobs/${id}/events.jsonl`;
export const ended = (job: Job) => ["succeeded", "failed", "cancelled"].includes(job.status);

const known = [
  ...["model", "training_file", "validation_file", "hyperparameters", "method", "seed", "suffix", "integrations"],
  ...["metadata", "proband"],
];

const knownExtension = [
  ...[
    "learning_rate",
    "warmup_steps",
    "schedule",
    "weight_decay",
    "clip_norm",
    "patience",
    "loss",
    "smoothing",
    "lora",
  ],
  ...["gradient_checkpointing"],
];

/** Without an extension field a job needs as many examples as OpenAI asks for. */
const openaiMinimum = 10;

/** SHA-256 of a text that may be long, as hex. */
async function hashInTurns(content: string): Promise<string> {
  const hash = sha256.create();
  const bytes = new TextEncoder().encode(content);
  const piece = 1 << 16;
  function* pieces() {
    for (let at = 0; at < bytes.length; at += piece) yield void hash.update(bytes.subarray(at, at + piece));
  }
  await inTurns(pieces());
  return bytesToHex(hash.digest());
}

export async function createJob(host: ModelHost, state: State, body: Body): Promise<Job> {
  onlyKnown(body, known);
  const base = text(body, "model");
  const card = await host.find(base);
  if (!card)
    throw new ApiError(
      400,
      `Model ${base} is not available for fine-tuning or does not exist. Available here: ${(await host.list()).map((m) => m.id).join(", ")}.`,
      "model_not_available",
      "model",
    );
  refuse(body, ["integrations"], "the embedded engine");
  const training_file = text(body, "training_file");
  const validation_file = optionalText(body, "validation_file") ?? null;
  const trainingText = await readTraining(state, training_file, "training_file");
  const { examples, problems } = await parseTrainingFile(trainingText);
  if (problems.length)
    throw new ApiError(
      400,
      `Invalid file format. ${describeProblems(problems)}`,
      "invalid_training_file",
      "training_file",
    );
  const extension = object(body, "proband");
  onlyKnown(extension ?? {}, knownExtension, "proband.");
  if (!extension && examples.length < openaiMinimum)
    throw new ApiError(
      400,
      `Training file has ${examples.length} example(s), but must have at least ${openaiMinimum} examples.`,
      "invalid_n_examples",
      "training_file",
    );
  const validationText = validation_file === null ? "" : await readTraining(state, validation_file, "validation_file");
  if (validation_file !== null) {
    const wrong = (await parseTrainingFile(validationText)).problems;
    if (wrong.length)
      throw new ApiError(
        400,
        `Invalid file format. ${describeProblems(wrong)}`,
        "invalid_validation_file",
        "validation_file",
      );
  }
  const suffix = optionalText(body, "suffix") ?? null;
  if (suffix !== null && (suffix.length > 64 || !/^[\w.-]+$/.test(suffix)))
    throw new ApiError(400, "Invalid 'suffix': up to 64 letters, digits, '-', '_' and '.'.", "invalid_value", "suffix");
  const { multiplier, training } = resolveTraining(body, extension ?? {}, card.finetuning ?? {}, examples.length);
  const hyperparameters = {
    n_epochs: training.epochs,
    batch_size: training.batchSize,
    learning_rate_multiplier: multiplier,
  };
  const job: Job = {
    id: newId("ftjob-"),
    object: "fine_tuning.job",
    model: base,
    created_at: seconds(),
    finished_at: null,
    fine_tuned_model: null,
    organization_id: "proband",
    result_files: [],
    status: "queued",
    training_file,
    validation_file,
    hyperparameters,
    method: { type: "supervised", supervised: { hyperparameters } },
    trained_tokens: null,
    error: null,
    seed: training.seed,
    estimated_finish: null,
    integrations: [],
    metadata: metadata(body),
    user_provided_suffix: suffix,
    proband: {
      training,
      examples: examples.length,
      created: Date.now(),
      dataHash: await hashInTurns(`${trainingText}\u0000${validationText}`),
    },
  };
  await state.write(jobPath(job.id), JSON.stringify(job));
  await addEvent(state, job.id, `Created fine-tuning job: ${job.id}`);
  return job;
}

async function readTraining(state: State, id: string, param: string): Promise<string> {
  let file;
  try {
    file = await retrieveFile(state, id);
  } catch {
    throw new ApiError(400, `invalid ${param}: ${id}`, "invalid_file", param);
  }
  if (file.purpose !== "fine-tune")
    throw new ApiError(
      400,
      `File '${id}' has purpose '${file.purpose}', expected 'fine-tune'.`,
      "invalid_file_purpose",
      param,
    );
  return new TextDecoder().decode(await fileContent(state, id));
}

/** Passes over so many examples where a job names none: as the base model's folder says, otherwise 10. */
export function defaultEpochs(defaults: FinetuningDefaults, examples: number): number {
  return upTo(defaults.epochsByExamples, "examples", examples)?.epochs ?? defaults.epochs ?? 10;
}

/** What LoRA on so many people takes in place of the base model's other defaults. */
export function defaultsByPeople(defaults: FinetuningDefaults, people: number) {
  const { learningRate, weightDecay } = upTo(defaults.byPeople, "people", people) ?? {};
  return { learningRate, weightDecay };
}

/** The entry with the largest number under `key` that is not above the one at hand. */
const upTo = <K extends string, E extends Record<K, number>>(entries: readonly E[] = [], key: K, n: number) =>
  entries.filter((e) => e[key] <= n).sort((a, b) => b[key] - a[key])[0];

function resolveTraining(body: Body, extension: Body, defaults: FinetuningDefaults, examples: number) {
  const method = object(body, "method");
  if (method && method["type"] !== "supervised")
    throw new ApiError(
      400,
      `Invalid value: '${String(method["type"])}'. Supported values are: 'supervised'.`,
      "invalid_value",
      "method.type",
    );
  const given =
    object(object(method ?? {}, "supervised") ?? {}, "hyperparameters") ?? object(body, "hyperparameters") ?? {};
  const epochs = numberOrAuto(given, "n_epochs", { min: 1, max: 200, integer: true });
  const batch = numberOrAuto(given, "batch_size", { min: 1, max: 256, integer: true });
  const multiplier = numberOrAuto(given, "learning_rate_multiplier", { min: 1e-6, max: 1e4 }) ?? 1;
  const loss = optionalText(extension, "loss") ?? defaults.loss ?? "cross-entropy";
  if (loss !== "cross-entropy" && loss !== "kl" && loss !== "wasserstein")
    throw new ApiError(
      400,
      `Invalid value: '${loss}'. Supported: 'cross-entropy', 'kl', 'wasserstein'.`,
      "invalid_value",
      "proband.loss",
    );
  const schedule = optionalText(extension, "schedule") ?? defaults.schedule;
  if (schedule !== undefined && !["constant", "linear", "cosine"].includes(schedule))
    throw new ApiError(
      400,
      `Invalid value: '${schedule}'. Supported: 'constant', 'linear', 'cosine'.`,
      "invalid_value",
      "proband.schedule",
    );
  const optional = {
    warmupSteps: number(extension, "warmup_steps", { min: 0, integer: true }) ?? defaults.warmupSteps,
    schedule: schedule as ResolvedTraining["schedule"],
    weightDecay: number(extension, "weight_decay", { min: 0 }) ?? defaults.weightDecay,
    clipNorm: number(extension, "clip_norm", { min: 0 }) ?? defaults.clipNorm,
    patience: number(extension, "patience", { min: 1, integer: true }) ?? defaults.patience,
    gradientCheckpointing:
      extension["gradient_checkpointing"] === undefined ? undefined : flag(extension, "gradient_checkpointing"),
  };
  const training: ResolvedTraining = {
    epochs: epochs ?? defaultEpochs(defaults, examples),
    learningRate: (number(extension, "learning_rate", { min: 0 }) ?? defaults.learningRate ?? 2e-4) * multiplier,
    batchSize: batch ?? defaults.batchSize ?? 4,
    lora: resolveLora(extension, defaults),
    loss,
    smoothing: number(extension, "smoothing", { min: 0, max: 1 }) ?? defaults.smoothing ?? 0,
    seed:
      number(body, "seed", { integer: true, min: 0, max: 2 ** 31 - 1 }) ??
      crypto.getRandomValues(new Uint32Array(1))[0]! % 2 ** 31,
    ...Object.fromEntries(Object.entries(optional).filter(([, v]) => v !== undefined)),
  };
  return { multiplier, training };
}

function resolveLora(extension: Body, defaults: FinetuningDefaults): LoraOptions | null {
  if (extension["lora"] === null) return null;
  const given = object(extension, "lora");
  onlyKnown(given ?? {}, ["rank", "alpha", "dropout", "targets", "rs_lora"], "proband.lora.");
  const base = defaults.lora === undefined ? { rank: 8, alpha: 16 } : defaults.lora;
  if (!given) return base;
  const rank = number(given, "rank", { min: 1, max: 1024, integer: true }) ?? base?.rank ?? 8;
  const targets = given["targets"];
  if (targets !== undefined && (!Array.isArray(targets) || targets.some((t) => typeof t !== "string")))
    throw new ApiError(
      400,
      "Invalid 'proband.lora.targets': expected an array of module names.",
      "invalid_type",
      "proband.lora.targets",
    );
  for (const target of (targets ?? []) as string[])
    if (!(loraTargets as readonly string[]).includes(target))
      throw new ApiError(
        400,
        `Invalid value: '${target}'. Supported values are: ${loraTargets.join(", ")}.`,
        "invalid_value",
        "proband.lora.targets",
      );
  const dropout = number(given, "dropout", { min: 0, max: 0.99 });
  return {
    ...base,
    rank,
    alpha: number(given, "alpha", { min: 0 }) ?? base?.alpha ?? 2 * rank,
    ...(dropout === undefined ? {} : { dropout }),
    ...(targets ? { targets: targets as string[] } : {}),
    ...(given["rs_lora"] === undefined ? {} : { rsLora: given["rs_lora"] === true }),
  };
}

/** Ends of jobs that could not be written (a full disk): told while the process lives; after it the job is resumed. */
const unsaved = new WeakMap<State, Map<string, Job>>();

/** Writes a job that has ended; where that fails, it is at least known to this process. */
export async function saveEnded(state: State, job: Job): Promise<void> {
  try {
    await state.write(jobPath(job.id), JSON.stringify(job));
  } catch {
    let jobs = unsaved.get(state);
    if (!jobs) unsaved.set(state, (jobs = new Map()));
    jobs.set(job.id, job);
  }
}

export async function retrieveJob(state: State, id: string): Promise<Job> {
  const job =
    unsaved.get(state)?.get(id) ?? (/^[\w-]+$/.test(id) ? await readJson<Job>(state, jobPath(id)) : undefined);
  if (!job) throw new ApiError(404, `Could not find fine tune: ${id}`, "fine_tune_not_found", "fine_tune_id");
  return job;
}

export async function allJobs(state: State): Promise<Job[]> {
  const jobs = await Promise.all(
    (await state.list("jobs")).map((id) => unsaved.get(state)?.get(id) ?? readJson<Job>(state, jobPath(id))),
  );
  return jobs.filter((job) => job !== undefined).sort((a, b) => b.proband.created - a.proband.created);
}

export async function listJobs(state: State, query: URLSearchParams) {
  const wanted = [...query].flatMap(([key, value]) => {
    const name = /^metadata\[(.+)\]$/.exec(key)?.[1];
    return name ? [[name, value] as const] : [];
  });
  const jobs = (await allJobs(state)).filter((job) => wanted.every(([k, v]) => job.metadata[k] === v));
  return page(jobs, query);
}

/** Newest first, as OpenAI lists them. */
export async function listEvents(state: State, id: string, query: URLSearchParams) {
  await retrieveJob(state, id);
  return page((await readLines<JobEvent>(state, eventsPath(id))).reverse(), query);
}

export async function addEvent(
  state: State,
  id: string,
  message: string,
  data?: Record<string, unknown>,
  level: JobEvent["level"] = "info",
): Promise<void> {
  const event: JobEvent = {
    object: "fine_tuning.job.event",
    id: newId("ftevent-"),
    created_at: seconds(),
    level,
    message,
    type: data ? "metrics" : "message",
    ...(data ? { data } : {}),
  };
  await state.append(eventsPath(id), JSON.stringify(event) + "\n");
}
