/**
 * Draws many dots as one picture inside the SVG. Pixels are set directly: the browser lays out one element instead of
 * 20,000 circles, and no drawing commands pile up (a canvas's own arcs and stamps are ten times slower without a GPU).
 */

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

/** A `render` option for Plot.dot; rows that are not selected are drawn faintly. */
export function canvasDots(selected: Uint32Array | null, rows: number) {
  const chosen = selected ? new Uint8Array(rows) : null;
  if (selected) for (const i of selected) chosen![i] = 1;
  return function (
    this: Dot,
    index: Uint32Array,
    _scales: unknown,
    values: Scaled,
    { width, height }: { width: number; height: number },
    { document }: { document: Document },
  ): SVGElement {
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.cssText = `width:${width}px;height:${height}px`;
    const pen = canvas.getContext("2d", { willReadFrequently: true })!;
    const filled = values.fill !== undefined || (this.fill !== undefined && this.fill !== "none");
    const varying = filled ? values.fill : values.stroke;
    const constant = filled ? this.fill : this.stroke;
    const rgb = colourReader(document, pen);
    const radius = this.r ?? (index.length > 10000 ? 2 : 3);
    const alpha = index.length > 5000 ? 0.6 : 0.9;
    const { x, y, r } = values;
    const picture = pen.createImageData(canvas.width, canvas.height);
    const masks = new Map<number, Mask>();
    const stamp = (i: number, opacity: number) => {
      const size = Math.round((r ? r[i]! : radius) * ratio * 2) / 2;
      let mask = masks.get(size);
      if (!mask) masks.set(size, (mask = discMask(size, filled ? 0 : (this.strokeWidth ?? 1.2) * ratio)));
      const cx = Math.round((x ? x[i]! : width / 2) * ratio);
      const cy = Math.round((y ? y[i]! : height / 2) * ratio);
      blend(picture, mask, cx, cy, rgb(varying?.[i] ?? constant), opacity);
    };
    // The faint ones first, so that what is selected lies on top.
    if (chosen) for (const i of index) if (!chosen[i]) stamp(i, 0.12);
    for (const i of index) if (!chosen || chosen[i]) stamp(i, alpha);
    pen.putImageData(picture, 0, 0);
    const g = document.createElementNS(svg, "g");
    const frame = document.createElementNS(svg, "foreignObject");
    for (const [k, v] of Object.entries({ width, height, "pointer-events": "none" })) frame.setAttribute(k, String(v));
    frame.append(canvas);
    g.append(frame);
    return g;
  };
}

interface Mask {
  half: number;
  /** Share of each pixel that is covered, row by row. */
  cover: Float32Array;
}

/** A disc (or, with a stroke, a ring) with soft edges. */
function discMask(radius: number, stroke: number): Mask {
  const half = Math.ceil(radius + 1);
  const side = 2 * half + 1;
  const cover = new Float32Array(side * side);
  for (let v = -half; v <= half; v++)
    for (let u = -half; u <= half; u++) {
      const d = Math.hypot(u, v);
      const edge = stroke ? stroke / 2 + 0.5 - Math.abs(d - (radius - stroke / 2)) : radius + 0.5 - d;
      cover[(v + half) * side + u + half] = Math.max(0, Math.min(1, edge));
    }
  return { half, cover };
}

/** Lays a mask of one colour over the picture (source over destination, not premultiplied). */
function blend(
  { data, width, height }: ImageData,
  { half, cover }: Mask,
  cx: number,
  cy: number,
  [red, green, blue]: readonly [number, number, number],
  opacity: number,
): void {
  const side = 2 * half + 1;
  for (let v = Math.max(0, cy - half); v <= Math.min(height - 1, cy + half); v++)
    for (let u = Math.max(0, cx - half); u <= Math.min(width - 1, cx + half); u++) {
      const a = cover[(v - cy + half) * side + (u - cx + half)]! * opacity;
      if (a === 0) continue;
      const at = 4 * (v * width + u);
      const under = (data[at + 3]! / 255) * (1 - a);
      const total = a + under;
      data[at] = (red * a + data[at]! * under) / total;
      data[at + 1] = (green * a + data[at + 1]! * under) / total;
      data[at + 2] = (blue * a + data[at + 2]! * under) / total;
      data[at + 3] = 255 * total;
    }
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
