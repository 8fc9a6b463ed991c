/** Packages for work on data that Proband is made with: cells may import them where their folder has none of that name. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

export const brought: ReadonlySet<string> = new Set([
  "@observablehq/plot",
  "arquero",
  "apache-arrow",
  "openai",
  "ml-matrix",
  "jstat",
]);

/** The package's part of a module's name. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** The folder of a package as seen from another folder, or nothing. */
export function packageFolder(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return found;
    if (dirname(folder) === folder) return undefined;
  }
}
