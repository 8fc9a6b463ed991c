/**
 * The frame around every figure: title, number of observations, provenance on its face, legend, notes, and a
 * description for those who cannot see it. One self-contained SVG element, so that the same picture serves
 * a notebook cell, an HTML report, a PNG and a printed page.
 */
import { documentFor } from "./document.js";
import { escapeHtml } from "./table.js";
import { jupyterDisplay } from "../study/index.js";
import { plot } from "@observablehq/plot";
import type { PlotOptions } from "@observablehq/plot";
import type { Appearance, Theme } from "./theme.js";
import { inks } from "./theme.js";

export interface FigureOptions {
  /** The document to draw in; by default the browser's, on a server linkedom's. */
  document?: Document;
  /** Width in pixels (default 640). The SVG scales down with its container. */
  width?: number;
  /** Default "auto": the colours of the page around it. */
  theme?: Theme;
  /** Replaces the figure's own title. */
  title?: string;
  /** Marks shown on the face of the figure: "synthetic data", "simulated by …". */
  provenance?: readonly string[];
  /** Lines below the figure. */
  notes?: readonly string[];
}

export interface LegendEntry extends Partial<Appearance> {
  label: string;
  /** Drawn as a line, a symbol, both, an area, or in words only. Default "symbol". */
  as?: "line" | "symbol" | "both" | "area" | "none";
  /** Of an area (default 0.35). */
  opacity?: number;
}

export interface Framing {
  title: string;
  /** What is shown and of how many: "Jensen–Shannon distance, 884 respondents". */
  subtitle: string;
  /** What a reader would be told who cannot see it. */
  description: string;
  legend?: LegendEntry[];
  /** One plot, or several below one another. */
  plots: PlotOptions[];
}

const svg = "http://www.w3.org/2000/svg";
const fontFamily = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', Arial, sans-serif";

/** Draws plots in a frame. */
export function frame(framing: Framing, options: FigureOptions = {}): SVGSVGElement {
  const document = documentFor(options.document);
  const width = options.width ?? 640;
  if (!(width >= 120 && width <= 10000))
    throw new Error(`width is in pixels, between 120 and 10000; found ${String(options.width)}`);
  const theme = options.theme ?? "auto";
  const make = (name: string, attributes: Record<string, string | number>, text?: string): SVGElement => {
    const element = document.createElementNS(svg, name) as SVGElement;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const title = options.title ?? framing.title;
  const parts: SVGElement[] = [];
  let y = 4;
  const text = (content: string, size: number, attributes: Record<string, string | number> = {}) => {
    // Bold letters are wider.
    const room = (width - 8) * (attributes["font-weight"] ? 0.88 : 1);
    for (const line of wrap(content, room, size)) {
      y += size * 1.25;
      parts.push(make("text", { x: 4, y: round(y), "font-size": size, ...attributes }, line));
    }
  };
  text(title, 15, { "font-weight": 600 });
  text(framing.subtitle, 12, { "fill-opacity": 0.8 });
  if (options.provenance?.length) {
    y += 7;
    const lines = wrap(`◆ ${options.provenance.join(" · ")}`, width - 24, 11);
    const w = Math.min(width - 9, Math.max(...lines.map((l) => textWidth(l, 11))) + 16);
    const h = lines.length * 14 + 5;
    const box = { x: 4.5, y: round(y), width: round(w), height: h, rx: 3, fill: "none", stroke: "currentColor" };
    parts.push(make("rect", { ...box, "stroke-dasharray": "3 2", "stroke-opacity": 0.7 }));
    lines.forEach((line, i) =>
      parts.push(make("text", { x: 11, y: round(y + 13 + i * 14), "font-size": 11, "font-style": "italic" }, line)),
    );
    y += h;
  }
  if (framing.legend?.length) {
    y += 8;
    let x = 4;
    y += 12;
    for (const entry of framing.legend) {
      const indent = entry.as === "none" ? 4 : 26;
      const w = indent + textWidth(entry.label, 11) + 18;
      if (x > 4 && x + w > width) {
        x = 4;
        y += 17;
      }
      parts.push(swatch(make, entry, x, y - 4));
      parts.push(make("text", { x: x + indent, y: round(y), "font-size": 11 }, entry.label));
      x += w;
    }
  }
  y += 6;
  for (const plotOptions of framing.plots) {
    const drawn = plot({ ...plotOptions, width, document }) as unknown as SVGElement;
    const group = make("g", {
      transform: `translate(0,${round(y)})`,
      fill: "currentColor",
      "text-anchor": "middle",
      "font-size": 10.5,
    });
    // The plot's own <style> is left out: it would set a height that only an outermost SVG should have.
    for (const child of [...drawn.childNodes])
      if ((child as Element).tagName?.toLowerCase() !== "style") group.appendChild(child);
    parts.push(group);
    y += Number(drawn.getAttribute("height"));
  }
  for (const note of options.notes ?? []) text(note, 10.5, { "fill-opacity": 0.8 });
  const height = Math.ceil(y + 8);
  const id = `figure-${hash(title + framing.description + framing.subtitle + width + theme)}`;
  const { ink, paper } =
    theme === "auto" ? { ink: undefined, paper: undefined } : (inks[theme] ?? unknownTheme(theme as string));
  const root = make("svg", {
    xmlns: svg,
    class: "proband-figure",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-labelledby": `${id}-title ${id}-desc`,
    "font-family": fontFamily,
    fill: "currentColor",
    style: `max-width:100%;height:auto;${ink ? `color:${ink};background:${paper}` : ""}`,
    ...(ink ? { color: ink } : {}),
  }) as SVGSVGElement;
  root.appendChild(make("title", { id: `${id}-title` }, title));
  const marks = options.provenance?.length ? ` ${options.provenance.join("; ")}.` : "";
  root.appendChild(make("desc", { id: `${id}-desc` }, `${framing.subtitle}. ${framing.description}${marks}`));
  if (paper) root.appendChild(make("rect", { width, height, fill: paper }));
  for (const part of parts) root.appendChild(part);
  uniqueIds(root, id);
  // As HTML it takes the page's colours and keeps its description; as an image it would lose both.
  const display = () => ({
    "text/plain": `[figure: ${title}] ${root.querySelector("desc")!.textContent}`,
    "text/html": figureHtml(root),
    "image/svg+xml": root.outerHTML,
  });
  Object.defineProperty(root, jupyterDisplay, { value: display });
  return root;
}

/**
 * The figure inline, for notebooks. JupyterLab takes SVG and styles out of the outputs of a notebook that nobody has trusted and
 * leaves a figure's words: these then stay hidden (its sanitiser keeps attributes that have a value), and a sentence says what to do.
 */
export function figureHtml(figure: Element): string {
  const title = figure.querySelector("title");
  const id = `${title?.getAttribute("id") ?? "figure"}-live`;
  const sentence = `Figure “${title?.textContent ?? ""}”: drawn once this notebook is trusted (command “Trust Notebook”), or the cell is run again.`;
  return `<div id="${id}" hidden="hidden">${figure.outerHTML}</div><p id="${id}-not"><em>${escapeHtml(sentence)}</em></p><style>#${id}{display:block!important}#${id}-not{display:none!important}</style>`;
}

/** The figure as an SVG document, for files, reports and PNG. */
export function toSvg(figure: Element): string {
  return figure.outerHTML;
}

function unknownTheme(theme: string): never {
  throw new Error(`unknown theme "${theme}"; use "auto", "light" or "dark"`);
}

type Make = (name: string, attributes: Record<string, string | number>, text?: string) => SVGElement;

const shapes: Record<Appearance["symbol"], string> = {
  circle: "M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0",
  square: "M-3.6,-3.6h7.2v7.2h-7.2Z",
  triangle: "M0,-4.8L4.2,2.8H-4.2Z",
  diamond: "M0,-5L3.4,0L0,5L-3.4,0Z",
  star: "M0,-5L1.2,-1.6L4.8,-1.6L1.9,.6L3,4L0,2L-3,4L-1.9,.6L-4.8,-1.6L-1.2,-1.6Z",
  cross: "M-1.5,-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z",
  wye: "M-1.4,.8L-4.2,-.8L-2.8,-3.2L0,-1.6L2.8,-3.2L4.2,-.8L1.4,.8V4.2H-1.4Z",
  plus: "M-4,0H4M0,-4V4",
};

function swatch(make: Make, entry: LegendEntry, x: number, y: number): SVGElement {
  const color = entry.color ?? "currentColor";
  const g = make("g", { transform: `translate(${round(x)},${round(y)})` });
  const as = entry.as ?? "symbol";
  if (as === "area")
    g.appendChild(
      make("rect", { x: 2, y: -5, width: 18, height: 10, fill: color, opacity: round(entry.opacity ?? 0.35) }),
    );
  if (as === "line" || as === "both")
    g.appendChild(
      make("path", { d: "M0,0H22", stroke: color, "stroke-width": 2, "stroke-dasharray": entry.dash ?? "" }),
    );
  if (as === "symbol" || as === "both") {
    const symbol = make("path", { d: shapes[entry.symbol ?? "circle"], transform: "translate(11,0)", fill: color });
    if (entry.symbol === "plus") symbol.setAttribute("stroke", color);
    g.appendChild(symbol);
  }
  return g;
}

/** Ids of clip paths restart with every page load; two outputs of one notebook must not share them. */
function uniqueIds(root: Element, prefix: string): void {
  for (const element of root.querySelectorAll("[id]")) {
    const id = element.getAttribute("id")!;
    if (!id.startsWith(prefix)) element.setAttribute("id", `${prefix}-${id}`);
  }
  for (const element of root.querySelectorAll("[clip-path]")) {
    const reference = element.getAttribute("clip-path")!;
    element.setAttribute("clip-path", reference.replace(/url\(#(?!figure-)/, `url(#${prefix}-`));
  }
}

/** Breaks a text into lines of at most `width` pixels, by the mean width of a character. */
export function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  for (const paragraph of String(text).split("\n")) {
    let line = "";
    for (const word of paragraph.split(/ +/).flatMap((w) => pieces(w, width, size))) {
      if (line && textWidth(`${line} ${word}`, size) > width) {
        lines.push(line);
        line = word;
      } else line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  return lines;
}

/** A word in parts that fit; one that is too long is cut, behind a colon, slash or hyphen where it has one. */
function pieces(word: string, width: number, size: number): string[] {
  const most = Math.max(4, Math.floor(width / (size * 0.54)));
  const parts: string[] = [];
  let rest = word;
  while (rest.length > most) {
    const at = Math.max(...[":", "/", "-", "–"].map((c) => rest.lastIndexOf(c, most - 1) + 1));
    const cut = at > most / 3 ? at : most;
    parts.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return rest ? [...parts, rest] : parts;
}

/** Estimated width of a text in pixels; there is no layout on a server. */
export function textWidth(text: string, size: number): number {
  return text.length * size * 0.54;
}

/** Room for the labels of a vertical axis: as wide as the longest, at most 45% of the figure. */
export function labelMargin(labels: readonly string[], width = 640): number {
  return Math.min(0.45 * width, 16 + Math.max(0, ...labels.map((l) => textWidth(l, 10.8))));
}

/** A label in at most `lines` lines of the room there is; what follows `keep` (a number of people) is never cut. */
export function wrapLabel(label: string, margin: number, keep = "", lines = 2): string {
  const all = wrap(label, margin - 14, 10.8);
  const shown = all.slice(0, lines);
  if (all.length > lines) shown[lines - 1] = fitLabel(`${shown[lines - 1]} ${all[lines]}`, margin);
  if (!keep) return shown.join("\n");
  const last = `${shown.at(-1)} ${keep}`;
  return textWidth(last, 10.8) <= margin - 14 ? [...shown.slice(0, -1), last].join("\n") : [...shown, keep].join("\n");
}

/** A label cut to the room there is. */
export function fitLabel(label: string, margin: number): string {
  const most = Math.floor((margin - 14) / (10.8 * 0.54));
  return label.length > most ? `${label.slice(0, most - 1)}…` : label;
}

function hash(text: string): string {
  let h = 0x811c9dc5;
  for (const ch of text) h = Math.imul(h ^ ch.codePointAt(0)!, 0x01000193);
  return (h >>> 0).toString(36);
}

const round = (x: number) => Math.round(x * 100) / 100;
