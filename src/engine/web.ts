/** onnxruntime-web as the engine's runtime: in a page, in a worker, or in Node without a native build. */
import { layerOf, timeLayer } from "./device.js";
import type { ModelConfig } from "./model/config.js";
import type { Ort, Runtime } from "./runtime.js";

/** The module of onnxruntime-web; the build puts a copy (without WebGPU, which doubles its size) at dist/engine/web/ort.mjs. */
export type WebOrt = Ort & {
  env: { wasm: { numThreads?: number; wasmBinary?: ArrayBufferLike | Uint8Array; wasmPaths?: unknown } };
};

export interface WebRuntimeOptions {
  /** Where ort.wasm lies (a URL), or its bytes. Default: beside the module. */
  wasm?: string | Uint8Array;
  /** Threads. Default: as many as cores, at most 4, in a cross-origin isolated page; elsewhere browsers allow one. */
  threads?: number;
}

interface Page {
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number; gpu?: { requestAdapter(): Promise<unknown> } };
}

const page = globalThis as Page;

/** Threads that WebAssembly may use here, and why. */
export function webThreads(): { threads: number; why: string } {
  if (!page.crossOriginIsolated || typeof SharedArrayBuffer === "undefined")
    return { threads: 1, why: "one thread, for the page is not cross-origin isolated" };
  const threads = Math.max(1, Math.min(4, page.navigator?.hardwareConcurrency ?? 1));
  return { threads, why: `${threads} thread(s), as the page is cross-origin isolated` };
}

/** WebAssembly on the processor. */
export function webRuntime(ort: WebOrt, options: WebRuntimeOptions = {}): Runtime {
  const { wasm } = ort.env;
  const { threads, why } =
    options.threads === undefined ? webThreads() : { threads: options.threads, why: "asked for" };
  wasm.numThreads = threads;
  if (typeof options.wasm === "string") wasm.wasmPaths = { wasm: options.wasm };
  else if (options.wasm) wasm.wasmBinary = options.wasm;
  return {
    ort,
    kind: "wasm",
    threads,
    why,
    session: { executionProviders: ["wasm"], logSeverityLevel: 3, graphOptimizationLevel: "all" },
  };
}

export interface ChooseWebOptions extends WebRuntimeOptions {
  /** "webgpu" or "wasm" insists; default: the faster one. */
  device?: "webgpu" | "wasm";
  /** The model it is for, whose layer is timed on both. Without one, WebAssembly is taken. */
  model?: ModelConfig;
}

/**
 * WebGPU where the browser has it, `ort` was built with it ("onnxruntime-web/webgpu") and a layer of the model trains
 * faster and to the same loss on it; WebAssembly otherwise. `why` says what was measured or what is missing.
 */
export async function chooseWebRuntime(ort: WebOrt, options: ChooseWebOptions = {}): Promise<Runtime> {
  const { device, model } = options;
  const wasm = webRuntime(ort, options);
  if (device === "wasm" || (!device && !model)) return wasm;
  const without = (reason: string): Runtime => {
    if (device) throw new Error(`WebGPU does not work here: ${reason}`);
    return { ...wasm, why: `${wasm.why}; no WebGPU: ${reason}` };
  };
  if (!page.navigator?.gpu) return without("this browser has no navigator.gpu");
  if (!(await page.navigator.gpu.requestAdapter().catch(() => null)))
    return without("the browser gives no adapter for a graphics card");
  const gpu: Runtime = { ...wasm, kind: "webgpu", session: { ...wasm.session, executionProviders: ["webgpu"] } };
  try {
    const layer = layerOf(model ?? smallest);
    const onGpu = await timeLayer(gpu, layer);
    if (device) return { ...gpu, why: "asked for" };
    const onWasm = await timeLayer(wasm, layer);
    const same = Math.abs(onGpu.loss - onWasm.loss) <= 1e-3 * Math.abs(onWasm.loss);
    const why = `measured a layer's step: WebGPU ${onGpu.ms.toFixed(1)} ms${same ? "" : " (but its numbers differ)"}, WebAssembly ${onWasm.ms.toFixed(1)} ms; ${wasm.why}`;
    return same && onGpu.ms < onWasm.ms ? { ...gpu, why } : { ...wasm, why };
  } catch (error) {
    return without((error as Error).message);
  }
}

/** Tells whether anything runs at all. */
const smallest: ModelConfig = {
  architecture: "llama",
  hiddenSize: 32,
  layers: 1,
  heads: 2,
  keyValueHeads: 2,
  headSize: 16,
  intermediateSize: 64,
  vocabularySize: 64,
  normEpsilon: 1e-5,
  tied: true,
  bias: { qkv: false, o: false, mlp: false },
  rope: { type: "default", theta: 10000 },
  contextLength: 64,
  eosTokens: [],
};
