/** Requests and tokens a minute, as token buckets that fill evenly, so that no minute of the server's sees more. */
import type { Limits } from "../../provider/index.js";

export interface Limiter {
  /** Milliseconds to wait before sending a request of so many tokens; the request is counted. */
  reserve(tokens: number): number;
  /** Corrects a reservation by what the server counted. */
  settle(reserved: number, used: number): void;
  /** Nobody sends before this many milliseconds have gone (the server's Retry-After). */
  pause(ms: number): void;
  /** How long that pause still is, in milliseconds. */
  pausedMs(): number;
}

export function createLimiter(limits: Limits, now: () => number = () => performance.now()): Limiter {
  const buckets = {
    requests: bucket(limits.requestsPerMinute, now),
    tokens: bucket(limits.tokensPerMinute, now),
  };
  let pausedUntil = -Infinity;
  return {
    reserve: (tokens) => Math.max(0, pausedUntil - now(), buckets.requests.take(1), buckets.tokens.take(tokens)),
    settle: (reserved, used) => buckets.tokens.take(used - reserved),
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
    pausedMs: () => Math.max(0, pausedUntil - now()),
  };
}

/** Holds at most a second's worth. Debts are allowed: whoever makes them waits until they are paid. */
function bucket(perMinute: number | undefined, now: () => number) {
  if (perMinute === undefined) return { take: () => 0 };
  if (!(perMinute > 0)) throw new Error(`a limit a minute must be above 0, found ${perMinute}`);
  const rate = perMinute / 60_000;
  const capacity = Math.max(1, perMinute / 60);
  let level = capacity;
  let last = now();
  return {
    take(amount: number): number {
      const t = now();
      level = Math.min(capacity, level + (t - last) * rate);
      last = t;
      level -= amount;
      return level >= 0 ? 0 : -level / rate;
    },
  };
}
