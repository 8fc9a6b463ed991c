/** The ONNX runtime of this machine: the native one, or WebAssembly where there is no native build. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { EngineError } from "../errors.js";
import type { Runtime } from "../runtime.js";
import { webRuntime, type WebOrt } from "../web.js";

export interface RuntimeOptions {
  /** Threads of a matrix product (native only). Default: all cores up to 4; more did not help models this size. */
  threads?: number;
  /** "native" or "wasm" insists on one; default the first that works. */
  backend?: "native" | "wasm";
}

/** The fastest runtime that works here. */
export async function chooseRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  if (options.backend === "wasm") return wasmRuntime();
  try {
    return await nativeRuntime(options);
  } catch (error) {
    if (options.backend === "native")
      throw new EngineError("unsupported_setting", `onnxruntime-node does not load here: ${(error as Error).message}`);
    return wasmRuntime();
  }
}

export async function nativeRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const threads = options.threads ?? Math.min(4, availableParallelism());
  const { default: ort } = await import("onnxruntime-node");
  return {
    ort,
    kind: "native",
    session: {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      graphOptimizationLevel: "all",
      // Planning memory for every shape anew took 2.2 GB instead of 1.5 for LoRA on 135 million parameters, at no gain.
      enableMemPattern: false,
      // Threads that spin while they wait win little on an idle machine and lose half the speed on a shared one.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    },
  };
}

/** onnxruntime-web in this thread, from the copy that the build puts beside the engine. One thread: its workers need a page. */
export async function wasmRuntime(): Promise<Runtime> {
  const module = new URL("../web/ort.mjs", import.meta.url);
  const ort = (await import(module.href)) as WebOrt;
  return webRuntime(ort, { wasm: await readFile(new URL("../web/ort.wasm", import.meta.url)) });
}
