/** What an error of a request means, and how long to wait before the next try. */
import { random } from "../../study/index.js";

export type Verdict =
  /** `lost`: the server may have answered, and billed, though nothing whole arrived. */
  | { kind: "retry"; overloaded: boolean; lost: boolean; afterMs?: number; why: string }
  | { kind: "refused"; why: string }
  | { kind: "too-long"; why: string }
  | { kind: "stop"; why: string };

interface Failed {
  status?: number;
  code?: string | null;
  message?: string;
  name?: string;
  headers?: Headers;
}

export function judge(error: unknown): Verdict {
  const { status, code, message = String(error), headers } = (error ?? {}) as Failed;
  if (status === undefined) {
    // No HTTP status: reset connections, time-outs, bodies cut short or doubled.
    const timedOut = (error as Error)?.name === "TimeoutError" || /timed? ?out/i.test(message);
    return {
      kind: "retry",
      overloaded: timedOut,
      lost: true,
      why: timedOut ? "time-out" : `connection or body: ${message}`,
    };
  }
  if (code === "insufficient_quota") return { kind: "stop", why: `${message} (the account's quota is used up)` };
  if (code === "content_filter") return { kind: "refused", why: message };
  if (status === 400 && (code === "context_length_exceeded" || /context length|maximum context/i.test(message)))
    return { kind: "too-long", why: message };
  const retried = status === 408 || status === 409 || status === 425 || status === 429 || status >= 500;
  if (!retried) return { kind: "stop", why: message };
  const afterMs = retryAfter(headers);
  const overloaded = status === 429 || status === 503 || status === 529;
  return {
    kind: "retry",
    overloaded,
    lost: false,
    why: `HTTP ${status}`,
    ...(afterMs === undefined ? {} : { afterMs }),
  };
}

/** The server's wish in milliseconds: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
export function retryAfter(headers: Headers | undefined, now = Date.now()): number | undefined {
  const ms = headers?.get?.("retry-after-ms");
  if (ms && Number(ms) >= 0) return Number(ms);
  const after = headers?.get?.("retry-after");
  if (!after) return undefined;
  const seconds = Number(after);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(after);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Exponential backoff with full jitter: uniform up to base × 2^attempt, at most 30 s. */
export function backoff(attempt: number, seed: number, key: string, baseMs = 250): number {
  return random(seed, "backoff", key, attempt)() * Math.min(30_000, baseMs * 2 ** attempt);
}
