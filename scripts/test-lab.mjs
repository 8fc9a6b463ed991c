// npm run test:lab [part …]: the kernel and widgets with real clients: jupyter_kernel_test, nbclient, nbconvert,
// nbgrader, the Python openai client, and JupyterLab in headless Chromium. Installs what it needs by itself.
//
// Parts are files of test/lab/: *.py run with the environment's Python, *.test.ts with node --test. They find
// PROBAND_LAB_PYTHON (the interpreter), PROBAND_LAB_PREFIX (where the kernel is installed) and CHROMIUM.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { must, root, setup } from "./setup.mjs";
import { python } from "./python.mjs";

/** Installs a package by apt where this may be done; anywhere else people choose for themselves. */
function apt(name) {
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) return false;
  console.log(`Installing ${name} (once) …`);
  const quiet = {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  };
  const run = (...args) => spawnSync("apt-get", args, quiet).status === 0;
  return run("install", "-y", "-qq", name) || (run("update", "-qq") && run("install", "-y", "-qq", name));
}

/** Firefox for its part, which says so and passes over where there is none. */
function firefox() {
  const known = [
    process.env["FIREFOX"],
    "/usr/bin/firefox-esr",
    "/usr/bin/firefox",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
  ];
  const find = () => known.find((p) => p && existsSync(p));
  return find() ?? (apt("firefox-esr") ? find() : undefined);
}

function chromium() {
  const known = [
    process.env["CHROMIUM"],
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  let found = known.find((p) => p && existsSync(p));
  if (!found && apt("chromium")) found = known.find((p) => p && existsSync(p));
  if (!found) {
    console.error("No Chromium or Chrome was found. Install one, or set CHROMIUM to its path.");
    process.exit(1);
  }
  return found;
}

await setup({ tests: true });
const exe = python("test-lab");
const prefix = join(root, ".venv");
must(process.execPath, [join("dist", "cli", "main.js"), "install", "--prefix", prefix]);
const env = {
  ...process.env,
  PROBAND_LAB_PYTHON: exe,
  PROBAND_LAB_PREFIX: prefix,
  CHROMIUM: chromium(),
  JUPYTER_PLATFORM_DIRS: "1",
  PATH: `${join(prefix, "bin")}:${process.env["PATH"]}`,
};
mkdirSync(join(root, "build", "lab"), { recursive: true });

const asked = process.argv.slice(2);
const lab = join(root, "test", "lab");
const files = readdirSync(lab, { recursive: true, withFileTypes: true })
  .filter((e) => e.isFile() && (/^test_.*\.py$/.test(e.name) || e.name.endsWith(".test.ts")))
  .map((e) => join(e.parentPath ?? e.path, e.name))
  .filter((f) => !asked.length || asked.some((a) => relative(lab, f).includes(a)))
  .sort();
if (files.some((f) => f.endsWith("test_firefox.py"))) {
  const found = firefox();
  if (found) env.FIREFOX = found;
  else console.log("No Firefox was found: its part is passed over. Install it, or set FIREFOX to its path.");
}
const failed = [];
for (const file of files) {
  const name = relative(lab, file);
  const started = Date.now();
  console.log(`\n── ${name}`);
  const command = file.endsWith(".py")
    ? [exe, ["-m", "unittest", "-v", file]]
    : [
        process.execPath,
        [
          "--test",
          "--test-reporter=spec",
          "--enable-source-maps",
          join(root, "build", "test", "lab", name.replace(/\.ts$/, ".js")),
        ],
      ];
  if (file.endsWith(".py")) command[1] = [file, "-v"];
  const ok = spawnSync(command[0], command[1], { cwd: root, env, stdio: "inherit" }).status === 0;
  console.log(`${ok ? "ok  " : "FAIL"} ${basename(file)} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (!ok) failed.push(name);
}
console.log(
  failed.length
    ? `\n${failed.length} of ${files.length} lab parts failed: ${failed.join(", ")}`
    : `\nAll ${files.length} lab parts passed.`,
);
process.exit(failed.length || !files.length ? 1 : 0);
