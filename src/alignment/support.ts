import { describeScale, scoresOf } from "../study/index.js";
import type { Item, Respondents, Value } from "../study/index.js";

/**
 * The options of an item as places 0 … size − 1 of a histogram, and as numbers where they have an order.
 * Interval items are taken at their own steps when there are at most `maxPlaces` of them; finer ones, and counts with
 * more different values, go into `bins` bins of equal width.
 */
export interface Support {
  item: Item;
  size: number;
  /** False for nominal items: then only the share of each option means something. */
  ordered: boolean;
  /** The place of an answer; −1 when it is missing. Throws on an answer the codebook does not know. */
  place(value: Value, respondent: string): number;
  /** The number each place stands for (the middle of a bin); none for nominal items. */
  positions?: Float64Array;
  /** The answer as a number: score, or value; NaN when missing. */
  score(value: Value): number;
  /** In words, for notes, when answers were binned. */
  binned?: string;
}

export const maxPlaces = 41;
export const defaultBins = 20;

/** The support of an item over all these respondents. */
export function support(item: Item, respondents: readonly Respondents[], bins = defaultBins): Support {
  if (!Number.isInteger(bins) || bins < 2) throw new Error(`bins: expected an integer of at least 2, found ${bins}`);
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal") return options(item, scale);
  let min = 0,
    max: number,
    step = 1;
  if (scale.kind === "interval") ({ min, max, step } = scale);
  else {
    max = 0;
    for (const r of respondents) for (const v of r.column(item.name)) if (typeof v === "number") max = Math.max(max, v);
    if (scale.max !== undefined) max = Math.max(1, Math.min(max, scale.max));
  }
  const score = (value: Value) => (typeof value === "number" ? value : NaN);
  const checked = (value: Value, respondent: string): number => {
    if (typeof value !== "number" || !(value >= min) || value > max + 1e-9)
      throw new Error(
        `item ${item.name}, respondent ${respondent}: ${JSON.stringify(value)} is not an answer the codebook allows; ` +
          `expected ${describeScale(item)}`,
      );
    return value;
  };
  const steps = Math.round((max - min) / step) + 1;
  if (steps <= maxPlaces)
    return {
      item,
      size: Math.max(steps, 1),
      ordered: true,
      positions: Float64Array.from({ length: Math.max(steps, 1) }, (_, k) => min + k * step),
      score,
      place: (v, who) => (v === null ? -1 : Math.min(Math.round((checked(v, who) - min) / step), steps - 1)),
    };
  return {
    item,
    size: bins,
    ordered: true,
    positions: Float64Array.from({ length: bins }, (_, k) => min + ((k + 0.5) / bins) * (max - min)),
    score,
    place: (v, who) =>
      v === null ? -1 : Math.min(Math.floor(((checked(v, who) - min) / (max - min)) * bins), bins - 1),
    binned: `${item.name} was taken in ${bins} bins of equal width from ${min} to ${max}`,
  };
}

/** Whether each place is one answer, in ascending order: then a histogram holds all that a sample does. */
export const exactPlaces = ({ positions, binned }: Support): boolean =>
  positions !== undefined && !binned && positions.every((x, k) => k === 0 || x > positions[k - 1]!);

function options(item: Item, scale: Extract<Item["scale"], { kind: "nominal" | "ordinal" }>): Support {
  const values = scale.options.map((o) => o.value);
  const places = new Map<Value, number>(values.map((v, i) => [v, i]));
  // A number read as text ("1" for 1) is the same answer.
  values.forEach((v, i) => {
    if (!places.has(String(v))) places.set(String(v), i);
  });
  const ordered = scale.kind === "ordinal";
  const scores = scoresOf(item) ?? values.map(() => NaN);
  const find = (v: Value) => places.get(v) ?? (v === null ? undefined : places.get(String(v)));
  return {
    item,
    size: values.length,
    ordered,
    ...(ordered ? { positions: Float64Array.from(scores) } : {}),
    score: (v) => (v === null ? NaN : (scores[find(v) ?? -1] ?? NaN)),
    place: (v, respondent) => {
      if (v === null) return -1;
      const place = find(v);
      if (place === undefined)
        throw new Error(
          `item ${item.name}, respondent ${respondent}: ${JSON.stringify(v)} is not one of the codebook's options ` +
            `(${describeScale(item)})`,
        );
      return place;
    },
  };
}
