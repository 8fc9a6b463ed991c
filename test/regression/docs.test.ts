// The examples of docs/regression.md and docs/inference.md run as they stand.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "oxc-transform";

const here = fileURLToPath(new URL(".", import.meta.url));
for (const page of ["regression", "inference"])
  test(`docs/${page}.md`, async () => {
    const text = readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), "utf8");
    const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((m) => m[1]!);
    assert.ok(blocks.length >= 2);
    const { code, errors } = transformSync("page.ts", blocks.join("\n"));
    assert.deepEqual(errors, []);
    // Inside the build, so that "proband" is this package.
    const folder = mkdtempSync(join(here, "docs-"));
    const print = console.log;
    const printed: string[] = [];
    console.log = (...values: unknown[]) => void printed.push(values.map(String).join(" "));
    try {
      writeFileSync(join(folder, "page.mjs"), code);
      await import(pathToFileURL(join(folder, "page.mjs")).href);
    } finally {
      console.log = print;
      rmSync(folder, { recursive: true });
    }
    assert.ok(printed.length >= 4);
    assert.doesNotMatch(printed.join("\n"), /NaN|undefined(?! \()|\[object/);
  });
