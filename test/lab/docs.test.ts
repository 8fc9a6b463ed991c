// Every runnable example of README and docs/, page by page, as a reader would type it: cells in the real kernel, in a folder
// that knows nothing of this repository.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { dataFolder } from "proband/study";

const root = join(dataFolder(), "..");
const main = join(root, "dist", "cli", "main.js");
const scratch = mkdtempSync(join(tmpdir(), "proband-docs-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const pages = readdirSync(join(root, "docs")).filter((f) => f.endsWith(".md"));
for (const page of ["README.md", ...pages.map((f) => join("docs", f))]) {
  // "```ts" runs; a block that needs a key, a server or a browser is marked "```typescript".
  const blocks = [...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((m) => m[1]!);
  if (!blocks.length) continue;
  test(page, { timeout: 300_000 }, () => {
    const cells = blocks.map((source, i) => ({
      cell_type: "code",
      id: `example-${i}`,
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    }));
    const notebook = join(scratch, `${basename(page, ".md")}.ipynb`);
    writeFileSync(
      notebook,
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: { name: "proband" } }, cells }),
    );
    const run = spawnSync(process.execPath, [main, "run", notebook], {
      cwd: scratch,
      encoding: "utf8",
      env: { ...process.env, PROBAND_HOME: join(scratch, "home") },
    });
    assert.equal(run.status, 0, run.stdout + run.stderr);
  });
}
