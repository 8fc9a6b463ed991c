/** Where this package lies, also from a bundle: the nearest folder above with a package.json named proband. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let found: string | undefined;
export function packageRoot(): string {
  if (found) return found;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "proband") return (found = folder);
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json of proband above ${fileURLToPath(import.meta.url)}`);
    folder = above;
  }
}

export const version = (): string => JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;

/** Version of the compiler that checks types, as it is installed. */
export function typescriptVersion(): string {
  const path = createRequire(join(packageRoot(), "package.json")).resolve("typescript/package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** URL of the folder of the kernel's own code, bundled or not, for telling its stack frames from the reader's. */
export const kernelFolder = import.meta.url.slice(0, import.meta.url.lastIndexOf("/kernel/") + "/kernel/".length);
