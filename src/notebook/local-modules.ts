// What cells import beside Proband, for an appendix: local files and packages of the notebook's folder, as JavaScript
// with every name resolved, so that the page looks nothing up.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { dirname, extname, join, relative, sep } from "node:path";
import { parseSync } from "oxc-parser";
import { transformSync } from "oxc-transform";
import { findLocal, isTypeScript } from "../kernel/session/local.js";
import type { PageModule, PageModules } from "./page/modules.js";

export interface LocalModules {
  modules: PageModules;
  /** What cells or their files name and no page can hold, with the reason; the cells say so when they run. */
  left: { specifier: string; why: string }[];
}

/** More code than this in packages is left out: such packages are made for Node or belong in the page's own bundle. */
const largest = 2_000_000;

const builtin = new Set(builtinModules);
const isNode = (specifier: string) => specifier.startsWith("node:") || builtin.has(specifier.split("/")[0]!);
const isRelative = (specifier: string) => /^\.{0,2}\//.test(specifier);

/** Follows the imports of the cells from `folder`; `known` says which modules every page has. */
export function localModules(
  cells: readonly string[],
  folder: string,
  known: (specifier: string) => boolean,
): LocalModules {
  const files: Record<string, PageModule> = {};
  const left: LocalModules["left"] = [];
  const cellLinks: Record<string, string> = {};
  const base = realpathSync(folder);
  const notebook = join(base, "notebook.ts");
  let bytes = 0;

  /** The page's name of a module, after it and all that it imports have been read. */
  const add = (path: string): string => {
    const id = relative(base, path).split(sep).join("/");
    if (files[id]) return id;
    const source = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
    if (path.includes(`${sep}node_modules${sep}`) && (bytes += source.length) > largest)
      throw new Error(`its code is larger than ${largest / 1e6} MB`);
    const { code, kind, imports } = readModule(path, source);
    const links: Record<string, string> = {};
    // Entered before its imports are followed, since modules may import each other.
    files[id] = { kind, code, links };
    for (const specifier of imports) {
      const target = link(specifier, path);
      if (target !== undefined) links[specifier] = target;
    }
    return id;
  };

  const link = (specifier: string, from: string): string | undefined => {
    if (known(specifier) || isNode(specifier) || /^(data|https?):/.test(specifier)) return undefined;
    const path = isRelative(specifier) ? findLocal(specifier, dirname(from)) : packageFile(specifier, from);
    if (path) return add(realpathSync(path));
    left.push({
      specifier,
      why: `there is no such ${isRelative(specifier) ? "file" : "package"} ${from === notebook ? "beside the notebook" : `at ${shortName(from, base)}`}`,
    });
    return undefined;
  };

  for (const cell of cells)
    for (const specifier of importsOf("cell.ts", cell).imports) {
      const before = new Set(Object.keys(files));
      const said = left.length;
      try {
        const target = link(specifier, notebook);
        if (target !== undefined) cellLinks[specifier] = target;
      } catch (error) {
        // A package is embedded whole or not at all.
        for (const id of Object.keys(files)) if (!before.has(id)) delete files[id];
        left.length = said;
        left.push({ specifier, why: (error as Error).message });
      }
    }
  return { modules: { cells: cellLinks, files }, left };
}

const shortName = (path: string, base: string): string => relative(base, path).split(sep).join("/") || path;

/** The file that a package's name means for `require`, which finds ES modules too where they are the package's only form. */
function packageFile(specifier: string, from: string): string | undefined {
  try {
    const found = createRequire(from).resolve(specifier);
    return existsSync(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function readModule(path: string, source: string): { kind: PageModule["kind"]; code: string; imports: string[] } {
  const ending = extname(path);
  if (ending === ".json") {
    JSON.parse(source);
    return { kind: "json", code: source, imports: [] };
  }
  if (![".js", ".mjs", ".cjs", ".jsx"].includes(ending) && !isTypeScript(path))
    throw new Error(`${path} is neither JavaScript, TypeScript nor JSON`);
  const code = isTypeScript(path) ? plainJavaScript(path, source) : source;
  const { imports, isModule } = importsOf(path.replace(/\.([cm]?)tsx?$/, ".$1js"), code);
  return { kind: isModule || isTypeScript(path) ? "module" : "commonjs", code, imports };
}

/** TypeScript as the kernel compiles files: namespaces and decorators too, type imports left out. */
function plainJavaScript(path: string, source: string): string {
  const result = transformSync(path, source, {
    lang: /x$/.test(path) ? "tsx" : "ts",
    sourceType: "module",
    target: "es2022",
    helpers: { mode: "External" as never },
    decorator: { legacy: true },
  });
  if (result.errors.length) throw new SyntaxError(`${path}: ${result.errors[0]!.message}`);
  return result.code;
}

/** Names that a source imports by `import`, `export from`, `import("…")` and `require("…")`; types are none. */
function importsOf(path: string, source: string): { imports: string[]; isModule: boolean } {
  const { module } = parseSync(path, source);
  const found = new Set<string>();
  for (const i of module.staticImports)
    if (!i.entries.length ? !/^import\s+(type\b|\{)/.test(source.slice(i.start)) : i.entries.some((e) => !e.isType))
      found.add(i.moduleRequest.value);
  for (const e of module.staticExports)
    for (const x of e.entries) if (x.moduleRequest && !x.isType) found.add(x.moduleRequest.value);
  for (const d of module.dynamicImports) {
    const name = /^\s*(["'])(.*)\1\s*$/.exec(source.slice(d.moduleRequest.start, d.moduleRequest.end))?.[2];
    if (name) found.add(name);
  }
  if (!module.hasModuleSyntax)
    for (const [, , name] of source.matchAll(/\brequire\(\s*(["'])([^"']+)\1\s*\)/g)) found.add(name!);
  return { imports: [...found], isModule: module.hasModuleSyntax };
}

/**
 * A cell as JavaScript where the page's own compiler, which only leaves types out, cannot run it as written: namespaces,
 * decorators, `using` inside functions. Undefined where it can. A reader who edits such a cell has the page's compiler.
 */
export function preparedCell(source: string): string | undefined {
  if (!/\b(namespace|module|using)\b|@/.test(source)) return undefined;
  const { program, errors } = parseSync("cell.ts", source);
  if (errors.length || !program.body.some((statement) => beyondPage(statement, true))) return undefined;
  const result = transformSync("cell.ts", source, {
    lang: "ts",
    sourceType: "module",
    target: "es2022",
    helpers: { mode: "External" as never },
    decorator: { legacy: true, emitDecoratorMetadata: true },
    typescript: { onlyRemoveTypeImports: true },
  });
  if (result.errors.length) return undefined;
  // What the compiler puts behind a declaration is no result of the cell.
  return program.body.at(-1)?.type === "ExpressionStatement" ? result.code : `${result.code}\nvoid 0;`;
}

/** Whether a syntax tree holds what more than leaving types out is needed for. A page has `using` at the top of a cell. */
function beyondPage(node: unknown, top: boolean): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((child) => beyondPage(child, top));
  const { type, kind, declare, decorators } = node as Record<string, unknown>;
  if (type === "TSModuleDeclaration" && !declare) return true;
  if (Array.isArray(decorators) && decorators.length) return true;
  if (type === "VariableDeclaration" && !top && (kind === "using" || kind === "await using")) return true;
  return Object.values(node).some((child) => beyondPage(child, false));
}
