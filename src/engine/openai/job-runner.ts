/** Works through finetuning jobs one at a time, also those that a stopped process left behind. */
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import { EngineError } from "../errors.js";
import { megabytes } from "../model/memory.js";
import type { EngineDevice, TrainStep } from "../types.js";
import { ApiError, toApiError } from "./errors.js";
import { addCheckpoint, epochsFolder, epochsKept, finishCheckpoints } from "./checkpoints.js";
import { fileContent, retrieveFile, type FileObject } from "./files.js";
import { addEvent, allJobs, ended, jobPath, retrieveJob, saveEnded, type Job } from "./jobs.js";
import { adapterPath, forget, type AdapterRecord, type ModelHost } from "./models.js";
import { newId, seconds, type State } from "./state.js";
import { parseTrainingFile } from "./training-file.js";

export interface JobRunner {
  /** Starts a job when those before it are done. */
  enqueue(job: Job): void;
  cancel(id: string): Promise<Job>;
  /** Takes up every unfinished job that no living process works on. */
  resume(): Promise<void>;
  /** Stops what runs; it stays resumable. */
  stop(): Promise<void>;
}

/** "on the processor with 2 threads (measured …)". */
export function describeDevice({ runtime, threads, memoryBudget, why }: EngineDevice): string {
  const place = { native: "on the processor", webgpu: "on the graphics card (WebGPU)", wasm: "on WebAssembly" }[
    runtime
  ];
  const some = runtime === "webgpu" ? "" : ` with ${threads} thread${threads === 1 ? "" : "s"}`;
  return `${place}${some}, ${megabytes(memoryBudget)} for a run (${why})`;
}

/** Events or checkpoints of a training could not be written; `cause` is why. */
class ReportError extends Error {
  constructor(cause: unknown) {
    super("the training could not be recorded", { cause });
  }
}

/** The name a job's model will have: of base, data and every setting, so that the same training has the same name. */
function finetunedModel(job: Job, base: string): { id: string; fingerprint: string } {
  const { training, dataHash } = job.proband;
  const fingerprint = bytesToHex(sha256(JSON.stringify([base, dataHash, training]))).slice(0, 32);
  const name = job.model.split(/[\\/]/).filter(Boolean).at(-1)!;
  return { id: `ft:${name}:proband:${job.user_provided_suffix ?? ""}:${fingerprint.slice(0, 8)}`, fingerprint };
}

const cancelMark = (id: string) => `jobs/${id}/cancel`;

export function createJobRunner(host: ModelHost, state: State): JobRunner {
  const running = new Map<string, AbortController>();
  const waiting = new Set<string>();
  let queue: Promise<void> = Promise.resolve();
  let stopped = false;
  // Events and progress still being written; nothing else may be saved before them.
  let reports: Promise<unknown> = Promise.resolve();

  const save = (job: Job) => state.write(jobPath(job.id), JSON.stringify(job));

  async function run(id: string): Promise<void> {
    waiting.delete(id);
    if (stopped) return;
    const release = await state.claim(`job-${id}`);
    if (!release) return;
    const controller = new AbortController();
    running.set(id, controller);
    let job = await retrieveJob(state, id);
    try {
      if (ended(job)) return;
      if (await state.read(cancelMark(id))) throw new DOMException("cancelled", "AbortError");
      const resumed = job.status === "running";
      job = { ...job, status: "running" };
      await save(job);
      await addEvent(state, id, resumed ? "Fine-tuning job resumed" : "Fine-tuning job started");
      job = await train(job, controller);
      await save(job);
      await addEvent(state, id, "The job has successfully completed");
    } catch (error) {
      await reports;
      const reporting = controller.signal.reason instanceof ReportError;
      // A stopped server leaves its job "running": the next one takes it up at its checkpoint.
      if (stopped && controller.signal.aborted && !reporting) return;
      const cancelled = !reporting && (controller.signal.aborted || (await state.read(cancelMark(id))) !== undefined);
      const { message, code, param } = reporting
        ? toApiError((controller.signal.reason as Error).cause)
        : await inFile(toApiError(error), error, job);
      job = {
        ...job,
        status: cancelled ? "cancelled" : "failed",
        finished_at: seconds(),
        error: cancelled ? null : { code: code ?? "training_failed", message, param },
      };
      await saveEnded(state, job);
      const event = cancelled ? "Fine-tuning job cancelled" : message;
      await addEvent(state, id, event, undefined, cancelled ? "info" : "error").catch(() => undefined);
    } finally {
      running.delete(id);
      await release();
    }
  }

  const readTrainingFile = async (file: string) =>
    parseTrainingFile(new TextDecoder().decode(await fileContent(state, file)));

  /** An error about an example, said of the file and line where it stands: empty lines are no examples, but lines. */
  async function inFile({ message, code }: ApiError, error: unknown, job: Job) {
    const { line, set = "training" } = error as { line?: number; set?: "training" | "validation" };
    const param = `${set}_file` as const;
    const file = job[param];
    if (!(error instanceof EngineError) || line === undefined || !file) return { message, code, param: null };
    const [{ filename }, { lines }] = await Promise.all([retrieveFile(state, file), readTrainingFile(file)]);
    const place = `${filename} (${file}), line ${lines[line - 1] ?? line}`;
    return { message: message.replace(/^(validation )?example \d+/, place), code, param };
  }

  async function train(job: Job, controller: AbortController): Promise<Job> {
    const engine = await host.open(job.model);
    const examplesOf = async (file: string) => (await readTrainingFile(file)).examples;
    const { training } = job.proband;
    if (engine.device) await addEvent(state, job.id, `Training ${describeDevice(engine.device)}`);
    const started = Date.now();
    const history: TrainStep[] = [];
    let checked = started;
    const { patience, ...settings } = training;
    const adapter = `jobs/${job.id}/adapter`;
    const model = finetunedModel(job, engine.fingerprint);
    const result = await engine.train(await examplesOf(job.training_file), {
      ...settings,
      ...(patience && job.validation_file ? { patience } : {}),
      ...(job.validation_file ? { validation: await examplesOf(job.validation_file) } : {}),
      output: state.location(adapter),
      checkpoints: state.location(`jobs/${job.id}/checkpoint`),
      epochAdapters: { folder: state.location(epochsFolder(job.id)), last: epochsKept },
      signal: controller.signal,
      onStep: (step) => {
        history.push(step);
        const elapsed = (Date.now() - started) / 1000;
        const left = (elapsed / history.length) * (step.totalSteps - step.step);
        job = {
          ...job,
          estimated_finish: seconds() + Math.ceil(left),
          proband: { ...job.proband, progress: { ...step, elapsed_seconds: elapsed } },
        };
        const now = job;
        reports = reports
          .then(() => report(now, step))
          .then(() => (step.adapter ? addCheckpoint(state, now, model, step) : undefined))
          // What cannot be recorded is not worth training on for.
          .catch((error: unknown) => controller.abort(new ReportError(error)));
        if (Date.now() - checked < 1000) return;
        checked = Date.now();
        void state.read(cancelMark(job.id)).then(
          (mark) => mark && controller.abort(),
          () => undefined,
        );
      },
    });
    await reports;
    controller.signal.throwIfAborted();
    return finish(job, model, adapter, result.trainedTokens, result.history.length ? result.history : history);
  }

  let lastSaved = 0;
  async function report(job: Job, step: TrainStep): Promise<void> {
    const data = { step: step.step, total_steps: step.totalSteps, train_loss: step.loss, epoch: step.epoch };
    const validation = step.validationLoss;
    const parts = [`training loss=${step.loss.toFixed(3)}`];
    if (validation !== undefined) parts.push(`validation loss=${validation.toFixed(3)}`);
    await addEvent(state, job.id, `Step ${step.step}/${step.totalSteps}: ${parts.join(", ")}`, {
      ...data,
      ...(validation === undefined ? {} : { valid_loss: validation }),
    });
    if (Date.now() - lastSaved < 100 && step.step < step.totalSteps) return;
    lastSaved = Date.now();
    await save(job);
  }

  async function finish(
    job: Job,
    { id, fingerprint }: { id: string; fingerprint: string },
    adapter: string,
    tokens: number,
    history: TrainStep[],
  ): Promise<Job> {
    const record: AdapterRecord = { id, base: job.model, created: seconds(), job: job.id, adapter, fingerprint };
    const csv = [
      "step,epoch,train_loss,valid_loss",
      ...history.map((s) => `${s.step},${s.epoch},${s.loss},${s.validationLoss ?? ""}`),
    ];
    const file: FileObject = {
      id: newId("file-"),
      object: "file",
      bytes: csv.join("\n").length + 1,
      created_at: seconds(),
      filename: "step_metrics.csv",
      purpose: "fine-tune-results",
      status: "processed",
    };
    await state.write(`files/${file.id}.data`, csv.join("\n") + "\n");
    await state.write(`files/${file.id}.json`, JSON.stringify(file));
    await state.write(adapterPath(id), JSON.stringify(record));
    forget(state, id);
    await finishCheckpoints(state, job, id, history);
    await addEvent(state, job.id, `New fine-tuned model created: ${id}`);
    return {
      ...job,
      status: "succeeded",
      finished_at: seconds(),
      estimated_finish: null,
      fine_tuned_model: id,
      result_files: [file.id],
      trained_tokens: tokens,
    };
  }

  function enqueue(job: Job): void {
    if (waiting.has(job.id) || running.has(job.id)) return;
    waiting.add(job.id);
    queue = queue.then(() => run(job.id)).catch(() => undefined);
  }

  return {
    enqueue,
    async cancel(id) {
      const job = await retrieveJob(state, id);
      if (ended(job))
        throw new ApiError(
          400,
          `Job has already ${job.status} and cannot be cancelled.`,
          "invalid_state",
          "fine_tune_id",
        );
      await state.write(cancelMark(id), "");
      const own = running.get(id);
      own?.abort();
      if (own) return { ...job, status: "cancelled" };
      if (!waiting.has(id) && job.status === "running") return job;
      const cancelled: Job = { ...job, status: "cancelled", finished_at: seconds() };
      await save(cancelled);
      await addEvent(state, id, "Fine-tuning job cancelled");
      return cancelled;
    },
    async resume() {
      for (const job of (await allJobs(state)).reverse()) if (!ended(job)) enqueue(job);
    },
    async stop() {
      stopped = true;
      for (const controller of running.values()) controller.abort();
      await queue;
    },
  };
}
