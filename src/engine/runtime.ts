/** What the engine needs of an ONNX runtime. `onnxruntime-node` and `onnxruntime-web` both fit as they are. */
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";

export interface Ort {
  InferenceSession: { create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession> };
  Tensor: TensorConstructor;
}

export interface Runtime {
  ort: Ort;
  /** Where it computes: "native" (onnxruntime-node on the processor), "wasm" (onnxruntime-web) or "webgpu" (either, on a graphics card). */
  kind: "native" | "wasm" | "webgpu";
  /** Threads of a matrix product. Default 1. */
  threads?: number;
  /** How it was chosen, in words: measured, asked for, or what else was tried and why it does not work here. */
  why?: string;
  session: InferenceSession.SessionOptions;
}

export type { InferenceSession, Tensor };

export const floats = (runtime: Runtime, data: Float32Array, shape: number[]): Tensor =>
  new runtime.ort.Tensor("float32", data, shape);

export const ints = (runtime: Runtime, data: Int32Array, shape: number[]): Tensor =>
  new runtime.ort.Tensor("int32", data, shape);
