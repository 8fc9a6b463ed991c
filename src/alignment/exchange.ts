import type { AnswerTable } from "./answer-table.js";
import { clean, countLogs } from "./counts.js";
import type { Counts } from "./counts.js";

/**
 * Distances (`into[item · simulations + simulation]`) of a group after each person's own answers were exchanged with
 * those of the source that `with` names for them (0: not exchanged). `with` holds one number a respondent of the whole
 * sample, so that overlapping groups see the same exchanges.
 */
export type Exchange = (into: Float64Array, exchanged: Uint8Array) => Float64Array;

/** Where an exchange with one simulation moves an item's answers: only people whose two answers differ matter. */
interface Moves {
  /** `people[starts[2 · place] … starts[2 · place + 1]]` bring the human side an answer there; up to the next start, they take one away. */
  starts: Int32Array;
  /** Rows in the whole sample. */
  people: Int32Array;
}

/** Prepares a group for exchanges. */
export function exchanger(table: AnswerTable, weights?: Float64Array): Exchange {
  const pairs = table.sources === 2 && table.measure === "jensenShannon" && !table.weighted;
  return pairs ? exchangePairs(table) : exchangeAny(table, weights);
}

function movesOf(table: AnswerTable, item: number, source: number): Moves {
  const { size, codes } = table.tables[item]!;
  const human = codes[0]!,
    simulated = codes[source]!,
    starts = new Int32Array(2 * size + 1);
  const each = (visit: (slot: number, row: number) => void) => {
    for (let i = 0; i < table.n; i++) {
      if (human[i]! < 0 || human[i] === simulated[i]) continue;
      visit(2 * simulated[i]!, table.people[i]!);
      visit(2 * human[i]! + 1, table.people[i]!);
    }
  };
  each((slot) => starts[slot + 1]!++);
  for (let p = 0; p < 2 * size; p++) starts[p + 1]! += starts[p]!;
  const at = starts.slice(),
    people = new Int32Array(starts[2 * size]!);
  each((slot, row) => (people[at[slot]!++] = row));
  return { starts, people };
}

/** With one simulation both sides together stay the same, so only one side is counted. */
function exchangePairs(table: AnswerTable): Exchange {
  const logs = countLogs(table.n),
    whole = table.whole();
  const items = table.tables.map(({ size, offset, missing }, j) => {
    const own = Int32Array.from(whole.subarray(offset, offset + size));
    const both = own.map((x, p) => x + whole[table.width + offset + p]!);
    let sum = 0;
    for (const x of both) sum += logs[x]!;
    return { ...movesOf(table, j, 1), size, own, both, sum, answers: table.n - missing.length };
  });
  return (into, exchanged) => {
    for (let j = 0; j < items.length; j++) {
      const { starts, people, size, own, both, sum, answers } = items[j]!;
      let k = 0,
        total = -sum;
      for (let p = 0; p < size; p++) {
        let count = own[p]!;
        const gained = starts[2 * p + 1]!,
          lost = starts[2 * p + 2]!;
        for (; k < gained; k++) count += exchanged[people[k]!]!;
        for (; k < lost; k++) count -= exchanged[people[k]!]!;
        total += logs[count]! + logs[both[p]! - count]!;
      }
      into[j] = answers ? Math.sqrt(clean(1 + total / (2 * answers))) : NaN;
    }
    return into;
  };
}

function exchangeAny(table: AnswerTable, weights?: Float64Array): Exchange {
  const k = table.sources - 1,
    { width } = table,
    whole = table.whole(),
    counts = table.counts();
  const moves = table.tables.map((_, j) => Array.from({ length: k }, (_, s) => movesOf(table, j, s + 1)));
  const rows = weights?.length ?? 1 + table.people.reduce((a, b) => Math.max(a, b), 0);
  const times: Counts[] = Array.from({ length: k }, () =>
    weights ? new Float64Array(rows) : (new Int32Array(rows) as Counts),
  );
  return (into, exchanged) => {
    for (const i of table.people) {
      const other = exchanged[i]!;
      for (let s = 1; s <= k; s++) times[s - 1]![i] = other === s ? (weights ? weights[i]! : 1) : 0;
    }
    counts.set(whole);
    table.tables.forEach(({ size, offset }, j) => {
      for (let s = 1; s <= k; s++) {
        const { starts, people } = moves[j]![s - 1]!,
          of = times[s - 1]!;
        let at = 0;
        for (let p = 0; p < size; p++) {
          let change = 0;
          const gained = starts[2 * p + 1]!,
            lost = starts[2 * p + 2]!;
          for (; at < gained; at++) change += of[people[at]!]!;
          for (; at < lost; at++) change -= of[people[at]!]!;
          counts[offset + p]! += change;
          counts[s * width + offset + p]! -= change;
        }
      }
      for (let s = 1; s <= k; s++) into[j * k + s - 1] = table.distance(j, counts, 0, counts, s);
    });
    return into;
  };
}
