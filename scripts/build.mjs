// Builds src/ to dist/ file by file, so that stack traces and exports stay those of the sources;
// what must be one file (browser bundles, the kernel's entry) is bundled in scripts/bundles.mjs.
// --types writes declarations, --tests builds test/ to build/test/.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./setup.mjs";

const files = (dir) =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => join(e.parentPath ?? e.path, e.name))
    : [];

async function tree(from, to) {
  const { build: esbuild } = await import("esbuild");
  const all = files(from);
  const sources = all.filter((f) => extname(f) === ".ts" && !f.endsWith(".d.ts"));
  const outputs = new Set();
  const newest = (f) => {
    const out = join(to, relative(from, f)).replace(/\.ts$/, ".js");
    outputs.add(out);
    return !existsSync(out) || statSync(out).mtimeMs < statSync(f).mtimeMs;
  };
  const stale = sources.filter(newest);
  if (stale.length)
    await esbuild({
      entryPoints: stale,
      outbase: from,
      outdir: to,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: true,
      sourcesContent: false,
      logLevel: "warning",
    });
  for (const asset of all.filter((f) => extname(f) !== ".ts")) {
    const out = join(to, relative(from, asset));
    outputs.add(out);
    if (existsSync(out) && statSync(out).mtimeMs >= statSync(asset).mtimeMs) continue;
    mkdirSync(dirname(out), { recursive: true });
    cpSync(asset, out);
  }
  // A source that was removed must not live on as a module that still resolves.
  for (const out of files(to))
    if (out.endsWith(".js") && existsSync(out + ".map") && !outputs.has(out) && !out.includes(join(to, "bundle")))
      rmSync(out);
  return stale.length;
}

export async function build({ tests = false, types = false } = {}) {
  const dist = join(root, "dist");
  const started = Date.now();
  let changed = await tree(join(root, "src"), dist);
  if (tests) changed += await tree(join(root, "test"), join(root, "build", "test"));
  const main = join(dist, "cli", "main.js");
  if (existsSync(main)) chmodSync(main, 0o755);
  const { bundles } = await import("./bundles.mjs");
  await bundles({ changed });
  if (types) {
    const tsc = spawnSync(
      process.execPath,
      [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.json"],
      { cwd: root, stdio: "inherit" },
    );
    if (tsc.status !== 0) process.exit(1);
  }
  if (changed) console.log(`Built ${changed} files in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await build({ tests: process.argv.includes("--tests"), types: process.argv.includes("--types") });
