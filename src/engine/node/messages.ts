/** What the calling thread and the engine's worker say to each other. */
import { EngineError, type EngineErrorCode, type ErrorPlace } from "../errors.js";
import type {
  ChatMessage,
  EngineDevice,
  GeneratedToken,
  GenerateRequest,
  ScoreRequest,
  TrainingExample,
  TrainOptions,
  TrainStep,
} from "../types.js";

export interface WorkerSettings {
  folder: string;
  threads?: number;
  memoryBudget?: number;
  checkpointSeconds?: number;
  backend?: "native" | "webgpu" | "wasm";
}

export type Request =
  | { kind: "countTokens"; call: number; messages: ChatMessage[] }
  | { kind: "score"; call: number; requests: ScoreRequest[]; adapter?: string }
  | { kind: "generate"; call: number; requests: GenerateRequest[]; adapter?: string; stream: boolean }
  | {
      kind: "train";
      call: number;
      examples: TrainingExample[];
      options: Omit<TrainOptions, "signal" | "onStep"> & { output: string };
    }
  | { kind: "close"; call: number }
  | { kind: "abort"; call: number };

export type Reply =
  | { kind: "opened"; id: string; fingerprint: string; contextLength: number; device: EngineDevice }
  | { kind: "token"; call: number; index: number; token: GeneratedToken }
  | { kind: "step"; call: number; step: TrainStep }
  | { kind: "done"; call: number; value: unknown }
  | { kind: "failed"; call: number; error: PackedError };

/** An error as it crosses threads: structured cloning would drop its class and fields. */
export interface PackedError extends ErrorPlace {
  name: string;
  message: string;
  stack?: string;
  code?: EngineErrorCode;
}

export function packError(error: unknown): PackedError {
  const e = error as Error & PackedError;
  const packed: PackedError = { name: e?.name ?? "Error", message: e?.message ?? String(error) };
  if (e?.stack) packed.stack = e.stack;
  if (error instanceof EngineError) {
    packed.code = error.code;
    for (const key of ["file", "tensor", "line", "set"] as const)
      if (error[key] !== undefined) Object.assign(packed, { [key]: error[key] });
  }
  return packed;
}

export function unpackError(packed: PackedError): Error {
  const error = packed.code
    ? new EngineError(packed.code, packed.message, packed)
    : Object.assign(new Error(packed.message), { name: packed.name });
  if (packed.stack) error.stack = packed.stack;
  return error;
}
