// Notebooks as data: nbformat 4, read with errors that say what is wrong and where (https://nbformat.readthedocs.io).
import { readFile, rename, rm, writeFile } from "node:fs/promises";

export type MultilineString = string | string[];

export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: MultilineString }
  | { output_type: "display_data"; data: Record<string, unknown>; metadata: Record<string, unknown> }
  | {
      output_type: "execute_result";
      data: Record<string, unknown>;
      metadata: Record<string, unknown>;
      execution_count: number | null;
    }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

export interface CodeCell {
  cell_type: "code";
  id?: string;
  source: MultilineString;
  metadata: Record<string, unknown> & { tags?: string[] };
  outputs: Output[];
  execution_count: number | null;
}

export interface TextCell {
  cell_type: "markdown" | "raw";
  id?: string;
  source: MultilineString;
  metadata: Record<string, unknown> & { tags?: string[] };
  attachments?: Record<string, Record<string, MultilineString>>;
}

export type Cell = CodeCell | TextCell;

export interface Notebook {
  nbformat: 4;
  nbformat_minor: number;
  metadata: Record<string, unknown> & {
    kernelspec?: { name?: string; display_name?: string; language?: string };
    language_info?: { name?: string; version?: string };
    title?: string;
  };
  cells: Cell[];
}

/** The kernels whose cells are TypeScript that this kernel runs. */
const ownKernels = new Set(["proband", "tslab", "jslab"]);

/** A multi-line string of the file format as one string. */
export const text = (value: MultilineString | undefined): string =>
  Array.isArray(value) ? value.join("") : (value ?? "");

/**
 * Reads notebook JSON. Throws with the place and what to do when it is not JSON, not a notebook, of format 3,
 * or of another kernel (`anyKernel: true` allows that).
 */
export function parseNotebook(json: string, name = "notebook", { anyKernel = false } = {}): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Error(`${name} is not valid JSON: ${whatIsWrong(json, (error as Error).message)}`, { cause: error });
  }
  const notebook = value as Partial<Notebook> & { worksheets?: unknown };
  if (typeof value !== "object" || value === null || !("nbformat" in value))
    throw new Error(`${name} is JSON but not a notebook: it has no "nbformat"`);
  if ((notebook.nbformat as number) !== 4)
    throw new Error(
      `${name} is of nbformat ${String(notebook.nbformat)}; expected 4. Convert it with: jupyter nbconvert --to notebook --nbformat 4 ${name}`,
    );
  if (!Array.isArray(notebook.cells)) throw new Error(`${name} has no list of cells`);
  notebook.cells.forEach((cell, i) => {
    const where = `${name}, cell ${i + 1}`;
    if (!["code", "markdown", "raw"].includes(cell?.cell_type))
      throw new Error(`${where}: cell_type is ${JSON.stringify(cell?.cell_type)}; expected code, markdown or raw`);
    if (
      typeof cell.source !== "string" &&
      !(Array.isArray(cell.source) && cell.source.every((s) => typeof s === "string"))
    )
      throw new Error(`${where}: source must be a string or a list of strings`);
    if (cell.cell_type === "code" && !Array.isArray(cell.outputs))
      throw new Error(`${where}: a code cell needs a list of outputs`);
    cell.metadata ??= {};
  });
  notebook.metadata ??= {};
  const kernel = notebook.metadata.kernelspec?.name;
  if (!anyKernel && kernel !== undefined && !ownKernels.has(kernel))
    throw new Error(
      `${name} is for the kernel "${kernel}" (${notebook.metadata.kernelspec?.language ?? "unknown language"}); expected proband, tslab or jslab`,
    );
  return notebook as Notebook;
}

/** The place of a mistake in JSON, and what to do: mostly a merge that stopped halfway, or a file that was cut. */
function whatIsWrong(json: string, message: string): string {
  const lineAt = (at: number) => json.slice(0, at).split("\n").length;
  const conflict = json.search(/^(<{7}|={7}|>{7})( |$)/m);
  if (conflict >= 0)
    return `line ${lineAt(conflict)} is a conflict mark of git. Take one side whole (git checkout --ours or --theirs, then the file) and run the notebook again`;
  if (!json.trim())
    return "the file is empty. Restore a checkpoint (.ipynb_checkpoints beside it) or an earlier version";
  // V8 names a position, or quotes what is around it, from ten characters before.
  const position = /at position (\d+)/.exec(message)?.[1];
  const quoted = /\.\.\."([\s\S]+?)"(?:\.\.\.)? is not valid/.exec(message)?.[1];
  const at = position !== undefined ? Number(position) : quoted ? json.indexOf(quoted) + 10 : json.length;
  const where = /unexpected end|unterminated/i.test(message) ? "it ends too soon, in " : "";
  return `${where}line ${lineAt(at < 0 ? 0 : at)} (${message.replace(/\s+/g, " ")}). Restore a checkpoint (.ipynb_checkpoints beside it) or an earlier version`;
}

/** Reads a notebook file; see {@link parseNotebook}. */
export async function readNotebook(path: string, options?: { anyKernel?: boolean }): Promise<Notebook> {
  let json: string;
  try {
    json = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw new Error(`there is no notebook ${path}; give the path of an .ipynb file`, { cause: error });
    if (code === "EISDIR") throw new Error(`${path} is a folder; give the path of an .ipynb file`, { cause: error });
    throw error;
  }
  return parseNotebook(json, path, options);
}

/** Writes a notebook as Jupyter does (one space, final newline), whole or not at all. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(notebook, null, 1) + "\n");
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
