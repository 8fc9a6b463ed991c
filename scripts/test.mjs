// npm test [part …]: sets up, then runs the tests (all, or the folders of test/ named).
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

await setup({ tests: true });
const parts = process.argv.slice(2);
const base = join(root, "build", "test");
const found = [];
const walk = (dir) => {
  for (const e of readdirSync(dir, { withFileTypes: true })) {
    if (e.isDirectory()) {
      if (!["lab", "reference"].includes(e.name) || dir !== base) walk(join(dir, e.name));
    } else if (e.name.endsWith(".test.js")) found.push(join(dir, e.name));
  }
};
if (parts.length)
  for (const p of parts) {
    const d = join(base, p);
    if (existsSync(d)) walk(d);
    else if (existsSync(d + ".test.js")) found.push(d + ".test.js");
    else {
      console.error(`no tests at test/${p}`);
      process.exit(1);
    }
  }
else walk(base);
if (!found.length) {
  console.error("no tests found");
  process.exit(1);
}
const run = spawnSync(
  process.execPath,
  [
    "--test",
    "--test-reporter=spec",
    "--enable-source-maps",
    "--test-concurrency=2",
    "--test-timeout=240000",
    ...found.sort(),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exit(run.status ?? 1);
