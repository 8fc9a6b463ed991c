// The executable appendix: one file that opens from disk, in which a reader edits and re-runs cells.
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { escapeHtml } from "./escape.js";
import { provenanceTable } from "./freeze.js";
import { renderCells, titleOf, type HtmlOptions } from "./html.js";
import { text, type Notebook } from "./nbformat.js";
import { outputText } from "./page/compare.js";
import { recordedFiles } from "./recorded.js";
import { appendixStyle, pageStyle } from "./style.js";

export interface AppendixOptions extends HtmlOptions {
  /** The notebook's folder: local data files that cells name are read from it. */
  folder: string;
  /** State folder with the models trained and answers recorded when the notebook ran (default: `.proband` in its folder). */
  home?: string;
  /** Embed the built-in model and the WebAssembly engine, so that finetuning and simulation can be computed again (default true). */
  engine?: boolean;
  /** Further files to embed: name as cells use it → path. */
  files?: Record<string, string>;
}

const bundle = (name: string) => fileURLToPath(new URL(`../bundle/${name}`, import.meta.url));
const dataFolder = fileURLToPath(new URL("../../data/", import.meta.url));

/** Makes the page. Reading it needs no script; re-running is opt-in and fetches nothing. */
export async function notebookToAppendix(notebook: Notebook, options: AppendixOptions): Promise<string> {
  for (const name of ["appendix-page.js", "appendix-worker.js", "appendix-widgets.js"])
    if (!existsSync(bundle(name))) throw new Error(`the page runtime ${name} is not built; run: npm run build`);
  const [page, worker] = await Promise.all([
    readFile(bundle("appendix-page.js"), "utf8"),
    readFile(bundle("appendix-worker.js")),
  ]);
  const sources = notebook.cells.flatMap((cell, index) =>
    cell.cell_type === "code" ? [{ index, source: text(cell.source), frozen: outputText(cell.outputs) }] : [],
  );
  const files = await embeddedFiles(notebook, sources.map((s) => s.source).join("\n"), options);
  const widgets = usesWidgets(notebook, sources)
    ? `<script type="text/plain" id="proband-widgets">${packed(await readFile(bundle("appendix-widgets.js")))}</script>\n`
    : "";
  const title = options.title ?? titleOf(notebook);
  const scriptHash = createHash("sha256").update(page).digest("base64");
  const policy = `default-src 'none'; script-src 'sha256-${scriptHash}' 'unsafe-eval' 'wasm-unsafe-eval' blob:; worker-src blob:; img-src data: blob:; style-src 'unsafe-inline'; font-src data:`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="Proband">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}${appendixStyle}</style>
</head>
<body>
<div id="proband-toolbar" role="region" aria-label="Re-run" hidden><button type="button" id="proband-run-all">Run all</button><button type="button" id="proband-stop" disabled>Stop</button><span id="proband-status" role="status"></span></div>
<noscript><p class="notice">Without JavaScript this page shows the published results; cells cannot be re-run.</p></noscript>
<main>
${renderCells(notebook, options)}
${provenanceTable(notebook)}
</main>
<script type="application/json" id="proband-cells">${embedJson(sources)}</script>
<script type="text/plain" id="proband-files">${packed(JSON.stringify(files))}</script>
<script type="text/plain" id="proband-worker">${packed(worker)}</script>
${widgets}<script>${page}</script>
</body>
</html>
`;
}

const packed = (content: string | Uint8Array): string => gzipSync(content, { level: 9 }).toString("base64");

/** Whether some cell makes widgets: by what its run saved, or by the names of what makes them. */
const usesWidgets = (notebook: Notebook, sources: { source: string }[]): boolean =>
  notebook.metadata["widgets"] !== undefined ||
  sources.some(({ source }) => /\bwidgets\b|\.(explore|watch)\(|\b(interact|plotView|anywidget)\b/.test(source));

/** JSON that cannot end the script element it stands in. */
const embedJson = (value: unknown): string => JSON.stringify(value).replace(/</g, "\\u003c");

/** Base64 contents of what cells load: studies by name, and where they finetune or simulate the model, the engine and what was recorded. */
async function embeddedFiles(
  notebook: Notebook,
  code: string,
  options: AppendixOptions,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const add = async (name: string, path: string) => {
    files[name] = (await readFile(path)).toString("base64");
  };
  const studies = [...code.matchAll(/loadStudy\(\s*["'`]([^"'`]+)["'`]/g)].map(([, name]) => name!);
  for (const name of studies) {
    const builtIn = join(dataFolder, name);
    const folder = existsSync(join(builtIn, "codebook.json")) ? builtIn : join(options.folder, name);
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new Error(
        `loadStudy("${name}") names no built-in study and no folder in ${options.folder}; the appendix needs its data`,
      );
    for (const file of await readdir(folder))
      if (!file.endsWith(".md")) await add(`studies/${name}/${file}`, join(folder, file));
  }
  for (const [name, path] of Object.entries(options.files ?? {})) await add(name, path);
  if (/\b(finetuning|simulation)\.(run|watch|grid)\b/.test(code)) {
    if (options.engine ?? true) {
      for (const file of await readdir(join(dataFolder, "base-model")))
        await add(`models/proband-base/${file}`, join(dataFolder, "base-model", file));
      await add("engine/ort.wasm", fileURLToPath(new URL("../engine/web/ort.wasm", import.meta.url)));
    }
    Object.assign(
      files,
      await recordedFiles(options.home ?? join(options.folder, ".proband"), modelsNamed(notebook), studies),
    );
  }
  return files;
}

/** Ids of finetuned models that the notebook's outputs name. */
const modelsNamed = (notebook: Notebook): Set<string> =>
  new Set(JSON.stringify(notebook.cells).match(/ft:[\w.:-]+/g) ?? []);
