import type { AnswerTable } from "./answer-table.js";
import { clean, countLogs } from "./counts.js";
import type { Counts } from "./counts.js";

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

/** With one simulation both sides together stay the same, so only one side is counted. */
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
  const items = table.tables.map(({ size, offset, answers, wide, codes }) => {
    // An answer that occurs once adds nothing, on whichever side it is (1 log 1 = 0).
    const places = Int32Array.from({ length: size }, (_, p) => offset + p).filter((p) => both[p]! > 1);
    let sum = 0;
    for (const p of places) sum += logs[both[p]!]!;
    // What each count of a place adds, both sides together, one stretch a place: one look-up in the loop below.
    const begins = new Int32Array(places.length);
    let length = 0;
    for (let k = 0; k < places.length; k++) {
      begins[k] = length;
      length += both[places[k]!]! + 1;
    }
    const costs = new Float64Array(length);
    for (let k = 0; k < places.length; k++) {
      const all = both[places[k]!]!;
      for (let c = 0; c <= all; c++) costs[begins[k]! + c] = logs[c]! + logs[all - c]!;
    }
    const matters = (row: number) => codes[row]! >= 0 && both[offset + codes[row]!]! > 1;
    const counted = Int32Array.from({ length: n }, (_, i) => i).filter((i) => matters(2 * i) || matters(2 * i + 1));
    return { places, begins, costs, sum, answers, wide, codes, offset, counted };
  });
  return (into, exchanged) => {
    for (let i = 0; i < n; i++) rows[i] = 2 * i + exchanged[people[i]!]!;
    const sums = table.vectorSums(rows);
    for (let j = 0; j < items.length; j++) {
      const { places, begins, costs, sum, answers, wide, codes, offset, counted } = items[j]!;
      if (wide) {
        for (let k = 0; k < places.length; k++) one[places[k]!] = 0;
        for (let k = 0; k < counted.length; k++) {
          const place = codes[rows[counted[k]!]!]!;
          one[place < 0 ? 0 : offset + place]!++;
        }
      }
      into[j] = answers
        ? Math.sqrt(
            clean(1 + (twoSided(wide ? one : sums!, wide ? 0 : 1, places, begins, costs) - sum) / (2 * answers)),
          )
        : NaN;
    }
    return into;
  };
}

/** Σ k log k of both sides, from the counts of one of them (which stand `before` places earlier). */
function twoSided(one: Counts, before: number, places: Int32Array, begins: Int32Array, costs: Float64Array): number {
  let total = 0;
  for (let k = 0; k < places.length; k++) total += costs[begins[k]! + one[places[k]! - before]!]!;
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
