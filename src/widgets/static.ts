/** Widgets for readers without a front end: HTML that says and shows what the widget holds. */
import { escapeHtml } from "../figures/table.js";
import { base64, bytesOf } from "./buffers.js";
import type { CommBuffer } from "./comm.js";

interface Any {
  readonly kind: string;
  readonly id: string;
  get(name: string): unknown;
  toString(): string;
}

const isWidget = (x: unknown): x is Any => typeof x === "object" && x !== null && "kind" in x && "spec" in x;

/** HTML of a widget's present state: pictures and text as they are, controls by name and value, containers by their children. */
export function staticHtml(widget: Any): string {
  switch (widget.kind) {
    case "HTML":
    case "HTMLMath":
      return `<div>${String(widget.get("value"))}</div>`;
    case "Label":
      return `<div>${escapeHtml(widget.get("value"))}</div>`;
    case "Image": {
      const bytes = bytesOf(widget.get("value") as CommBuffer);
      return `<img alt="" src="data:image/${escapeHtml(widget.get("format"))};base64,${base64(bytes)}">`;
    }
    case "Output":
      return outputsHtml(widget.get("outputs") as Entry[]);
    case "Plot":
      return plotHtml(widget);
    case "Linked":
      return `${String(widget.get("figure"))}\n${String(widget.get("table"))}`;
  }
  const children = childrenOf(widget);
  if (children) {
    const titles = (widget.get("titles") as string[] | undefined) ?? [];
    const across = widget.kind === "HBox" ? "display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center" : "";
    const inner = children.map(
      (c, i) => (titles[i] ? `<p><strong>${escapeHtml(titles[i])}</strong></p>` : "") + staticHtml(c),
    );
    return `<div style="${across}">${inner.join("\n")}</div>`;
  }
  const named = controlHtml(widget);
  if (named !== undefined) return named && `<div>${named}</div>`;
  const text = widget.toString();
  return text ? `<div><code>${escapeHtml(text)}</code></div>` : "";
}

/** A control as its name and its present value, for readers who cannot move it; undefined where that is not all it holds. */
export function controlHtml(widget: Any): string | undefined {
  const name = String(widget.get("description") ?? "");
  const labels = widget.get("_options_labels");
  const index = widget.get("index");
  const options = Array.isArray(labels) ? (labels as unknown[]) : undefined;
  const chosen = options && [index].flat().flatMap((i) => (typeof i === "number" ? [options[i]] : []));
  const value = chosen ? chosen.join(", ") : widget.get("value");
  // A button does nothing without a kernel: it is not shown.
  if (widget.kind === "Button") return "";
  if (!name || !["string", "number", "boolean"].includes(typeof value)) return undefined;
  const said = typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
  return `<span style="opacity:.75">${escapeHtml(name)}:</span> <strong>${escapeHtml(said)}</strong>`;
}

/** Text of a container: its children's, line by line. */
export function childrenText(widget: Any): string | undefined {
  return childrenOf(widget)
    ?.map((c) => c.toString())
    .filter(Boolean)
    .join("\n");
}

/** The widgets inside a container; a hidden one says nothing. */
function childrenOf(widget: Any): Any[] | undefined {
  const children = widget.get("children");
  return Array.isArray(children) ? children.filter(isWidget) : undefined;
}

type Entry = { output_type: string; data?: Record<string, unknown>; text?: string; ename?: string; evalue?: string };

function outputsHtml(outputs: readonly Entry[]): string {
  return outputs
    .map((o) => {
      if (o.output_type === "stream") return `<pre>${escapeHtml(o.text)}</pre>`;
      if (o.output_type === "error") return `<pre>${escapeHtml(`${o.ename}: ${o.evalue}`)}</pre>`;
      const html = o.data?.["text/html"] ?? o.data?.["image/svg+xml"];
      return html === undefined ? `<pre>${escapeHtml(o.data?.["text/plain"] ?? "")}</pre>` : String(html);
    })
    .join("\n");
}

/** A plot's picture. By its model's id an exported page finds the saved state and makes the plot live. */
export function plotHtml(widget: Pick<Any, "id"> & { toSvg?: () => Element }, svg = widget.toSvg?.()): string {
  return svg ? `<div data-proband-model="${escapeHtml(widget.id)}">${svg.outerHTML}</div>` : "";
}
