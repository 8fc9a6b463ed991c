import type { Item, Option, Value } from "./types.js";

/** The answer options of an item in the codebook's order; a grid from `min` to `max` for an interval, 0 … max for a count. */
export function optionsOf(item: Item): Option[] {
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal") return scale.options;
  if (scale.kind === "interval" && scale.step === 0)
    throw new Error(`item ${item.name} is continuous; give its scale a step to list its options`);
  if (scale.kind === "interval")
    return grid(scale.min, scale.max, scale.step).map((value) => ({
      value,
      label: scale.labels?.[String(value)] ?? `${value}${scale.unit ? ` ${scale.unit}` : ""}`,
    }));
  if (scale.max === undefined)
    throw new Error(`item ${item.name} is a count without an upper end; give its scale a max to list its options`);
  return grid(0, scale.max, 1).map((value) => ({ value, label: `${value}${scale.unit ? ` ${scale.unit}` : ""}` }));
}

/** `min`, `min + step`, … up to `max`, without the drift of adding steps up. */
function grid(min: number, max: number, step: number): number[] {
  const steps = Math.floor((max - min) / step + 1e-9);
  return Array.from({ length: steps + 1 }, (_, k) => Number((min + k * step).toPrecision(12)));
}

/**
 * The values an item can take, in the codebook's order (ascending for interval and count). A count without an
 * upper end takes the values seen: pass them.
 */
export function supportOf(item: Item, seen?: Iterable<Value>): (number | string)[] {
  if (item.scale.kind === "count" && item.scale.max === undefined && seen)
    return [...new Set([...seen].filter((v): v is number => typeof v === "number"))].sort((a, b) => a - b);
  return optionsOf(item).map((o) => o.value);
}

/** Numeric positions of the options (same order as `optionsOf`), or `null` for a nominal item, which has none. */
export function scoresOf(item: Item, seen?: Iterable<Value>): number[] | null {
  const { scale } = item;
  if (scale.kind === "nominal") return null;
  if (scale.kind !== "ordinal") return supportOf(item, seen) as number[];
  if (scale.scores) return scale.scores;
  return scale.options.every((o) => typeof o.value === "number")
    ? scale.options.map((o) => o.value as number)
    : scale.options.map((_, k) => k);
}

/** The numeric position of an answer; NaN for missing. Throws for a nominal item whose values are words. */
export function scoreOf(item: Item, value: Value): number {
  if (value === null) return NaN;
  if (item.scale.kind === "ordinal") {
    const k = item.scale.options.findIndex((o) => o.value === value);
    if (k < 0) throw new Error(`item ${item.name}: ${JSON.stringify(value)} is not an option (${describeScale(item)})`);
    return scoresOf(item)![k]!;
  }
  if (typeof value === "number") return value;
  throw new Error(`item ${item.name} is nominal: ${JSON.stringify(value)} has no numeric position`);
}

/** True when the order of the options means something: ordinal, interval, count. */
export function isOrdered(item: Item): boolean {
  return item.scale.kind !== "nominal";
}

/** The middle answer: the middle option of an ordered item (lower of two), the first of a nominal one. */
export function midpoint(item: Item): number | string {
  const { scale } = item;
  if (scale.kind === "nominal") return scale.options[0]!.value;
  const support = supportOf(item);
  return support[Math.floor((support.length - 1) / 2)]!;
}

/** The words for an answer; the value itself where the codebook has none, "missing" for null. */
export function labelOf(item: Item, value: Value): string {
  if (value === null) return "missing";
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal")
    return scale.options.find((o) => o.value === value)?.label ?? String(value);
  const label = scale.kind === "interval" ? scale.labels?.[String(value)] : undefined;
  return label ?? `${value}${scale.unit ? ` ${scale.unit}` : ""}`;
}

/** What the codebook allows, in words, for error messages and cards. */
export function describeScale(item: Item): string {
  const { scale } = item;
  if (scale.kind === "interval")
    return `${scale.min} to ${scale.max}${scale.step === 1 ? "" : scale.step === 0 ? ", continuous" : ` in steps of ${scale.step}`}${scale.unit ? ` (${scale.unit})` : ""}`;
  if (scale.kind === "count")
    return `a whole number from 0${scale.max === undefined ? "" : ` to ${scale.max}`}${scale.unit ? ` (${scale.unit})` : ""}`;
  const words = scale.options.map((o) => (String(o.value) === o.label ? o.label : `${o.value} (${o.label})`));
  return words.length > 8 ? `${words.slice(0, 4).join(", ")}, … ${words.at(-1)}` : words.join(", ");
}

/** Whether an answer is one the codebook allows. */
export function fits(item: Item, value: number | string): boolean {
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal") return scale.options.some((o) => o.value === value);
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (scale.kind === "count") return Number.isInteger(value) && value >= 0 && value <= (scale.max ?? Infinity);
  if (scale.step === 0) return value >= scale.min && value <= scale.max;
  const steps = (value - scale.min) / scale.step;
  return value >= scale.min && value <= scale.max && Math.abs(steps - Math.round(steps)) < 1e-6;
}

/**
 * Reads one cell. Text is trimmed; empty text and the item's missing codes become `null`; a number is read where
 * the scale has numbers; an option's label is accepted for its value. Returns `undefined` when nothing fits.
 */
export function parseAnswer(item: Item, cell: unknown): Value | undefined {
  if (cell === null || cell === undefined || (typeof cell === "number" && Number.isNaN(cell))) return null;
  const raw = typeof cell === "bigint" ? Number(cell) : typeof cell === "boolean" ? Number(cell) : cell;
  const text = String(raw).trim();
  const number =
    typeof raw === "number" ? raw : /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
  // A code may be written "99.0", as pandas writes whole numbers in a column with gaps.
  if (text === "" || item.missing?.some((code) => String(code) === text || Number(code) === number)) return null;
  if (item.role === "id") return text;
  const { scale } = item;
  if (item.role === "weight") return Number.isFinite(number) && number >= 0 ? number : undefined;
  if (scale.kind === "nominal" || scale.kind === "ordinal") {
    const option =
      scale.options.find((o) => (typeof o.value === "number" ? o.value === number : o.value === text)) ??
      scale.options.find((o) => o.label.toLowerCase() === text.toLowerCase());
    return option?.value;
  }
  return fits(item, number) ? number : undefined;
}

/** Whether an item may be shown to a model: not derived from others and not part of the design only. */
export function isShown(item: Item): boolean {
  return !item.derived && !item.hidden;
}
