/** Draws many dots on a canvas inside the SVG: the browser lays out one element instead of 20,000 circles. */

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
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.cssText = `width:${width}px;height:${height}px`;
    const pen = canvas.getContext("2d")!;
    pen.scale(ratio, ratio);
    const ink =
      getComputedStyle(document.documentElement).getPropertyValue("--jp-content-font-color1").trim() || "#333";
    const filled = values.fill !== undefined || (this.fill !== undefined && this.fill !== "none");
    const constant = filled ? this.fill : this.stroke;
    const varying = filled ? values.fill : values.stroke;
    const colourOf = (i: number) => {
      const c = varying?.[i] ?? constant;
      return c === undefined || c === "currentColor" ? ink : c;
    };
    const radius = this.r ?? (index.length > 10000 ? 2 : 3);
    const alpha = index.length > 5000 ? 0.6 : 0.9;
    const { x, y, r } = values;
    // One path a colour and state, the faint ones first: the pen changes seldom, and what is selected lies on top.
    const paths = new Map<string, { colour: string; on: boolean; path: Path2D }>();
    for (const i of index) {
      const on = chosen === null || chosen[i] === 1;
      const colour = colourOf(i);
      const key = (on ? "1" : "0") + colour;
      let entry = paths.get(key);
      if (!entry) paths.set(key, (entry = { colour, on, path: new Path2D() }));
      const px = x ? x[i]! : width / 2;
      const py = y ? y[i]! : height / 2;
      const size = r ? r[i]! : radius;
      if (size < 2.5 && filled) entry.path.rect(px - size, py - size, 2 * size, 2 * size);
      else {
        entry.path.moveTo(px + size, py);
        entry.path.arc(px, py, size, 0, 6.2832);
      }
    }
    for (const { colour, on, path } of [...paths.values()].sort((a, b) => Number(a.on) - Number(b.on))) {
      pen.globalAlpha = on ? alpha : 0.12;
      pen.fillStyle = pen.strokeStyle = colour;
      pen.lineWidth = this.strokeWidth ?? 1.2;
      if (filled) pen.fill(path);
      else pen.stroke(path);
    }
    const g = document.createElementNS(svg, "g");
    const frame = document.createElementNS(svg, "foreignObject");
    for (const [k, v] of Object.entries({ width, height, "pointer-events": "none" })) frame.setAttribute(k, String(v));
    frame.append(canvas);
    g.append(frame);
    return g;
  };
}
