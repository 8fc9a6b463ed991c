/** Opens a model folder in a worker thread, so that the calling thread's event loop never waits for a computation. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { EngineError } from "../errors.js";
import type { Engine, Generated, GeneratedToken, TrainResult, TrainStep } from "../types.js";
import { environmentSettings } from "./settings.js";
import { unpackError, type Reply, type Request, type WorkerSettings } from "./messages.js";

export interface OpenOptions {
  /** Threads of a matrix product. Default: PROBAND_THREADS, or measured for the model's shape, once on a machine. */
  threads?: number;
  /** Bytes that one run may use beyond the weights. Default: PROBAND_MEMORY, or 512 MB, or a quarter of what is free where that is less. */
  memoryBudget?: number;
  /** At most one checkpoint of a training in this many seconds. Default 3. */
  checkpointSeconds?: number;
  /** Insists on processor ("native"), graphics card ("webgpu") or WebAssembly. Default: PROBAND_BACKEND, or the fastest that works. */
  backend?: "native" | "webgpu" | "wasm";
}

interface Pending {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
  onToken?: ((request: number, token: GeneratedToken) => void) | undefined;
  onStep?: ((step: TrainStep) => void) | undefined;
}

type Call = Request extends infer R ? (R extends { call: number } ? Omit<R, "call"> : never) : never;

const builtIn = fileURLToPath(new URL("../../../data/base-model", import.meta.url));

/**
 * Opens a model: "proband-base", which comes with Proband, or a folder with a Llama-family or Qwen2 model in Hugging Face layout (config.json, tokenizer.json,
 * tokenizer_config.json, safetensors). Throws `EngineError` naming the file and tensor when it cannot be used.
 */
export async function openModel(folder: string, options: OpenOptions = {}): Promise<Engine> {
  const own = folder !== "proband-base" || existsSync(resolve(folder, "config.json"));
  const settings: WorkerSettings = {
    folder: resolve(own ? folder : builtIn).replaceAll("\\", "/"),
    ...environmentSettings(),
    ...options,
  };
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: settings });
  const pending = new Map<number, Pending>();
  let calls = 0;
  let ended: Error | undefined;

  const opened = await new Promise<Extract<Reply, { kind: "opened" }>>((done, fail) => {
    const end = (error: Error) => {
      ended ??= error;
      fail(error);
      for (const call of pending.values()) call.reject(error);
      pending.clear();
    };
    worker.on("error", (error) => end(error as Error));
    worker.on("exit", () => end(new EngineError("closed", "the model was closed")));
    worker.on("message", (reply: Reply) => {
      if (reply.kind === "opened") return done(reply);
      const call = pending.get(reply.call);
      if (reply.kind === "token") return call?.onToken?.(reply.index, reply.token);
      if (reply.kind === "step") return call?.onStep?.(reply.step);
      if (reply.kind === "failed" && reply.call === 0) return fail(unpackError(reply.error));
      pending.delete(reply.call);
      // An idle model must not keep the process alive.
      if (!pending.size) worker.unref();
      if (reply.kind === "done") call?.resolve(reply.value as never);
      else call?.reject(unpackError(reply.error));
    });
  });
  worker.unref();

  function request<T>(
    message: Call,
    signal?: AbortSignal,
    extra: Pick<Pending, "onToken" | "onStep"> = {},
  ): Promise<T> {
    if (ended) return Promise.reject(ended);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const call = ++calls;
    return new Promise<T>((resolve, reject) => {
      const abort = () => worker.postMessage({ kind: "abort", call } satisfies Request);
      const settle =
        <A>(then: (value: A) => void) =>
        (value: A) => {
          signal?.removeEventListener("abort", abort);
          then(value);
        };
      pending.set(call, {
        resolve: settle(resolve as (value: never) => void),
        reject: settle((error: unknown) => reject(signal?.aborted ? signal.reason : error)),
        ...extra,
      });
      signal?.addEventListener("abort", abort);
      worker.ref();
      worker.postMessage({ ...message, call });
    });
  }

  const { id, fingerprint, contextLength, device } = opened;
  return {
    id,
    fingerprint,
    contextLength,
    device,
    countTokens: (messages) => request<number>({ kind: "countTokens", messages }),
    score: (requests, { adapter, signal } = {}) =>
      request<Float64Array[]>({ kind: "score", requests, ...(adapter !== undefined && { adapter }) }, signal),
    generate: (requests, { adapter, signal, onToken } = {}) =>
      request<Generated[]>(
        { kind: "generate", requests, stream: Boolean(onToken), ...(adapter !== undefined && { adapter }) },
        signal,
        { onToken },
      ),
    train: (examples, { signal, onStep, ...rest }) =>
      request<TrainResult>({ kind: "train", examples, options: rest }, signal, { onStep }),
    async close() {
      if (ended) return;
      const closed = request({ kind: "close" });
      ended = new EngineError("closed", "the model was closed");
      await closed;
      await worker.terminate();
    },
  };
}
