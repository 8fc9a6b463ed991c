/** The ONNX runtime of this machine: the native one on processor or graphics card, or WebAssembly where there is no native build. */
import { readFile } from "node:fs/promises";
import { EngineError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import type { Runtime } from "../runtime.js";
import { webRuntime, type WebOrt } from "../web.js";
import { measureDevice, usualThreads } from "./measure.js";

export interface RuntimeOptions {
  /** Threads of a matrix product (native only). Default: measured for the model's shape, once on a machine. */
  threads?: number;
  /**
   * "native": the processor, by onnxruntime-node. "webgpu": the graphics card, by onnxruntime-node. "wasm": the
   * processor, by onnxruntime-web. Default: what is measured to be faster of the first two, "wasm" where there is no native build.
   */
  backend?: Backend;
}

export type Backend = "native" | "webgpu" | "wasm";

/** The fastest runtime that works here, for a model's shape. */
export async function chooseRuntime(options: RuntimeOptions = {}, config?: ModelConfig): Promise<Runtime> {
  const { backend } = options;
  if (backend === "wasm") return { ...(await wasmRuntime()), why: "asked for" };
  if (backend === "webgpu") return { ...(await webgpuRuntime(options)), why: "asked for" };
  let version: string;
  try {
    version = await nativeVersion();
  } catch (error) {
    const reason = `onnxruntime-node does not load here: ${(error as Error).message}`;
    if (backend === "native") throw new EngineError("unsupported_setting", reason);
    return { ...(await wasmRuntime()), why: reason };
  }
  if (options.threads !== undefined) return { ...(await nativeRuntime(options)), why: "asked for" };
  if (!config) return nativeRuntime(options);
  const withThreads = (threads: number) => nativeRuntime({ threads });
  const measured = await measureDevice(config, version, withThreads, () => webgpuRuntime({}));
  if (measured.runtime === "webgpu" && backend === undefined) {
    // Remembered from before; the card may be gone.
    try {
      return { ...(await webgpuRuntime({})), why: measured.why };
    } catch (error) {
      return { ...(await withThreads(measured.threads)), why: (error as Error).message };
    }
  }
  return { ...(await withThreads(measured.threads)), why: measured.why };
}

const load = async () => (await import("onnxruntime-node")).default;

const nativeVersion = async () => (await load()).env.versions.node ?? "";

export async function nativeRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const threads = options.threads ?? usualThreads();
  return {
    ort: await load(),
    kind: "native",
    threads,
    session: {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      graphOptimizationLevel: "all",
      // Planning memory for every shape anew took 2.2 GB instead of 1.5 for LoRA on 135 million parameters, at no gain.
      enableMemPattern: false,
      extra: {
        session: {
          // Threads wait awake for the next matrix product, which mostly comes within this time: a tenth less time for LoRA on
          // 135 million parameters. The runtime's own default, a millisecond, costs half the speed on a shared machine.
          intra_op: { allow_spinning: "1", spin_duration_us: "50" },
          // Attention's probabilities fade below what processors compute at full speed.
          set_denormal_as_zero: "1",
        },
      },
    },
  };
}

/** onnxruntime-node on the graphics card (WebGPU over Vulkan, Metal or Direct3D). Throws, saying why, where there is none. */
export async function webgpuRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const native = await nativeRuntime({ threads: options.threads ?? 1 });
  const runtime: Runtime = {
    ...native,
    kind: "webgpu",
    session: { ...native.session, executionProviders: ["webgpu"], logSeverityLevel: 4 },
  };
  const { Graph } = await import("../graph/graph.js");
  const g = new Graph();
  const x = g.input("x", "float32", [1]);
  g.output(g.emit("Add", [x.name, x.name]), "y", "float32", [1]);
  try {
    const session = await runtime.ort.InferenceSession.create(g.build(), runtime.session);
    await session.run({ x: new runtime.ort.Tensor("float32", Float32Array.of(1), [1]) });
    await session.release();
  } catch (error) {
    const reason = (error as Error).message.split("was false. ").at(-1)!.trim();
    throw new EngineError(
      "unsupported_setting",
      `WebGPU does not work here: ${reason} Leave the backend out, or take "native".`,
      {},
      { cause: error },
    );
  }
  return runtime;
}

/** onnxruntime-web in this thread, from the copy that the build puts beside the engine. One thread: its workers need a page. */
export async function wasmRuntime(): Promise<Runtime> {
  const module = new URL("../web/ort.mjs", import.meta.url);
  const ort = (await import(module.href)) as WebOrt;
  return webRuntime(ort, { wasm: await readFile(new URL("../web/ort.wasm", import.meta.url)), threads: 1 });
}
