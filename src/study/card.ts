import { result, type Result } from "./result.js";
import { labelOf, supportOf } from "./scale.js";
import type { Respondents } from "./respondents.js";
import type { Item, Value } from "./types.js";

export interface CardRow {
  item: string;
  role: string;
  label: string;
  answers: string;
  /** The middle of a numeric item, the most frequent answer of a nominal one. */
  typical: string;
  distinct: number;
  missing: number;
}

/** A study, or a part of one, at a glance: its items, how they are answered and what people answered. */
export function card(respondents: Respondents): Result<CardRow> & { n: number } {
  const { codebook, n, origin, provenance } = respondents;
  const rows = codebook.items
    .filter((i) => respondents.has(i.name) && i.role !== "id")
    .map((item) => summary(item, respondents.column(item.name)));
  const absent = codebook.items.filter((i) => !respondents.has(i.name)).map((i) => i.name);
  const part = origin.part === "all" ? "" : ` · ${origin.part}`;
  const notes = [codebook.description];
  if (origin.method)
    notes.push(`${origin.part}: ${origin.method}${origin.seed === undefined ? "" : `, seed ${origin.seed}`}`);
  if ("notes" in respondents) notes.push(...(respondents.notes as string[]));
  if (absent.length) notes.push(`not in this part: ${absent.join(", ")}`);
  if (codebook.rule) notes.push(`belief–action rule: ${codebook.rule.text}`);
  if (codebook.population) notes.push(`population: ${codebook.population}`);
  notes.push(
    `sharing with hosted models: ${codebook.sharing}; licence: ${codebook.licence}`,
    ...(codebook.caveats ?? []),
  );
  return result(
    {
      kind: "study.card",
      title: `${codebook.title}${part} · ${n.toLocaleString("en-US")} respondents`,
      rows,
      columns: [
        { name: "item" },
        { name: "role" },
        { name: "label" },
        { name: "answers" },
        { name: "typical" },
        { name: "distinct", format: "integer" },
        { name: "missing", format: "integer" },
      ],
      notes,
      provenance: provenance === "human" ? [] : [`${provenance} data`],
    },
    { n },
  );
}

function summary(item: Item, values: readonly Value[]): CardRow {
  const present = values.filter((v): v is number | string => v !== null);
  const distinct = new Set(present).size;
  let typical = "–";
  if (present.length) {
    if (item.scale.kind === "nominal") {
      const counts = new Map<number | string, number>();
      for (const v of present) counts.set(v, (counts.get(v) ?? 0) + 1);
      const [mode, count] = [...counts].reduce((best, c) => (c[1] > best[1] ? c : best));
      typical = `${labelOf(item, mode)} ${((100 * count) / present.length).toFixed(0)}%`;
    } else {
      const order =
        item.scale.kind === "ordinal"
          ? new Map(item.scale.options.map((o, k) => [o.value, k]))
          : new Map(present.map((v) => [v, Number(v)]));
      const sorted = [...present].sort((a, b) => order.get(a)! - order.get(b)!);
      typical = labelOf(item, sorted[Math.floor((sorted.length - 1) / 2)]!);
    }
  }
  return {
    item: item.name,
    role: item.sensitive ? `${item.role}, sensitive` : item.role,
    label: item.label,
    answers: answersOf(item),
    typical,
    distinct,
    missing: values.length - present.length,
  };
}

/** The scale in a few words: every option where there are few, else the ends. */
function answersOf(item: Item): string {
  const { scale } = item;
  if (scale.kind === "count")
    return scale.max === undefined ? "a count" : `0 to ${scale.max}${scale.unit ? ` ${scale.unit}` : ""}`;
  if (scale.kind === "interval")
    return `${scale.min} to ${scale.max}${scale.unit ? ` ${scale.unit}` : ""}${scale.step === 1 ? "" : scale.step === 0 ? ", continuous" : `, steps of ${scale.step}`}`;
  const labels = scale.options.map((o) => o.label);
  const all = labels.join(" | ");
  if (all.length <= 48) return all;
  const support = supportOf(item);
  return scale.kind === "ordinal"
    ? `${support[0]} ${labels[0]} … ${support.at(-1)} ${labels.at(-1)}`
    : `${labels.length} options: ${labels[0]}, ${labels[1]}, …`;
}
