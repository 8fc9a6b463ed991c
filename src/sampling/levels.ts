import { isOrdered, labelOf, type Item, type Respondents, type Value } from "../study/index.js";

/** People sorted into levels of one or several items. */
export interface Levels {
  /** Level of each respondent, an index into `labels`. */
  codes: Int32Array;
  labels: string[];
  /** Number of respondents a level has. */
  counts: number[];
}

/** Levels an ordered item may have before it is cut into quarters. */
const many = 12;

/**
 * Sorts respondents by an item, or by several crossed. An ordered item with more than 12 different answers is cut at
 * its quartiles; missing answers are a level of their own. Levels nobody is in are left out.
 */
export function levels(respondents: Respondents, by: string | readonly string[]): Levels {
  const names = typeof by === "string" ? [by] : by;
  if (names.length === 0) throw new Error("by: expected the name of an item, or several; the list is empty");
  const each = names.map((name) => cut(respondents.item(name), respondents.column(name)));
  const index = new Map<string, number>();
  const found: { label: string; rank: number[] }[] = [];
  const raw = respondents.ids.map((_, i) => {
    const rank = each.map((e) => e.codes[i]!);
    const key = rank.join();
    if (!index.has(key)) {
      index.set(key, found.length);
      found.push({ label: rank.map((r, j) => each[j]!.labels[r]!).join(" × "), rank });
    }
    return index.get(key)!;
  });
  const order = found
    .map((_, k) => k)
    .sort((a, b) => {
      for (let j = 0; j < names.length; j++) {
        const d = found[a]!.rank[j]! - found[b]!.rank[j]!;
        if (d) return d;
      }
      return 0;
    });
  const position = new Int32Array(found.length);
  order.forEach((k, p) => (position[k] = p));
  const codes = Int32Array.from(raw, (k) => position[k]!);
  const counts = found.map(() => 0);
  for (const c of codes) counts[c]!++;
  return { codes, labels: order.map((k) => found[k]!.label), counts };
}

/** One item's levels in the codebook's order, "missing" last; an ordered item with many answers is cut at its quartiles. */
function cut(item: Item, values: readonly Value[]): { codes: number[]; labels: string[] } {
  const distinct = new Set(values);
  distinct.delete(null);
  const order =
    item.scale.kind === "nominal" || item.scale.kind === "ordinal"
      ? item.scale.options.map((o) => o.value).filter((v) => distinct.has(v))
      : ([...distinct] as number[]).sort((a, b) => a - b);
  const index = new Map<Value, number>(order.map((v, k) => [v, k]));
  const places = values.map((v) => (v === null ? -1 : index.get(v)!));
  const label = (k: number) => labelOf(item, order[k]!);
  const ends = isOrdered(item) && order.length > many ? quartiles(places) : order.map((_, k) => k);
  const labels = ends.map((end, k) => {
    const start = k === 0 ? 0 : ends[k - 1]! + 1;
    return start === end ? label(end) : `${bare(item, order[start]!)} to ${label(end)}`;
  });
  const level = new Int32Array(order.length);
  for (let k = 0, e = 0; k < order.length; k++) {
    if (k > ends[e]!) e++;
    level[k] = e;
  }
  return { codes: places.map((k) => (k < 0 ? ends.length : level[k]!)), labels: [...labels, "missing"] };
}

/** The last place of each quarter of the answers given. */
function quartiles(places: readonly number[]): number[] {
  const sorted = places.filter((k) => k >= 0).sort((a, b) => a - b);
  return [...new Set([0.25, 0.5, 0.75, 1].map((q) => sorted[Math.ceil(q * sorted.length) - 1]!))];
}

/** The lower end of a range, without the unit that its upper end carries. */
const bare = (item: Item, value: Value) => (item.scale.kind === "ordinal" ? labelOf(item, value) : String(value));

/** Items that say which treatment group a person is in: the derived crossing where the codebook has one, else all treatments. */
export function treatmentItems(respondents: Respondents): string[] {
  const treatments = respondents.codebook.items.filter((i) => i.role === "treatment" && respondents.has(i.name));
  const derived = treatments.find((i) => i.derived);
  if (derived) return [derived.name];
  if (treatments.length === 0)
    throw new Error(`${respondents.codebook.name} has no treatment; choose the groups with by: "item"`);
  return treatments.map((i) => i.name);
}
