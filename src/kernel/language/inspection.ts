/** Hover: type and documentation of what the cursor is on, the signature inside a call, and the present value. */
import { uriOf, type LanguageServer } from "./lsp.js";
import type { CellDocument, Project } from "./project.js";
import type { RuntimeValues } from "./runtime.js";

interface Hover {
  contents: { value: string } | string | { value: string }[];
}
interface SignatureHelp {
  signatures: { label: string; documentation?: string | { value: string } }[];
  activeSignature?: number;
}

const word = /[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*/gu;

export async function inspectCode(
  code: string,
  cursor: number,
  project: Project,
  server: LanguageServer | undefined,
  values: RuntimeValues,
): Promise<Record<string, unknown>> {
  const name = nameAt(code, cursor);
  const document = project.live(code);
  const [hover, signature, value] = await Promise.all([
    server && name ? hoverName(server, project, document, name) : undefined,
    server && insideCall(code, cursor) ? signatureAt(server, document, cursor) : undefined,
    name ? values.describe(name.text) : undefined,
  ]);
  // On a name the name is meant; between parentheses and commas, the call around.
  const onName = /[\p{ID_Continue}$]/u.test(code.slice(Math.max(0, cursor - 1), cursor + 1));
  const documented = onName ? (hover ?? signature) : (signature ?? hover);
  const shown = value && !/^(class|function|async|\()/.test(value) ? value : undefined;
  const parts = [documented, shown && `Value: \`${shown.replaceAll("`", "'").slice(0, 400)}\``].filter(
    Boolean,
  ) as string[];
  if (!parts.length) return { status: "ok", found: false, data: {}, metadata: {} };
  const markdown = parts.join("\n\n");
  return {
    status: "ok",
    found: true,
    data: { "text/plain": plain(markdown), "text/markdown": markdown },
    metadata: {},
  };
}

const plain = (markdown: string) =>
  markdown
    .replace(/^```\w*\n?/gm, "")
    .replace(/`/g, "")
    .trim();

function nameAt(code: string, cursor: number): { text: string; end: number } | undefined {
  for (const m of code.matchAll(word)) {
    const from = m.index;
    const to = from + m[0].length;
    if (cursor < from) break;
    if (cursor > to) continue;
    // a.b.c with the cursor on b means a.b
    const rest = /^[\p{ID_Continue}$]*/u.exec(code.slice(cursor))![0].length;
    const end = Math.min(to, cursor + rest);
    return { text: code.slice(from, end).replace(/\.$/, ""), end };
  }
  // Just behind "f(": the callee.
  const call = /([\p{ID_Start}$_][\p{ID_Continue}$.]*)\s*\([^()]*$/u.exec(code.slice(0, cursor));
  return call ? { text: call[1]!, end: call.index + call[1]!.length } : undefined;
}

const insideCall = (code: string, cursor: number) => /\([^)]*$/.test(code.slice(0, cursor));

/** A type's name alone is no value, so that TypeScript knows it only where it comes from. */
async function hoverName(
  server: LanguageServer,
  project: Project,
  document: CellDocument,
  name: { text: string; end: number },
): Promise<string | undefined> {
  const at = document.at(name.end);
  const said = await hoverAt(server, document, { line: at.line, character: Math.max(0, at.character - 1) });
  if (said && !nothing.test(said)) return said;
  const imported = project.imported(document, name.text);
  const origin = imported && (await hoverAt(server, document, imported));
  return origin && !nothing.test(origin) ? origin.replace(/^import \w+$/gm, "").trim() : undefined;
}

const nothing = /^```\w+\nany\n```$/;

async function hoverAt(
  server: LanguageServer,
  document: CellDocument,
  position: { line: number; character: number },
): Promise<string | undefined> {
  const result = await server.request<Hover>(
    "textDocument/hover",
    {
      textDocument: { uri: uriOf(document.path) },
      position,
    },
    2000,
  );
  const contents = result?.contents;
  if (!contents) return undefined;
  const texts = (Array.isArray(contents) ? contents : [contents]).map((c) => (typeof c === "string" ? c : c.value));
  return (
    texts
      .join("\n\n")
      .replace(/```tsx/g, "```typescript")
      .replace(/^\(alias\) /gm, "") // how the session is handed to TypeScript, and no matter of the reader's
      .trim() || undefined
  );
}

async function signatureAt(
  server: LanguageServer,
  document: CellDocument,
  offset: number,
): Promise<string | undefined> {
  const help = await server.request<SignatureHelp>(
    "textDocument/signatureHelp",
    { textDocument: { uri: uriOf(document.path) }, position: document.at(offset) },
    2000,
  );
  const chosen = help?.signatures[help.activeSignature ?? 0];
  if (!chosen) return undefined;
  const { documentation } = chosen;
  const said = typeof documentation === "string" ? documentation : documentation?.value;
  const more = help.signatures.length > 1 ? `\n\n+ ${help.signatures.length - 1} more overloads` : "";
  return `\`\`\`typescript\n${chosen.label}\n\`\`\`${said ? `\n\n${said}` : ""}${more}`;
}
