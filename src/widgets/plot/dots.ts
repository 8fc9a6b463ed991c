/**
 * Many dots, of which Plot sees only what its scales need: it takes most of the time of a drawing to look at a hundred
 * thousand rows one by one. Where each dot lies is then computed from the columns (src/widgets/host/canvas.ts).
 */
import * as Plot from "@observablehq/plot";
import type { MarkSpec, PlotColumn, PlotColumns, PlotSpec } from "./spec.js";

export type NumberColumn = Extract<PlotColumn, { kind: "number" }>;

/** The columns behind the dots' channels. */
export interface DotColumns {
  x: NumberColumn;
  y: NumberColumn;
  colour: PlotColumn | undefined;
  /** Which channel `colour` is behind. */
  channel: "fill" | "stroke" | undefined;
}

const options = new Set(["mark", "x", "y", "fill", "stroke", "r", "strokeWidth", "tip"]);
const scaleOptions = ["type", "percent", "transform", "interval"];

/** The columns of dots that may be drawn so: numbers on linear axes, without facets, tooltips or other channels. */
export function dotColumns(m: MarkSpec, spec: PlotSpec, columns: PlotColumns, tips: boolean): DotColumns | undefined {
  if (Object.keys(m).some((k) => !options.has(k)) || (m.tip && tips) || typeof (m["r"] ?? 1) !== "number") return;
  if ("facet" in spec) return;
  for (const scale of ["x", "y", "color"])
    if (scaleOptions.some((option) => option in ((spec[scale] ?? {}) as object))) return;
  const [x, y] = [columns[m["x"] as string], columns[m["y"] as string]];
  if (x?.kind !== "number" || y?.kind !== "number") return;
  const [channel, another] = (["fill", "stroke"] as const).filter((c) => (m[c] as string) in columns);
  if (another) return;
  return { x, y, channel, colour: channel && columns[m[channel] as string] };
}

/** The mark over the rows that span its scales; `render` draws the others. */
export function spanningDots(m: MarkSpec, all: DotColumns, render: unknown): Plot.Dot {
  const { mark, tip, ...given } = m;
  void mark;
  void tip;
  const channel = (column: PlotColumn, name: unknown) => ({
    label: name,
    transform: (rows: readonly number[]) =>
      rows.map((i) => (column.kind === "number" ? column.values[i] : (column.labels[column.codes[i]!] ?? null))),
  });
  const made: Record<string, unknown> = { ...given, x: channel(all.x, m["x"]), y: channel(all.y, m["y"]), render };
  if (all.channel) made[all.channel] = channel(all.colour!, m[all.channel]);
  return Plot.dot(spanning(all), made as never);
}

/** The rows that hold the extremes of numbers, and each category once. */
function spanning({ x, y, colour }: DotColumns): number[] {
  const rows = new Set<number>();
  for (const column of [x, y, colour]) {
    if (column?.kind === "number") {
      let [low, high] = [-1, -1];
      const { values } = column;
      for (let i = 0; i < values.length; i++) {
        const v = values[i]!;
        if (v - v !== 0) continue; // not finite
        if (low < 0 || v < values[low]!) low = i;
        if (high < 0 || v > values[high]!) high = i;
      }
      if (low >= 0) rows.add(low).add(high);
    } else if (column) {
      const seen = new Set<number>();
      for (let i = 0; i < column.codes.length && seen.size <= column.labels.length; i++) {
        if (!seen.has(column.codes[i]!)) rows.add(i);
        seen.add(column.codes[i]!);
      }
    }
  }
  return [...rows];
}
