/**
 * Sources as the debugger names them: cells by a path made of the hash of their code, local TypeScript files by their own;
 * and positions to and from V8's scripts.
 */
import { readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { compileCell } from "../compiler/compile.js";
import type { Compiled } from "../compiler/emit.js";
import { decodeMappings, lookup, type Segment } from "../compiler/mappings.js";
import type { transformLocal } from "../session/transform.js";
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
  /** How V8 knows the script, but for what stands behind a question mark. */
  scriptUrl(path: string): string;
  /** Where V8 is to stop for a line (from 1) of the cell: the line's code or the next line that has some. */
  toScript(path: string, line: number): { line: number; column: number; actual: number } | undefined;
  /** What a frame's script position means to the reader; nothing for code that is not theirs. */
  fromScript(url: string, line: number, column: number): Place | undefined;
}

export function createCellSources(): CellSources {
  const codes = new Map<string, string>();
  let compile: typeof compileCell | undefined;
  const compiledByPath = new Map<string, Compiled | undefined>();
  let transform: typeof transformLocal | undefined;
  const files = new Map<string, { mtime: number; lines: Segment[][] }>();

  /** The mappings of a local TypeScript file as it is on disk; nothing for other files, which run as they are. */
  function mappings(path: string): Segment[][] | undefined {
    if (!transform || !/\.[cm]?tsx?$/.test(path) || /[\\/]node_modules[\\/]/.test(path)) return undefined;
    try {
      const mtime = statSync(path).mtimeMs;
      const known = files.get(path);
      if (known?.mtime === mtime) return known.lines;
      const lines = decodeMappings(transform(path, readFileSync(path, "utf8")).mappings);
      files.set(path, { mtime, lines });
      return lines;
    } catch {
      return undefined; // gone, or it cannot be compiled
    }
  }

  /** Compiled again here: which names are taken changes columns, never a line. */
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
      transform ??= (await import("../session/transform.js")).transformLocal;
    },
    add(code) {
      // Nobody sets breakpoints in a megabyte of data, and hashing it would cost more than running it.
      if (code.length > 1e6) return `${pathPrefix}large${pathSuffix}`;
      const path = `${pathPrefix}${murmur2(code, hashSeed)}${pathSuffix}`;
      codes.set(path, code);
      return path;
    },
    code: (path) => codes.get(path),
    scriptUrl: (path) => (path.startsWith(pathPrefix) ? urlOf(path) : pathToFileURL(path).href),
    toScript(path, line) {
      if (!path.startsWith(pathPrefix)) return inFile(path, line, mappings(path));
      const script = compiled(path);
      const last = codes.get(path)?.split("\n").length ?? 0;
      for (let l = line; script && l <= last; l++) {
        const at = script.toCode(l - 1)[0];
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
      const path = fileURLToPath(url.split("?")[0]!);
      const lines = mappings(path);
      const found = lines && lookup(lines, line, column);
      return found ? { path, line: found[1] + 1, column: found[2] + 1 } : { path, line: line + 1, column: column + 1 };
    },
  };
}

/** The first code of the line, or of the next line that has some; a file that is not compiled has every line. */
function inFile(path: string, line: number, lines: Segment[][] | undefined) {
  if (!path) return undefined;
  if (!lines) return { line: line - 1, column: 0, actual: line };
  let best: { line: number; column: number; actual: number } | undefined;
  lines.forEach((segments, l) => {
    for (const [column, source] of segments) {
      if (source + 1 < line || (best && source + 1 >= best.actual)) continue;
      best = { line: l, column, actual: source + 1 };
    }
  });
  return best;
}
