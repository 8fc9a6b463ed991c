import { clean, countDistance, countLogs } from "./counts.js";
import type { CountDistance, Counts, Measure } from "./counts.js";
import type { Drawer } from "./resample.js";

/**
 * The answers of a group, made for counting them again and again: each source's answers to all items are a row of places
 * in one histogram, so that drawing a person is a handful of increments. Rows that many people share are counted once
 * for all of them.
 */
export class AnswerTable {
  /** Number of people. */
  readonly n: number;
  readonly items: number;
  /** Answer sources of each item: people first (0), then one a simulation (1, 2 …). */
  readonly sources: number;
  readonly #sizes: number[];
  readonly #offsets: number[] = [];
  /** Places of all items together; place 0 takes what is missing. */
  readonly #width: number;
  /** `rows[(person · sources + source) · items + item]`: a place, whatever the source. */
  readonly #rows: Int32Array;
  /** The same with the source's stretch added: where `count` counts. */
  readonly #own: Int32Array;
  readonly #patterns: Patterns | undefined;
  readonly #measure: Measure;
  readonly #distance: CountDistance;
  readonly #positions: Float64Array[];
  readonly #weights: Float64Array | undefined;

  /**
   * @param codes `codes[item][source]`: the place of each respondent's answer among the item's options, −1 where missing
   * @param people which respondents are in the group
   * @param measure how histograms are compared (default Jensen–Shannon)
   * @param positions `positions[item]`: the number each place stands for, where the measure needs an order
   * @param weights weight of each respondent (default: all count once)
   */
  constructor(
    codes: readonly (readonly Int32Array[])[],
    people: Int32Array,
    measure: Measure = "jensenShannon",
    positions: readonly (Float64Array | undefined)[] = [],
    weights?: Float64Array,
  ) {
    const sources = codes[0]?.length ?? 2;
    this.n = people.length;
    this.items = codes.length;
    this.sources = sources;
    this.#measure = measure;
    this.#distance = countDistance(measure, this.n, weights !== undefined);
    this.#weights = weights && Float64Array.from(people, (i) => weights[i]!);
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
    this.#sizes = used.map((list) => list.length);
    let end = 1;
    for (const size of this.#sizes) {
      this.#offsets.push(end);
      end += size;
    }
    this.#width = end;
    this.#rows = new Int32Array(this.n * sources * codes.length);
    for (let k = 0; k < this.n; k++)
      for (let s = 0; s < sources; s++)
        for (let j = 0; j < codes.length; j++)
          if (whole[j]![k])
            this.#rows[(k * sources + s) * codes.length + j] =
              this.#offsets[j]! + dense[j]!.get(codes[j]![s]![people[k]!]!)!;
    const row = codes.length,
      stretch = this.#width;
    this.#own = this.#rows.map((place, c) => place + (Math.floor(c / row) % sources) * stretch);
    this.#patterns = weights ? undefined : patternsOf(this.#rows, codes.length, sources);
  }

  /** An empty array to count into. */
  counts(): Counts {
    const length = this.#width * this.sources;
    return this.#weights ? new Float64Array(length) : new Int32Array(length);
  }

  /** Counts these people (their places in the group; repeated ones count again) into `into`, which is emptied first. */
  count(people: Int32Array, into: Counts): Counts {
    const { sources } = this,
      own = this.#own,
      width = this.items * sources;
    into.fill(0);
    if (this.#patterns) {
      const { own: ids, tally } = this.#patterns;
      for (let i = 0; i < people.length; i++) {
        const at = people[i]! * sources;
        for (let c = at; c < at + sources; c++) tally[ids[c]!]!++;
      }
      return this.#unfold(this.#patterns, into);
    }
    if (this.#weights) {
      for (const i of people) {
        const weight = this.#weights[i]!;
        for (let c = i * width; c < (i + 1) * width; c++) into[own[c]!]! += weight;
      }
      return into;
    }
    for (let i = 0; i < people.length; i++) {
      const at = people[i]! * width;
      for (let c = at; c < at + width; c++) into[own[c]!]!++;
    }
    return into;
  }

  /** Distance on an item between source `a` of one set of counts and source `b` of another; NaN when either is empty. */
  distance(item: number, one: Counts, a: number, other: Counts, b: number): number {
    const offset = this.#offsets[item]!,
      width = this.#width;
    return this.#distance(
      one,
      offset + a * width,
      other,
      offset + b * width,
      this.#sizes[item]!,
      this.#positions[item]!,
    );
  }

  /**
   * Distances (`into[item · simulations + simulation]`) after each person's own answers were exchanged with those of a
   * source drawn at random (or with none): what the hypothesis of exchangeable pairs gives. Returns a function to call
   * again and again.
   */
  exchanger(drawer: Drawer): (into: Float64Array) => Float64Array {
    return this.sources === 2 && this.#measure === "jensenShannon" && !this.#weights
      ? this.#exchangePairs(drawer)
      : this.#exchangeAny(drawer);
  }

  /** With one simulation both sides together stay the same, so only one side is counted, and coins decide which. */
  #exchangePairs(drawer: Drawer) {
    const { n, items } = this,
      logs = countLogs(n),
      rows = this.#rows,
      patterns = this.#patterns,
      total = new Int32Array(this.#width),
      one = new Int32Array(this.#width),
      coins = new Int32Array(Math.ceil(n / 32));
    for (const place of rows) total[place]!++;
    const both = this.#offsets.map((from, j) => {
      let sum = 0,
        m = 0;
      for (let c = from; c < from + this.#sizes[j]!; c++) {
        sum += logs[total[c]!]!;
        m += total[c]!;
      }
      return { from, to: from + this.#sizes[j]!, sum, n: m / 2 };
    });
    return (into: Float64Array) => {
      one.fill(0);
      drawer.bits(coins);
      if (patterns) {
        const { ids, tally } = patterns;
        for (let i = 0; i < n; i++) tally[ids[i * 2 + ((coins[i >>> 5]! >>> (i & 31)) & 1)]!]!++;
        this.#unfold(patterns, one);
      } else
        for (let i = 0; i < n; i++) {
          const at = (i * 2 + ((coins[i >>> 5]! >>> (i & 31)) & 1)) * items;
          for (let c = at; c < at + items; c++) one[rows[c]!]!++;
        }
      for (let j = 0; j < items; j++) {
        const { from, to, n: answers } = both[j]!;
        let sum = -both[j]!.sum;
        for (let c = from; c < to; c++) sum += logs[one[c]!]! + logs[total[c]! - one[c]!]!;
        into[j] = answers ? Math.sqrt(clean(1 + sum / (2 * answers))) : NaN;
      }
      return into;
    };
  }

  #exchangeAny(drawer: Drawer) {
    const { n, items, sources } = this,
      rows = this.#rows,
      patterns = this.#patterns,
      weights = this.#weights,
      width = this.#width,
      counts = this.counts(),
      exchange = new Int32Array(n);
    return (into: Float64Array) => {
      counts.fill(0);
      drawer.indices(sources, exchange);
      for (let i = 0; i < n; i++) {
        const other = exchange[i]!;
        for (let s = 0; s < sources; s++) {
          const to = s === 0 ? other : s === other ? 0 : s;
          if (patterns) patterns.tally[to * patterns.size + patterns.ids[i * sources + s]!]!++;
          else {
            const base = to * width,
              at = (i * sources + s) * items;
            const weight = weights ? weights[i]! : 1;
            for (let c = at; c < at + items; c++) counts[base + rows[c]!]! += weight;
          }
        }
      }
      if (patterns) this.#unfold(patterns, counts);
      for (let j = 0; j < items; j++)
        for (let s = 1; s < sources; s++) into[j * (sources - 1) + s - 1] = this.distance(j, counts, 0, counts, s);
      return into;
    };
  }

  /** Adds the tallies to the counts of their places, source by source, and empties them. */
  #unfold({ places, tally, size }: Patterns, into: Counts): Counts {
    const { items } = this;
    for (let base = 0, first = 0; base < into.length; base += this.#width, first += size)
      for (let p = 0; p < size; p++) {
        const count = tally[first + p]!;
        if (count === 0) continue;
        for (let c = p * items; c < (p + 1) * items; c++) into[base + places[c]!]! += count;
        tally[first + p] = 0;
      }
    return into;
  }
}

/** The different rows that occur; `ids` says which one each row is, `tally[source · size + id]` is where to count them (`own`: for each row). */
interface Patterns {
  size: number;
  ids: Int32Array;
  own: Int32Array;
  places: Int32Array;
  tally: Int32Array;
}

/** The different rows; undefined where they repeat too little for counting them to pay. */
function patternsOf(rows: Int32Array, items: number, sources: number): Patterns | undefined {
  if (items < 2) return undefined;
  const n = rows.length / items;
  const found = new Map<string, number>();
  const ids = new Int32Array(n),
    kept: number[] = [];
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * items, (i + 1) * items);
    const key = row.join();
    let id = found.get(key);
    if (id === undefined) {
      found.set(key, (id = found.size));
      for (const place of row) kept.push(place);
    }
    ids[i] = id;
  }
  // Counting patterns takes a step a row, unfolding them a step a place and source.
  if (n + kept.length * sources > 0.8 * n * items) return undefined;
  const own = ids.map((id, i) => (i % sources) * found.size + id);
  return { size: found.size, ids, own, places: Int32Array.from(kept), tally: new Int32Array(found.size * sources) };
}
