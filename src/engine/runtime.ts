/** What the engine needs of an ONNX runtime. `onnxruntime-node` and `onnxruntime-web` both fit as they are. */
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";

export interface Ort {
  InferenceSession: { create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession> };
  Tensor: TensorConstructor;
}

export interface Runtime {
  ort: Ort;
  /** Where it computes, for messages: "native" (onnxruntime-node) or "wasm" (onnxruntime-web). */
  kind: "native" | "wasm" | "webgpu";
  session: InferenceSession.SessionOptions;
}

export type { InferenceSession, Tensor };

export const floats = (runtime: Runtime, data: Float32Array, shape: number[]): Tensor =>
  new runtime.ort.Tensor("float32", data, shape);

export const ints = (runtime: Runtime, data: Int32Array, shape: number[]): Tensor =>
  new runtime.ort.Tensor("int32", data, shape);
