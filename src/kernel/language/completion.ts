/** Completion: what TypeScript knows, then what the running session knows. */
import { uriOf, type LanguageServer } from "./lsp.js";
import type { Project } from "./project.js";
import type { RuntimeValues } from "./runtime.js";
import { filesFor, openAt } from "./strings.js";

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

/** A key of a value: `value["na`. */
const keyed =
  /((?:[\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\?*\.[\p{ID_Start}$_][\p{ID_Continue}$]*|\[\d+\])*)(?:\?\.)?\[\s*["'][^"'\n]*$/u;

export async function complete(
  code: string,
  cursor: number,
  project: Project,
  server: LanguageServer | undefined,
  values: RuntimeValues,
): Promise<Record<string, unknown>> {
  const before = code.slice(0, cursor);
  const open = openAt(before);
  if (open?.kind === "comment") return answer(code, cursor, cursor, new Map());
  const module = inImport(before);
  const text = module ?? open?.text;
  // What is replaced: a name, a path's last part, or all that a string holds so far.
  const partial = text === undefined ? identifierEnd.exec(before)![0] : text.slice(text.lastIndexOf("/") + 1);
  const typed = partial.toLowerCase();
  const member = /(?<!\.\.)\.\s*[\p{ID_Continue}$]*$/u.test(before);
  const [known, running, globals] = await Promise.all([
    server ? staticItems(code, cursor, project, server, text === undefined && !member ? partial : undefined) : [],
    text === undefined ? runtimeNames(before, member, values) : open && keyed.test(before) ? keys(before, values) : [],
    text === undefined && !member ? values.builtins() : [],
  ]);
  const there = new Set(globals);
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
    if (!/^[\p{ID_Start}$_]/u.test(name) && text === undefined) continue;
    // Types know a browser's globals, since plots have them; cells run without.
    if (there.size && /^z?15/.test(item.sortText ?? "") && isValue.has(item.kind ?? 0) && !there.has(item.label))
      continue;
    found.set(name.replace(/^\?\./, ""), kinds[item.kind ?? 0] ?? "unknown");
  }
  for (const name of running.map((n) => n.replace(/^__cell_/, "")))
    if (fits(name) && !found.has(name)) found.set(name, "runtime");
  // A text that TypeScript has words for is hardly a path, before it is begun.
  if (open && module === undefined && (text || !found.size))
    for (const name of filesFor(text!, process.cwd())) found.set(name, "path");
  return answer(code, cursor - partial.length, cursor, found);
}

function answer(code: string, start: number, cursor: number, found: Map<string, string>): Record<string, unknown> {
  const matches = [...found.keys()];
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

/** Values among the kinds of LSP: functions, variables, classes, modules, enums. */
const isValue = new Set([2, 3, 6, 7, 9, 13]);

async function staticItems(
  code: string,
  cursor: number,
  project: Project,
  server: LanguageServer,
  partial: string | undefined,
): Promise<Item[]> {
  const document = project.live(code, partial);
  const result = await server.request<Item[] | { items: Item[] }>(
    "textDocument/completion",
    { textDocument: { uri: uriOf(document.path) }, position: document.at(cursor), context: { triggerKind: 1 } },
    2000,
  );
  const items = Array.isArray(result) ? result : (result?.items ?? []);
  const near = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  // Members stay in the order of their declaration.
  const by = (i: Item) => (partial === undefined ? "" : i.label.toLowerCase());
  return items.sort((a, b) => near(a.sortText ?? "", b.sortText ?? "") || near(by(a), by(b))).slice(0, 2000);
}

async function runtimeNames(before: string, isMember: boolean, values: RuntimeValues): Promise<string[]> {
  const member = chain.exec(before);
  if (member) return (await values.members(member[1]!)).filter((n) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(n));
  return isMember ? [] : values.globals();
}

const keys = (before: string, values: RuntimeValues): Promise<string[]> => values.members(keyed.exec(before)![1]!);

/** The name so far when the cursor is in that of an import or a require. */
const inImport = (before: string): string | undefined =>
  /(?:from\s*|import\s*\(?\s*|require\s*\(\s*)(["'])([^"'\n]*)$/.exec(before)?.[2];
