// Every runnable example of README and docs/, page by page, as a reader would type it: in cells that share names.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { dataFolder } from "proband/study";
import { createSession } from "#src/notebook/page/session.js";

const root = join(dataFolder(), "..");
const scratch = mkdtempSync(join(tmpdir(), "proband-docs-"));
process.env["PROBAND_HOME"] = join(scratch, "home");
process.chdir(scratch);
after(() => {
  process.chdir(root);
  rmSync(scratch, { recursive: true, force: true });
});

for (const page of [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((f) => f.endsWith(".md"))
    .map((f) => join("docs", f)),
]) {
  // "```ts" runs; a block that needs a key, a server or a browser is marked "```typescript".
  const blocks = [...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((m) => m[1]!);
  if (!blocks.length) continue;
  test(page, { timeout: 300_000 }, async (t) => {
    t.mock.method(console, "log", () => undefined);
    const session = createSession({ load: (s) => import(s), globals: { display: () => undefined, process, Buffer } });
    for (const [i, block] of blocks.entries())
      await session
        .run(block, `cell-${i + 1}.ts`)
        .catch((error: Error) => assert.fail(`${page}, example ${i + 1}: ${error.stack}`));
  });
}
