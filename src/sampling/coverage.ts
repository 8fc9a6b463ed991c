import { isOrdered, labelOf, parseAnswer, result, type Item, type Respondents, type Result } from "../study/index.js";
import { levels } from "./levels.js";

/** Shares of a population: item → level (value or label) → share; shares of an item sum to 1. */
export type Margins = Record<string, Record<string, number>>;

export interface CoverageRow {
  item: string;
  /** The item in words. */
  label: string;
  level: string;
  /** Share among those the pilot was drawn from. */
  population: number;
  pilot: number;
  /** Number of people of the pilot at this level. */
  count: number;
  /** Share in the given margin; null where none was given. */
  margin: number | null;
  /** Pilot minus margin where there is one, else minus population, as a share. */
  difference: number;
}

/**
 * How well a part covers a population: the share of each level of each item in both, and against given margins (is
 * the sample WEIRD: Western, educated, industrialised, rich, democratic?). `distance` is the total variation
 * distance per item (0 same, 1 nothing in common); `missing` lists levels of the population that nobody in the part has.
 */
export function coverage(
  part: Respondents,
  population: Respondents,
  options: { margins?: Margins; items?: readonly string[]; notes?: readonly string[] } = {},
): Result<CoverageRow> & { n: number; missing: string[]; distance: Record<string, number> } {
  const margins = options.margins ?? {};
  const items = options.items ?? [
    ...new Set([...population.items("attribute", "treatment").map((i) => i.name), ...Object.keys(margins)]),
  ];
  for (const [name, people] of Object.entries({ part, population }))
    if (people.n === 0) throw new Error(`${name}: there is nobody in it; expected at least one respondent`);
  const drawn = new Set(part.ids);
  const rows: CoverageRow[] = [];
  const missing: string[] = [];
  const distance: Record<string, number> = {};
  for (const item of items) {
    const margin = margins[item] && resolveMargin(population, item, margins[item]);
    const { codes, labels, counts } = margin ? byValue(population, item, margin) : levels(population, item);
    const seen = labels.map(() => 0);
    codes.forEach((c, i) => {
      if (drawn.has(population.ids[i]!)) seen[c]!++;
    });
    distance[item] = 0;
    labels.forEach((level, k) => {
      const share = counts[k]! / population.n,
        pilot = seen[k]! / part.n,
        given = margin?.get(level) ?? null;
      const difference = pilot - (given ?? share);
      distance[item]! += Math.abs(difference) / 2;
      if (seen[k] === 0 && (counts[k]! > 0 || (given ?? 0) > 0)) missing.push(`${item}: ${level}`);
      rows.push({
        item,
        label: population.item(item).label,
        level,
        population: share,
        pilot,
        count: seen[k]!,
        margin: given,
        difference,
      });
    });
  }
  const furthest = Object.entries(distance).sort((a, b) => b[1] - a[1])[0];
  const notes = [...(options.notes ?? [])];
  if (furthest)
    notes.push(
      `furthest off: ${furthest[0]}, total variation distance ${furthest[1].toFixed(3)} from the ${margins[furthest[0]] ? "margin" : "population"}`,
    );
  if (missing.length)
    notes.push(
      `nobody in the pilot is: ${missing.slice(0, 8).join("; ")}${missing.length > 8 ? `; … (${missing.length})` : ""}`,
    );
  return result(
    {
      kind: "sampling.coverage",
      title: `Coverage of ${part.n} of ${population.n} respondents`,
      rows,
      columns: [
        { name: "item" },
        { name: "level" },
        { name: "count", format: "integer" },
        { name: "pilot", format: "percent" },
        { name: "population", format: "percent" },
        ...(options.margins ? [{ name: "margin" as const, format: "percent" as const }] : []),
        { name: "difference", format: "percent" },
      ],
      notes,
      provenance: population.provenance === "human" ? [] : [`${population.provenance} data`],
    },
    { n: part.n, missing, distance },
  );
}

/** Margins by label, in the codebook's order; throws for unknown levels and shares that do not sum to 1. */
export function resolveMargin(people: Respondents, name: string, margin: Record<string, number>): Map<string, number> {
  const item = people.item(name);
  const listed = item.scale.kind === "nominal" || item.scale.kind === "ordinal";
  const options = listed
    ? (item.scale as Extract<Item["scale"], { options: unknown }>).options.map((o) => o.value)
    : [...new Set([...people.column(name).filter((v) => v !== null), ...named(item, Object.keys(margin))])];
  if (isOrdered(item) && item.scale.kind !== "ordinal") options.sort((a, b) => Number(a) - Number(b));
  const out = new Map<string, number>();
  let total = 0;
  for (const value of options) {
    const label = labelOf(item, value!);
    const share = margin[String(value)] ?? margin[label];
    if (share === undefined) continue;
    if (!(share >= 0)) throw new Error(`margins.${name}.${label}: expected a share of 0 or more, found ${share}`);
    out.set(label, share);
    total += share;
  }
  if (out.size < Object.keys(margin).length) {
    const known = new Set(options.flatMap((v) => [String(v), labelOf(item, v!)]));
    const wrong = Object.keys(margin).filter((level) => !known.has(level));
    throw new Error(
      `margins.${name}: there is no level ${wrong.join(", ")}; expected ${options.map((v) => labelOf(item, v!)).join(", ")}`,
    );
  }
  if (Math.abs(total - 1) > 0.005)
    throw new Error(`margins.${name}: the shares sum to ${Number(total.toFixed(6))}; expected 1`);
  return new Map([...out].map(([label, share]) => [label, share / total]));
}

/** The numbers that a margin of a measured item names, whether anybody here has them or not. */
function named(item: Item, levels: readonly string[]): number[] {
  return levels.flatMap((level) => {
    const value = parseAnswer(item, level.replace(/ .*$/, ""));
    return typeof value === "number" && [String(value), labelOf(item, value)].includes(level) ? [value] : [];
  });
}

/** Levels of an item one value each, with the margin's levels even where nobody has them. */
export function byValue(people: Respondents, name: string, margin: ReadonlyMap<string, number>) {
  const item = people.item(name);
  const labels = [...margin.keys()];
  const index = new Map(labels.map((l, k) => [l, k]));
  const codes = Int32Array.from(people.column(name), (v) => {
    const label = labelOf(item, v);
    if (!index.has(label)) index.set(label, labels.push(label) - 1);
    return index.get(label)!;
  });
  const counts = labels.map(() => 0);
  for (const c of codes) counts[c]!++;
  return { codes, labels, counts };
}
