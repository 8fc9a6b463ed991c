/**
 * Answers as places on their scale, for a model too small to compare a 3 on one scale with a 40 on another: ordered
 * answers and pairs are written in percent of their scale (0 … 100), other options as letters.
 */
import type { Item, Value } from "../study/index.js";

/** Scale lengths the built-in model has a token for. */
const sizes = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 21, 26, 31, 41, 51, 101];

/** Counts longer than this are written on a logarithmic scale. */
const longCount = 200;

/** How many options an item has; undefined for a count without an upper end. */
export function optionCount(item: Item): number | undefined {
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal") return scale.options.length;
  if (scale.kind === "interval") return Math.floor((scale.max - scale.min) / scale.step + 1e-9) + 1;
  return scale.max === undefined ? undefined : scale.max + 1;
}

/** The scale as one token: `<7>` for seven ordered options (nearest known length), `<nominal>`, `<count>`. */
export function sizeToken(item: Item): string {
  const count = optionCount(item);
  if (item.scale.kind === "nominal" && count !== 2) return "<nominal>";
  if (count === undefined || (item.scale.kind === "count" && count > longCount)) return "<count>";
  const nearest = sizes.reduce((best, size) =>
    Math.abs(Math.log(size / count)) < Math.abs(Math.log(best / count)) ? size : best,
  );
  return `<${nearest}>`;
}

/**
 * An answer's place: percent of its scale, rounded, "0" … "100"; for three or more unordered options the letter
 * `<A>`, `<B>` … of its place in the codebook. Values beyond an interval's or count's ends are put at the end.
 */
export function positionText(item: Item, value: Value): string {
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal") {
    const index = scale.options.findIndex((option) => String(option.value) === String(value));
    if (index < 0) throw new Error(`item ${item.name}: ${JSON.stringify(value)} is not among its options`);
    if (scale.kind === "nominal" && scale.options.length > 2) return `<${String.fromCharCode(65 + (index % 26))}>`;
    return percent(index / Math.max(1, scale.options.length - 1));
  }
  const number = Number(value);
  if (scale.kind === "interval") return percent((number - scale.min) / (scale.max - scale.min || 1));
  const max = scale.max ?? 10_000;
  return percent(max <= longCount ? number / (max || 1) : Math.log1p(Math.max(0, number)) / Math.log1p(max));
}

const percent = (share: number) => String(Math.round(100 * Math.min(1, Math.max(0, share))));

/** The words of a label that carry meaning, in lower case without punctuation, at most six. */
export function shortLabel(label: string): string {
  const words = label
    .normalize("NFKC")
    .toLowerCase()
    .replace(/['’]s\b/gu, "")
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
    .trim()
    .split(" ");
  const kept = words.filter((word) => !fillers.has(word));
  return (kept.length ? kept : words).slice(0, 6).join(" ");
}

const fillers = new Set(
  "the of a an and or to in for on at by with from is are was be has have that it this".split(" "),
);
