/** Draws a plot from its description, in the browser and on the server alike. */
import * as Plot from "@observablehq/plot";
import type { MarkSpec, PlotColumn, PlotColumns, PlotSpec } from "./spec.js";
import { palette } from "../../figures/theme.js";
import { dotColumns, spanningDots } from "./dots.js";
import type { DotColumns } from "./dots.js";
import { channelColumn, lengthOf } from "./spec.js";

export interface DrawOptions {
  /** Rows that are selected; the others are drawn faintly. */
  selected?: Uint32Array | null;
  /** Domains of a zoomed view. */
  zoom?: { x?: readonly [number, number]; y?: readonly [number, number] } | null;
  /**
   * How many dots are drawn (the browser: on a canvas): makes Plot's `render` for the selected rows. `all` are the
   * channels' columns where Plot itself was given only the rows that its scales need.
   */
  renderDots?: (selected: Uint32Array | null, rows: number, all?: DotColumns) => unknown;
  /** Tooltips under the pointer (default false; only a browser has a pointer). */
  tips?: boolean;
}

type Options = Record<string, unknown>;

/** From here on, as many SVG circles are slower than a canvas. */
const manyDots = 2000;

const channels = new Set(["x", "y", "x1", "x2", "y1", "y2", "r", "z", "fx", "fy", "fill", "stroke", "text", "title", "symbol", "opacity", "fillOpacity", "strokeOpacity", "sort", "rotate", "length"]); // prettier-ignore

/** Plot's SVG element (with `scale()`). Title and legend are drawn around it by whoever shows it. */
export function draw(
  spec: PlotSpec,
  columns: PlotColumns,
  options: DrawOptions & { document: Document; width: number },
): (SVGSVGElement | HTMLElement) & Plot.Plot {
  const { document, width } = options;
  return Plot.plot({ ...plotOptions(spec, columns, options), document, width }) as never;
}

/** The options of Plot.plot that a description stands for. */
export function plotOptions(spec: PlotSpec, columns: PlotColumns, options: DrawOptions): Plot.PlotOptions {
  const { marks, title, subtitle, caption, ...rest } = spec as PlotSpec & Record<string, unknown>;
  void title;
  void subtitle;
  void caption;
  const n = lengthOf(columns);
  const selected = options.selected ?? null;
  const layers: unknown[] = [];
  for (const m of marks) {
    const rows = m.data === undefined && !["frame", "gridX", "gridY", "axisX", "axisY"].includes(m.mark);
    // On a canvas, one layer draws both the selected and the others.
    const canvas = m.mark === "dot" && !m.transform && options.renderDots && n > manyDots;
    if (canvas) {
      const all = dotColumns(m, spec, columns, options.tips ?? false);
      const render = options.renderDots!(selected, n, all);
      const mark = { ...m, r: m["r"] ?? (n > 50_000 ? 1.5 : n > 10_000 ? 2 : 3) };
      layers.push(all ? spanningDots(mark, all, render) : build({ ...mark, render }, columns, n, null, options));
      continue;
    }
    if (!rows || !selected) {
      layers.push(build(m, columns, n, null, options));
      continue;
    }
    layers.push(build({ ...m, opacity: 0.15, tip: false }, columns, n, null, options));
    layers.push(build(m, columns, n, selected, options));
  }
  const scale = (name: "x" | "y") => {
    const given = (rest[name] ?? {}) as Options;
    const domain = options.zoom?.[name];
    return { ...given, ...(domain ? { domain } : {}), ...(options.zoom ? { clamp: false } : {}) };
  };
  const clip = options.zoom ? { clip: true } : {};
  return {
    marginLeft: 48,
    ...rest,
    ...clip,
    x: { ...scale("x") },
    y: { ...scale("y") },
    color: { ...colours(spec, columns), ...(rest["color"] as object) },
    marks: layers as Plot.Markish[],
  } as Plot.PlotOptions;
}

/**
 * Categories get the colours of the figures, numbers run from blue to orange: Plot's own have too little contrast on
 * one theme or the other.
 */
export function colours(spec: PlotSpec, columns: PlotColumns): object {
  const name = channelColumn(spec, columns, "fill", "stroke");
  const column = name === undefined ? undefined : columns[name];
  if (column?.kind === "number") return { type: "linear", range: numberColours, interpolate: "lab" };
  return column && column.labels.length <= palette.length ? { range: palette } : {};
}

/** Low and high. */
export const numberColours = [palette[1]!, palette[0]!] as const;

function build(
  m: MarkSpec,
  columns: PlotColumns,
  n: number,
  selected: Uint32Array | null,
  drawing: DrawOptions,
): unknown {
  const { mark, transform, outputs, data, tip, ...given } = m;
  const options: Options = {};
  for (const [key, value] of Object.entries(given)) options[key] = data ? value : channel(key, value, columns);
  if (transform?.startsWith("bin"))
    for (const axis of ["x", "y"] as const) {
      // The same bins for all rows and for the selected ones.
      const name = given[axis];
      const column = typeof name === "string" ? columns[name] : undefined;
      if (
        column?.kind === "number" &&
        !options["thresholds"] &&
        (transform === "bin" || transform === `bin${axis.toUpperCase()}`)
      ) {
        const thresholds = ticks(...extent(column.values), 20);
        options[axis] = {
          ...(options[axis] as object),
          value: (options[axis] as { transform: () => unknown }).transform(),
          thresholds,
        };
        delete (options[axis] as Options)["transform"];
      }
    }
  if (selected) options["filter"] = filterOf(selected, n);
  if (tip && drawing.tips) options["tip"] = tip;
  if (drawing.zoom) options["clip"] = true;
  const applied = transform
    ? (Plot as never as Record<string, (o: unknown, p?: unknown) => Options>)[transform]!(...args(outputs, options))
    : options;
  const make = (Plot as never as Record<string, (data: unknown, options: unknown) => unknown>)[mark]!;
  if (["frame", "gridX", "gridY", "axisX", "axisY"].includes(mark))
    return (make as unknown as (o: unknown) => unknown)(applied);
  return make(data ?? { length: n }, applied);
}

const args = (outputs: unknown, options: Options): [unknown, unknown?] =>
  outputs === undefined ? [options] : [outputs, options];

/** A channel that names a column is that column, labelled by its name. */
function channel(key: string, value: unknown, columns: PlotColumns): unknown {
  if (typeof value !== "string" || !channels.has(key) || !(value in columns)) return value;
  const column = columns[value]!;
  return { label: value, transform: () => valuesOf(column) };
}

const texts = new WeakMap<object, (string | null)[]>();

/** A column as Plot takes it. */
export function valuesOf(column: PlotColumn): ArrayLike<number> | (string | null)[] {
  if (column.kind === "number") return column.values;
  let made = texts.get(column.codes);
  if (!made) texts.set(column.codes, (made = Array.from(column.codes, (c) => column.labels[c] ?? null)));
  return made;
}

function filterOf(selected: Uint32Array, n: number): boolean[] {
  const inside = new Array<boolean>(n).fill(false);
  for (const i of selected) inside[i] = true;
  return inside;
}

function extent(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v < low && Number.isFinite(v)) low = v;
    if (v > high && Number.isFinite(v)) high = v;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Round thresholds over a range. */
function ticks(low: number, high: number, count: number): number[] {
  const step0 = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(step0));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= step0)!;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
