import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { transform } from "esbuild";
import { dataFolder } from "proband/study";

const root = join(dataFolder(), "..");

for (const page of ["study", "sampling"])
  test(`the examples of docs/${page}.md run`, async () => {
    const text = readFileSync(join(root, "docs", `${page}.md`), "utf8");
    const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((m) => m[1]!);
    assert.ok(blocks.length >= 3);
    const { code } = await transform(blocks.join("\n"), { loader: "ts", format: "esm", target: "node20" });
    // Inside the package, so that "proband" is this package.
    const folder = join(root, "build", "docs");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${page}.mjs`);
    writeFileSync(file, code);
    const run = spawnSync(process.execPath, [file], { encoding: "utf8", cwd: folder });
    rmSync(file);
    assert.equal(run.status, 0, run.stderr);
    if (page === "study") assert.match(run.stdout, /817 people with an implied vote, 12\.36% vote otherwise/);
    else assert.match(run.stdout, /292/);
  });
