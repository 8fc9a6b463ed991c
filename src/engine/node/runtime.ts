/** The ONNX runtime of this machine: the native one, or WebAssembly where there is no native build. */
import { availableParallelism } from "node:os";
import type { Runtime } from "../runtime.js";

export interface RuntimeOptions {
  /** Threads of a matrix product. Default: all cores up to 4; more did not help models this size. */
  threads?: number;
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
      // Threads that spin while they wait win little on an idle machine and lose half the speed on a shared one.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    },
  };
}
