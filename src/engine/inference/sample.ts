/** Choosing a token from logits. */
import type { Random } from "../../study/random.js";

export interface SampleOptions {
  /** 0 takes the most likely token. Default 1. */
  temperature: number;
  /** Only the most likely tokens that together reach this probability. Default 1. */
  topP: number;
}

/** log Σ exp, without overflow. */
export function logSumExp(logits: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > max) max = logits[i]!;
  if (max === -Infinity) return max;
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - max);
  return max + Math.log(total);
}

/** Draws a token; −Infinity marks forbidden ones. */
export function sampleToken(logits: ArrayLike<number>, options: SampleOptions, draw: Random): number {
  const { temperature, topP } = options;
  if (!(temperature > 0)) return argmax(logits);
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > max) max = logits[i]!;
  let total = 0;
  const weights = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) total += weights[i] = Math.exp((logits[i]! - max) / temperature);
  if (topP < 1) {
    // Only tokens above a small share can matter: sorting a whole vocabulary at every step would be slow.
    const floor = (total * (1 - topP)) / weights.length;
    const likely: number[] = [];
    for (let i = 0; i < weights.length; i++) if (weights[i]! >= floor) likely.push(i);
    likely.sort((a, b) => weights[b]! - weights[a]! || a - b);
    let reached = 0,
      kept = 0;
    while (kept < likely.length && reached < topP * total) reached += weights[likely[kept++]!]!;
    return likely[draw.weighted(likely.slice(0, Math.max(1, kept)).map((i) => weights[i]!))]!;
  }
  return draw.weighted(weights);
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The k most likely tokens, best first. */
export function topTokens(logits: ArrayLike<number>, k: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < logits.length; i++) {
    if (best.length === k && logits[i]! <= logits[best[k - 1]!]!) continue;
    let at = best.length;
    while (at > 0 && logits[best[at - 1]!]! < logits[i]!) at--;
    best.splice(at, 0, i);
    if (best.length > k) best.pop();
  }
  return best;
}
