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
 */
export function spread(respondents: Respondents, itemName: string, groups: readonly Group[]): Spread {
  const item = respondents.item(itemName);
  const column = respondents.column(itemName);
  const s = support(item, [respondents]);
  const people = groups.map((g) => Array.from(g.people).filter((i) => column[i] !== null));
  const all = people.flat();
  if (!all.length) return { within: NaN, between: NaN };
  const variance = s.ordered
    ? (rows: number[]) => {
        const x = rows.map((i) => s.score(column[i]!));
        const m = x.reduce((a, b) => a + b, 0) / x.length;
        return x.reduce((sum, v) => sum + (v - m) ** 2, 0) / x.length;
      }
    : (rows: number[]) => {
        const counts = new Float64Array(s.size);
        for (const i of rows) counts[s.place(column[i]!, respondents.ids[i]!)]!++;
        return 1 - counts.reduce((sum, c) => sum + (c / rows.length) ** 2, 0);
      };
  const within = people.reduce(
    (sum, rows) => (rows.length ? sum + (rows.length / all.length) * variance(rows) : sum),
    0,
  );
  return { within, between: Math.max(0, variance(all) - within) };
}
