import type { Random } from "../study/index.js";

/** Counts of all items and sources in one array, laid out by `AnswerTable`. */
export type Counts = Int32Array;

/**
 * The answers of a group, made for counting them again and again: they lie person by person as places of one long
 * histogram, so that drawing a person is a handful of increments, and the divergence of two histograms of counts
 * needs no logarithm (k · log2 k is looked up).
 */
export class AnswerTable {
  /** Number of people. */
  readonly n: number;
  /** Answer sources of each item: people first (0), then one a simulation (1, 2 …). */
  readonly sources: number;
  readonly #sizes: readonly number[];
  /** `places[(person · items + item) · sources + source]`; place 0 takes what is missing. */
  readonly #places: Int32Array;
  readonly #offsets: number[] = [];
  readonly #end: number;
  readonly #klogk: Float64Array;

  /**
   * @param codes `codes[item][source]`: the place of each respondent's answer among the item's options, −1 where missing
   * @param sizes number of options of each item
   * @param people which respondents are in the group
   */
  constructor(codes: readonly (readonly Int32Array[])[], sizes: readonly number[], people: Int32Array) {
    const sources = codes[0]?.length ?? 2;
    this.n = people.length;
    this.sources = sources;
    this.#sizes = sizes;
    let end = 1;
    for (const size of sizes) {
      this.#offsets.push(end);
      end += size * sources;
    }
    this.#end = end;
    const width = sizes.length * sources;
    this.#places = new Int32Array(this.n * width);
    for (let i = 0; i < this.n; i++)
      for (let j = 0; j < sizes.length; j++) {
        // A person counts for an item only if every source answered it: both sides of the pair or neither.
        const answers = codes[j]!.map((source) => source[people[i]!]!);
        if (answers.every((place) => place >= 0))
          for (let s = 0; s < sources; s++)
            this.#places[i * width + j * sources + s] = this.#offsets[j]! + s * sizes[j]! + answers[s]!;
      }
    this.#klogk = new Float64Array(2 * this.n + 1);
    for (let k = 1; k <= 2 * this.n; k++) this.#klogk[k] = k * Math.log2(k);
  }

  /** An empty array to count into. */
  counts(): Counts {
    return new Int32Array(this.#end);
  }

  /** Counts these people (their places in the group; repeated ones count again) into `into`, which is emptied first. */
  count(people: Int32Array, into: Counts): Counts {
    const places = this.#places,
      width = this.#sizes.length * this.sources;
    into.fill(0);
    for (let i = 0; i < people.length; i++) {
      const at = people[i]! * width;
      for (let c = at; c < at + width; c++) into[places[c]!]!++;
    }
    return into;
  }

  /** Counts everyone once, person i's own answers exchanged with those of source `exchange[i]` (0: as they are). */
  countExchanged(exchange: Int32Array, into: Counts): Counts {
    const places = this.#places,
      sources = this.sources,
      sizes = this.#sizes,
      width = sizes.length * sources;
    into.fill(0);
    for (let i = 0; i < this.n; i++) {
      const at = i * width,
        other = exchange[i]!;
      if (other === 0) for (let c = at; c < at + width; c++) into[places[c]!]!++;
      else
        for (let j = 0; j < sizes.length; j++)
          for (let s = 0; s < sources; s++) {
            const place = places[at + j * sources + s]!;
            const to = s === 0 ? other : s === other ? 0 : s;
            into[place === 0 ? 0 : place + (to - s) * sizes[j]!]!++;
          }
    }
    return into;
  }

  /** The counts of one item from one source. */
  histogram(counts: Counts, item: number, source: number): Int32Array {
    const size = this.#sizes[item]!,
      at = this.#offsets[item]! + source * size;
    return counts.subarray(at, at + size);
  }

  /** Jensen–Shannon divergence (bits) on an item between source `a` of one set of counts and source `b` of another; NaN when either is empty. */
  divergence(item: number, one: Counts, a: number, other: Counts, b: number): number {
    const size = this.#sizes[item]!;
    return countDivergence(
      one,
      this.#offsets[item]! + a * size,
      other,
      this.#offsets[item]! + b * size,
      size,
      this.#klogk,
    );
  }
}

/**
 * Jensen–Shannon divergence of two histograms of integer counts. With equally many answers N on both sides it is
 * 1 + Σ (k log k of each side − k log k of both together) / 2N; with unequal numbers the logarithms are taken.
 */
function countDivergence(
  p: Int32Array,
  from: number,
  q: Int32Array,
  fromQ: number,
  size: number,
  klogk: Float64Array,
): number {
  let sum = 0,
    n = 0,
    m = 0;
  for (let i = 0; i < size; i++) {
    const x = p[from + i]!,
      y = q[fromQ + i]!;
    n += x;
    m += y;
    sum += klogk[x]! + klogk[y]! - klogk[x + y]!;
  }
  if (n === 0 || m === 0) return NaN;
  if (n === m) {
    const d = 1 + sum / (2 * n);
    // What is left of equal histograms is rounding: up to about 1e-15 times the terms' size.
    return d < 1e-12 ? 0 : d > 1 ? 1 : d;
  }
  sum = 0;
  for (let i = 0; i < size; i++) {
    const x = p[from + i]! / n,
      y = q[fromQ + i]! / m,
      both = x + y;
    if (x > 0) sum += x * Math.log1p((x - y) / both);
    if (y > 0) sum += y * Math.log1p((y - x) / both);
  }
  return Math.min(1, Math.max(0, sum / 2 / Math.LN2));
}

/** Draws for resampling loops: sfc32 with its state in local variables, seeded from `random`, some ten times faster than one call a draw. */
export class Drawer {
  readonly #state: Uint32Array;

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
      into[i] = (t >>> 0) * scale;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    return into;
  }

  /** Shuffles the first `count` places of `items` (all by default): a random subset in random order stands first. */
  shuffle(items: Int32Array, count = items.length): Int32Array {
    const draws = this.indices(4294967296 / 2, new Int32Array(count));
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor((draws[i]! / 2147483648) * (items.length - i));
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
  const sorted = Float64Array.from(values)
    .filter((x) => !Number.isNaN(x))
    .sort();
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
