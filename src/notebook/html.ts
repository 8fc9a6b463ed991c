// A notebook as one self-contained HTML file: no request, no script, readable on a phone, in the dark and on paper.
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import hljs from "highlight.js/lib/core";
import typescript from "highlight.js/lib/languages/typescript";
import { cleanHtml } from "./clean-html.js";
import { ansiToHtml, escapeHtml } from "./escape.js";
import { renderPlainMarkdown } from "./markdown.js";
import { text, type Cell, type CodeCell, type Notebook, type Output, type TextCell } from "./nbformat.js";
import { provenanceTable } from "./freeze.js";
import { embedJson, packedScript, pageScript } from "./scripts.js";
import { pageStyle } from "./style.js";

hljs.registerLanguage("typescript", typescript);

export interface HtmlOptions {
  title?: string;
  /** Leave out the code and show prose and outputs (default false). */
  hideCode?: boolean;
  /** Outputs longer than this are cut, with a note of how much (default 2 MB a text output). */
  maximumOutput?: number;
  /** The notebook's folder: images that its text shows are read from it (default: such images are left out). */
  folder?: string;
  /** Called with what was left out of the page, and why. */
  onNote?(note: string): void;
}

/**
 * Makes the page. Nothing in a notebook can run in it: its content security policy allows no network and no script but the
 * page's own, which shows what the marks of figures say and makes plots live that are brushed and zoomed without a kernel.
 */
export function notebookToHtml(notebook: Notebook, options: HtmlOptions = {}): string {
  const title = options.title ?? titleOf(notebook);
  const body = `${renderCells(notebook, options)}\n${provenanceTable(notebook)}`;
  const state = plotState(notebook, body);
  const script = pageScript("export-page.js");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${script.source}${state ? " blob:" : ""}; img-src data:; style-src 'unsafe-inline'; font-src data:">
<meta name="generator" content="Proband">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${body}
</main>
${state ? `${state}\n${packedScript("proband-widgets", "appendix-widgets.js")}` : ""}<script>${script.code}</script>
</body>
</html>
`;
}

/** The state of the plots that stand in the page, where the notebook has saved it: what a plot needs to be drawn anew. */
function plotState(notebook: Notebook, html: string): string {
  const ids = [...html.matchAll(/<div data-proband-model="([\w-]+)"/g)].map(([, id]) => id!);
  const saved = (notebook.metadata["widgets"] as Record<string, { state?: Record<string, SavedModel> }> | undefined)?.[
    "application/vnd.jupyter.widget-state+json"
  ];
  const state: Record<string, SavedModel> = {};
  for (const id of ids) {
    const model = saved?.state?.[id];
    if (!model) continue;
    state[id] = model;
    const layout = /^IPY_MODEL_(.+)$/.exec(String(model.state["layout"] ?? ""))?.[1];
    if (layout && saved?.state?.[layout]) state[layout] = saved.state[layout];
  }
  if (!Object.keys(state).length) return "";
  const content = { version_major: 2, version_minor: 0, state };
  return `<script type="application/json" id="proband-widget-state">${embedJson(content)}</script>`;
}

interface SavedModel {
  state: Record<string, unknown>;
}

/** The first heading, the metadata's title, or "Notebook". */
export function titleOf(notebook: Notebook): string {
  if (typeof notebook.metadata.title === "string") return notebook.metadata.title;
  for (const cell of notebook.cells) {
    const heading = cell.cell_type === "markdown" && /^#\s+(.+)$/m.exec(text(cell.source));
    if (heading) return heading[1]!.trim();
  }
  return "Notebook";
}

/** All cells, prose and outputs, in order; each code cell has the id `cell-N` and is called by {@link numberOf}. */
export function renderCells(notebook: Notebook, options: HtmlOptions = {}): string {
  let codeCells = 0;
  return notebook.cells
    .map((cell, i) => renderCell(cell, i, cell.cell_type === "code" ? numberOf(cell, ++codeCells) : 0, options))
    .join("\n");
}

/** What a code cell is called: the number of its execution, as in Jupyter and in stack traces, or its place among code cells. */
export const numberOf = (cell: CodeCell, place: number): number => cell.execution_count ?? place;

function renderCell(cell: Cell, index: number, number: number, options: HtmlOptions): string {
  const source = text(cell.source);
  const tags = cell.metadata.tags ?? [];
  if (tags.includes("remove-cell")) return "";
  if (cell.cell_type !== "code")
    return cell.cell_type === "raw"
      ? `<pre class="raw" tabindex="0">${escapeHtml(source)}</pre>`
      : `<section class="markdown">${renderMarkdown(cell, source, options)}</section>`;
  const failed = cell.outputs.some((o) => o.output_type === "error");
  const code =
    options.hideCode || tags.includes("remove-input")
      ? ""
      : `<pre class="code" tabindex="0"><code>${hljs.highlight(source, { language: "typescript" }).value}</code></pre>`;
  return `<section class="cell${failed ? " failed" : ""}" id="cell-${index + 1}" aria-label="Code cell ${number}${failed ? ", failed" : ""}">
<div class="count" aria-hidden="true">[${number}]</div>
${code}${failed ? '<p class="mark">This cell failed.</p>' : ""}
<div class="outputs">${renderOutputs(cell, options)}</div>
</section>`;
}

/** Markdown with the images in it: those attached to the cell, and files beside the notebook. What is elsewhere becomes a link. */
export function renderMarkdown(cell: TextCell, source: string, options: HtmlOptions = {}): string {
  let html = renderPlainMarkdown(source);
  for (const [name, data] of Object.entries(cell.attachments ?? {})) {
    const image = Object.entries(data).find(([mime]) => /^image\/(png|jpeg|gif|webp)$/.test(mime));
    if (image)
      html = html.replaceAll(
        `attachment:${encodeURI(name)}`,
        `data:${image[0]};base64,${text(image[1]).replace(/\s/g, "")}`,
      );
  }
  // A page is sent to people who have it alone: a file beside the notebook is named, not linked.
  html = html.replace(
    /<a href="(?![a-z][a-z\d+.-]*:|#|\/\/)([^"]*)"[^>]*>([\s\S]*?)<\/a>/gi,
    (_, path: string, words: string) => `<span class="beside" title="beside the notebook: ${path}">${words}</span>`,
  );
  return html.replace(/<img src="(?!data:)([^"]*)" alt="([^"]*)"[^>]*>/g, (_, src: string, alt: string) => {
    const remote = /^[a-z]+:/i.test(src);
    const path = !remote && options.folder !== undefined ? join(options.folder, decodeURI(src)) : undefined;
    const type = types[extname(path ?? "").toLowerCase()];
    if (path && type && existsSync(path))
      return `<img src="data:${type};base64,${readFileSync(path).toString("base64")}" alt="${alt}">`;
    options.onNote?.(
      `the image ${src} is not in the page: ${remote ? "it is elsewhere" : "there is no such picture beside the notebook"}`,
    );
    return remote ? `<a href="${src}">${alt || src}</a>` : `<em>${alt || src}</em>`;
  });
}

const types: Record<string, string> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
};

export function renderOutputs(cell: CodeCell, options: HtmlOptions = {}): string {
  return cell.outputs.map((o) => renderOutput(o, options.maximumOutput ?? 2_000_000)).join("\n");
}

function cut(value: string, maximum: number): string {
  return value.length <= maximum
    ? value
    : `${value.slice(0, maximum)}\n… ${(value.length - maximum).toLocaleString("en-US")} more characters are left out of this page`;
}

function renderOutput(output: Output, maximum: number): string {
  if (output.output_type === "stream")
    return `<pre class="stream ${output.name === "stderr" ? "stderr" : ""}" tabindex="0">${ansiToHtml(cut(text(output.text), maximum))}</pre>`;
  if (output.output_type === "error") {
    const trace = output.traceback.length ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
    return `<pre class="error" tabindex="0">${ansiToHtml(cut(trace, maximum))}</pre>`;
  }
  const { data } = output;
  const get = (mime: string) => (mime in data ? text(data[mime] as string | string[]) : undefined);
  const svg = get("image/svg+xml");
  const html = get("text/html");
  if (html !== undefined && html.length > maximum * 5) {
    const { "text/html": _, ...rest } = data;
    const note = `A table or figure of ${(html.length / 1e6).toFixed(0)} MB is left out of this page; it is in the notebook.`;
    return `<p class="mark">${note}</p>${renderOutput({ ...output, data: rest }, maximum)}`;
  }
  if (html !== undefined)
    return `<div class="html" tabindex="0" role="group" aria-label="Output">${withRoles(cleanHtml(html))}</div>`;
  if (svg !== undefined) return `<figure>${withRoles(cleanHtml(svg.slice(Math.max(0, svg.indexOf("<svg")))))}</figure>`;
  for (const mime of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const image = get(mime);
    if (image !== undefined)
      return `<figure><img alt="${escapeHtml(get("text/plain") ?? "figure")}" src="data:${mime};base64,${image.replace(/\s/g, "")}"></figure>`;
  }
  const md = get("text/markdown");
  if (md !== undefined) return `<div class="markdown">${renderPlainMarkdown(cut(md, maximum))}</div>`;
  const plain = get("text/plain") ?? get("text/latex");
  if (plain !== undefined) return `<pre class="result" tabindex="0">${ansiToHtml(cut(plain, maximum))}</pre>`;
  if ("application/json" in data)
    return `<pre class="result" tabindex="0">${escapeHtml(cut(JSON.stringify(data["application/json"], null, 2), maximum))}</pre>`;
  return `<pre class="result">An output of ${escapeHtml(Object.keys(data).join(", ") || "no type")} that this page cannot show.</pre>`;
}

/** Observable Plot labels the groups of its marks; a label needs a role to be read out by. */
const withRoles = (html: string): string =>
  html.replace(/<g\b(?=[^<>]*\saria-label=)(?![^<>]*\srole=)/g, '<g role="group"');
