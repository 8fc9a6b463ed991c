/**
 * Draws many dots as one picture inside the SVG. Pixels are set directly: the browser lays out one element instead of
 * 20,000 circles, and no drawing commands pile up (a canvas's own arcs and stamps are ten times slower without a GPU).
 */

import type { DotColumns, NumberColumn } from "../plot/dots.js";
import type { PlotColumn } from "../plot/spec.js";
import { discStamp, painter } from "./paint.js";
import type { Stamp } from "./paint.js";

type Scale<T> = ((value: unknown) => T) & { domain(): readonly number[] };

interface Scales {
  x: Scale<number>;
  y: Scale<number>;
  color?: Scale<string | undefined>;
}

/** Values of the channels, in pixels and colours. */
interface Scaled {
  x?: ArrayLike<number>;
  y?: ArrayLike<number>;
  r?: ArrayLike<number>;
  fill?: ArrayLike<string>;
  stroke?: ArrayLike<string>;
}

interface Dot {
  fill?: string;
  stroke?: string;
  r?: number;
  strokeWidth?: number;
}

const svg = "http://www.w3.org/2000/svg";

/**
 * A `render` option for Plot.dot; rows that are not selected are drawn faintly. With `all`, Plot was given only the rows
 * that span its scales, and all are placed from their columns.
 */
export function canvasDots(selected: Uint32Array | null, rows: number, all?: DotColumns) {
  const chosen = selected ? new Uint8Array(rows) : null;
  if (selected) for (const i of selected) chosen![i] = 1;
  return function (
    this: Dot,
    given: Uint32Array,
    scales: Scales,
    channels: Scaled,
    { width, height }: { width: number; height: number },
    { document }: { document: Document },
  ): SVGElement {
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.cssText = `width:${width}px;height:${height}px`;
    const pen = canvas.getContext("2d", { willReadFrequently: true })!;
    const rgb = colourReader(document, pen);
    const { index, x, y, r, colour } = all ? placed(all, scales) : given_(given, channels);
    const varying = all ? all.channel : channels.fill ? "fill" : channels.stroke ? "stroke" : undefined;
    const filled = varying === "fill" || (this.fill !== undefined && this.fill !== "none");
    const constant = rgb(filled ? this.fill : this.stroke);
    const alpha = index.length > 50_000 ? 0.3 : index.length > 5000 ? 0.6 : 0.9;
    const paint = painter(canvas.width, canvas.height);
    const stamps = new Map<number, Stamp>();
    const stampOf = (radius: number) => {
      const size = Math.round(radius * ratio * 2) / 2;
      let made = stamps.get(size);
      if (!made) stamps.set(size, (made = discStamp(size, filled ? 0 : (this.strokeWidth ?? 1.2) * ratio)));
      return made;
    };
    const usual = stampOf(this.r ?? 3);
    const stamp = (i: number, opacity: number) => {
      const cx = Math.round((x ? x[i]! : width / 2) * ratio);
      const cy = Math.round((y ? y[i]! : height / 2) * ratio);
      paint.stamp(r ? stampOf(r[i]!) : usual, cx, cy, varying ? rgb(colour(i)) : constant, opacity);
    };
    // The faint ones first, so that what is selected lies on top.
    if (chosen) for (const i of index) if (!chosen[i]) stamp(i, 0.12);
    for (const i of index) if (!chosen || chosen[i]) stamp(i, alpha);
    const picture = pen.createImageData(canvas.width, canvas.height);
    paint.finish(picture.data);
    pen.putImageData(picture, 0, 0);
    const g = document.createElementNS(svg, "g");
    const frame = document.createElementNS(svg, "foreignObject");
    for (const [k, v] of Object.entries({ width, height, "pointer-events": "none" })) frame.setAttribute(k, String(v));
    frame.append(canvas);
    g.append(frame);
    return g;
  };
}

interface Placed extends Pick<Scaled, "x" | "y" | "r"> {
  index: Uint32Array;
  colour(i: number): string | undefined;
}

const given_ = (index: Uint32Array, { x, y, r, fill, stroke }: Scaled): Placed => ({
  index,
  ...(x ? { x } : {}),
  ...(y ? { y } : {}),
  ...(r ? { r } : {}),
  colour: (i) => (fill ?? stroke)?.[i],
});

/** Places of all rows that have them, by the scales that Plot made. */
function placed({ x, y, colour }: DotColumns, scales: Scales): Placed {
  const index = new Uint32Array(x.values.length);
  const [px, py] = [pixels(x, scales.x), pixels(y, scales.y)];
  const shade = colour ? shades(colour, scales.color!) : () => undefined;
  let n = 0;
  for (let i = 0; i < px.length; i++) {
    const sum = px[i]! + py[i]!;
    if (sum - sum !== 0 || (colour && shade(i) === undefined)) continue; // a value is missing
    index[n++] = i;
  }
  return { index: index.subarray(0, n), x: px, y: py, colour: shade };
}

/** Pixels of a column on a linear axis. */
function pixels({ values }: NumberColumn, scale: Scale<number>): Float32Array {
  const [low, high] = scale.domain() as [number, number];
  const [from, to] = [scale(low), scale(high)];
  const step = (to - from) / (high - low);
  const out = new Float32Array(values.length);
  // A domain of one value has no step.
  for (let i = 0; i < out.length; i++)
    out[i] = Number.isFinite(step) ? from + (values[i]! - low) * step : scale(values[i]);
  return out;
}

/** The colour of each row. Numbers get one of 256 steps, so that few colours are made. */
function shades(column: PlotColumn, scale: Scale<string | undefined>): (i: number) => string | undefined {
  if (column.kind === "text") {
    const made = column.labels.map((label) => scale(label));
    return (i) => made[column.codes[i]!];
  }
  const domain = scale.domain();
  const [low, high] = [domain[0]!, domain.at(-1)!];
  const made = new Map<number, string | undefined>();
  return (i) => {
    const v = column.values[i]!;
    if (v - v !== 0) return undefined;
    const step = high > low ? Math.round((255 * (v - low)) / (high - low)) : 0;
    if (!made.has(step)) made.set(step, scale(high > low ? low + (step * (high - low)) / 255 : v));
    return made.get(step);
  };
}

/** Reads any CSS colour; `currentColor` is the page's ink. */
function colourReader(document: Document, pen: CanvasRenderingContext2D) {
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--jp-content-font-color1").trim() || "#333";
  const known = new Map<string | undefined, readonly [number, number, number]>();
  return (colour: string | undefined) => {
    let found = known.get(colour);
    if (!found) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour === undefined || colour === "currentColor" ? ink : colour;
      pen.fillRect(0, 0, 1, 1);
      const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
      known.set(colour, (found = [red!, green!, blue!]));
    }
    return found;
  };
}
