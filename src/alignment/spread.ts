import type { Respondents } from "../study/index.js";
import type { Group } from "./groups.js";
import { support } from "./support.js";

/** How much people differ within and between groups on one item. */
export interface Spread {
  /** Mean variance within groups, weighted by their size; for nominal items the chance that two members differ (Gini–Simpson). */
  within: number;
  /** Variance of the group means (or the corresponding loss of the Gini–Simpson index). */
  between: number;
}

/**
 * Splits the spread of an item over people into what lies within groups and between them (they add up to the whole).
 * Ordered answers by their variance; nominal ones by the Gini–Simpson index, which is the variance of their indicators.
 * Returns a function of the rows to take (for resampling); people in no group, or without an answer, do not count.
 */
export function spreadOf(
  respondents: Respondents,
  itemName: string,
  groups: readonly Group[],
): (rows?: Int32Array) => Spread {
  const item = respondents.item(itemName);
  const column = respondents.column(itemName);
  const s = support(item, [respondents]);
  const group = new Int32Array(respondents.n).fill(-1);
  groups.forEach((g, k) => g.people.forEach((i) => (group[i] = k)));
  // One number a person and indicator: the score, or whether each option was chosen.
  const places = column.map((v, i) => s.place(v, respondents.ids[i]!));
  const columns = s.ordered
    ? [Float64Array.from(column, (v) => s.score(v))]
    : Array.from({ length: s.size }, (_, o) => Float64Array.from(places, (p) => Number(p === o)));
  // Variances of numbers far from 0 would cancel.
  if (s.ordered) {
    const seen = columns[0]!.filter((x) => !Number.isNaN(x));
    const centre = seen.reduce((a, b) => a + b, 0) / Math.max(1, seen.length);
    columns[0] = columns[0]!.map((x) => x - centre);
  }
  const known = Uint8Array.from(places, (p, i) => Number(p >= 0 && group[i]! >= 0));
  const everyone = Int32Array.from(column, (_, i) => i);
  return (rows = everyone) => {
    const n = new Float64Array(groups.length);
    const of = columns.map(() => ({ sum: new Float64Array(groups.length), squares: new Float64Array(groups.length) }));
    for (const i of rows) {
      if (!known[i]) continue;
      const g = group[i]!;
      n[g]!++;
      for (let c = 0; c < columns.length; c++) {
        const x = columns[c]![i]!;
        of[c]!.sum[g]! += x;
        of[c]!.squares[g]! += x * x;
      }
    }
    const add = (x: Float64Array) => x.reduce((a, b) => a + b, 0);
    const total = add(n);
    let within = 0,
      whole = 0;
    for (const { sum, squares } of of) {
      sum.forEach((x, g) => {
        if (n[g]) within += (squares[g]! - (x * x) / n[g]!) / total;
      });
      whole += (add(squares) - add(sum) ** 2 / total) / total;
    }
    const clean = (x: number) => (Math.abs(x) < 1e-12 ? 0 : x);
    return { within: clean(within), between: Math.max(0, clean(whole - within)) };
  };
}
