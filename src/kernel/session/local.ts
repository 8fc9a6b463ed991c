/** Local source files: which file a relative name means, and whether it or anything it imports has changed. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseSync } from "oxc-parser";

export const isTypeScript = (path: string): boolean => /\.[cm]?tsx?$/.test(path) && !/\.d\.[cm]?ts$/.test(path);

/** Files under node_modules do not change while a session runs; all others may. */
export const isLocal = (url: string): boolean => url.startsWith("file:") && !url.includes("/node_modules/");

const endings = [".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".cts", ".json", "/index.ts", "/index.js"];

/** `./x` may mean x.ts, x.js … and `./x.js` may be written as x.ts. */
export function findLocal(specifier: string, folder: string): string | undefined {
  const path = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(folder, specifier);
  if (existsSync(path) && statSync(path).isFile()) return path;
  for (const ending of endings) if (existsSync(path + ending)) return path + ending;
  const swapped = path.replace(/\.([cm]?)js$/, ".$1ts");
  return swapped !== path && existsSync(swapped) ? swapped : undefined;
}

const parsed = new Map<string, { mtime: number; imports: string[] }>();

function importsOf(path: string): { mtime: number; imports: string[] } {
  const mtime = statSync(path).mtimeMs;
  const known = parsed.get(path);
  if (known?.mtime === mtime) return known;
  let imports: string[] = [];
  if (/\.[cm]?[jt]sx?$/.test(path)) {
    const module = parseSync(path, readFileSync(path, "utf8")).module;
    const requests = [
      ...module.staticImports.map((i) => i.moduleRequest.value),
      ...module.staticExports.flatMap((e) =>
        e.entries.flatMap((x) => (x.moduleRequest ? [x.moduleRequest.value] : [])),
      ),
    ];
    imports = requests.filter((r) => /^\.{0,2}\//.test(r));
  }
  const entry = { mtime, imports };
  parsed.set(path, entry);
  return entry;
}

/** The newest modification in a file and everything local that it imports: a changed one makes a new module. */
export function revision(path: string, seen = new Set<string>()): number {
  if (seen.has(path)) return 0;
  seen.add(path);
  try {
    const { mtime, imports } = importsOf(path);
    let newest = mtime;
    for (const i of imports) {
      const file = findLocal(i, dirname(path));
      if (file) newest = Math.max(newest, revision(file, seen));
    }
    return newest;
  } catch {
    return 0;
  }
}

/** The URL under which a local file is loaded: its revision is part of the name, since Node keeps modules by name. */
export function revisionUrl(path: string): string {
  const url = pathToFileURL(path);
  if (extname(path) !== ".node") url.searchParams.set("v", revision(path).toString(36));
  return url.href;
}
