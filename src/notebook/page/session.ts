/** Runs compiled cells one after another on one scope. The page's worker has one; so has each test. */
import { compileCell } from "./compile.js";
import { NotInThisPage } from "./lacking.js";

export interface SessionOptions {
  /** Resolves a module that a cell imports; throws with what to do when a page cannot have it. */
  load(specifier: string): Promise<Record<string, unknown>>;
  /** Names visible to every cell without import (console, display). */
  globals?: Record<string, unknown>;
  /** Names that the kernel's cells have and a page's have not: using one throws. */
  unavailable?: readonly string[];
  /** `import.meta` of cells. */
  meta?: Record<string, unknown>;
}

export interface CellRun {
  hasResult: boolean;
  value: unknown;
}

export interface Session {
  run(source: string, name?: string): Promise<CellRun>;
  readonly scope: Record<string, unknown>;
}

type CellFunction = (scope: object, load: SessionOptions["load"], meta: object, cell: object) => Promise<unknown>;
// Not async itself: the body returns the inner async function's promise. Sloppy, since `with` is refused in strict code.
const SloppyFunction = Function as unknown as new (...parameters: string[]) => CellFunction;

export function createSession(options: SessionOptions): Session {
  const values: Record<string, unknown> = Object.assign(Object.create(null), options.globals);
  const constants = new Set<string>();
  const imports = new Set<string>();
  const unavailable = new Set(options.unavailable);
  const scope = new Proxy(values, {
    // `with` asks for every free name: only declared ones are the scope's, the rest are the page's globals.
    has: (target, key) => typeof key === "string" && (key in target || unavailable.has(key)),
    get(target, key) {
      if (typeof key === "symbol") return undefined;
      if (!(key in target)) throw new NotInThisPage(`Node's "${key}"`);
      return target[key];
    },
    set: (target, key, value) => {
      if (imports.has(key as string))
        throw new TypeError(`Assignment to constant variable: "${String(key)}" is an import.`);
      if (constants.has(key as string)) throw new TypeError("Assignment to constant variable.");
      target[key as string] = value;
      return true;
    },
  });
  const meta = { url: "file:///notebook.ts", ...options.meta };
  return {
    scope: values,
    async run(source, name) {
      const compiled = compileCell(source, name);
      const cell = {
        value: undefined as unknown,
        declare(names: string[]) {
          for (const n of names) {
            constants.delete(n);
            if (imports.delete(n)) delete values[n];
            if (!(n in values)) values[n] = undefined;
          }
        },
        open: (names: string[]) => names.forEach((n) => constants.delete(n)),
        seal: (names: string[]) => names.forEach((n) => constants.add(n)),
        /** Imported names are the module's own variables: they show what it sets later. */
        bind(specifier: string, module: Record<string, unknown>, bindings: Record<string, string>) {
          for (const [local, name] of Object.entries(bindings)) {
            if (name !== "*" && !(name in module)) {
              const has = `It has: ${Object.keys(module).slice(0, 12).join(", ")}`;
              if (!specifier.startsWith("proband"))
                throw new SyntaxError(`Module "${specifier}" has no export "${name}". ${has}`);
              throw new NotInThisPage(
                `"${name}" of ${specifier}`,
                `Module "${specifier}" has no export "${name}" in a page: what needs files or Node is left out, and the published output stays. ${has}`,
              );
            }
            const get = () => (name === "*" ? module : module[name]);
            Object.defineProperty(values, local, { get, configurable: true, enumerable: true });
            imports.add(local);
          }
        },
        use<T>(asynchronous: boolean, resource: T): T {
          if (resource === null || resource === undefined) return resource;
          const methods = resource as Record<symbol, unknown>;
          const dispose = (asynchronous ? methods[asyncDispose] : undefined) ?? methods[syncDispose];
          if (typeof dispose !== "function") throw new TypeError("using: the value has no [Symbol.dispose]() method");
          disposals.push(() => (dispose as () => unknown).call(resource));
          return resource;
        },
      };
      const disposals: (() => unknown)[] = [];
      const body = new SloppyFunction("$scope", "$import", "$meta", "$cell", compiled.code);
      try {
        await body(scope, options.load, meta, cell);
      } catch (error) {
        throw withCellLines(error);
      } finally {
        for (const dispose of disposals.reverse()) await dispose();
      }
      return { hasResult: compiled.hasResult, value: cell.value };
    },
  };
}

// Where a browser has no such symbols yet, cells and page agree on these.
const symbols = Symbol as unknown as Record<string, symbol>;
const syncDispose = (symbols["dispose"] ??= Symbol.for("Symbol.dispose"));
const asyncDispose = (symbols["asyncDispose"] ??= Symbol.for("Symbol.asyncDispose"));

/** `Function` puts two lines before a body; a stack then names the cell's own lines again. */
function withCellLines(error: unknown): unknown {
  if (error instanceof Error && error.stack)
    error.stack = error.stack.replace(
      /(cell[^\s():]*\.ts):(\d+)/g,
      (_, file: string, line: string) => `${file}:${Math.max(1, Number(line) - 2)}`,
    );
  return error;
}
