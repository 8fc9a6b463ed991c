/** Tables of the rotary position embedding, with the scalings that config.json can ask for. */
import type { ModelConfig } from "./config.js";

/** Inverse frequencies [headSize / 2] for a sequence of `length` positions (only `dynamic` depends on it). */
export function inverseFrequencies(config: Pick<ModelConfig, "rope" | "headSize">, length: number): Float64Array {
  const { rope, headSize: size } = config;
  let theta = rope.theta;
  if (rope.type === "dynamic" && length > rope.original)
    theta *= ((rope.factor * length) / rope.original - (rope.factor - 1)) ** (size / (size - 2));
  return Float64Array.from({ length: size / 2 }, (_, i) => {
    const f = 1 / theta ** ((2 * i) / size);
    if (rope.type === "linear") return f / rope.factor;
    if (rope.type !== "llama3") return f;
    // Llama 3.1: long wavelengths are stretched, short ones kept, those between interpolated.
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < rope.original / rope.high) return f;
    if (wavelength > rope.original / rope.low) return f / rope.factor;
    const smooth = (rope.original / wavelength - rope.low) / (rope.high - rope.low);
    return ((1 - smooth) * f) / rope.factor + smooth * f;
  });
}

export interface RopeTables {
  length: number;
  cos: Float32Array;
  sin: Float32Array;
}

/** Cosines and sines [length, headSize / 2]. */
export function ropeTables(config: Pick<ModelConfig, "rope" | "headSize">, length: number): RopeTables {
  const frequencies = inverseFrequencies(config, length),
    half = frequencies.length;
  const cos = new Float32Array(length * half),
    sin = new Float32Array(length * half);
  for (let t = 0; t < length; t++)
    for (let i = 0; i < half; i++) {
      const angle = t * frequencies[i]!;
      cos[t * half + i] = Math.cos(angle);
      sin[t * half + i] = Math.sin(angle);
    }
  return { length, cos, sin };
}
