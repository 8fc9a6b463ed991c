import type { AnswerTable } from "./answer-table.js";
import { exchanger } from "./exchange.js";
import { stepDownMaximum } from "./multiplicity.js";
import type { Drawer } from "./resample.js";

/** One group: its answers, what was observed of each column (null: nothing), and how columns follow from the items' distances. */
export interface PermutedCell {
  table: AnswerTable;
  observed: readonly (number | null)[];
  /** Fills in the columns that are made of items (the mean over beliefs). */
  finish: (distances: Float64Array) => Float64Array;
}

export interface PermutedRow {
  /** Share of exchanges that give at least the distance observed. */
  p: number;
  /** The same for the largest of all rows' standardised distances; NaN unless asked for. */
  pMaximum: number;
}

/**
 * Exchanges each person's answers with those of a source drawn at random (or with none), the same exchanges in every
 * group, and says how often distances reach the observed ones: row by row, and (`family`) by Westfall and Young's (1993)
 * step-down maximum over all groups and items, which uses that they overlap and needs no more exchanges than one test.
 */
export function permutation(
  cells: readonly PermutedCell[],
  n: number,
  times: number,
  drawer: Drawer,
  options: { family: boolean },
): PermutedRow[][] {
  const exchanges = cells.map((c) => exchanger(c.table));
  const { items, sources } = cells[0]!.table,
    k = sources - 1;
  const exceeded = cells.map((c) => new Float64Array(c.observed.length));
  const kept = cells.map((c) => c.observed.map(() => (options.family ? new Float64Array(times) : undefined)));
  const distances = new Float64Array(items * k),
    exchanged = new Uint8Array(n),
    draws = new Int32Array(k === 1 ? Math.ceil(n / 32) : n);
  const at = cells.map((c) => new Float64Array(c.observed.length));
  for (let r = 0; r < times; r++) {
    if (k === 1) {
      drawer.bits(draws);
      for (let i = 0; i < n; i++) exchanged[i] = (draws[i >>> 5]! >>> (i & 31)) & 1;
    } else {
      drawer.indices(sources, draws);
      exchanged.set(draws);
    }
    for (let c = 0; c < cells.length; c++) {
      exchanges[c]!(distances, exchanged);
      const row = at[c]!,
        { observed } = cells[c]!;
      for (let j = 0; j < items; j++) {
        let sum = 0;
        for (let s = 0; s < k; s++) sum += distances[j * k + s]!;
        row[j] = sum / k;
      }
      cells[c]!.finish(row);
      for (let j = 0; j < observed.length; j++) {
        if (row[j]! >= (observed[j] ?? Infinity) - 1e-10) exceeded[c]![j]!++;
        const keep = kept[c]![j];
        if (keep) keep[r] = row[j]!;
      }
    }
  }
  const observed = cells.flatMap((c) => c.observed.map((x) => x ?? NaN));
  const adjusted = options.family ? stepDownMaximum(observed, kept.flat() as Float64Array[]) : [];
  let row = 0;
  return cells.map((c, at) =>
    c.observed.map((_, j) => ({
      p: (1 + exceeded[at]![j]!) / (1 + times),
      pMaximum: adjusted[row++] ?? NaN,
    })),
  );
}
