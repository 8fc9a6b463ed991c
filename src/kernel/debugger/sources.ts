/** Cells as the debugger names them: a path made of the hash of their code, and positions to and from V8's scripts. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Compiled, compileCell } from "../compiler/compile.js";
import { murmur2 } from "./murmur2.js";

export const hashSeed = 0xc70f6907;
export const pathPrefix = join(tmpdir(), `proband_${process.pid}`, "/");
export const pathSuffix = ".ts";

/** A path as V8 is told it: a source URL ends at the first space. */
export const urlOf = (path: string): string => encodeURI(path);

export interface Place {
  /** Path of a cell, or of a file. */
  path: string;
  /** From 1. */
  line: number;
  column: number;
}

export interface CellSources {
  /** Loads the compiler, which costs time that only a debugging session should pay. Positions are known afterwards. */
  load(): Promise<void>;
  /** Remembers the code and returns its path. */
  add(code: string): string;
  code(path: string): string | undefined;
  /** Where V8 is to stop for a line (from 1) of the cell: the line's code or the next line that has some. */
  toScript(path: string, line: number): { line: number; column: number; actual: number } | undefined;
  /** What a frame's script position means to the reader; nothing for code that is not theirs. */
  fromScript(url: string, line: number, column: number): Place | undefined;
}

export function createCellSources(): CellSources {
  const codes = new Map<string, string>();
  let compile: typeof compileCell | undefined;
  const compiledByPath = new Map<string, Compiled | undefined>();

  /** Compiled again here: which names are taken changes columns of the first line, never a line. */
  function compiled(path: string): Compiled | undefined {
    if (compiledByPath.has(path)) return compiledByPath.get(path);
    const code = codes.get(path);
    if (!compile) return undefined;
    let result: Compiled | undefined;
    try {
      if (code !== undefined)
        result = compile(code, { declared: () => true, constant: () => false, builtin: () => false });
    } catch {
      // a syntax error: nothing to stop in
    }
    compiledByPath.set(path, result);
    return result;
  }

  return {
    async load() {
      compile ??= (await import("../compiler/compile.js")).compileCell;
    },
    add(code) {
      // Nobody sets breakpoints in a megabyte of data, and hashing it would cost more than running it.
      if (code.length > 1e6) return `${pathPrefix}large${pathSuffix}`;
      const path = `${pathPrefix}${murmur2(code, hashSeed)}${pathSuffix}`;
      codes.set(path, code);
      return path;
    },
    code: (path) => codes.get(path),
    toScript(path, line) {
      const script = compiled(path);
      const last = codes.get(path)?.split("\n").length ?? 0;
      for (let l = line; script && l <= last; l++) {
        const found = script.toCode(l - 1);
        // Behind the prelude of the first line, which belongs to no line of the cell.
        const at = found.find((p) => p.line > 0) && l > 1 ? found.find((p) => p.line > 0)! : found[0];
        if (at) return { ...at, actual: l };
      }
      return undefined;
    },
    fromScript(url, line, column) {
      if (url.startsWith(urlOf(pathPrefix))) {
        const path = decodeURI(url.split("?")[0]!);
        const at = compiled(path)?.toCell(line, column);
        return at && { path, line: at.line + 1, column: at.column + 1 };
      }
      if (!url.startsWith("file:") || url.includes("/dist/bundle/kernel/") || url.includes("/dist/kernel/"))
        return undefined;
      return { path: fileURLToPath(url.split("?")[0]!), line: line + 1, column: column + 1 };
    },
  };
}
