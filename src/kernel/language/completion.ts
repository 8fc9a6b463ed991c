/** Completion: what TypeScript knows, then what the running session knows. */
import { uriOf, type LanguageServer } from "./lsp.js";
import type { Project } from "./project.js";
import type { RuntimeValues } from "./runtime.js";

interface Item {
  label: string;
  kind?: number;
  sortText?: string;
  filterText?: string;
  insertText?: string;
  detail?: string;
  labelDetails?: { detail?: string; description?: string };
  textEdit?: { newText: string };
  data?: { autoImport?: unknown };
  additionalTextEdits?: unknown[];
}

const kinds: Record<number, string> = {
  2: "function",
  3: "function",
  4: "class",
  5: "property",
  6: "instance",
  7: "class",
  8: "interface",
  9: "module",
  10: "property",
  13: "enum",
  14: "keyword",
  17: "path",
  19: "path",
  20: "enum",
  21: "instance",
  25: "type",
};

const identifierEnd = /[\p{ID_Continue}$]*$/u;
/** A chain of names and indexes before the cursor, which can be read without calling anything. */
const chain =
  /((?:[\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\?*\.[\p{ID_Start}$_][\p{ID_Continue}$]*|\[\d+\])*)\??\.([\p{ID_Continue}$]*)$/u;

export async function complete(
  code: string,
  cursor: number,
  project: Project,
  server: LanguageServer | undefined,
  values: RuntimeValues,
): Promise<Record<string, unknown>> {
  const before = code.slice(0, cursor);
  const quoted = inString(before);
  const partial = quoted ?? identifierEnd.exec(before)![0];
  const typed = partial.toLowerCase();
  const [known, running] = await Promise.all([
    server ? staticItems(code, cursor, project, server) : [],
    quoted === undefined ? runtimeNames(before, values) : [],
  ]);
  const found = new Map<string, string>();
  const fits = (name: string) => name.toLowerCase().startsWith(typed);
  for (const item of known) {
    const name = item.textEdit?.newText ?? item.insertText ?? item.label;
    // Names that would need a new import are not in the session.
    if (
      !fits(item.filterText ?? item.label) ||
      item.additionalTextEdits ||
      item.data?.autoImport ||
      /^__proband/.test(name)
    )
      continue;
    if (!/^[\p{ID_Start}$_]/u.test(name) && quoted === undefined) continue;
    found.set(name.replace(/^\?\./, ""), kinds[item.kind ?? 0] ?? "unknown");
  }
  for (const name of running.map((n) => n.replace(/^__cell_/, "")))
    if (fits(name) && !found.has(name)) found.set(name, "runtime");
  const matches = [...found.keys()];
  const start = cursor - partial.length;
  return {
    status: "ok",
    matches,
    cursor_start: codePoints(code, start),
    cursor_end: codePoints(code, cursor),
    metadata: {
      _jupyter_types_experimental: matches.map((text) => ({
        text,
        type: found.get(text),
        start,
        end: cursor,
        signature: "",
      })),
    },
  };
}

/** Protocol 5.5 counts Unicode code points, JavaScript counts UTF-16 units. */
export const codePoints = (text: string, units: number): number => [...text.slice(0, units)].length;
export const units = (text: string, points: number): number => {
  let at = 0;
  for (let i = 0; i < points && at < text.length; i++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
};

async function staticItems(code: string, cursor: number, project: Project, server: LanguageServer): Promise<Item[]> {
  const document = project.live(code);
  const result = await server.request<Item[] | { items: Item[] }>(
    "textDocument/completion",
    { textDocument: { uri: uriOf(document.path) }, position: document.at(cursor), context: { triggerKind: 1 } },
    2000,
  );
  const items = Array.isArray(result) ? result : (result?.items ?? []);
  return items.sort((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1)).slice(0, 2000);
}

async function runtimeNames(before: string, values: RuntimeValues): Promise<string[]> {
  const member = chain.exec(before);
  if (member) return (await values.members(member[1]!)).filter((n) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(n));
  return /\.\s*[\p{ID_Continue}$]*$/u.test(before) ? [] : values.globals();
}

/** The part behind the last slash when the cursor is in a string of an import or a require. */
function inString(before: string): string | undefined {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const found = /(?:from\s*|import\s*\(?\s*|require\s*\(\s*)(["'])([^"']*)$/.exec(line);
  return found ? found[2]!.slice(found[2]!.lastIndexOf("/") + 1) : undefined;
}
