/**
 * What this session's numbers come from: data, models and seeds, for whoever freezes its outputs (`proband run` asks
 * for `globalThis[Symbol.for("proband.used")]` and writes it to the notebook's metadata). Kept on the global object, so
 * that it needs no import and is one list even where a package is loaded twice.
 */
export interface Used {
  /** Study → SHA-256 of its data file. */
  data: Record<string, string>;
  /** Model → fingerprint of weights, tokenizer and adapter. */
  models: Record<string, string>;
  /** Seeds that numbers were drawn with, and those derived from them, in order of first use; at most 1,000. */
  seeds: number[];
}

const key = Symbol.for("proband.used");
const used = ((globalThis as Record<symbol, unknown>)[key] ??= { data: {}, models: {}, seeds: [] }) as Used;

export function recordUse(kind: "data" | "models", name: string, hash: string): void {
  used[kind][name] = hash;
}

const seen = new Set<number>();

/** Called with each seed; often, so it is a look-up once a seed is known. */
export function recordSeed(seed: number): void {
  if (seen.has(seed) || seen.size >= 1000) return;
  seen.add(seed);
  used.seeds.push(seed);
}
