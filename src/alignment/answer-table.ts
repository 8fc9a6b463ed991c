import { countDistance } from "./counts.js";
import type { CountDistance, Counts, Measure } from "./counts.js";
import type { Drawer } from "./resample.js";
import { countDigammas, unseenCorrectedDivergence } from "./unseen.js";

/** How often each person counts: draws with replacement, halves (0 or 1), or weights. */
export type Multiplicity = Int32Array | Float64Array;

/** The people who gave each answer, so that counting a resample is adding up their multiplicities, answer by answer. */
interface Members {
  /** `people[starts[place] … starts[place + 1]]` gave the answer of that place. */
  starts: Int32Array;
  people: Int32Array;
  /** The commonest answer, whose count is what the others leave; −1 where it has to be added up too. */
  commonest: number;
  /** Place of each person, −1 where missing: for items whose answers hardly repeat. */
  places?: Int32Array;
}

/** One item's answers in a group. */
interface ItemTable {
  /** Places that anybody of the group chose. */
  size: number;
  /** Where the item's places begin in an array of counts. */
  offset: number;
  positions: Float64Array;
  /** The number of the answer each source gave, −1 where the pair is incomplete. */
  codes: Int32Array[];
  members: Members[];
  /** Places in the group of those whose pair is incomplete. */
  missing: Int32Array;
}

/** The answers of a group, made for counting them again and again under resampling and under exchanges within pairs. */
export class AnswerTable {
  /** Number of people. */
  readonly n: number;
  readonly items: number;
  /** Answer sources of each item: people first (0), then one a simulation (1, 2 …). */
  readonly sources: number;
  readonly weighted: boolean;
  readonly tables: readonly ItemTable[];
  /** Places of all items together. */
  readonly width: number;
  readonly #distance: CountDistance;
  readonly #weights: Float64Array | undefined;
  #digammas: Float64Array | undefined;

  /**
   * @param codes `codes[item][source]`: the place of each respondent's answer among the item's options, −1 where missing
   * @param people which respondents are in the group
   * @param measure how histograms are compared (default Jensen–Shannon)
   * @param positions `positions[item]`: the number each place stands for, where the measure needs an order
   * @param weights weight of each respondent (default: all count once)
   */
  constructor(
    codes: readonly (readonly Int32Array[])[],
    readonly people: Int32Array,
    readonly measure: Measure = "jensenShannon",
    positions: readonly (Float64Array | undefined)[] = [],
    weights?: Float64Array,
  ) {
    this.n = people.length;
    this.items = codes.length;
    this.sources = codes[0]?.length ?? 2;
    this.weighted = weights !== undefined;
    this.#distance = countDistance(measure, this.n, this.weighted);
    this.#weights = weights && Float64Array.from(people, (i) => weights[i]!);
    // Place 0 takes what is missing.
    let end = 1;
    this.tables = codes.map((item, j) => {
      const table = itemTable(item, people, positions[j], end, this.weighted);
      end += table.size;
      return table;
    });
    this.width = end;
  }

  /** An empty array to count into. */
  counts(): Counts {
    const length = this.width * this.sources;
    return this.weighted ? new Float64Array(length) : new Int32Array(length);
  }

  /** An empty array of multiplicities. */
  multiplicities(): Multiplicity {
    return this.weighted ? new Float64Array(this.n) : new Int32Array(this.n);
  }

  /** How often each person occurs among `drawn` (their places in the group), times their weight. */
  tally(drawn: Int32Array, into: Multiplicity): Multiplicity {
    into.fill(0);
    for (let i = 0; i < drawn.length; i++) into[drawn[i]!]!++;
    const weights = this.#weights;
    if (weights) for (let i = 0; i < into.length; i++) into[i]! *= weights[i]!;
    return into;
  }

  /** Counts everyone as often as `multiplicity` says into `into`, of the sources from `first` up to but not `last`. */
  count(multiplicity: Multiplicity, into: Counts, first = 0, last = this.sources): Counts {
    const { width } = this;
    let total = 0;
    if (!this.weighted) for (let i = 0; i < multiplicity.length; i++) total += multiplicity[i]!;
    for (const { size, offset, members, missing } of this.tables) {
      let answered = total;
      for (let i = 0; i < missing.length; i++) answered -= multiplicity[missing[i]!]!;
      for (let s = first; s < last; s++) {
        const from = s * width + offset;
        const { places } = members[s]!;
        if (places) scatter(places, multiplicity, into, from, size, s * width);
        else gather(members[s]!, multiplicity, into, from, size, answered);
      }
    }
    return into;
  }

  /** Distance on an item between source `a` of one set of counts and source `b` of another; NaN when either is empty. */
  distance(item: number, one: Counts, a: number, other: Counts, b: number): number {
    const { offset, size, positions } = this.tables[item]!;
    return this.#distance(one, offset + a * this.width, other, offset + b * this.width, size, positions);
  }

  /** The Jensen–Shannon distance without its small-sample bias (`unseenCorrectedDivergence`): negative where the divergence is. */
  correctedDistance(item: number, one: Counts, a: number, other: Counts, b: number): number {
    const { offset, size } = this.tables[item]!;
    this.#digammas ??= countDigammas(2 * this.n);
    const divergence = unseenCorrectedDivergence(
      one,
      offset + a * this.width,
      other,
      offset + b * this.width,
      size,
      this.#digammas,
    );
    return Math.sign(divergence) * Math.sqrt(Math.abs(divergence));
  }

  /** Counts of the group as it is. */
  whole(): Counts {
    const everyone = Int32Array.from({ length: this.n }, (_, i) => i);
    return this.count(this.tally(everyone, this.multiplicities()), this.counts());
  }
}

/** Draws as many people with replacement as there are. */
export const redrawn = (table: AnswerTable, drawer: Drawer, drawn: Int32Array, into: Multiplicity): Multiplicity =>
  table.tally(drawer.indices(table.n, drawn), into);

function itemTable(
  item: readonly Int32Array[],
  people: Int32Array,
  at: Float64Array | undefined,
  offset: number,
  weighted: boolean,
): ItemTable {
  const n = people.length;
  // A person counts for an item only if every source answered it: both sides of the pair or neither.
  const whole = Uint8Array.from(people, (i) => (item.every((source) => source[i]! >= 0) ? 1 : 0));
  let largest = -1;
  for (const source of item) for (const i of people) if (source[i]! > largest) largest = source[i]!;
  // Options that nobody in the group chose get no place: combinations of beliefs are many, a group's few.
  const seen = new Uint8Array(largest + 1);
  for (const source of item) people.forEach((i, k) => whole[k] && (seen[source[i]!] = 1));
  const used: number[] = [];
  seen.forEach((is, code) => is && used.push(code));
  if (at) used.sort((a, b) => at[a]! - at[b]!);
  const dense = new Int32Array(largest + 1).fill(-1);
  used.forEach((code, place) => (dense[code] = place));
  const codes = item.map((source) => Int32Array.from(people, (i, k) => (whole[k] ? dense[source[i]!]! : -1)));
  const missing: number[] = [];
  whole.forEach((is, k) => !is && missing.push(k));
  return {
    size: used.length,
    offset,
    positions: Float64Array.from(used, (code) => at?.[code] ?? code),
    codes,
    members: codes.map((c) => membersOf(c, used.length, n, weighted)),
    missing: Int32Array.from(missing),
  };
}

function membersOf(codes: Int32Array, size: number, n: number, weighted: boolean): Members {
  const starts = new Int32Array(size + 1);
  for (const code of codes) if (code >= 0) starts[code + 1]!++;
  let commonest = 0;
  for (let p = 0; p < size; p++) if (starts[p + 1]! > starts[commonest + 1]!) commonest = p;
  for (let p = 0; p < size; p++) starts[p + 1]! += starts[p]!;
  const at = starts.slice(),
    people = new Int32Array(starts[size]!);
  codes.forEach((code, i) => {
    if (code >= 0) people[at[code]!++] = i;
  });
  // Of sums of weights the rest would not be exact.
  return {
    starts,
    people,
    commonest: weighted || size === 0 ? -1 : commonest,
    ...(4 * size > n ? { places: codes } : {}),
  };
}

/** Adds up the multiplicities of the people at each place; the commonest place gets what the others leave of `answered`. */
export function gather(
  { starts, people, commonest }: Pick<Members, "starts" | "people" | "commonest">,
  multiplicity: Multiplicity,
  into: Counts,
  from: number,
  size: number,
  answered: number,
): void {
  let rest = answered;
  for (let p = 0; p < size; p++) {
    if (p === commonest) continue;
    let sum = 0;
    const end = starts[p + 1]!;
    for (let k = starts[p]!; k < end; k++) sum += multiplicity[people[k]!]!;
    into[from + p] = sum;
    rest -= sum;
  }
  if (commonest >= 0) into[from + commonest] = rest;
}

/** The same person by person. */
function scatter(
  places: Int32Array,
  multiplicity: Multiplicity,
  into: Counts,
  from: number,
  size: number,
  trash: number,
): void {
  into.fill(0, from, from + size);
  for (let i = 0; i < places.length; i++) {
    const times = multiplicity[i]!;
    if (times === 0) continue;
    const place = places[i]!;
    into[place < 0 ? trash : from + place]! += times;
  }
}
