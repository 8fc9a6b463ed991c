import type { Respondents, Value } from "../study/index.js";

/** People who share a value of a grouping; `by` is empty for everyone. */
export interface Group {
  /** The grouping: an item's name, or several joined by " × ". */
  by: string;
  /** The value, in the codebook's words. */
  group: string;
  /** Rows of the people in it. */
  people: Int32Array;
}

/** Grouping items; an inner list is an intersection: `["treatment", ["treatment", "ethnicity"]]`. */
export type By = string | readonly (string | readonly string[])[];

/** Everyone, then each group of each grouping. Numbers with many values are cut at their quartiles; missing ones are counted in `notes`. */
export function groups(people: Respondents, by: By = people.codebook.defaults.groups, notes: string[] = []): Group[] {
  const out: Group[] = [{ by: "", group: "everyone", people: Int32Array.from(people.ids, (_, i) => i) }];
  for (const grouping of typeof by === "string" ? [by] : by) {
    const names = typeof grouping === "string" ? [grouping] : grouping;
    const labelled = names.map((name) => labels(people, name));
    const members = new Map<string, { order: number[]; rows: number[] }>();
    let missing = 0;
    for (let i = 0; i < people.n; i++) {
      const parts = labelled.map((of) => of(i));
      if (parts.includes(null)) {
        missing++;
        continue;
      }
      const key = parts.map((p) => p!.label).join(" × ");
      const found = members.get(key);
      if (found) found.rows.push(i);
      else members.set(key, { order: parts.map((p) => p!.order), rows: [i] });
    }
    if (missing) notes.push(`${missing} people have no value of ${names.join(" or ")} and are in none of its groups`);
    const sorted = [...members].sort(([, a], [, b]) => {
      const k = a.order.findIndex((x, j) => x !== b.order[j]);
      return k < 0 ? 0 : a.order[k]! - b.order[k]!;
    });
    for (const [group, { rows }] of sorted) out.push({ by: names.join(" × "), group, people: Int32Array.from(rows) });
  }
  return out;
}

/** The label and place of each person on one item. */
function labels(people: Respondents, name: string): (row: number) => { label: string; order: number } | null {
  if (!people.has(name))
    throw new Error(`by: there is no column ${name} to group by; the respondents have ${people.names.join(", ")}`);
  const { scale } = people.item(name);
  const column = people.column(name);
  if (scale.kind === "nominal" || scale.kind === "ordinal") {
    const places = new Map(scale.options.map((o, k) => [String(o.value), { label: o.label, order: k }]));
    return (i) => (column[i] === null ? null : (places.get(String(column[i])) ?? own(column[i]!)));
  }
  const seen = [...new Set(column.filter((v): v is number => typeof v === "number"))].sort((a, b) => a - b);
  if (seen.length <= 8) return (i) => (column[i] === null ? null : own(column[i]!));
  const values = column.filter((v): v is number => typeof v === "number").sort((a, b) => a - b);
  const cuts = [...new Set([0.25, 0.5, 0.75].map((q) => values[Math.floor(q * (values.length - 1))]!))];
  return (i) => {
    const v = column[i];
    if (typeof v !== "number") return null;
    const k = cuts.filter((c) => v > c).length;
    const low = k === 0 ? values[0]! : seen.find((x) => x > cuts[k - 1]!)!;
    const high = k === cuts.length ? values.at(-1)! : cuts[k]!;
    return { label: low === high ? `${name} ${low}` : `${name} ${low}–${high}`, order: k };
  };
}

const own = (value: Exclude<Value, null>) => ({
  label: String(value),
  order: typeof value === "number" ? value : 0,
});
