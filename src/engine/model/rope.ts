/**
 * Rotary position embeddings and their scalings, as config.json names them and transformers computes them
 * (modeling_rope_utils): default, linear, dynamic (NTK), llama3, yarn (Peng et al. 2023), longrope (Ding et al. 2024).
 */
import { EngineError } from "../errors.js";

export type Rope = { theta: number } & (
  | { type: "default" }
  | { type: "linear"; factor: number }
  | { type: "dynamic"; factor: number; original: number }
  | { type: "llama3"; factor: number; low: number; high: number; original: number }
  | {
      type: "yarn";
      factor: number;
      original: number;
      /** Rotations within `original` above which a frequency is kept, and below which it is divided by `factor`. */
      betaFast: number;
      betaSlow: number;
      truncate: boolean;
      /** Factor of cosines and sines. */
      attention: number;
    }
  | { type: "longrope"; original: number; short: number[]; long: number[]; attention: number }
);

type Json = Record<string, unknown>;

const known = "default, linear, dynamic, llama3, yarn or longrope";

/** The rotary embedding of a config.json. `contextLength` is its max_position_embeddings; `file` names it in errors. */
export function parseRope(json: Json, contextLength: number, headSize: number, file: string): Rope {
  // transformers 5 writes rope_parameters; before it, rope_theta and rope_scaling.
  const given = (json["rope_scaling"] ?? json["rope_parameters"] ?? {}) as Json;
  const type = String(given["rope_type"] ?? given["type"] ?? "default");
  const refuse = (why: string) =>
    new EngineError(
      "unsupported_setting",
      `${file}: the rotary embedding ${JSON.stringify(given).slice(0, 300)} is not supported: ${why}.`,
      { file },
    );
  if (typeof given !== "object" || Array.isArray(given)) throw refuse("expected an object");
  const nested = Object.keys(given).find((key) => given[key] && (given[key] as object).constructor === Object);
  if (nested !== undefined) throw refuse(`${nested} has an embedding of its own, and all layers must have the same`);
  if (Number(given["partial_rotary_factor"] ?? 1) !== 1) throw refuse("partial_rotary_factor must be 1");
  const positive = (key: string, fallback?: number): number => {
    const value = given[key] ?? fallback;
    if (typeof value !== "number" || !(value > 0) || !Number.isFinite(value))
      throw refuse(`${type} needs ${key}, a positive number`);
    return value;
  };
  const theta = positive("rope_theta", Number(json["rope_theta"] ?? 10000));
  // Some models have it beside the scaling; transformers then prefers it.
  const original = () =>
    Number(json["original_max_position_embeddings"] ?? 0) ||
    positive("original_max_position_embeddings", contextLength);
  switch (type) {
    case "default":
      return { type, theta };
    case "linear":
      return { type, theta, factor: positive("factor") };
    case "dynamic":
      return { type, theta, factor: positive("factor"), original: contextLength };
    case "llama3":
      return {
        type,
        theta,
        factor: positive("factor"),
        original: original(),
        low: positive("low_freq_factor"),
        high: positive("high_freq_factor"),
      };
    case "yarn": {
      const factor = positive("factor", contextLength / original());
      const scale = (m: number) => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
      const { mscale, mscale_all_dim: all } = given;
      const usual = mscale && all ? scale(Number(mscale)) / scale(Number(all)) : scale(1);
      return {
        type,
        theta,
        factor,
        original: original(),
        betaFast: positive("beta_fast", 32),
        betaSlow: positive("beta_slow", 1),
        truncate: given["truncate"] !== false,
        attention: positive("attention_factor", usual),
      };
    }
    case "longrope":
    case "su": {
      const factors = (key: string): number[] => {
        const list = given[key];
        if (!Array.isArray(list) || list.length !== headSize / 2 || list.some((f) => !(Number(f) > 0)))
          throw refuse(`${type} needs ${key}, ${headSize / 2} positive numbers`);
        return list.map(Number);
      };
      const stretch = positive("factor", contextLength / original());
      const usual = stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original()));
      return {
        type: "longrope",
        theta,
        original: original(),
        short: factors("short_factor"),
        long: factors("long_factor"),
        attention: positive("attention_factor", usual),
      };
    }
    default:
      throw refuse(`expected the type ${known}`);
  }
}

/** What config.json says of a scaling; null where there is none. */
export function ropeScaling(rope: Rope): Json | null {
  if (rope.type === "default") return null;
  const scaling: Json = { rope_type: rope.type };
  if ("factor" in rope) scaling["factor"] = rope.factor;
  if (rope.type === "llama3") {
    scaling["low_freq_factor"] = rope.low;
    scaling["high_freq_factor"] = rope.high;
  }
  if (rope.type === "yarn") {
    scaling["beta_fast"] = rope.betaFast;
    scaling["beta_slow"] = rope.betaSlow;
    scaling["truncate"] = rope.truncate;
  }
  if (rope.type === "longrope") {
    scaling["short_factor"] = rope.short;
    scaling["long_factor"] = rope.long;
  }
  if ("attention" in rope) scaling["attention_factor"] = rope.attention;
  if ("original" in rope && rope.type !== "dynamic") scaling["original_max_position_embeddings"] = rope.original;
  return scaling;
}

interface Rotated {
  rope: Rope;
  headSize: number;
}

/** Whether the frequencies of a sequence of `length` positions are others than those of shorter ones. */
export const dependsOnLength = ({ rope }: Pick<Rotated, "rope">, length: number): boolean =>
  (rope.type === "dynamic" || rope.type === "longrope") && length > rope.original;

/** Inverse frequencies [headSize / 2] for a sequence of `length` positions (only `dynamic` and `longrope` depend on it). */
export function inverseFrequencies({ rope, headSize: size }: Rotated, length: number): Float64Array {
  const long = dependsOnLength({ rope }, length);
  let theta = rope.theta;
  if (rope.type === "dynamic" && long)
    theta *= ((rope.factor * length) / rope.original - (rope.factor - 1)) ** (size / (size - 2));
  const kept = rope.type === "yarn" ? yarnShares(rope, size) : [];
  return Float64Array.from({ length: size / 2 }, (_, i) => {
    const f = 1 / theta ** ((2 * i) / size);
    if (rope.type === "linear") return f / rope.factor;
    if (rope.type === "longrope") return f / (long ? rope.long : rope.short)[i]!;
    if (rope.type === "yarn") return (f / rope.factor) * (1 - kept[i]!) + f * kept[i]!;
    if (rope.type !== "llama3") return f;
    // Llama 3.1: long wavelengths are stretched, short ones kept, those between interpolated.
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < rope.original / rope.high) return f;
    if (wavelength > rope.original / rope.low) return f / rope.factor;
    const smooth = (rope.original / wavelength - rope.low) / (rope.high - rope.low);
    return ((1 - smooth) * f) / rope.factor + smooth * f;
  });
}

/** YaRN: how much of each frequency is kept as it is (1) rather than divided by the factor (0). */
function yarnShares(rope: Rope & { type: "yarn" }, size: number): number[] {
  // The dimension whose wavelength fits so many times into the original context.
  const dimension = (rotations: number) =>
    (size * Math.log(rope.original / (rotations * 2 * Math.PI))) / (2 * Math.log(rope.theta));
  let low = dimension(rope.betaFast),
    high = dimension(rope.betaSlow);
  if (rope.truncate) [low, high] = [Math.floor(low), Math.ceil(high)];
  low = Math.max(low, 0);
  high = Math.min(high, size - 1);
  if (low === high) high += 0.001;
  return Array.from({ length: size / 2 }, (_, i) => 1 - Math.min(1, Math.max(0, (i - low) / (high - low))));
}

export interface RopeTables {
  length: number;
  cos: Float32Array;
  sin: Float32Array;
}

/** Cosines and sines [length, headSize / 2] for a sequence of `positions`, with the scaling's factor of attention in them. */
export function ropeTables(config: Rotated, length: number, positions = length): RopeTables {
  const frequencies = inverseFrequencies(config, positions),
    half = frequencies.length;
  const factor = "attention" in config.rope ? config.rope.attention : 1;
  const cos = new Float32Array(length * half),
    sin = new Float32Array(length * half);
  for (let t = 0; t < length; t++)
    for (let i = 0; i < half; i++) {
      const angle = t * frequencies[i]!;
      cos[t * half + i] = factor * Math.cos(angle);
      sin[t * half + i] = factor * Math.sin(angle);
    }
  return { length, cos, sin };
}
