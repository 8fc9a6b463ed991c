/** OpenAI's error object: what its clients turn into typed exceptions. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null = null,
    readonly param: string | null = null,
    readonly type = status >= 500 ? "server_error" : "invalid_request_error",
  ) {
    super(message);
  }

  get body() {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

export const notFound = (what: string, id: string, param: string) =>
  new ApiError(404, `No such ${what}: ${id}`, null, param);

/** An engine's error as OpenAI would answer it: its own `code` is kept, everything unforeseen is a server error. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { message, code } = error as { message?: string; code?: string };
  const said = message ?? String(error);
  if (code === "too_long") return new ApiError(400, said, "context_length_exceeded", "messages");
  // What the request asks of this model and no second try would get.
  if (
    code === "tokenizer_mismatch" ||
    code === "bad_option" ||
    code === "unsupported_setting" ||
    code === "bad_example"
  )
    return new ApiError(400, said, code);
  if (error instanceof DOMException && error.name === "AbortError")
    return new ApiError(499, "The request was cancelled.");
  return new ApiError(500, said, typeof code === "string" ? code : null);
}
