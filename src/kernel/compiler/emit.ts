/** The last step of compiling a cell: JavaScript by oxc, and which position in it is which of the cell. */
import { transformSync } from "oxc-transform";
import { lineStarts, position, type EditedText } from "./edits.js";
import type { CellImport } from "./imported.js";
import { decodeMappings, lookup, type Segment } from "./mappings.js";
import { refuse, type Message } from "./syntax-error.js";

/** The global through which compiled cells reach the session. */
export const runtimeName = "__proband__";

export interface Compiled {
  code: string;
  declared: { name: string; constant: boolean }[];
  imports: CellImport[];
  /** Position in the cell (0-based) for a position in the code. */
  toCell(line: number, column: number): { line: number; column: number } | undefined;
  /** Positions in the code for a line of the cell, first column first. */
  toCode(line: number): { line: number; column: number }[];
}

interface Parts {
  enums: Set<string>;
  declared: Map<string, boolean>;
  imports: CellImport[];
  /** Declarations before the cell: they depend on what the session holds, and must not move a line of it. */
  prelude: string;
}

export function emit(source: string, edited: EditedText, { enums, declared, imports, prelude }: Parts): Compiled {
  const result = transformSync("cell.ts", edited.text, {
    lang: "ts",
    sourceType: "module",
    target: "node20",
    sourcemap: true,
    helpers: { mode: "External" as never },
    decorator: { legacy: true, emitDecoratorMetadata: true },
    typescript: { onlyRemoveTypeImports: true },
  });
  if (result.errors.length) refuse(source, result.errors as Message[], edited.toSource);
  let code = result.code;
  // oxc writes `var E =` for an enum: declare it here, and keep the line's length so that the map still holds.
  let head = `"use strict";${[...enums].map((name) => `let ${name} = undefined;`).join("")}`;
  const loads = imports.map(({ start }, i) => {
    const column = head.length;
    head += `await ${runtimeName}.link(${i});`;
    return { column, start };
  });
  head += `${prelude}\n`;
  for (const name of enums)
    code = code.replace(
      new RegExp(`^var (${name.replace(/\$/g, "\\$")} = /\\* @__PURE__ \\*/ function)`, "gm"),
      "    $1",
    );
  const mappings = result.map?.mappings ?? "";
  let lines: Segment[][] | undefined;
  let sourceStarts: number[] | undefined;
  let editedStarts: number[] | undefined;
  const decoded = () => (lines ??= decodeMappings(mappings));
  const toCell: Compiled["toCell"] = (line, column) => {
    sourceStarts ??= lineStarts(source);
    if (line === 0) return position(sourceStarts, loads.findLast((l) => l.column <= column)?.start ?? 0);
    const found = lookup(decoded(), line - 1, column);
    if (!found) return undefined;
    editedStarts ??= lineStarts(edited.text);
    // Beyond the mapped token's start the text is the same on both sides, so the distance may be added.
    const offset = editedStarts[found[1]]! + found[2];
    return position(sourceStarts, Math.min(edited.toSource(offset), Math.max(0, source.length)));
  };
  return {
    code: `${head}${code}\n;undefined`,
    declared: [...declared].map(([name, constant]) => ({ name, constant })),
    imports,
    toCell,
    toCode(line) {
      sourceStarts ??= lineStarts(source);
      editedStarts ??= lineStarts(edited.text);
      const found: { line: number; column: number }[] = [];
      decoded().forEach((segments, l) => {
        for (const [column, sourceLine, sourceColumn] of segments) {
          const at = position(sourceStarts!, edited.toSource(editedStarts![sourceLine]! + sourceColumn));
          if (at.line === line) {
            found.push({ line: l + 1, column });
            break;
          }
        }
      });
      return found;
    },
  };
}
