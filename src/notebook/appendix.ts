// The executable appendix: one file that opens from disk, in which a reader edits and re-runs cells.
import { existsSync, statSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Codebook } from "../study/index.js";
import { formatOf } from "../study/read.js";
import { readCodebook, shippedStudies } from "../study/node/index.js";
import { escapeHtml } from "./escape.js";
import { provenanceOf, provenanceTable } from "./freeze.js";
import { numberOf, renderCells, titleOf, type HtmlOptions } from "./html.js";
import { localModules, preparedCell } from "./local-modules.js";
import { text, type Notebook } from "./nbformat.js";
import { frozenText, outputText } from "./page/compare.js";
import { packFiles } from "./page/pack.js";
import { recordedFiles } from "./recorded.js";
import { embedJson, packed, packedScript, pageScript } from "./scripts.js";
import { appendixStyle, pageStyle } from "./style.js";

export interface AppendixOptions extends HtmlOptions {
  /** The notebook's folder: local data files that cells name are read from it. */
  folder: string;
  /** State folder with the models trained and answers recorded when the notebook ran (default: `.proband` in its folder). */
  home?: string;
  /** Embed the built-in model and the WebAssembly engine, so that finetuning and simulation can be computed again (default true). */
  engine?: boolean;
  /** Embed the rows of studies whose codebook forbids sharing too: their respondents consented to a publication (default false). */
  shareForbidden?: boolean;
}

const dataFolder = fileURLToPath(new URL("../../data/", import.meta.url));

/** Makes the page. Reading it needs no script; re-running is opt-in and fetches nothing. */
export async function notebookToAppendix(notebook: Notebook, options: AppendixOptions): Promise<string> {
  const script = pageScript("appendix-page.js");
  let codeCells = 0;
  const sources = notebook.cells.flatMap((cell, index) => {
    if (cell.cell_type !== "code") return [];
    const number = numberOf(cell, ++codeCells);
    if (cell.metadata.tags?.includes("remove-cell")) return [];
    const source = text(cell.source);
    const prepared = preparedCell(source);
    return [
      {
        index,
        number,
        source,
        frozen: frozenText(outputText(cell.outputs)),
        ...(prepared === undefined ? {} : { prepared }),
      },
    ];
  });
  const files = await embeddedFiles(notebook, sources, options);
  const widgets = usesWidgets(notebook, sources) ? packedScript("proband-widgets", "appendix-widgets.js") : "";
  const title = options.title ?? titleOf(notebook);
  const policy = `default-src 'none'; script-src ${script.source} 'unsafe-eval' 'wasm-unsafe-eval' blob:; worker-src blob:; img-src data: blob:; style-src 'unsafe-inline'; font-src data:`;
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
<div id="proband-toolbar" role="region" aria-label="Re-run" hidden><button type="button" id="proband-run-all">Run all</button><button type="button" id="proband-stop" disabled>Stop</button><span id="proband-status" role="status">${said(files)}</span></div>
<noscript><p class="notice">Without JavaScript this page shows the published results; cells cannot be re-run.</p></noscript>
<main>
${renderCells(notebook, options)}
${provenanceTable(notebook)}
</main>
<script type="application/json" id="proband-cells">${embedJson(sources)}</script>
<script>${script.code}</script>
${packedScript("proband-worker", "appendix-worker.js")}${widgets}${packed("proband-files", packFiles(files))}</body>
</html>
`;
}

/** What a reader is told first. */
const said = (files: Record<string, Uint8Array>): string =>
  "These are the published results. Run a cell to compute it again in this page" +
  (Object.keys(files).some((name) => name.startsWith("state/"))
    ? "; finetuning and answers that were recorded are replayed."
    : ".");

/** Whether some cell makes widgets: by what its run saved, or by the names of what makes them. */
const usesWidgets = (notebook: Notebook, sources: { source: string }[]): boolean =>
  notebook.metadata["widgets"] !== undefined ||
  sources.some(({ source }) => /\bwidgets\b|\.(explore|watch)\(|\b(interact|plotView|anywidget)\b/.test(source));

/** What cells load: studies, local modules, and where they finetune or simulate the model, the engine and what was recorded. */
async function embeddedFiles(
  notebook: Notebook,
  sources: { source: string }[],
  options: AppendixOptions,
): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const note = options.onNote ?? (() => undefined);
  const code = sources.map((s) => s.source).join("\n");
  const { modules, left } = localModules(
    sources.map((s) => s.source),
    options.folder,
    (specifier) => /^proband(\/|$)/.test(specifier) || ["@observablehq/plot", "arquero", "tslab"].includes(specifier),
  );
  if (Object.keys(modules.files).length) files["notebook/modules.json"] = Buffer.from(JSON.stringify(modules));
  for (const { specifier, why } of left) note(`"${specifier}" is not in the page: ${why}`);
  const studies = await embedStudies(notebook, code, options, files, note);
  if (/\b(finetuning|simulation)\.(run|watch|grid)\b/.test(code)) {
    if (options.engine ?? true) {
      for (const file of await readdir(join(dataFolder, "base-model")))
        if (!file.endsWith(".md"))
          await add(files, `models/proband-base/${file}`, join(dataFolder, "base-model", file));
      await add(files, "engine/ort.wasm", fileURLToPath(new URL("../engine/web/ort.wasm", import.meta.url)));
    } else {
      // Replaying asks which model it is: its card, its fingerprint and how much it reads, without its weights.
      const base = (name: string) => join(dataFolder, "base-model", name);
      for (const file of ["config.json", "proband.json"]) await add(files, `models/proband-base/${file}`, base(file));
      const { max_position_embeddings: contextLength } = JSON.parse(await readFile(base("config.json"), "utf8")) as {
        max_position_embeddings: number;
      };
      const fingerprint = provenanceOf(notebook)?.models?.["proband-base"];
      files["models/proband-base/replay.json"] = Buffer.from(JSON.stringify({ fingerprint, contextLength }));
    }
    Object.assign(
      files,
      await recordedFiles(options.home ?? join(options.folder, ".proband"), modelsNamed(notebook), studies, {
        prompts: options.engine ?? true,
      }),
    );
  }
  return files;
}

async function add(files: Record<string, Uint8Array>, name: string, path: string): Promise<void> {
  files[name] = await readFile(path);
}

/** Embeds the studies that cells load by a name, and those that the run says it used. Returns their codebooks' names. */
async function embedStudies(
  notebook: Notebook,
  code: string,
  { folder, shareForbidden = false }: AppendixOptions,
  files: Record<string, Uint8Array>,
  note: (text: string) => void,
): Promise<string[]> {
  const called = [...code.matchAll(/loadStudy\(\s*(?:["'`]([^"'`]+)["'`]|([\w$]+)\s*[,)])/g)].flatMap(
    ([, name, variable]) =>
      name ??
      [...code.matchAll(new RegExp(`\\b${variable!.replaceAll("$", "\\$")}\\s*=\\s*["'\`]([^"'\`]+)["'\`]`, "g"))].map(
        ([, n]) => n!,
      ),
  );
  const used = Object.keys(provenanceOf(notebook)?.data ?? {}).filter((name) => shippedStudies().includes(name));
  const embedded: string[] = [];
  for (const name of new Set([...called, ...used])) {
    const path = shippedStudies().includes(name) ? join(dataFolder, name) : resolve(folder, name);
    let found: ReturnType<typeof studyFiles>;
    let why = "there is none with a codebook beside the notebook";
    try {
      found = studyFiles(path);
    } catch (error) {
      why = (error as Error).message.split("\n", 1)[0]!;
    }
    if (!found) {
      note(`the study "${name}" is not in the page: ${why}. Cells that use it keep their published outputs`);
      continue;
    }
    const { data, codebook } = found;
    if (codebook.sharing === "forbidden" && !shareForbidden) {
      note(
        `the rows of "${name}" are not in the page: its codebook says sharing "forbidden". Cells that use it keep their ` +
          "published outputs. If the respondents consented to publication: --share-forbidden",
      );
      continue;
    }
    const file = { path: basename(data), format: codebook.file?.format ?? formatOf(data), ...codebook.file };
    files[`studies/${name}/codebook.json`] = Buffer.from(JSON.stringify({ ...codebook, file }));
    await add(files, `studies/${name}/${file.path}`, data);
    embedded.push(codebook.name);
  }
  return embedded;
}

/** The codebook and data file that a path given to `loadStudy` means; undefined where it has none. */
function studyFiles(path: string): { data: string; codebook: Codebook } | undefined {
  if (!existsSync(path)) return undefined;
  const isFolder = statSync(path).isDirectory();
  const isCodebook = !isFolder && extname(path) === ".json";
  const folder = isFolder ? path : dirname(path);
  const beside = join(folder, `${basename(path, extname(path))}.codebook.json`);
  const codebookPath = isCodebook ? path : !isFolder && existsSync(beside) ? beside : join(folder, "codebook.json");
  if (!existsSync(codebookPath)) return undefined;
  const codebook = readCodebook(codebookPath);
  const data = isFolder || isCodebook ? codebook.file && join(dirname(codebookPath), codebook.file.path) : path;
  return data && existsSync(data) ? { data, codebook } : undefined;
}

/** Ids of finetuned models that the notebook's outputs name. */
const modelsNamed = (notebook: Notebook): Set<string> =>
  new Set(JSON.stringify(notebook.cells).match(/ft:[\w.:-]+/g) ?? []);
