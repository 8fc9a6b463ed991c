import { clean, countDistance, countLogs } from "./counts.js";
import type { CountDistance, Measure } from "./counts.js";
import type { Drawer } from "./resample.js";

/** Counts of all items and sources in one array, laid out by `AnswerTable`. */
export type Counts = Int32Array;

/**
 * The answers of a group, made for counting them again and again: they lie person by person as places of one long
 * histogram, so that drawing a person is a handful of increments.
 */
export class AnswerTable {
  /** Number of people. */
  readonly n: number;
  readonly items: number;
  /** Answer sources of each item: people first (0), then one a simulation (1, 2 …). */
  readonly sources: number;
  readonly #sizes: number[];
  /** `places[(person · items + item) · sources + source]`; place 0 takes what is missing. */
  readonly #places: Int32Array;
  readonly #offsets: number[] = [];
  readonly #end: number;
  readonly #measure: Measure;
  readonly #distance: CountDistance;
  readonly #positions: Float64Array[];
  /** Each source's answers to all items as one row, where rows repeat enough to be counted in place of answers. */
  readonly #patterns: Patterns | undefined;

  /**
   * @param codes `codes[item][source]`: the place of each respondent's answer among the item's options, −1 where missing
   * @param people which respondents are in the group
   * @param measure how histograms are compared (default Jensen–Shannon)
   * @param positions `positions[item]`: the number each place stands for, where the measure needs an order
   */
  constructor(
    codes: readonly (readonly Int32Array[])[],
    people: Int32Array,
    measure: Measure = "jensenShannon",
    positions: readonly (Float64Array | undefined)[] = [],
  ) {
    const sources = codes[0]?.length ?? 2;
    this.n = people.length;
    this.items = codes.length;
    this.sources = sources;
    this.#measure = measure;
    this.#distance = countDistance(measure, this.n);
    // A person counts for an item only if every source answered it: both sides of the pair or neither.
    const whole = codes.map((item) =>
      Uint8Array.from(people, (i) => (item.every((source) => source[i]! >= 0) ? 1 : 0)),
    );
    // Options that nobody in the group chose get no place: combinations of beliefs are many, a group's few.
    const used = codes.map((item, j) => {
      const set = new Set<number>();
      people.forEach((i, k) => {
        if (whole[j]![k]) for (const source of item) set.add(source[i]!);
      });
      const at = positions[j];
      return [...set].sort((a, b) => (at ? at[a]! - at[b]! : a - b));
    });
    const dense = used.map((list) => new Map(list.map((code, place) => [code, place])));
    this.#positions = used.map((list, j) => Float64Array.from(list, (code) => positions[j]?.[code] ?? code));
    this.#sizes = dense.map((map) => map.size);
    let end = 1;
    for (const size of this.#sizes) {
      this.#offsets.push(end);
      end += size * sources;
    }
    this.#end = end;
    const width = codes.length * sources;
    this.#places = new Int32Array(this.n * width);
    for (let k = 0; k < this.n; k++)
      for (let j = 0; j < codes.length; j++)
        if (whole[j]![k])
          for (let s = 0; s < sources; s++)
            this.#places[k * width + j * sources + s] =
              this.#offsets[j]! + s * this.#sizes[j]! + dense[j]!.get(codes[j]![s]![people[k]!]!)!;
    // Items and sources swap places: all answers of one source in a row.
    const rows = new Int32Array(this.n * width);
    for (let k = 0; k < this.n; k++)
      for (let s = 0; s < sources; s++)
        for (let j = 0; j < codes.length; j++)
          rows[(k * sources + s) * codes.length + j] = this.#places[k * width + j * sources + s]!;
    this.#patterns = patternsOf(rows, codes.length);
  }

  /** An empty array to count into. */
  counts(): Counts {
    return new Int32Array(this.#end);
  }

  /** Counts these people (their places in the group; repeated ones count again) into `into`, which is emptied first. */
  count(people: Int32Array, into: Counts): Counts {
    const places = this.#places,
      width = this.items * this.sources;
    into.fill(0);
    if (this.#patterns) {
      const { ids, tally } = this.#patterns,
        sources = this.sources;
      for (let i = 0; i < people.length; i++) {
        const at = people[i]! * sources;
        for (let s = at; s < at + sources; s++) tally[ids[s]!]!++;
      }
      return unfold(this.#patterns, this.items, into);
    }
    for (let i = 0; i < people.length; i++) {
      const at = people[i]! * width;
      for (let c = at; c < at + width; c++) into[places[c]!]!++;
    }
    return into;
  }

  /** Distance on an item between source `a` of one set of counts and source `b` of another; NaN when either is empty. */
  distance(item: number, one: Counts, a: number, other: Counts, b: number): number {
    const size = this.#sizes[item]!,
      offset = this.#offsets[item]!;
    return this.#distance(one, offset + a * size, other, offset + b * size, size, this.#positions[item]!);
  }

  /**
   * Distances (`into[item · simulations + simulation]`) after each person's own answers were exchanged with those of a
   * source drawn at random (or with none): what the hypothesis of exchangeable pairs gives. Returns a function to call again and again.
   */
  exchanger(drawer: Drawer): (into: Float64Array) => Float64Array {
    return this.sources === 2 ? this.#exchangePairs(drawer) : this.#exchangeAny(drawer);
  }

  /** With one simulation both sides together stay the same, so only one side is counted and coins decide. */
  #exchangePairs(drawer: Drawer) {
    const { n, items } = this,
      logs = countLogs(n),
      places = this.#places,
      total = new Int32Array(this.#end),
      one = new Int32Array(this.#end),
      other = new Int32Array(this.#end),
      coins = new Int32Array(Math.ceil(n / 32));
    const ends = this.#sizes.map((size, j) => this.#offsets[j]! + size);
    // All on the human side of the histogram; a person's two places differ by the item's size.
    const side = new Int32Array(n * items * 2);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < items; j++)
        for (let s = 0; s < 2; s++) {
          const place = places[(i * items + j) * 2 + s]!;
          const own = place === 0 ? 0 : place - s * this.#sizes[j]!;
          side[(i * 2 + s) * items + j] = own;
          if (own) total[own]!++;
        }
    const both = ends.map((end, j) => {
      let sum = 0,
        m = 0;
      for (let c = this.#offsets[j]!; c < end; c++) {
        sum += logs[total[c]!]!;
        m += total[c]!;
      }
      return { sum, n: m / 2 };
    });
    const patterns = patternsOf(side, items);
    return (into: Float64Array) => {
      one.fill(0);
      drawer.bits(coins);
      if (patterns) {
        const { ids, tally } = patterns;
        for (let i = 0; i < n; i++) tally[ids[i * 2 + ((coins[i >>> 5]! >>> (i & 31)) & 1)]!]!++;
        unfold(patterns, items, one);
      } else
        for (let i = 0; i < n; i++) {
          const at = (i * 2 + ((coins[i >>> 5]! >>> (i & 31)) & 1)) * items;
          for (let c = at; c < at + items; c++) one[side[c]!]!++;
        }
      if (this.#measure !== "jensenShannon") {
        for (let c = 0; c < one.length; c++) other[c] = total[c]! - one[c]!;
        for (let j = 0; j < items; j++) into[j] = this.distance(j, one, 0, other, 0);
        return into;
      }
      for (let j = 0; j < items; j++) {
        let sum = -both[j]!.sum;
        for (let c = this.#offsets[j]!; c < ends[j]!; c++) sum += logs[one[c]!]! + logs[total[c]! - one[c]!]!;
        into[j] = both[j]!.n ? Math.sqrt(clean(1 + sum / (2 * both[j]!.n))) : NaN;
      }
      return into;
    };
  }

  #exchangeAny(drawer: Drawer) {
    const { n, items, sources } = this,
      places = this.#places,
      sizes = this.#sizes,
      width = items * sources,
      counts = this.counts(),
      exchange = new Int32Array(n);
    return (into: Float64Array) => {
      counts.fill(0);
      drawer.indices(sources, exchange);
      for (let i = 0; i < n; i++) {
        const at = i * width,
          other = exchange[i]!;
        for (let j = 0; j < items; j++)
          for (let s = 0; s < sources; s++) {
            const place = places[at + j * sources + s]!;
            const to = other === 0 ? s : s === 0 ? other : s === other ? 0 : s;
            counts[place === 0 ? 0 : place + (to - s) * sizes[j]!]!++;
          }
      }
      for (let j = 0; j < items; j++)
        for (let s = 1; s < sources; s++) into[j * (sources - 1) + s - 1] = this.distance(j, counts, 0, counts, s);
      return into;
    };
  }
}

/** Rows of places that occur, each once; `ids` says which one each row is, `tally` is where to count them. */
interface Patterns {
  ids: Int32Array;
  places: Int32Array;
  tally: Int32Array;
}

/** The different rows; undefined where they repeat too little for counting them to pay. */
function patternsOf(rows: Int32Array, width: number): Patterns | undefined {
  const n = rows.length / width;
  if (width < 2) return undefined;
  const found = new Map<string, number>();
  const ids = new Int32Array(n);
  const kept: number[] = [];
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * width, (i + 1) * width);
    const key = row.join();
    let id = found.get(key);
    if (id === undefined) {
      found.set(key, (id = found.size));
      for (const place of row) kept.push(place);
    }
    ids[i] = id;
  }
  // Counting rows costs one step a row and unfolding one a place of each pattern.
  if (n + kept.length > 0.8 * n * width) return undefined;
  return { ids, places: Int32Array.from(kept), tally: new Int32Array(found.size) };
}

/** Adds the tallies to the counts of their places, and empties them. */
function unfold({ places, tally }: Patterns, width: number, into: Counts): Counts {
  for (let p = 0; p < tally.length; p++) {
    const count = tally[p]!;
    if (count === 0) continue;
    for (let c = p * width; c < (p + 1) * width; c++) into[places[c]!]! += count;
    tally[p] = 0;
  }
  return into;
}
