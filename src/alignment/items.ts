import type { Item, Respondents, Value } from "../study/index.js";
import { support } from "./support.js";
import type { Support } from "./support.js";

/** An item (or all beliefs together) with everybody's answers as places of a histogram. */
export interface CodedItem {
  name: string;
  label: string;
  kind: "belief" | "action" | "joint" | "other";
  size: number;
  /** Missing for the joint item. */
  support?: Support;
  /** `codes[source][person]`, people first; −1 where missing. */
  codes: Int32Array[];
  /** The joint item's places of further people, from their places on each belief; new combinations follow after `size`. */
  combine?(beliefs: readonly Int32Array[]): Int32Array;
  /** Places of the joint item, those of further people included. */
  combined?(): number;
}

export const jointName = "beliefs (joint)";
export const meanName = "mean of beliefs";

/**
 * The items to compare: by default the beliefs and actions that people and every simulation have (those that are not
 * answered by all are noted); named ones must be there.
 */
export function chooseItems(
  human: Respondents,
  simulated: readonly Respondents[],
  names: readonly string[] | undefined,
  notes: string[],
): Item[] {
  if (names) {
    const items = names.map((n) => human.item(n));
    for (const item of items)
      [human, ...simulated].forEach((r, s) => {
        if (!r.has(item.name)) {
          const who = s === 0 ? "the human respondents" : `simulation ${s}`;
          throw new Error(`item ${item.name} is missing from ${who}, which have ${r.names.join(", ")}`);
        }
      });
    if (items.length) return items;
    throw new Error(`items: the list is empty; name some of ${human.names.join(", ")}, or leave items out`);
  }
  const answered = human.items("belief", "action");
  const items = answered.filter((item) => simulated.every((s) => s.has(item.name)));
  const left = answered.filter((item) => !items.includes(item));
  if (left.length) notes.push(`not simulated, so not compared: ${left.map((i) => i.name).join(", ")}`);
  if (!items.length)
    throw new Error(
      `there is nothing to compare: no belief or action is answered on both sides (human columns: ` +
        `${human.names.join(", ")}; simulated: ${simulated[0]?.names.join(", ")})`,
    );
  return items;
}

export function codeItem(item: Item, sources: readonly Respondents[], bins?: number): CodedItem {
  const s = support(item, sources, bins);
  const code = (column: readonly Value[], ids: readonly string[]) => {
    const out = new Int32Array(column.length);
    for (let i = 0; i < out.length; i++) out[i] = s.place(column[i]!, ids[i]!);
    return out;
  };
  return {
    name: item.name,
    label: item.label,
    kind: item.role === "belief" || item.role === "action" ? item.role : "other",
    size: s.size,
    support: s,
    codes: sources.map((r) => code(r.column(item.name), r.ids)),
  };
}

/** All beliefs as one item, whose options are the combinations that occur. */
export function jointItem(beliefs: readonly CodedItem[]): CodedItem {
  const width = beliefs.reduce((product, b) => product * b.size, 1);
  const places = numbering(width);
  const combine = (columns: readonly Int32Array[]) => {
    const out = new Int32Array(columns[0]!.length);
    for (let i = 0; i < out.length; i++) {
      let number = 0,
        missing = false;
      for (let j = 0; j < columns.length; j++) {
        const place = columns[j]![i]!;
        if (place < 0) missing = true;
        number = number * beliefs[j]!.size + place;
      }
      out[i] = missing ? -1 : places.of(width > Number.MAX_SAFE_INTEGER ? columns.map((c) => c[i]).join(" ") : number);
    }
    return out;
  };
  const joint: CodedItem = {
    name: jointName,
    label: "all beliefs together",
    kind: "joint",
    size: 0,
    codes: beliefs[0]!.codes.map((_, s) => combine(beliefs.map((b) => b.codes[s]!))),
    combine,
    combined: () => places.size(),
  };
  joint.size = places.size();
  return joint;
}

/** Numbers keys as they come; by a plain table where there are few possible ones. */
function numbering(width: number): { of: (key: number | string) => number; size: () => number } {
  if (width <= 1 << 20) {
    const table = new Int32Array(width).fill(-1);
    let size = 0;
    return {
      of(key) {
        const place = table[key as number]!;
        return place >= 0 ? place : (table[key as number] = size++);
      },
      size: () => size,
    };
  }
  const table = new Map<number | string, number>();
  return {
    of(key) {
      let place = table.get(key);
      if (place === undefined) table.set(key, (place = table.size));
      return place;
    },
    size: () => table.size,
  };
}
