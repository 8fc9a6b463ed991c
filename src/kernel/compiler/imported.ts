/** Import statements of a cell. */
import type { Node } from "./syntax.js";

export interface ImportedName {
  local: string;
  /** Exported name; "*" for the namespace. */
  name: string;
  /** Whether it is bound by `let` in the cell and not as a live global. */
  copied: boolean;
}

export interface CellImport {
  specifier: string;
  attributes?: Record<string, string>;
  names: ImportedName[];
  /** Offset of the statement in the cell. */
  start: number;
}

/** What an import statement asks for; undefined where it asks for types only. `taken` names cannot be live globals. */
export function importOf(node: Node, taken: (name: string) => boolean): CellImport | undefined {
  if (node.importKind === "type") return undefined;
  const names: ImportedName[] = [];
  for (const s of node.specifiers as Node[]) {
    if (s.importKind === "type") continue;
    const local = s.local.name as string;
    const name =
      s.type === "ImportNamespaceSpecifier"
        ? "*"
        : s.type === "ImportDefaultSpecifier"
          ? "default"
          : ((s.imported.name ?? s.imported.value) as string);
    names.push({ local, name, copied: taken(local) });
  }
  if (!names.length && node.specifiers.length) return undefined; // import { type A } from "x"
  const attributes = Object.fromEntries(
    ((node.attributes ?? []) as Node[]).map((a) => [a.key.name ?? a.key.value, a.value.value]),
  );
  const { start } = node;
  return { specifier: node.source.value, names, start, ...(Object.keys(attributes).length ? { attributes } : {}) };
}
