import type { Random } from "../study/index.js";

/** Draws for resampling loops: sfc32 with its state in local variables, seeded from `random`, some ten times faster than one call a draw. */
export class Drawer {
  readonly #state: Uint32Array;
  #draws = new Int32Array(0);

  constructor(seed: Random) {
    this.#state = Uint32Array.from({ length: 4 }, () => seed.integer(4294967296));
  }

  /** Fills `into` with independent uniform integers in 0 … n − 1. The bias of scaling 32 bits is below n / 2^32. */
  indices(n: number, into: Int32Array): Int32Array {
    const state = this.#state,
      scale = n / 4294967296;
    let a = state[0]! | 0,
      b = state[1]! | 0,
      c = state[2]! | 0,
      d = state[3]! | 0;
    for (let i = 0; i < into.length; i++) {
      const t = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      into[i] = n === 4294967296 ? t : (t >>> 0) * scale;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    return into;
  }

  /** Fills `into` with random 32-bit integers: 32 coins each. */
  bits(into: Int32Array): Int32Array {
    // The scaled integers of `indices` over the whole range, read as signed.
    return this.indices(4294967296, into);
  }

  /** Shuffles the first `count` places of `items` (all by default): a random subset in random order stands first. */
  shuffle(items: Int32Array, count = items.length): Int32Array {
    if (this.#draws.length < count) this.#draws = new Int32Array(count);
    const draws = this.indices(
      4294967296 / 2,
      this.#draws.length === count ? this.#draws : this.#draws.subarray(0, count),
    );
    for (let i = 0; i < count; i++) {
      const j = i + (((draws[i]! / 2147483648) * (items.length - i)) | 0);
      const kept = items[i]!;
      items[i] = items[j]!;
      items[j] = kept;
    }
    return items;
  }
}

/** The quantile of sorted numbers by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, as numpy's default). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q,
    low = Math.floor(at);
  if (sorted.length === 0) return NaN;
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}

/** The percentile interval of resampled values; what is not a number (an empty resample) is left out. */
export function percentileInterval(values: ArrayLike<number>, level = 0.95): [number, number] {
  let sorted = new Float64Array(values).sort();
  // What is not a number is sorted to the end.
  let n = sorted.length;
  while (n > 0 && Number.isNaN(sorted[n - 1])) n--;
  if (n < sorted.length) sorted = sorted.subarray(0, n);
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
}

/** Mean of the values that are numbers; NaN when there are none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0,
    n = 0;
  for (let i = 0; i < values.length; i++)
    if (!Number.isNaN(values[i])) {
      sum += values[i]!;
      n++;
    }
  return n ? sum / n : NaN;
}
