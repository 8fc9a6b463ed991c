/**
 * Module hooks (node:module `register`), installed when a cell first imports a local file: TypeScript is compiled,
 * names without ending are found, changed files are loaded anew. Not bundled: Node loads this file by itself.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findLocal, isLocal, isTypeScript, revisionUrl } from "./local.js";
import { transformLocal } from "./transform.js";

interface ResolveContext {
  parentURL?: string;
  importAttributes?: Record<string, string>;
}
type Next<C, R> = (name: string, context: C) => Promise<R> | R;

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: Next<ResolveContext, { url: string; format?: string; shortCircuit?: boolean }>,
) {
  const parent = context.parentURL;
  const relative = /^\.{0,2}\//.test(specifier) || specifier.startsWith("file:");
  if (
    relative &&
    (parent === undefined || isLocal(parent)) &&
    !new URL(specifier, parent ?? "file:///").searchParams.has("v")
  ) {
    const folder = parent ? dirname(fileURLToPath(cleaned(parent))) : "/";
    const path = findLocal(specifier, folder);
    if (path && isLocal(`file://${path}`))
      return { url: revisionUrl(path), shortCircuit: true, importAttributes: context.importAttributes };
  }
  return next(specifier, context);
}

const cleaned = (url: string) => {
  const u = new URL(url);
  u.search = "";
  return u;
};

export async function load(
  url: string,
  context: { format?: string },
  next: Next<{ format?: string }, { format: string; source?: string | Uint8Array; shortCircuit?: boolean }>,
) {
  if (!isLocal(url)) return next(url, context);
  const path = fileURLToPath(cleaned(url));
  if (path.endsWith(".json"))
    return { format: "module", shortCircuit: true, source: `export default ${readFileSync(path, "utf8")}` };
  if (!isTypeScript(path)) return next(url, context);
  const source = readFileSync(path, "utf8");
  const { code, map } = transformLocal(path, source);
  const inline = Buffer.from(JSON.stringify(map)).toString("base64");
  return {
    format: "module",
    shortCircuit: true,
    source: `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}`,
  };
}
