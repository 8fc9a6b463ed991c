/** Draws many dots on a canvas inside the SVG: the browser lays out one image instead of 20,000 circles. */

interface Scaled {
  x?: ArrayLike<number>;
  y?: ArrayLike<number>;
  r?: ArrayLike<number>;
  fill?: ArrayLike<string>;
  stroke?: ArrayLike<string>;
}

/** A `render` option for Plot.dot. */
export function canvasDots(
  this: { fill?: string; stroke?: string; r?: number; opacity?: number; fillOpacity?: number; strokeWidth?: number },
  index: Uint32Array,
  _scales: unknown,
  values: Scaled,
  dimensions: { width: number; height: number },
  context: { document: Document; ownerSVGElement: SVGSVGElement },
): SVGElement {
  const { width, height } = dimensions;
  const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
  const canvas = context.document.createElement("canvas");
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d")!;
  pen.scale(ratio, ratio);
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--jp-content-font-color1").trim() || "#333";
  const colour = (c: string | undefined) => (c === undefined || c === "currentColor" ? ink : c);
  const filled = values.fill !== undefined || (this.fill !== undefined && this.fill !== "none");
  const { x, y } = values;
  const radius = this.r ?? (index.length > 10000 ? 2 : 3);
  pen.globalAlpha = Number(this.opacity ?? 1) * Number(this.fillOpacity ?? 1) * (index.length > 5000 ? 0.6 : 1);
  // By colour, so that the pen changes seldom.
  const byColour = new Map<string, number[]>();
  for (const i of index) {
    const c = colour(filled ? (values.fill?.[i] ?? this.fill) : (values.stroke?.[i] ?? this.stroke));
    let list = byColour.get(c);
    if (!list) byColour.set(c, (list = []));
    list.push(i);
  }
  for (const [c, list] of byColour) {
    pen.beginPath();
    for (const i of list) {
      const px = x ? x[i]! : width / 2;
      const py = y ? y[i]! : height / 2;
      const r = values.r ? values.r[i]! : radius;
      pen.moveTo(px + r, py);
      pen.arc(px, py, r, 0, 6.2832);
    }
    if (filled) {
      pen.fillStyle = c;
      pen.fill();
    } else {
      pen.strokeStyle = c;
      pen.lineWidth = this.strokeWidth ?? 1.2;
      pen.stroke();
    }
  }
  const g = context.document.createElementNS("http://www.w3.org/2000/svg", "g");
  const image = context.document.createElementNS("http://www.w3.org/2000/svg", "image");
  image.setAttribute("width", String(width));
  image.setAttribute("height", String(height));
  image.setAttribute("href", canvas.toDataURL());
  g.append(image);
  return g;
}
