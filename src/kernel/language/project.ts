/**
 * The session as a TypeScript project: each cell is a module in the notebook's folder that imports what it uses of
 * earlier cells and exports what it declares. Nothing is written to disk; the language server holds the files.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brought, packageFolder } from "../brought.js";
import { packageRoot } from "../package-root.js";
import type { LanguageServer } from "./lsp.js";
import { namesOf, words, type CellNames, type NameKind } from "./names.js";

const prefix = "__proband_cell_";

export interface Project {
  /** Adds a cell that is being run; returns its document. */
  add(count: number, code: string): CellDocument;
  /** The document of code that is being typed; it also knows the session's names that begin like `partial`. */
  live(code: string, partial?: string): CellDocument;
  /** Position of a name in the document's imports from earlier cells. */
  imported(document: CellDocument, name: string): { line: number; character: number } | undefined;
  /** Hands everything to a (new) server. */
  attach(server: LanguageServer): void;
}

export interface CellDocument {
  path: string;
  text: string;
  /** Position in the document for an offset in the cell. */
  at(offset: number): { line: number; character: number };
  /** Lines that stand before the cell's own. */
  linesBefore: number;
  names: CellNames;
  /** Whether a name comes from an earlier cell that lets it be assigned to. */
  writable(name: string): boolean;
}

export function createProject(folder: string): Project {
  const declaredIn = new Map<string, { file: string; kind: NameKind }>();
  const documents: CellDocument[] = [];
  let server: LanguageServer | undefined;
  let serial = 0;

  function document(name: string, code: string, also: readonly string[] = []): CellDocument {
    let names: CellNames = { declared: new Map(), exported: new Set(), object: false };
    try {
      names = namesOf(code);
    } catch {
      // The parser gave up: no names.
    }
    const used = [...new Set([...words(code), ...also])].filter((w) => declaredIn.has(w) && !names.declared.has(w));
    // An imported name cannot be assigned to, hence a let is declared with the type of the other cell's.
    const imports = used
      .map((w) => {
        const { file, kind } = declaredIn.get(w)!;
        return kind === "variable"
          ? `declare let ${w}: typeof import("./${file}").${w};`
          : `import { ${w} } from "./${file}";`;
      })
      .join(" ");
    const own = [...names.declared.keys()].filter((n) => !names.exported.has(n));
    const exports = own.length ? `export { ${own.join(", ")} };` : "export {};";
    // One line before the cell and one behind it, whatever they hold, so that positions are the cell's plus one line.
    const text = `${imports}${names.object ? "(" : ""}\n${code}\n${names.object ? ");" : ""}${exports}\n`;
    return {
      path: join(folder, `${name}.ts`),
      text,
      linesBefore: 1,
      names,
      at(offset) {
        const before = code.slice(0, offset).split("\n");
        return { line: before.length, character: before.at(-1)!.length };
      },
      writable: (n) => declaredIn.get(n)?.kind === "function",
    };
  }

  return {
    add(count, code) {
      const name = `${prefix}${count}_${++serial}`;
      const made = document(name, code);
      for (const [n, kind] of made.names.declared) declaredIn.set(n, { file: name, kind });
      documents.push(made);
      server?.set(made.path, made.text);
      return made;
    },
    imported({ text }, name) {
      const at = text.slice(0, text.indexOf("\n")).indexOf(`import { ${name} }`);
      return at < 0 ? undefined : { line: 0, character: at + "import { ".length };
    },
    live(code, partial) {
      const begun = partial?.toLowerCase();
      const also = begun === undefined ? [] : [...declaredIn.keys()].filter((n) => n.toLowerCase().startsWith(begun));
      const made = document(`${prefix}live`, code, also.slice(-500));
      server?.set(made.path, made.text);
      return made;
    },
    attach(started) {
      server = started;
      started.set(join(folder, "tsconfig.json"), JSON.stringify(configuration(folder)));
      started.set(join(folder, `${prefix}globals.ts`), globals);
      for (const d of documents) started.set(d.path, d.text);
    },
  };
}

/** What a session has beyond Node's own globals. */
const globals = `
declare global {
  /** Asks the reader and waits for the answer. */
  function prompt(message?: string, preset?: string | { password?: boolean }): string | null;
  /** Shows a value now; with an id, it can be updated later. Returns the id. */
  function display(value: unknown, options?: { id?: string; update?: boolean }): string;
}
export {};
`;

function configuration(folder: string): object {
  return {
    compilerOptions: {
      target: "es2023",
      lib: ["es2023", "dom", "dom.iterable", "esnext.disposable", "esnext.decorators"],
      module: "esnext",
      moduleResolution: "bundler",
      moduleDetection: "force",
      strict: true,
      // A reader who writes x => x + 1 in a cell is asking a question, not publishing a library.
      noImplicitAny: false,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      allowImportingTsExtensions: true,
      resolveJsonModule: true,
      allowJs: true,
      noEmit: true,
      skipLibCheck: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      ...nodeTypes(folder),
      paths: ownPaths(folder),
    },
    include: [`./${prefix}*.ts`],
  };
}

function nodeTypes(folder: string): object {
  for (const from of [join(folder, "notebook.ts"), join(packageRoot(), "package.json")]) {
    try {
      const found = createRequire(from).resolve("@types/node/package.json");
      return { types: ["node"], typeRoots: [dirname(dirname(found))] };
    } catch {
      // not there
    }
  }
  return { types: [] };
}

/** `proband` and `tslab` are this package wherever the notebook has none of its own. */
function ownPaths(folder: string): Record<string, string[]> {
  const root = packageRoot();
  const built = existsSync(join(root, "dist", "index.d.ts"));
  const file = (module: string) => join(root, built ? "dist" : "src", module, built ? "index.d.ts" : "index.ts");
  const paths: Record<string, string[]> = { tslab: [file("kernel/tslab")] };
  let own = true;
  try {
    // A copy in the notebook's own node_modules answers for itself.
    const found = createRequire(join(folder, "notebook.ts")).resolve("proband/package.json");
    own = found.startsWith(root);
  } catch {
    own = true;
  }
  if (own) Object.assign(paths, { proband: [file("")], "proband/*": [file("*")] });
  for (const name of brought) {
    const there = packageFolder(name, folder) ? undefined : packageFolder(name, root);
    if (there) paths[name] = [there];
  }
  return paths;
}
