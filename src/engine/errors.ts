/** Errors of the engine. `code` is for programs, `file`, `tensor` and `line` say where, the message says what to do. */

export type EngineErrorCode =
  | "missing_file"
  | "bad_file"
  | "unknown_architecture"
  | "unsupported_setting"
  | "missing_tensor"
  | "wrong_shape"
  | "not_finite"
  | "tokenizer_mismatch"
  | "bad_example"
  | "too_long"
  | "out_of_memory"
  | "disk"
  | "bad_option"
  | "diverged"
  | "closed";

export interface ErrorPlace {
  file?: string;
  tensor?: string;
  /** Line of a JSONL training file, or the example's number, from 1. */
  line?: number;
  /** Which examples `line` is among. */
  set?: "training" | "validation";
}

/** Parses a JSON file of a model or adapter, an object; the error names the file. */
export function parseJson<T extends object>(text: string, file: string): T {
  try {
    const json = JSON.parse(text) as T | null;
    if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("expected an object");
    return json;
  } catch (error) {
    throw new EngineError(
      "bad_file",
      `${file} is not valid JSON: ${(error as Error).message}`,
      { file },
      { cause: error },
    );
  }
}

export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineErrorCode;
  // Declared only: what is not known is no field, which a notebook would print as undefined.
  declare readonly file?: string;
  declare readonly tensor?: string;
  declare readonly line?: number;
  declare readonly set?: "training" | "validation";

  constructor(code: EngineErrorCode, message: string, place: ErrorPlace = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    if (place.file !== undefined) this.file = place.file;
    if (place.tensor !== undefined) this.tensor = place.tensor;
    if (place.line !== undefined) this.line = place.line;
    if (place.set !== undefined) this.set = place.set;
  }
}
