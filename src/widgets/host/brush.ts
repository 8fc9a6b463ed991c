/**
 * Brushing, panning and zooming on a drawn plot. Drag brushes, from inside a brush it moves it; Shift+drag pans, Ctrl+wheel
 * zooms, a double click resets.
 */
import type { Brush, BrushKind } from "../plot/spec.js";

interface Scale {
  type?: string;
  domain: unknown[];
  range?: [number, number];
  invert?(pixel: number): number;
  apply(value: unknown): number;
  bandwidth?: number;
}

export interface Zoom {
  x?: readonly [number, number];
  y?: readonly [number, number];
}

export interface BrushingOptions {
  kind: BrushKind | null;
  zoomable: boolean;
  brush: Brush | null;
  zoom: Zoom | null;
  onBrush(brush: Brush | null): void;
  onZoom(zoom: Zoom | null): void;
}

const svgNamespace = "http://www.w3.org/2000/svg";
type Axis = "x" | "y";

export function brushing(
  svg: SVGSVGElement,
  figure: { scale(name: string): Scale | undefined },
  options: BrushingOptions,
): void {
  const scales = { x: figure.scale("x"), y: figure.scale("y") };
  const axes = (["x", "y"] as const).filter((a) => scales[a] && (options.kind === a || options.kind === "xy"));
  const box = {
    x: extentOf(scales.x) ?? [0, svg.width.baseVal.value],
    y: extentOf(scales.y) ?? [0, svg.height.baseVal.value],
  };
  const rect = document.createElementNS(svgNamespace, "rect");
  for (const [k, v] of Object.entries({ fill: "currentColor", "fill-opacity": 0.12, stroke: "currentColor", "stroke-dasharray": "3 2", "pointer-events": "none" })) rect.setAttribute(k, String(v)); // prettier-ignore
  const show = (pixels: Partial<Record<Axis, readonly [number, number]>> | null) => {
    rect.setAttribute("visibility", pixels ? "visible" : "hidden");
    if (!pixels) return;
    const [x, y] = [pixels.x ?? box.x, pixels.y ?? box.y];
    rect.setAttribute("x", String(Math.min(...x)));
    rect.setAttribute("y", String(Math.min(...y)));
    rect.setAttribute("width", String(Math.abs(x[1] - x[0])));
    rect.setAttribute("height", String(Math.abs(y[1] - y[0])));
  };
  svg.append(rect);
  const held = pixelsOf(options.brush, scales);
  show(held);
  if (axes.length) svg.style.cursor = "crosshair";

  // A drag outlives this drawing: what stays is where the drawings stand.
  const stage = svg.parentElement!;
  const place = (event: PointerEvent | WheelEvent) => {
    const bounds = (stage.firstElementChild ?? svg).getBoundingClientRect();
    const ratio = svg.viewBox.baseVal.width / bounds.width;
    return { x: (event.clientX - bounds.left) * ratio, y: (event.clientY - bounds.top) * ratio };
  };
  const within = (a: Axis, v: number) => Math.max(Math.min(...box[a]), Math.min(Math.max(...box[a]), v));

  const inBrush = (at: Record<Axis, number>) =>
    held !== null &&
    axes.some((a) => held[a]) &&
    axes.every((a) => {
      const span = held[a];
      return !span || (at[a] >= Math.min(...span) && at[a] <= Math.max(...span));
    });
  if (axes.length && held)
    svg.addEventListener("pointermove", (event) => {
      svg.style.cursor = inBrush(place(event)) ? "move" : "crosshair";
    });

  // In the capture phase: Plot's tooltips take a press for themselves.
  const press = (down: PointerEvent) => {
    if (down.button !== 0) return;
    const start = place(down);
    const panning = options.zoomable && (down.shiftKey || !axes.length);
    if (!panning && !axes.length) return;
    down.preventDefault();
    down.stopPropagation();
    const grasped = !panning && held && inBrush(start) ? held : null;
    let moved = false;
    const move = (event: PointerEvent) => {
      const now = place(event);
      if (!moved && Math.hypot(now.x - start.x, now.y - start.y) < 3) return;
      moved = true;
      if (panning) return options.onZoom(pan(scales, start, now));
      const pixels: Partial<Record<Axis, [number, number]>> = {};
      for (const a of axes)
        pixels[a] = grasped?.[a]
          ? shifted(grasped[a], now[a] - start[a], box[a])
          : [within(a, start[a]), within(a, now[a])];
      show(pixels);
      options.onBrush(brushOf(pixels, scales));
    };
    // The plot is redrawn under the pointer while it moves; the window is what stays.
    const up = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      if (!moved && !panning && options.brush) options.onBrush(null);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
  };
  svg.addEventListener("pointerdown", press, { capture: true });
  svg.addEventListener("dblclick", () => {
    if (options.zoom) options.onZoom(null);
    if (options.brush) options.onBrush(null);
  });
  if (options.zoomable)
    svg.addEventListener(
      "wheel",
      (event) => {
        // A page must scroll past a plot: zooming asks for a key, as maps do.
        if (!event.ctrlKey && !event.metaKey && !event.altKey) return;
        event.preventDefault();
        options.onZoom(zoomAt(scales, place(event), Math.exp(event.deltaY * 0.0015)));
      },
      { passive: false },
    );
}

/** A range of pixels moved, as far as its axis reaches. */
function shifted(range: readonly [number, number], by: number, box: readonly [number, number]): [number, number] {
  const [low, high] = [Math.min(...range), Math.max(...range)];
  const d = Math.max(Math.min(...box) - low, Math.min(Math.max(...box) - high, by));
  return [low + d, high + d];
}

function extentOf(scale: Scale | undefined): [number, number] | undefined {
  return scale?.range ? [Math.min(...scale.range), Math.max(...scale.range)] : undefined;
}

/** A brush in data units, or categories, from pixels. */
function brushOf(
  pixels: Partial<Record<Axis, readonly [number, number]>>,
  scales: Record<Axis, Scale | undefined>,
): Brush {
  const brush: Record<string, unknown> = {};
  for (const a of ["x", "y"] as const) {
    const p = pixels[a];
    const scale = scales[a];
    if (!p || !scale) continue;
    const [low, high] = [Math.min(...p), Math.max(...p)];
    if (scale.invert) brush[a] = [scale.invert(p[0]), scale.invert(p[1])].map(Number).sort((u, v) => u - v);
    else
      brush[a] = scale.domain
        .filter((d) => {
          const at = scale.apply(d);
          return at + (scale.bandwidth ?? 0) >= low && at <= high;
        })
        .map(String);
  }
  return brush as Brush;
}

function pixelsOf(brush: Brush | null, scales: Record<Axis, Scale | undefined>) {
  if (!brush || (!brush.x && !brush.y)) return null;
  const pixels: Partial<Record<Axis, [number, number]>> = {};
  for (const a of ["x", "y"] as const) {
    const [range, scale] = [brush[a], scales[a]];
    if (!range?.length || !scale) continue;
    if (scale.invert) pixels[a] = [scale.apply(range[0]), scale.apply(range[1])];
    else {
      const at = range.map((d) => scale.apply(d));
      pixels[a] = [Math.min(...at), Math.max(...at) + (scale.bandwidth ?? 0)];
    }
  }
  return pixels;
}

function pan(scales: Record<Axis, Scale | undefined>, from: Record<Axis, number>, to: Record<Axis, number>): Zoom {
  return each(scales, (scale, a) => {
    const d = to[a] - from[a];
    return scale.range!.map((p) => scale.invert!(p - d)) as [number, number];
  });
}

function zoomAt(scales: Record<Axis, Scale | undefined>, at: Record<Axis, number>, factor: number): Zoom {
  return each(
    scales,
    (scale, a) => scale.range!.map((p) => scale.invert!(at[a] + (p - at[a]) * factor)) as [number, number],
  );
}

/** Continuous axes only; categories do not zoom. */
function each(scales: Record<Axis, Scale | undefined>, next: (scale: Scale, a: Axis) => [number, number]): Zoom {
  const zoom: { x?: [number, number]; y?: [number, number] } = {};
  for (const a of ["x", "y"] as const) if (scales[a]?.invert && scales[a]!.range) zoom[a] = next(scales[a]!, a);
  return zoom;
}
