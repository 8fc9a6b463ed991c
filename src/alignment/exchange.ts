import type { AnswerTable } from "./answer-table.js";
import { clean, countLogs } from "./counts.js";
import type { Counts } from "./counts.js";
import { RowSums } from "./row-sums.js";

/**
 * Distances (`into[item · simulations + simulation]`) of a group after each person's own answers were exchanged with
 * those of the source that `exchanged` names for them (0: not exchanged). `exchanged` holds one number a respondent of
 * the whole sample, so that overlapping groups see the same exchanges.
 */
export type Exchange = (into: Float64Array, exchanged: Uint8Array) => Float64Array;

/** Prepares a group for exchanges. */
export function exchanger(table: AnswerTable): Exchange {
  const pairs = table.sources === 2 && table.measure === "jensenShannon" && !table.weighted;
  return pairs ? exchangePairs(table) : exchangeAny(table);
}

/** Items with more places than this are counted person by person. */
const widest = 512;

/** With one simulation both sides together stay the same, so only one side is counted, and only where that matters. */
function exchangePairs(table: AnswerTable): Exchange {
  const { n, people, width } = table,
    logs = countLogs(n),
    rows = new Int32Array(n),
    one = table.counts();
  const everyone = table.count(
    Int32Array.from({ length: n }, (_, i) => i),
    table.counts(),
  );
  const both = Int32Array.from({ length: width }, (_, p) => everyone[p]! + everyone[width + p]!);
  let packed = 0;
  const items = table.tables.map(({ size, offset, answers, codes }) => {
    // An answer that occurs once adds nothing, on whichever side it is (1 log 1 = 0).
    const places = Int32Array.from({ length: size }, (_, p) => p).filter((p) => both[offset + p]! > 1);
    let sum = 0,
      length = 0;
    // What each count of a place adds, both sides together, one stretch a place: one look-up in the loop below.
    const begins = places.map((p) => {
      const begin = length,
        all = both[offset + p]!;
      sum += logs[all]!;
      length += all + 1;
      return begin;
    });
    const costs = new Float64Array(length);
    places.forEach((p, k) => {
      const all = both[offset + p]!;
      for (let c = 0; c <= all; c++) costs[begins[k]! + c] = logs[c]! + logs[all - c]!;
    });
    // The number of each place among those that matter; −1 for the others.
    const rank = new Int32Array(size).fill(-1);
    places.forEach((p, k) => (rank[p] = k));
    const ranks = codes.map((code) => (code < 0 ? -1 : rank[code]!));
    const asVector = table.vectors && packed + places.length <= widest;
    const first = asVector ? packed : 1;
    if (asVector) packed += places.length;
    const counted = Int32Array.from({ length: n }, (_, i) => i).filter(
      (i) => Math.max(ranks[2 * i]!, ranks[2 * i + 1]!) >= 0,
    );
    return { begins, costs, sum, answers, ranks, asVector, first, counted };
  });
  const vectors = items.filter((item) => item.asVector);
  const adder = packed
    ? new RowSums(2 * n, packed, (row, set) => {
        for (const { ranks, first } of vectors) if (ranks[row]! >= 0) set(first + ranks[row]!);
      })
    : undefined;
  return (into, exchanged) => {
    for (let i = 0; i < n; i++) rows[i] = 2 * i + exchanged[people[i]!]!;
    const sums = adder?.sum(rows);
    for (let j = 0; j < items.length; j++) {
      const { begins, costs, sum, answers, ranks, asVector, first, counted } = items[j]!;
      if (!asVector) {
        one.fill(0, 0, begins.length + 1);
        // Place 0 takes the answers that do not matter.
        for (let k = 0; k < counted.length; k++) one[1 + ranks[rows[counted[k]!]!]!]!++;
      }
      into[j] = answers
        ? Math.sqrt(clean(1 + (twoSided(asVector ? sums! : one, first, begins, costs) - sum) / (2 * answers)))
        : NaN;
    }
    return into;
  };
}

/** Σ k log k of both sides, from the counts of one of them, which begin at `first`. */
function twoSided(one: Counts, first: number, begins: Int32Array, costs: Float64Array): number {
  let total = 0;
  for (let k = 0; k < begins.length; k++) total += costs[begins[k]! + one[first + k]!]!;
  return total;
}

function exchangeAny(table: AnswerTable): Exchange {
  const { n, people, width, sources, items } = table,
    k = sources - 1,
    counts = table.counts(),
    rows = new Int32Array(n);
  return (into, exchanged) => {
    for (let s = 0; s < sources; s++) {
      // Source s gets the person's answers where it was chosen, the person its, and all others keep their own.
      for (let i = 0; i < n; i++) {
        const other = exchanged[people[i]!]!;
        rows[i] = i * sources + (s === 0 ? other : s === other ? 0 : s);
      }
      table.countRows(rows, counts, s * width);
    }
    for (let j = 0; j < items; j++)
      for (let s = 1; s <= k; s++) into[j * k + s - 1] = table.distance(j, counts, 0, counts, s);
    return into;
  };
}
