/**
 * Resolves module names as an ES module in the notebook's folder would. Not bundled: `import.meta.resolve` with a
 * second argument works where Node runs with --experimental-import-meta-resolve, which the kernelspec asks for.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const meta = import.meta as unknown as { resolve(specifier: string, parent?: string): string };
let esm: boolean | undefined;

/** Throws what Node throws when there is no such module. `parent` is a file URL. */
export function resolveFrom(specifier: string, parent: string): string {
  esm ??= process.execArgv.includes("--experimental-import-meta-resolve");
  if (esm) return meta.resolve(specifier, parent);
  const found = createRequire(parent).resolve(specifier);
  return /^[./]|^[A-Za-z]:/.test(found) ? pathToFileURL(found).href : `node:${found.replace(/^node:/, "")}`;
}
