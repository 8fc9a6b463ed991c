/** Errors as a reader of a notebook needs them: name, message, frames with the cell's own lines, the source around. */
import { findSourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { inspect, stripVTControlCharacters } from "node:util";
import { CellSyntaxError } from "../compiler/syntax-error.js";
import { bold, cyan, dim, excerpt, red } from "../compiler/excerpt.js";
import type { ErrorContent } from "../messages.js";
import { kernelFolder } from "../package-root.js";
import { cells } from "./context.js";

interface Place {
  label: string;
  code?: string;
  line?: number;
  column?: number;
}
const places = new WeakMap<object, Place[]>();

/** Installs V8's hook that words a stack; cells' frames get their own lines, the kernel's frames are left out. */
export function installStackTraces(): void {
  Error.prepareStackTrace = (error, frames) => {
    const found: Place[] = [];
    const lines: string[] = [];
    let lastCell = -1;
    let aboveKernel = -1;
    for (const frame of frames) {
      const url = frame.getScriptNameOrSourceURL?.() ?? frame.getFileName() ?? "";
      const cell = cells.get(url);
      if (url.startsWith(kernelFolder) || url.startsWith("node:inspector")) {
        if (aboveKernel < 0) aboveKernel = lines.length;
        continue;
      }
      const place = cell ? inCell(cell, frame) : inFile(url, frame);
      const fn = frame.getFunctionName() ?? "";
      const async = frame.isAsync() ? "async " : "";
      const text = place ? wording(frame, fn, async, place) : String(frame);
      if (cell) lastCell = lines.length;
      if (place) found.push(place);
      lines.push(`    at ${text}`);
    }
    // Below the lowest cell frame, or where the kernel itself begins, is only how the kernel came to call it.
    const shown = aboveKernel < 0 ? lines : lines.slice(0, lastCell >= 0 ? lastCell + 1 : aboveKernel);
    places.set(error, found);
    return [header(error), ...shown].join("\n");
  };
}

function header(error: unknown): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function wording(frame: NodeJS.CallSite, fn: string, async: string, place: Place): string {
  const where = place.line === undefined ? place.label : `${place.label}:${place.line + 1}:${(place.column ?? 0) + 1}`;
  const type = frame.isConstructor() ? "new " : "";
  const owner = !frame.isToplevel() && !frame.isConstructor() && fn && !fn.includes(".") ? frame.getTypeName() : null;
  const name = owner && owner !== "Object" ? `${owner}.${fn}` : fn;
  return name ? `${async}${type}${name} (${where})` : `${async}${where}`;
}

function inCell(
  cell: {
    count: number;
    code: string;
    compiled: { toCell(l: number, c: number): { line: number; column: number } | undefined };
  },
  frame: NodeJS.CallSite,
): Place {
  const at = cell.compiled.toCell((frame.getLineNumber() ?? 1) - 1, (frame.getColumnNumber() ?? 1) - 1);
  return { label: `Cell [${cell.count}]`, code: cell.code, ...at };
}

function inFile(url: string, frame: NodeJS.CallSite): Place | undefined {
  if (!url.startsWith("file:")) return undefined;
  let line = (frame.getLineNumber() ?? 1) - 1;
  let column = (frame.getColumnNumber() ?? 1) - 1;
  const entry = findSourceMap(url)?.findEntry(line, column) as
    { originalLine?: number; originalColumn?: number } | undefined;
  if (entry?.originalLine !== undefined) {
    line = entry.originalLine;
    column = entry.originalColumn ?? 0;
  }
  const clean = new URL(url);
  clean.search = "";
  return { label: fileURLToPath(clean), line, column };
}

/** What a cell's variable is called when it would hide one of Node's globals; see compiler/compile.ts. */
const hidden = /\b__cell_(?=[\p{ID_Start}$_])/gu;

/** Describes whatever was thrown; never throws itself. */
export function describeError(thrown: unknown, count?: number, code?: string): ErrorContent {
  try {
    return thrown instanceof CellSyntaxError && code !== undefined
      ? describeSyntaxError(thrown, count, code)
      : describeThrown(thrown);
  } catch (inner) {
    const evalue = `an error that cannot be shown (${inner instanceof Error ? safe(() => inner.message) : "its properties throw"})`;
    return { ename: "Error", evalue, traceback: [red(`Error: ${evalue}`)] };
  }
}

function safe(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return "?";
  }
}

function describeSyntaxError(error: CellSyntaxError, count: number | undefined, code: string): ErrorContent {
  const lines = [
    `${red(bold("SyntaxError"))}: ${error.message}`,
    cyan(`Cell [${count ?? " "}]:${error.line + 1}:${error.column + 1}`),
    excerpt(code, error.line, error.column, error.length),
  ];
  if (error.hint) lines.push(error.hint);
  return { ename: "SyntaxError", evalue: error.message, traceback: lines };
}

function isError(value: unknown): value is Error {
  return (
    value instanceof Error ||
    (typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Error]")
  );
}

function describeThrown(thrown: unknown, depth = 0): ErrorContent {
  if (!isError(thrown)) {
    let evalue: string;
    try {
      evalue = typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2 });
    } catch {
      evalue = "a value that cannot be shown";
    }
    return {
      ename: "Thrown",
      evalue,
      traceback: [`${red(bold("Thrown"))}: ${evalue}`, dim("(not an Error, so it has no stack)")],
    };
  }
  const ename = safe(() => thrown.name) || "Error";
  const evalue = safe(() => thrown.message).replace(hidden, "");
  const stack = safe(() => thrown.stack);
  const first = (places.get(thrown) ?? []).find((p) => p.code !== undefined && p.line !== undefined);
  const traceback = [`${red(bold(ename))}: ${evalue}`];
  if (first)
    traceback.push(
      cyan(`${first.label}:${first.line! + 1}:${first.column! + 1}`),
      excerpt(first.code!, first.line!, first.column!),
    );
  const frames = stack.split("\n").filter((l) => /^\s+at /.test(l));
  if (frames.length)
    traceback.push(
      frames
        .slice(0, 30)
        .map((f) => dim(f))
        .join("\n"),
    );
  const extra = details(thrown);
  if (extra) traceback.push(extra);
  if (thrown.cause !== undefined && depth < 5) {
    const cause = describeThrown(thrown.cause, depth + 1);
    traceback.push("Caused by:", ...cause.traceback);
  }
  const inner = (thrown as AggregateError).errors;
  if (Array.isArray(inner) && depth < 3)
    for (const e of inner.slice(0, 5)) traceback.push("With:", ...describeThrown(e, depth + 1).traceback);
  return { ename, evalue, traceback };
}

/** An error's own further properties (code, status, response …), which often say what went wrong. */
function details(error: Error): string {
  const own = Object.keys(error).filter((k) => !["stack", "message", "name", "cause", "errors"].includes(k));
  if (!own.length) return "";
  const shown = own.slice(0, 8).map((k) => {
    try {
      return `${k}: ${inspect((error as unknown as Record<string, unknown>)[k], { depth: 1, breakLength: Infinity, maxStringLength: 300 })}`;
    } catch {
      return `${k}: (cannot be read)`;
    }
  });
  return dim(`{ ${shown.join(", ")} }`);
}

export const plain = (content: ErrorContent): string => stripVTControlCharacters(content.traceback.join("\n"));
