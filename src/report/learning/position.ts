/** Answers as numbers between 0 and 1, and as places among their options. */
import { optionsOf } from "../../study/index.js";
import type { Item, Value } from "../../study/index.js";

const lists = new WeakMap<Item, Map<string, number>>();

/** The place of an answer among its item's options; −1 for missing or unknown. */
export function optionIndex(item: Item, value: Value | undefined): number {
  if (value === null || value === undefined) return -1;
  let list = lists.get(item);
  if (!list) lists.set(item, (list = new Map(optionsOf(item).map((option, k) => [String(option.value), k]))));
  return list.get(String(value)) ?? -1;
}

/** Where on its scale an ordered answer lies (0 … 1; a count on a logarithmic scale), NaN for missing. */
export function positionOf(item: Item, value: Value): number {
  if (value === null) return NaN;
  const { scale } = item;
  if (scale.kind === "interval") return (Number(value) - scale.min) / (scale.max - scale.min || 1);
  if (scale.kind === "count") return Math.log1p(Math.max(0, Number(value)));
  const index = scale.options.findIndex((option) => String(option.value) === String(value));
  return index < 0 ? NaN : index / Math.max(1, scale.options.length - 1);
}
