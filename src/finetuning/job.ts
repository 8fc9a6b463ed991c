/** A finetuning job on a server that speaks OpenAI: created once, watched, cancelled, found again after a restart. */
import { toFile } from "openai";
import type OpenAI from "openai";
import { startProgress } from "../study/index.js";
import type { LongWork } from "../study/index.js";
import { environment, openHome } from "../provider/index.js";
import { readJson } from "../engine/openai/state.js";
import type { Checkpoint, TrainingStepRow } from "./types.js";

export type Job = OpenAI.FineTuning.FineTuningJob & {
  proband?: { training?: Record<string, unknown>; progress?: TrainingProgress };
};

interface TrainingProgress {
  step: number;
  totalSteps: number;
  epoch?: number;
  loss?: number;
  validationLoss?: number;
}

const ended = (job: Job) => ["succeeded", "failed", "cancelled"].includes(job.status);

/** What was asked for is asked again where the connection broke; a job is never created twice this way. */
const patient = (client: OpenAI) => client.withOptions({ maxRetries: 6 });

/** Where this machine notes which job does a training, besides the server's own metadata. */
const notePath = (key: string) => `jobs-created/${key}.json`;

/** The job of the same training that is still going on, or that ended well unnoticed, for example after a restart. */
export async function runningJob(
  client: OpenAI,
  key: string,
  options: { home?: string | undefined; again?: boolean | undefined },
): Promise<Job | undefined> {
  const server = patient(client);
  const takenUp = async (job: Job | undefined) => {
    if (!job || !ended(job)) return job;
    const model = job.fine_tuned_model;
    const there = !options.again && model && (await orNothing(server.models.retrieve(model)));
    return there ? job : undefined;
  };
  const note = await readJson<{ job: string }>(openHome(options.home).state, notePath(key));
  const noted = note && (await takenUp(await orNothing(server.fineTuning.jobs.retrieve(note.job))));
  if (noted) return noted;
  const jobs = await orNothing(server.fineTuning.jobs.list({ limit: 100 }));
  for (const job of jobs?.data ?? []) {
    const same = job.metadata?.["proband_key"] === key && (await takenUp(job));
    if (same) return same;
  }
  return undefined;
}

/** An answer, or nothing where the server knows no such thing. */
async function orNothing<T>(asked: PromiseLike<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { status } = error as { status?: number };
    if (status === 404 || status === 405 || status === 501) return undefined;
    throw error;
  }
}

export async function createJob(
  client: OpenAI,
  plan: {
    request: Record<string, unknown>;
    files: { training: string; validation: string };
    key: string;
    study: string;
    home: string | undefined;
  },
): Promise<Job> {
  const { training, validation } = plan.files;
  const upload = async (text: string, name: string) => {
    const file = await toFile(new TextEncoder().encode(text), name);
    return (await patient(client).files.create({ purpose: "fine-tune", file })).id;
  };
  const body = {
    ...plan.request,
    training_file: await upload(training, "training.jsonl"),
    ...(validation ? { validation_file: await upload(validation, "validation.jsonl") } : {}),
    metadata: { proband_key: plan.key, study: plan.study.slice(0, 512) },
  };
  const job = (await client.fineTuning.jobs.create(body as never)) as Job;
  await openHome(plan.home).state.write(notePath(plan.key), JSON.stringify({ job: job.id }) + "\n");
  return job;
}

/** Watches a job until it ends, telling its progress; cancels it when asked to. */
export async function follow<T>(
  client: OpenAI,
  job: Job,
  options: LongWork & { label: string; pollMs: number },
  finish: (job: Job) => Promise<T>,
): Promise<T> {
  const server = patient(client);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const pollMs = options.pollMs <= 50 ? options.pollMs : Number(environment("PROBAND_POLL_MS") ?? options.pollMs);
  // A job taken up again began at its checkpoint: its rate counts from there.
  const { label } = options;
  const first = await progressOf(server, job);
  const progress = startProgress(
    { label, total: first?.totalSteps ?? 1, unit: "steps", skipped: first?.step ?? 0, cancel: () => stop.abort() },
    options,
  );
  // The embedded engine counts epochs from 0; people count from 1.
  let fromZero = false;
  const tell = (now: TrainingProgress | undefined) => {
    if (!now) return;
    progress.setTotal(now.totalSteps);
    const { loss, validationLoss } = now;
    fromZero ||= now.epoch !== undefined && now.epoch < 1;
    const epoch = now.epoch === undefined ? undefined : Math.floor(now.epoch) + (fromZero ? 1 : 0);
    const known = Object.entries({ epoch, loss, "validation loss": validationLoss }).filter(([, v]) => v !== undefined);
    progress.update(now.step, { metrics: Object.fromEntries(known) as Record<string, number> });
  };
  try {
    while (!ended(job)) {
      if (signal.aborted) {
        await server.fineTuning.jobs.cancel(job.id);
        throw signal.reason;
      }
      await sleep(pollMs, signal);
      job = (await server.fineTuning.jobs.retrieve(job.id)) as Job;
      tell(await progressOf(server, job));
    }
    if (job.status === "cancelled") throw new Error(`the finetuning job ${job.id} was cancelled`);
    if (job.status === "failed")
      throw new Error(`finetuning failed: ${job.error?.message ?? "the server gives no reason"} (job ${job.id})`);
    const model = await finish(job);
    progress.finish("done");
    return model;
  } catch (error) {
    progress.finish(signal.aborted ? "cancelled" : "failed");
    throw error;
  }
}

/** How far a job is: as our own engine says with it, elsewhere from its latest events. */
async function progressOf(client: OpenAI, job: Job): Promise<TrainingProgress | undefined> {
  const own = job.proband?.progress;
  // The engine counts epochs from 0, people and the table of the result from 1.
  if (own) return own.epoch === undefined ? own : { ...own, epoch: own.epoch + 1 };
  if (job.proband || job.status === "queued" || job.status === "validating_files") return undefined;
  const events = (await orNothing(client.fineTuning.jobs.listEvents(job.id, { limit: 50 })))?.data ?? [];
  const metrics = events
    .map((event) => progressOfEvent(event))
    .filter((p) => p !== undefined)
    .sort((a, b) => b.step - a.step);
  const [latest] = metrics;
  if (!latest) return undefined;
  const validationLoss = metrics.find((p) => p.validationLoss !== undefined)?.validationLoss;
  return { ...latest, ...(validationLoss === undefined ? {} : { validationLoss }) };
}

/** OpenAI's events: "Step 10/100: training loss=1.23, validation loss=1.30", with the same numbers in `data`. */
export function progressOfEvent(event: OpenAI.FineTuning.FineTuningJobEvent): TrainingProgress | undefined {
  const data = (event.data ?? {}) as Record<string, unknown>;
  const said = /^step (\d+)(?:\/(\d+))?/i.exec(event.message);
  const number = (...values: unknown[]) => values.map((v) => (v === null ? NaN : Number(v))).find(Number.isFinite);
  const step = number(data["step"], said?.[1]);
  if (step === undefined) return undefined;
  const loss = number(data["train_loss"], /training loss=([\d.eE+-]+)/.exec(event.message)?.[1]);
  const validationLoss = number(
    data["valid_loss"],
    data["full_valid_loss"],
    /validation loss=([\d.eE+-]+)/.exec(event.message)?.[1],
  );
  const epoch = number(data["epoch"]);
  return {
    step,
    totalSteps: number(data["total_steps"], said?.[2]) ?? step,
    ...(epoch === undefined ? {} : { epoch }),
    ...(loss === undefined ? {} : { loss }),
    ...(validationLoss === undefined ? {} : { validationLoss }),
  };
}

const sleep = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });

/** Loss by step from the job's result file; services write the same columns. */
export async function historyOf(client: OpenAI, job: Job): Promise<TrainingStepRow[]> {
  const file = job.result_files?.[0];
  if (!file) return [];
  const response = await patient(client).files.content(file);
  const [head, ...lines] = csvOf(await response.text())
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const at = (...names: string[]) => names.map((n) => head!.indexOf(n)).find((i) => i >= 0) ?? -1;
  const [step, epoch, loss, valid] = [at("step"), at("epoch"), at("train_loss"), at("valid_loss", "full_valid_loss")];
  const number = (cells: string[], i: number) => (i < 0 || !cells[i] ? null : Number(cells[i]));
  // OpenAI's file has no epochs; there the steps are divided evenly.
  const epochs = Number(job.hyperparameters?.n_epochs) || 1;
  return lines.map((cells, i) => ({
    step: number(cells, step) ?? 0,
    epoch: number(cells, epoch) ?? Math.floor((i * epochs) / lines.length),
    loss: number(cells, loss) ?? NaN,
    validationLoss: number(cells, valid),
  }));
}

/** OpenAI gives the file's text in base64. */
function csvOf(text: string): string {
  if (text.includes(",") || !/^[A-Za-z0-9+/=\s]+$/.test(text)) return text;
  return new TextDecoder().decode(Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0)));
}

export async function checkpointsOf(client: OpenAI, job: Job): Promise<Checkpoint[]> {
  const kept = (await orNothing(patient(client).fineTuning.jobs.checkpoints.list(job.id)))?.data ?? [];
  return kept
    .map((c) => ({
      step: c.step_number,
      model: c.fine_tuned_model_checkpoint,
      loss: c.metrics?.train_loss ?? null,
      validationLoss: c.metrics?.valid_loss ?? c.metrics?.full_valid_loss ?? null,
    }))
    .sort((a, b) => b.step - a.step);
}
