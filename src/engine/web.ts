/** onnxruntime-web as the engine's runtime: in a page, in a worker, or in Node without a native build. */
import type { Ort, Runtime } from "./runtime.js";

/** The module of onnxruntime-web; the build puts a copy at dist/engine/web/ort.mjs. */
export type WebOrt = Ort & {
  env: { wasm: { numThreads?: number; wasmBinary?: ArrayBufferLike | Uint8Array; wasmPaths?: unknown } };
};

export interface WebRuntimeOptions {
  /** Where ort.wasm lies (a URL), or its bytes. Default: beside the module. */
  wasm?: string | Uint8Array;
  /** Threads; more than one needs a cross-origin isolated page. Default 1. */
  threads?: number;
}

export function webRuntime(ort: WebOrt, options: WebRuntimeOptions = {}): Runtime {
  const { wasm } = ort.env;
  wasm.numThreads = options.threads ?? 1;
  if (typeof options.wasm === "string") wasm.wasmPaths = { wasm: options.wasm };
  else if (options.wasm) wasm.wasmBinary = options.wasm;
  return {
    ort,
    kind: "wasm",
    session: { executionProviders: ["wasm"], logSeverityLevel: 3, graphOptimizationLevel: "all" },
  };
}
