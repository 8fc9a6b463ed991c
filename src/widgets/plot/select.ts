import { channelColumn } from "./spec.js";
import type { Brush, PlotColumn, PlotColumns, PlotSpec } from "./spec.js";

/** Indices of the rows inside a brush, in order; null when nothing is brushed. Missing values are in no range. */
export function rowsInBrush(
  spec: PlotSpec,
  columns: PlotColumns,
  brush: Brush | null,
  rows: number,
): Uint32Array | null {
  if (!brush) return null;
  const tests: ((i: number) => boolean)[] = [];
  const add = (column: string | undefined, wanted: readonly (number | string)[] | undefined) => {
    if (!wanted || column === undefined) return;
    tests.push(test(columns[column]!, wanted));
  };
  add(channelColumn(spec, columns, "x", "x1"), brush.x);
  add(channelColumn(spec, columns, "y", "y1"), brush.y);
  add(channelColumn(spec, columns, "fill", "stroke", "symbol"), brush.category);
  if (!tests.length) return null;
  const found = new Uint32Array(rows);
  let n = 0;
  for (let i = 0; i < rows; i++) if (tests.every((t) => t(i))) found[n++] = i;
  return found.slice(0, n);
}

function test(column: PlotColumn, wanted: readonly (number | string)[]): (i: number) => boolean {
  if (column.kind === "text") {
    const codes = new Set(wanted.map((w) => column.labels.indexOf(String(w))));
    codes.delete(-1);
    return (i) => codes.has(column.codes[i]!);
  }
  if (typeof wanted[0] === "string" || wanted.length !== 2) {
    const values = new Set(wanted.map(Number));
    return (i) => values.has(column.values[i]!);
  }
  const [low, high] = wanted as [number, number];
  return (i) => column.values[i]! >= low && column.values[i]! <= high;
}
