import { countDistance } from "./counts.js";
import type { CountDistance, Counts, Measure } from "./counts.js";
import { available, limits, RowSums } from "./row-sums.js";
import { UnseenCorrection } from "./unseen.js";

/** One item's answers in a group. */
interface ItemTable {
  /** Places that anybody of the group chose. */
  size: number;
  /** Where the item's places begin in the stretch of a source. */
  offset: number;
  positions: Float64Array;
  /** Place of each row (person · sources + source), −1 where the pair is incomplete. */
  codes: Int32Array;
  /** Pairs that both sides answered. */
  answers: number;
  /** Counted row by row, since it has too many places to be added up as a vector. */
  wide: boolean;
  /** The first places are those that people and simulations both chose, then, up to `human`, those of people alone. */
  shared: number;
  human: number;
}

/** Items of more places than this are counted row by row. */
const widest = 64;

/**
 * The answers of a group, made for counting them again and again under resampling and under exchanges within pairs. A
 * row is what one source (the person, or a simulation of them) answered: number person · sources + source.
 */
export class AnswerTable {
  /** Number of people. */
  readonly n: number;
  readonly items: number;
  /** Answer sources of each item: people first (0), then one a simulation (1, 2 …). */
  readonly sources: number;
  readonly weighted: boolean;
  /** Whether rows of single answers are added up by vector instructions. */
  readonly vectors: boolean;
  readonly tables: readonly ItemTable[];
  /** Places of all items together, for one source; place 0 takes what is missing. */
  readonly width: number;
  readonly #distance: CountDistance;
  readonly #weights: Float64Array | undefined;
  /** Places that are added up as vectors: 1 … packed of each stretch. */
  readonly #packed: number;
  /** One row a person (all sources), and one a person and source. */
  readonly #whole: RowSums | undefined;
  readonly #single: RowSums | undefined;
  #correction: UnseenCorrection | undefined;

  /**
   * Made within `scoped`, which gives its memory back.
   *
   * @param codes `codes[item][source]`: the place of each respondent's answer among the item's options, −1 where missing
   * @param people which respondents are in the group
   * @param options.measure how histograms are compared (default Jensen–Shannon)
   * @param options.positions `positions[item]`: the number each place stands for, where the measure needs an order
   * @param options.weights weight of each respondent (default: all count once)
   * @param options.vectors whether to use vector instructions (default: where there are some)
   */
  constructor(
    codes: readonly (readonly Int32Array[])[],
    readonly people: Int32Array,
    options: {
      measure?: Measure;
      positions?: readonly (Float64Array | undefined)[];
      weights?: Float64Array | undefined;
      vectors?: boolean;
    } = {},
  ) {
    const { measure = "jensenShannon", positions = [], weights, vectors = available() } = options;
    this.measure = measure;
    const n = (this.n = people.length),
      sources = (this.sources = codes[0]?.length ?? 2);
    this.items = codes.length;
    this.weighted = weights !== undefined;
    this.#distance = countDistance(measure, n, this.weighted);
    this.#weights = weights && Float64Array.from(people, (i) => weights[i]!);
    const tables = codes.map((item, j) => itemTable(item, people, positions[j]));
    const fits = (places: number) => places * sources <= limits.places;
    let end = 1;
    const usable = (this.vectors = vectors && !weights && n <= limits.rows);
    for (const table of tables)
      if (usable && table.size <= widest && fits(end + table.size)) {
        table.offset = end;
        end += table.size;
      } else table.wide = true;
    const packed = (this.#packed = end - 1);
    for (const table of tables)
      if (table.wide) {
        table.offset = end;
        end += table.size;
      }
    this.tables = tables;
    this.width = end;
    if (packed) {
      const narrow = tables.filter((t) => !t.wide);
      const mark = (row: number, from: number, set: (place: number) => void) => {
        for (const { codes, offset } of narrow) if (codes[row]! >= 0) set(from + offset - 1 + codes[row]!);
      };
      this.#single = new RowSums(n * sources, packed, (row, set) => mark(row, 0, set));
      this.#whole = new RowSums(n, packed * sources, (person, set) => {
        for (let s = 0; s < sources; s++) mark(person * sources + s, s * packed, set);
      });
    }
  }

  readonly measure: Measure;

  /** An empty array to count into: a stretch of `width` for each source. */
  counts(): Counts {
    const length = this.width * this.sources;
    return this.weighted ? new Float64Array(length) : new Int32Array(length);
  }

  /** Counts all answers of these people (their places in the group; repeated ones count again) into `into`. */
  count(people: Int32Array, into: Counts): Counts {
    const { sources, width } = this,
      packed = this.#packed;
    if (packed) {
      const sums = this.#whole!.sum(people);
      for (let s = 0; s < sources; s++)
        for (let p = 0; p < packed; p++) into[s * width + 1 + p] = sums[s * packed + p]!;
    }
    for (const table of this.tables)
      if (table.wide && sources === 2 && !this.#weights && table.answers === this.n)
        countPairs(table, people, into, width);
      else if (table.wide)
        for (let s = 0; s < sources; s++) this.#countWide(table, people, sources, s, into, s * width);
    return into;
  }

  /** Counts these rows (person · sources + source) into the stretch at `base`, whosever they are. */
  countRows(rows: Int32Array, into: Counts, base: number): Counts {
    const packed = this.#packed;
    if (packed) {
      const sums = this.#single!.sum(rows);
      for (let p = 0; p < packed; p++) into[base + 1 + p] = sums[p]!;
    }
    for (const table of this.tables) if (table.wide) this.#countWide(table, rows, 1, 0, into, base);
    return into;
  }

  #countWide(
    { codes, offset, size }: ItemTable,
    list: Int32Array,
    step: number,
    plus: number,
    into: Counts,
    base: number,
  ) {
    const from = base + offset,
      weights = this.#weights,
      sources = this.sources;
    into.fill(0, from, from + size);
    if (weights)
      for (let i = 0; i < list.length; i++) {
        const row = list[i]! * step + plus,
          place = codes[row]!;
        into[place < 0 ? base : from + place]! += weights[Math.floor(row / sources)]!;
      }
    else
      for (let i = 0; i < list.length; i++) {
        const place = codes[list[i]! * step + plus]!;
        into[place < 0 ? base : from + place]!++;
      }
  }

  /** Distance on an item between source `a` of one set of counts and source `b` of another; NaN when either is empty. */
  distance(item: number, one: Counts, a: number, other: Counts, b: number): number {
    const { offset, size, positions } = this.tables[item]!;
    return this.#distance(one, offset + a * this.width, other, offset + b * this.width, size, positions);
  }

  /** The Jensen–Shannon distance without its small-sample bias (`UnseenCorrection`): negative where the divergence is. */
  correctedDistance(item: number, one: Counts, a: number, other: Counts, b: number): number {
    const { offset, size } = this.tables[item]!;
    this.#correction ??= new UnseenCorrection(this.n);
    const from = offset + a * this.width,
      to = offset + b * this.width;
    const { shared, human } = this.tables[item]!;
    const ends = a === 0 && b > 0 ? { shared, human } : { shared: size, human: size };
    const divergence = this.#correction.divergence(one, from, other, to, size, ends.shared, ends.human);
    return Math.sign(divergence) * Math.sqrt(Math.abs(divergence));
  }
}

/** Both answers of each pair at once, none of them missing. */
function countPairs({ codes, offset, size }: ItemTable, people: Int32Array, into: Counts, width: number): void {
  const from = offset,
    fromOther = width + offset;
  into.fill(0, from, from + size);
  into.fill(0, fromOther, fromOther + size);
  for (let i = 0; i < people.length; i++) {
    const row = 2 * people[i]!;
    into[from + codes[row]!]!++;
    into[fromOther + codes[row + 1]!]!++;
  }
}

function itemTable(item: readonly Int32Array[], people: Int32Array, at: Float64Array | undefined): ItemTable {
  const n = people.length,
    sources = item.length;
  // A person counts for an item only if every source answered it: both sides of the pair or neither.
  const whole = Uint8Array.from(people, (i) => (item.every((source) => source[i]! >= 0) ? 1 : 0));
  let largest = -1,
    answers = 0;
  for (const source of item) for (const i of people) if (source[i]! > largest) largest = source[i]!;
  // Options that nobody in the group chose get no place: combinations of beliefs are many, a group's few.
  const seen = new Uint8Array(largest + 1);
  for (let k = 0; k < n; k++)
    if (whole[k]) {
      answers++;
      for (const source of item) seen[source[people[k]!]!] = 1;
    }
  const used: number[] = [];
  seen.forEach((is, code) => is && used.push(code));
  let shared = used.length,
    human = used.length;
  if (at) used.sort((a, b) => at[a]! - at[b]!);
  else if (used.length > widest) {
    // Shared ones, people's, simulations': what one side alone chose adds nothing to some sums.
    const kinds = new Uint8Array(largest + 1);
    item.forEach((source, s) => {
      for (let k = 0; k < n; k++) if (whole[k]) kinds[source[people[k]!]!]! |= s ? 2 : 1;
    });
    const ordered = (kind: number) => (kind === 3 ? 0 : kind);
    used.sort((a, b) => ordered(kinds[a]!) - ordered(kinds[b]!) || a - b);
    shared = used.filter((code) => kinds[code] === 3).length;
    human = used.filter((code) => kinds[code] !== 2).length;
  }
  const dense = new Int32Array(largest + 1).fill(-1);
  used.forEach((code, place) => (dense[code] = place));
  const codes = new Int32Array(n * sources).fill(-1);
  for (let k = 0; k < n; k++)
    if (whole[k]) for (let s = 0; s < sources; s++) codes[k * sources + s] = dense[item[s]![people[k]!]!]!;
  return {
    size: used.length,
    offset: 0,
    positions: Float64Array.from(used, (code) => at?.[code] ?? code),
    codes,
    answers,
    wide: false,
    shared,
    human,
  };
}
