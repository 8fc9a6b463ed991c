/** The worker thread that holds an opened model. Speaks the messages of messages.ts with open.ts. */
import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createEngine } from "../engine.js";
import { readText } from "../files.js";
import { parseConfig } from "../model/config.js";
import { checkWeightsFit } from "../model/memory.js";
import type { Engine } from "../types.js";
import { availableMemory } from "./memory.js";
import { diskFiles } from "./files.js";
import { packError, type Reply, type Request, type WorkerSettings } from "./messages.js";
import { chooseRuntime } from "./runtime.js";

const settings = workerData as WorkerSettings;
const port = parentPort!;
const running = new Map<number, AbortController>();
const unfinished = new Set<Promise<void>>();
const send = (reply: Reply) => port.postMessage(reply);

/**
 * On Linux a thread has its own niceness, which the runtime's threads inherit: where they keep all cores busy, the
 * thread with the notebook's timers and widgets comes first.
 */
function giveWay(): void {
  try {
    const thread = Number(basename(readlinkSync("/proc/thread-self")));
    setPriority(thread, Math.min(19, getPriority(thread) + 10));
  } catch {
    // Another system: its scheduler prefers threads that wait a lot anyway.
  }
}

let engine: Engine;
try {
  giveWay();
  const files = diskFiles();
  const text = await readText(files, `${settings.folder}/config.json`);
  const config = text === undefined ? undefined : parseConfig(text, `${settings.folder}/config.json`);
  // What does not fit is said before anything is measured or read.
  if (config) checkWeightsFit(settings.folder, config, availableMemory());
  const runtime = await chooseRuntime(settings, config);
  engine = await createEngine(runtime, files, settings.folder, { ...settings, availableMemory });
  const { id, fingerprint, contextLength, device } = engine;
  send({ kind: "opened", id, fingerprint, contextLength, device: device! });
  port.on("message", (request: Request) => {
    const work: Promise<void> = handle(request).finally(() => unfinished.delete(work));
    if (request.kind !== "close") unfinished.add(work);
  });
} catch (error) {
  send({ kind: "failed", call: 0, error: packError(error) });
  port.close();
}

async function handle(request: Request): Promise<void> {
  if (request.kind === "abort") return void running.get(request.call)?.abort();
  const { call } = request;
  const controller = new AbortController();
  running.set(call, controller);
  const { signal } = controller;
  try {
    send({ kind: "done", call, value: await perform(request, signal) });
  } catch (error) {
    send({ kind: "failed", call, error: packError(error) });
  } finally {
    running.delete(call);
  }
}

async function perform(request: Exclude<Request, { kind: "abort" }>, signal: AbortSignal): Promise<unknown> {
  const { call } = request;
  if (request.kind === "countTokens") return engine.countTokens(request.messages);
  if (request.kind === "score")
    return engine.score(request.requests, {
      ...(request.adapter !== undefined && { adapter: request.adapter }),
      signal,
    });
  if (request.kind === "generate")
    return engine.generate(request.requests, {
      ...(request.adapter !== undefined && { adapter: request.adapter }),
      signal,
      ...(request.stream && { onToken: (index, token) => send({ kind: "token", call, index, token }) }),
    });
  if (request.kind === "train")
    return engine.train(request.examples, {
      ...request.options,
      signal,
      onStep: (step) => send({ kind: "step", call, step }),
    });
  // A session released, or a thread ended, in the middle of a run takes the whole process with it.
  for (const [other, controller] of running) if (other !== call) controller.abort();
  await Promise.allSettled(unfinished);
  await engine.close();
  return undefined;
}
