// npm run check: types, lint, floors and browser-safety, format, generated files, installed size.
// Every part runs even when an earlier one fails, so that one run shows all there is to mend.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

await setup();
const bin = (...path) => join(root, "node_modules", ...path);
const node = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status === 0;
const failed = [];

async function part(name, run) {
  const started = Date.now();
  const ok = await Promise.resolve()
    .then(run)
    .catch((error) => (console.error(error), false));
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (!ok) failed.push(name);
}

await part("types", () => node([bin("typescript", "bin", "tsc"), "-p", "tsconfig.test.json"]));
await part("lint", () => node([bin("oxlint", "bin", "oxlint"), "--deny-warnings", "src", "test", "scripts"]));
await part("floors and browser-safety", async () => {
  const { checkFloors } = await import("./floors.mjs");
  const { violations, modules } = await checkFloors();
  for (const v of violations) console.error(v);
  console.log(`     ${modules} modules`);
  return violations.length === 0;
});
await part("format", () =>
  node([
    bin("prettier", "bin", "prettier.cjs"),
    "--check",
    "--log-level",
    "warn",
    "src",
    "test",
    "scripts",
    "docs",
    "*.md",
  ]),
);
await part("lock file names no registry", () => {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  return !/"resolved": "https?:/.test(lock);
});
await part("installed size (production, limit 500 MB)", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const size = (dir) => {
    let total = 0;
    for (const e of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, e.name);
      if (e.isDirectory()) {
        if (e.name !== "node_modules") total += size(path);
      } else if (e.isFile()) total += statSync(path).size;
    }
    return total;
  };
  const rows = Object.entries(lock.packages)
    .filter(([path, p]) => path && !p.dev && !p.devOptional && existsSync(join(root, path)))
    .map(([path]) => [path.replace(/^node_modules\//, ""), size(join(root, path)) / 1e6]);
  const total = rows.reduce((s, [, mb]) => s + mb, 0);
  rows.sort((a, b) => b[1] - a[1]);
  console.log(
    `     ${total.toFixed(0)} MB in ${rows.length} packages; largest: ${rows
      .slice(0, 4)
      .map(([n, mb]) => `${n} ${mb.toFixed(0)}`)
      .join(", ")}`,
  );
  return total < 500;
});

console.log(failed.length ? `\n${failed.length} failed: ${failed.join(", ")}` : "\nAll checks passed.");
process.exit(failed.length ? 1 : 0);
