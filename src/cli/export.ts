// proband export NOTEBOOK: publish an executed notebook as one file.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { readNotebook, type Notebook } from "../notebook/nbformat.js";

const formats = ["html", "appendix", "ipynb", "pdf"] as const;
type ExportFormat = (typeof formats)[number];

interface Options {
  to: ExportFormat;
  output?: string;
  title?: string;
  code: boolean;
  allowErrors?: boolean;
  home?: string;
  engine: boolean;
  shareForbidden?: boolean;
}

export function register(program: Command): void {
  program
    .command("export")
    .description("publish an executed notebook as one self-contained file")
    .argument("<notebook>", "an executed notebook (.ipynb); run it with: proband run")
    .option("--to <format>", `one of ${formats.join(", ")}`, oneOf, "html")
    .option("-o, --output <file>", "where to write (default: beside the notebook)")
    .option("--title <title>", "title of the page (default: the first heading)")
    .option(
      "--home <folder>",
      "appendix: state folder with what the run recorded (default: .proband beside the notebook)",
    )
    .option("--no-engine", "appendix: leave out model and engine (smaller; answers are replayed, not computed)")
    .option(
      "--share-forbidden",
      'appendix: put the rows of studies whose codebook says sharing "forbidden" into the page too',
    )
    .option("--no-code", "leave out the code")
    .option("--allow-errors", "exit with 0 even when the notebook holds failed cells")
    .action(run);
}

function oneOf(value: string): ExportFormat {
  if (!formats.includes(value as ExportFormat)) throw new InvalidArgumentError(`expected one of ${formats.join(", ")}`);
  return value as ExportFormat;
}

async function run(path: string, options: Options): Promise<void> {
  const notebook = await readNotebook(path);
  const extension = options.to === "appendix" ? ".appendix.html" : `.${options.to}`;
  const output =
    options.output ??
    join(dirname(path), basename(path, extname(path)) + (options.to === "ipynb" ? ".clean.ipynb" : extension));
  const content = await render(notebook, options, path);
  await mkdir(dirname(output), { recursive: true });
  // Written beside and renamed, so that an interrupted export leaves the earlier file whole.
  await writeFile(`${output}.tmp`, content);
  await rename(`${output}.tmp`, output);
  const bytes = typeof content === "string" ? Buffer.byteLength(content) : content.length;
  console.log(`${output} (${(bytes / 1e6).toFixed(2)} MB)`);
  const failed = notebook.cells.filter(
    (c) => c.cell_type === "code" && c.outputs.some((o) => o.output_type === "error"),
  ).length;
  if (!failed) return;
  console.error(`${failed} of ${notebook.cells.length} cells failed; they are kept and marked.`);
  if (!options.allowErrors) process.exitCode = 1;
}

async function render(notebook: Notebook, options: Options, path: string): Promise<string | Uint8Array> {
  const settings = {
    ...(options.title ? { title: options.title } : {}),
    hideCode: !options.code,
    folder: dirname(path),
    onNote: (note: string) => console.error(`Note: ${note}.`),
  };
  switch (options.to) {
    case "html":
      return (await import("../notebook/html.js")).notebookToHtml(notebook, settings);
    case "appendix":
      return (await import("../notebook/appendix.js")).notebookToAppendix(notebook, {
        ...settings,
        engine: options.engine,
        ...(options.home ? { home: options.home } : {}),
        shareForbidden: options.shareForbidden ?? false,
      });
    case "pdf":
      return (await import("../notebook/pdf.js")).htmlToPdf(
        (await import("../notebook/html.js")).notebookToHtml(notebook, settings),
      );
    case "ipynb":
      return JSON.stringify((await import("../notebook/clean.js")).withoutWidgetState(notebook), null, 1) + "\n";
  }
}
