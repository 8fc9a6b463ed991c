// npm run bench [name …]: the benchmarks of bench/, each side by side with its peer; prints ratios, writes build/bench/*.json.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { root, setup } from "./setup.mjs";

await setup({ tests: true });
mkdirSync(join(root, "build", "bench"), { recursive: true });
const base = join(root, "bench");
const all = readdirSync(base, { recursive: true, withFileTypes: true })
  .filter(
    (e) =>
      e.isFile() &&
      e.name.endsWith(".mjs") &&
      !e.name.startsWith("_") &&
      !(e.parentPath ?? e.path).includes("node_modules"),
  )
  .map((e) => relative(base, join(e.parentPath ?? e.path, e.name)))
  .sort();
const asked = process.argv.slice(2);
const chosen = asked.length ? all.filter((f) => asked.some((a) => f.startsWith(a))) : all;
if (!chosen.length) {
  console.error(`no such benchmark; there are ${all.join(", ")}`);
  process.exit(1);
}
let failed = 0;
for (const file of chosen) {
  console.log(`\n── bench/${file}`);
  if (
    existsSync(join(base, file)) &&
    spawnSync(process.execPath, ["--expose-gc", join(base, file)], { cwd: root, stdio: "inherit" }).status !== 0
  )
    failed++;
}
process.exit(failed ? 1 : 0);
