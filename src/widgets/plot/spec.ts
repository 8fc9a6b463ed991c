/**
 * A plot as data: marks by name with column names for channels, so that the same plot is drawn in the browser
 * (live, brushed) and on the server (SVG, PNG) from one description.
 */

/** The marks of Observable Plot that can be named. */
export const markNames = [
  "areaX", "areaY", "arrow", "barX", "barY", "boxX", "boxY", "cell", "contour", "density", "dot", "frame", "gridX", "gridY",
  "hexagon", "line", "lineX", "lineY", "linearRegressionX", "linearRegressionY", "link", "rect", "rectX", "rectY",
  "ruleX", "ruleY", "text", "tickX", "tickY", "vector", "waffleX", "waffleY", "axisX", "axisY", "bollingerY", "dotX", "dotY",
] as const; // prettier-ignore

export const transformNames = ["bin", "binX", "binY", "group", "groupX", "groupY", "groupZ", "stackX", "stackY", "dodgeX", "dodgeY", "hexbin", "normalizeX", "normalizeY", "windowX", "windowY"] as const; // prettier-ignore

export interface MarkSpec {
  mark: (typeof markNames)[number];
  /** A transform of Observable Plot applied to the options, with its outputs: `transform: "binX", outputs: { y: "count" }`. */
  transform?: (typeof transformNames)[number];
  outputs?: Record<string, unknown>;
  /** Values of the mark itself in place of the data: `data: [0]` of a rule. */
  data?: readonly (number | string)[];
  /** Channels: a column's name, a number or a CSS colour; and any option of the mark that is JSON. */
  [option: string]: unknown;
}

export interface PlotSpec {
  marks: readonly MarkSpec[];
  title?: string;
  width?: number;
  height?: number;
  /** Any other option of Plot.plot that is JSON: scales, margins, facets. */
  [option: string]: unknown;
}

/** One column: numbers, or text as codes into labels (−1 is missing). */
export type PlotColumn =
  | {
      kind: "number";
      values:
        Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array | Int8Array | Int16Array | Uint16Array;
    }
  | { kind: "text"; codes: Int32Array; labels: readonly string[] };

export type PlotColumns = Readonly<Record<string, PlotColumn>>;

export type BrushKind = "x" | "y" | "xy" | "category";

/** What is brushed: ranges in data units (or categories of an axis), categories of the colour. */
export interface Brush {
  x?: readonly [number, number] | readonly string[];
  y?: readonly [number, number] | readonly string[];
  category?: readonly string[];
}

/** Throws unless every mark and transform is known and every channel named exists. */
export function checkSpec(spec: PlotSpec, columns: PlotColumns): void {
  if (!Array.isArray(spec.marks) || !spec.marks.length)
    throw new Error(`a plot needs marks, for example { mark: "dot", x: "age", y: "income" }`);
  spec.marks.forEach((m, i) => {
    if (!(markNames as readonly string[]).includes(m.mark))
      throw new Error(`mark ${i}: unknown mark "${String(m.mark)}"; known are ${markNames.join(", ")}`);
    if (m.transform && !(transformNames as readonly string[]).includes(m.transform))
      throw new Error(`mark ${i}: unknown transform "${String(m.transform)}"; known are ${transformNames.join(", ")}`);
    for (const channel of ["x", "y", "x1", "x2", "y1", "y2", "r", "z", "fx", "fy", "text", "title"]) {
      const name = m[channel];
      if (typeof name === "string" && !m.data && !(name in columns))
        throw new Error(
          `mark ${i} (${m.mark}): ${channel} names the column "${name}"; the data has ${Object.keys(columns).join(", ")}`,
        );
    }
  });
}

/** The column behind a channel of the first mark that has it by name. */
export function channelColumn(spec: PlotSpec, columns: PlotColumns, ...channels: string[]): string | undefined {
  for (const m of spec.marks)
    for (const channel of channels) {
      const name = m[channel];
      if (typeof name === "string" && name in columns && !m.data) return name;
    }
  return undefined;
}

/** Number of rows of columns. */
export function lengthOf(columns: PlotColumns): number {
  const first = Object.values(columns)[0];
  return first ? (first.kind === "number" ? first.values.length : first.codes.length) : 0;
}
