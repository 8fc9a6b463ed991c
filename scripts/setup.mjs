// Brings a bare clone to a state in which a command can run: dependencies installed, sources built.
// Uses only what Node itself has, since it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
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

/** Whether node_modules holds what the lock file asks for (npm keeps its own record of what it installed). */
function installed() {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const have = JSON.parse(readFileSync(record, "utf8")).packages;
  const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  // Optional packages are those of other platforms.
  return Object.entries(want).every(([path, p]) => !path || p.optional || have[path]?.version === p.version);
}

/** Installs dependencies unless those of the lock file are there. */
export function install() {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) {
    console.error(`Proband needs Node 20 or newer; this is ${process.version}. See https://nodejs.org`);
    process.exit(1);
  }
  if (installed()) return;
  const started = Date.now();
  console.log("Installing packages (once) …");
  must(npm, ["ci", "--loglevel=error"]); // the rest is in .npmrc
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
}

/** Installs what is missing and builds what is stale. */
export async function setup({ tests = false } = {}) {
  install();
  const { build } = await import("./build.mjs");
  await build({ tests });
}
