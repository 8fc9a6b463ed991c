// Brings a bare clone to a state in which a command can run: dependencies installed, sources built.
// Uses only what Node itself has, since it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** Runs a command in the repository's folder and ends this process with its exit code if it fails. */
export function must(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    ...options,
  });
  if (result.error) {
    console.error(`${command} could not be started: ${result.error.message}`);
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result;
}

/** Installs dependencies unless the lock file is the one they were installed from. */
export function install() {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) {
    console.error(`Proband needs Node 20 or newer; this is ${process.version}. See https://nodejs.org`);
    process.exit(1);
  }
  const stamp = join(root, "node_modules", ".proband-lock");
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  const started = Date.now();
  console.log("Installing packages (once) …");
  // onnxruntime-node's postinstall would download CUDA libraries; the CPU binaries are in the package.
  must(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip", npm_config_onnxruntime_node_install: "skip" },
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
}

/** Installs what is missing and builds what is stale. */
export async function setup({ tests = false } = {}) {
  install();
  const { build } = await import("./build.mjs");
  await build({ tests });
}
