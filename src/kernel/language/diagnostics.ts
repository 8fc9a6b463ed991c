/** Type errors of a cell, worded as the kernel words its own errors. */
import { excerpt } from "../compiler/excerpt.js";
import { uriOf, type LanguageServer } from "./lsp.js";
import type { CellDocument } from "./project.js";

export interface Diagnostic {
  code: number;
  message: string;
  line: number;
  column: number;
  length: number;
}

interface LspDiagnostic {
  range: { start: { line: number; character: number }; end: { line: number; character: number } };
  severity?: number;
  code?: number;
  message: string;
}

/** Errors that are none in a notebook: assigning to another cell's `let` (TS2632), which is no import at run time. */
const assignedImport = 2632;
/** A module that cannot be found is said better when it is loaded. */
const quiet = new Set([2306, 2307, 7016, 1208, 18003]);

export async function diagnose(
  server: LanguageServer,
  document: CellDocument,
  code: string,
  timeout: number,
): Promise<Diagnostic[]> {
  const result = await server.request<{ items: LspDiagnostic[] }>(
    "textDocument/diagnostic",
    { textDocument: { uri: uriOf(document.path) } },
    timeout,
  );
  const lines = code.split("\n");
  return (result?.items ?? []).flatMap((d) => {
    const line = d.range.start.line - document.linesBefore;
    if ((d.severity ?? 1) !== 1 || line < 0 || line >= lines.length || quiet.has(d.code ?? 0)) return [];
    const column = d.range.start.character;
    const text = lines[line]!;
    const end = d.range.end.line === d.range.start.line ? d.range.end.character : text.length;
    if (d.code === assignedImport) {
      const name = text.slice(column, end);
      if (document.writable(name)) return [];
      return [
        {
          code: 2588,
          message: `Cannot assign to '${name}' because it is a constant.`,
          line,
          column,
          length: end - column,
        },
      ];
    }
    return [{ code: d.code ?? 0, message: d.message, line, column, length: end - column }];
  });
}

export function wording(found: readonly Diagnostic[], count: number, code: string): string {
  const shown = found
    .slice(0, 5)
    .map(
      (d) =>
        `\u001b[33mTS${d.code}\u001b[39m: ${d.message}\n\u001b[36mCell [${count}]:${d.line + 1}:${d.column + 1}\u001b[39m\n${excerpt(code, d.line, d.column, d.length, 0)}`,
    );
  if (found.length > 5) shown.push(`… and ${found.length - 5} more type errors`);
  return shown.join("\n\n");
}
