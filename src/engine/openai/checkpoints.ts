/**
 * /v1/fine_tuning/jobs/{id}/checkpoints: the adapters after each of the last three epochs, usable as models of their
 * own while the job still runs, and the one the job ended with (the best, with a validation file).
 */
import type { TrainStep } from "../types.js";
import { page } from "./files.js";
import { retrieveJob, type Job } from "./jobs.js";
import { adapterPath, forget, type AdapterRecord } from "./models.js";
import { newId, readJson, seconds, type State } from "./state.js";

export interface Checkpoint {
  id: string;
  object: "fine_tuning.job.checkpoint";
  created_at: number;
  fine_tuned_model_checkpoint: string;
  fine_tuning_job_id: string;
  metrics: { step: number; train_loss: number; valid_loss?: number; full_valid_loss?: number };
  step_number: number;
}

/** As many as OpenAI keeps. */
export const epochsKept = 3;
export const epochsFolder = (job: string) => `jobs/${job}/epochs`;
const path = (job: string, step: number) => `${epochsFolder(job)}/step-${step}.json`;

function checkpoint(job: string, model: string, { step, loss, validationLoss: valid }: TrainStep): Checkpoint {
  return {
    id: newId("ftckpt_"),
    object: "fine_tuning.job.checkpoint",
    created_at: seconds(),
    fine_tuned_model_checkpoint: model,
    fine_tuning_job_id: job,
    // Validation is always on the whole file, so both names have the same figure.
    metrics: { step, train_loss: loss, ...(valid === undefined ? {} : { valid_loss: valid, full_valid_loss: valid }) },
    step_number: step,
  };
}

/** Makes the adapter that was written after an epoch a model, `<model>:ckpt-step-N`; forgets those no longer kept. */
export async function addCheckpoint(
  state: State,
  job: Job,
  model: { id: string; fingerprint: string },
  step: TrainStep,
): Promise<void> {
  const id = `${model.id}:ckpt-step-${step.step}`;
  const record: AdapterRecord = {
    id,
    base: job.model,
    created: seconds(),
    job: job.id,
    adapter: `${epochsFolder(job.id)}/step-${step.step}`,
    fingerprint: `${model.fingerprint}-step-${step.step}`,
    checkpoint: true,
  };
  await state.write(adapterPath(id), JSON.stringify(record));
  await state.write(path(job.id, step.step), JSON.stringify(checkpoint(job.id, id, step)));
  forget(state, id);
  for (const old of (await kept(state, job.id)).slice(epochsKept)) await drop(state, old);
}

/** Checkpoints of a job, the newest first. */
async function kept(state: State, job: string): Promise<Checkpoint[]> {
  const names = (await state.list(epochsFolder(job))).filter((name) => name.endsWith(".json"));
  const all = await Promise.all(names.map((name) => readJson<Checkpoint>(state, `${epochsFolder(job)}/${name}`)));
  return all.filter((c) => c !== undefined).sort((a, b) => b.step_number - a.step_number);
}

async function drop(state: State, { fine_tuned_model_checkpoint: model, ...c }: Checkpoint): Promise<void> {
  await state.remove(path(c.fine_tuning_job_id, c.step_number));
  // The same training run again has models of the same names, which are that job's then.
  const record = await readJson<AdapterRecord>(state, adapterPath(model));
  if (record?.job === c.fine_tuning_job_id) await state.remove(adapterPath(model));
  await state.remove(`${epochsFolder(c.fine_tuning_job_id)}/step-${c.step_number}`);
  forget(state, model);
}

/** With a finetuned model its job's checkpoints go too. */
export async function dropCheckpoints(state: State, job: string): Promise<void> {
  for (const c of await kept(state, job)) await drop(state, c);
}

/**
 * When training has ended: the epoch whose state is the finetuned model stands under that model's name, also where it
 * is none of the last ones.
 */
export async function finishCheckpoints(
  state: State,
  job: Job,
  model: string,
  history: readonly TrainStep[],
): Promise<void> {
  const validated = history.filter((s) => s.validationLoss !== undefined);
  // As the trainer has it: the first of the lowest, or the last step without validation.
  const ended = validated.length
    ? validated.reduce((a, b) => (b.validationLoss! < a.validationLoss! ? b : a))
    : history.at(-1)!;
  const same = (await kept(state, job.id)).find(
    (c) => c.step_number === ended.step && c.fine_tuned_model_checkpoint !== model,
  );
  if (same) await drop(state, same);
  await state.write(path(job.id, ended.step), JSON.stringify(checkpoint(job.id, model, ended)));
}

export async function listCheckpoints(state: State, id: string, query: URLSearchParams) {
  await retrieveJob(state, id);
  return page(await kept(state, id), query, 10);
}
