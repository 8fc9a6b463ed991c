// The kernel's own tests on the newer Nodes that people have (npm test runs on the one that is there), installed from npm.
// Run by `npm run test:lab kernel/node-versions`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const windows = process.platform === "win32";
const parts = ["semantics", "protocol", "interrupts", "debugger"];

/** Path of that Node, installed under build/ once. */
function nodeOf(version: number): string {
  const folder = join(root, "build", "lab", `node-${version}`);
  const path = join(folder, "node_modules", "node", "bin", windows ? "node.exe" : "node");
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  // The package fetches its binary by a script, which the repository's .npmrc turns off (npm hands that on).
  const done = spawnSync(
    "npm",
    [
      "install",
      "--ignore-scripts=false",
      "--no-audit",
      "--no-fund",
      "--no-package-lock",
      "--loglevel=error",
      `node@${version}`,
    ],
    { cwd: folder, encoding: "utf8", shell: windows },
  );
  assert.equal(done.status, 0, done.stderr);
  return path;
}

for (const version of [22, 24, 26])
  test(`Node ${version}: ${parts.join(", ")}`, { timeout: 600_000 }, () => {
    const node = nodeOf(version);
    const files = parts.map((p) => join(root, "build", "test", "kernel", `${p}.test.js`));
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env.NODE_TEST_CONTEXT; // the inner runner would report to this one
    const run = spawnSync(node, ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    assert.equal(run.error, undefined);
    assert.equal(run.status, 0, run.stdout.slice(-6000));
    assert.match(run.stdout, /pass [1-9]\d\d/);
  });
