/** Which names a cell declares, for the cells behind it. */
import { parseSync } from "oxc-parser";
import { boundNames, eachVar, type Node } from "../compiler/syntax.js";

/** A let or var may be assigned to from other cells; a function may too, which TypeScript would refuse in a module. */
export type NameKind = "variable" | "function" | "fixed";

export interface CellNames {
  declared: Map<string, NameKind>;
  /** Names that the cell itself already exports. */
  exported: Set<string>;
  /** Whether the whole cell is an object literal, which the grammar would read as a block. */
  object: boolean;
}

const options = { lang: "ts", sourceType: "module", astType: "ts" } as const;

export function namesOf(code: string): CellNames {
  const declared = new Map<string, NameKind>();
  const exported = new Set<string>();
  const trimmed = code.trim();
  if (trimmed.startsWith("{") && trimmed.endsWith("}") && !parseSync("c.ts", `(${code})`, options).errors.length)
    return { declared, exported, object: true };
  const program = parseSync("c.ts", code, options).program as unknown as Node;
  for (const statement of program.body as Node[]) {
    const node = (/^Export/.test(statement.type) ? statement.declaration : statement) as Node | null;
    if (!node) continue;
    const names: string[] = [];
    let kind: NameKind = "fixed";
    if (node.type === "ImportDeclaration") for (const s of node.specifiers as Node[]) names.push(s.local.name);
    else if (node.type === "VariableDeclaration") {
      if (node.kind === "let" || node.kind === "var") kind = "variable";
      for (const d of node.declarations as Node[]) boundNames(d.id, names);
    } else if (node.id?.type === "Identifier") {
      names.push(node.id.name);
      if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") kind = "function";
    }
    eachVar(node, (d) =>
      (d.declarations as Node[]).forEach((x) => boundNames(x.id).forEach((n) => declared.set(n, "variable"))),
    );
    for (const n of names) declared.set(n, kind);
    if (statement.type === "ExportNamedDeclaration") for (const n of names) exported.add(n);
  }
  return { declared, exported, object: false };
}

/** Every word of a text that could be a name. */
export const words = (code: string): Set<string> =>
  new Set(code.match(/[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu));
