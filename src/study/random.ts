/**
 * Seeded random numbers, the same in Node and in a browser. Every draw in Proband goes through here, so that a
 * seed is enough to repeat a study. Generator: sfc32 (Doty-Humphrey, PractRand), seeded by splitmix32 over a
 * 32-bit FNV-1a hash of the seed and any labels.
 */

import { recordSeed } from "./used.js";

export interface Random {
  /** Uniform in [0, 1) with 53 bits. */
  (): number;
  /** Uniform integer in 0 … n − 1, without modulo bias. */
  integer(n: number): number;
  /** Standard normal (Box–Muller; both values are used). */
  normal(): number;
  /** A permutation of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): number[];
  /** An index drawn with these non-negative weights (need not sum to 1). */
  weighted(weights: ArrayLike<number>): number;
}

/** A generator for this seed. Labels make independent streams of one seed: `random(7, "pilot")`, `random(7, personId, item)`. */
export function random(seed: number, ...labels: (string | number)[]): Random {
  if (Number.isNaN(seed)) throw new Error("seed: expected a number, found NaN");
  recordSeed(seed);
  let h = 0x811c9dc5;
  for (const ch of [seed, ...labels].join("\u0000")) h = Math.imul(h ^ ch.codePointAt(0)!, 0x01000193);
  const splitmix = () => {
    h = (h + 0x9e3779b9) | 0;
    let t = h ^ (h >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) | 0;
  };
  let a = splitmix(),
    b = splitmix(),
    c = splitmix(),
    d = 1;
  const bits = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();
  const uniform = () => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
  let spare: number | undefined;
  return Object.assign(uniform, {
    integer(n: number) {
      const limit = 4294967296 - (4294967296 % n);
      let x = bits();
      while (x >= limit) x = bits();
      return x % n;
    },
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform())),
        angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    permutation(n: number) {
      const order = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = this.integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
    weighted(weights: ArrayLike<number>) {
      let total = 0;
      for (let i = 0; i < weights.length; i++) total += weights[i]!;
      if (!(total > 0)) throw new Error("weights must be non-negative and not all zero");
      let u = uniform() * total;
      for (let i = 0; i < weights.length; i++) {
        u -= weights[i]!;
        if (u < 0) return i;
      }
      let last = weights.length - 1;
      while (weights[last] === 0) last--;
      return last;
    },
  });
}
