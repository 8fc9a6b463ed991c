/** Imports of cells: static (rewritten by the compiler), `import()`, `require`, all from the notebook's folder. */
import { readFileSync, realpathSync } from "node:fs";
import { createRequire, isBuiltin, register } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { CellImport } from "../compiler/imported.js";
import { brought, packageOf } from "../brought.js";
import { packageRoot } from "../package-root.js";
import { createTslab } from "../tslab/api.js";
import { showChildren } from "./children.js";
import { current } from "./context.js";
import { plotPackage, withDocument } from "./plot.js";
import { findLocal, isLocal, revisionUrl } from "./local.js";

type Namespace = Record<string, unknown>;

const folder = process.cwd();
const base = pathToFileURL(join(folder, "notebook.ts")).href;

const nodeRequire = createRequire(base);

/** Node's own, but that it knows `tslab`, which JavaScript notebooks require. */
export const cellRequire: NodeJS.Require = Object.assign((specifier: string): unknown => {
  showChildren();
  return specifier === "tslab" ? createTslab() : nodeRequire(specifier);
}, nodeRequire);

export const meta = Object.freeze({
  url: base,
  dirname: folder,
  filename: fileURLToPath(base),
  resolve: (specifier: string): string => {
    const url = new URL(resolveSync(specifier));
    url.search = "";
    return url.href;
  },
});

let resolver: typeof import("./resolve.js") | undefined;
async function loadResolver(): Promise<void> {
  resolver ??= await import(pathToFileURL(join(packageRoot(), "dist", "kernel", "session", "resolve.js")).href);
}

let hooked = false;
function installHooks(): void {
  if (hooked) return;
  hooked = true;
  process.setSourceMapsEnabled(true);
  register(pathToFileURL(join(packageRoot(), "dist", "kernel", "session", "hooks.js")).href);
}

function resolveSync(specifier: string): string {
  if (isBuiltin(specifier)) return `node:${specifier.replace(/^node:/, "")}`;
  if (specifier.startsWith("node:"))
    throw notFound(specifier, `Node ${process.versions.node} has no module of that name`);
  if (/^(data|https?):/.test(specifier)) return specifier;
  if (
    /^\.{0,2}\//.test(specifier) ||
    specifier === "." ||
    specifier === ".." ||
    specifier.startsWith("file:") ||
    /^[A-Za-z]:[\\/]/.test(specifier)
  ) {
    const path = findLocal(specifier, folder);
    if (!path) throw notFound(specifier, `no such file in ${folder}`);
    const real = realpathSync(path);
    if (!isLocal(pathToFileURL(real).href)) return pathToFileURL(real).href;
    installHooks();
    return revisionUrl(real);
  }
  if (specifier === "tslab") return pathToFileURL(join(packageRoot(), "dist", "kernel", "tslab", "index.js")).href;
  try {
    return resolver!.resolveFrom(specifier, base);
  } catch (error) {
    const own = pathToFileURL(join(packageRoot(), "package.json")).href;
    if (specifier === "proband" || specifier.startsWith("proband/")) return resolver!.resolveFrom(specifier, own);
    const code = (error as { code?: string }).code;
    // What Proband is made with (Observable Plot, Arquero) is there in a folder without packages of its own.
    if (code === "ERR_MODULE_NOT_FOUND" && brought.has(packageOf(specifier)))
      return resolver!.resolveFrom(specifier, own);
    if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND")
      throw notFound(specifier, advice(specifier), error);
    throw error;
  }
}

const advice = (specifier: string): string =>
  `not installed for ${folder}: run "npm install ${packageOf(specifier)}" in that folder`;

function notFound(specifier: string, why: string, cause?: unknown): Error {
  void cause;
  const error = new Error(`Cannot find module "${specifier}": ${why}.`);
  return Object.assign(error, { code: "ERR_MODULE_NOT_FOUND" });
}

/** Imports from the notebook's folder. Types of `import()` in a cell come from the language service, not from here. */
export async function importModule(specifier: unknown, options?: unknown): Promise<Namespace> {
  void options;
  showChildren();
  await loadResolver();
  const url = resolveSync(String(specifier));
  if (isLocal(url)) {
    const path = fileURLToPath(url.split("?")[0]!);
    if (path.endsWith(".json")) return { default: JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, "")) };
    // CommonJS is kept by file name whatever the URL says, so that a changed file must be forgotten by hand.
    forgetIfChanged(path, url);
  }
  const module = (await import(url)) as Namespace;
  return specifier === plotPackage ? withDocument(module) : module;
}

const loadedAs = new Map<string, string>();
function forgetIfChanged(path: string, url: string): void {
  const before = loadedAs.get(path);
  if (before && before !== url) delete cellRequire.cache[path];
  loadedAs.set(path, url);
}

function exported(module: Namespace, name: string, specifier: string): unknown {
  if (name === "*") return module;
  if (name in module) return module[name];
  const fallback = module.default as Namespace | undefined;
  // Names that Node's scan of a CommonJS file did not find are still properties of what it exports.
  if (fallback !== null && (typeof fallback === "object" || typeof fallback === "function") && name in fallback)
    return fallback[name];
  throw new ReferenceError(
    `Module "${specifier}" has no export "${name}".` +
      (name === "default"
        ? ` Did you mean import { … } or import * as …?`
        : ` It has: ${known(module)}. (A type needs: import type.)`),
  );
}

const known = (module: Namespace) => {
  const names = Object.keys(module);
  return names.slice(0, 12).join(", ") + (names.length > 12 ? ", …" : "") || "none";
};

/** Loads what one import of the running cell asks for, and binds the names. */
export async function link(index: number): Promise<void> {
  const context = current();
  const request = context.imports[index]!;
  bind(request, await importModule(request.specifier), context.copied);
}

function bind(request: CellImport, module: Namespace, copied: Map<string, unknown>): void {
  for (const { local, name, copied: asLet } of request.names) {
    const read = () => exported(module, name, request.specifier);
    if (asLet) {
      // Where the name may be a type alone, absence shows only when it is used.
      copied.set(local, name === "*" || name in module || "default" in module ? quietly(read) : undefined);
      continue;
    }
    Object.defineProperty(globalThis, local, {
      configurable: true,
      enumerable: false,
      get: read,
      set() {
        throw new TypeError(`Assignment to constant variable: "${local}" is an import.`);
      },
    });
  }
}

function quietly(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The value of a name that the running cell imports into a `let` of its own. */
export const imported = (name: string): unknown => current().copied.get(name);
