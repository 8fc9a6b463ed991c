// A Python environment of the repository's own (.venv), for JupyterLab and for tests with Python clients.
// Made with venv and pip; npm start and npm test never need it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, root } from "./setup.mjs";

const windows = process.platform === "win32";

/** Path of the environment's Python with these requirements installed (a file under scripts/requirements/). */
export function python(requirements = "lab", folder = ".venv") {
  const venv = join(root, folder);
  const exe = join(venv, windows ? "Scripts/python.exe" : "bin/python");
  const wanted = readFileSync(join(root, "scripts", "requirements", `${requirements}.txt`), "utf8");
  const stamp = join(venv, `.installed-${requirements}`);
  if (existsSync(exe) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return exe;
  const base = [process.env["PYTHON"], "python3", "python"].find(
    (p) => p && spawnSync(p, ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0,
  );
  if (!base) {
    console.error(
      "JupyterLab needs Python 3.9 or newer, and none was found. Install it from https://www.python.org, or set PYTHON to its path.",
    );
    process.exit(1);
  }
  if (!existsSync(exe)) {
    console.log(`Making a Python environment in ${folder} (once) …`);
    if (spawnSync(base, ["-m", "venv", venv], { stdio: "inherit" }).status !== 0) {
      console.error("Python's venv module failed; on Debian and Ubuntu: apt install python3-venv");
      process.exit(1);
    }
  }
  console.log("Installing Python packages (once) …");
  must(exe, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "-r",
    join("scripts", "requirements", `${requirements}.txt`),
  ]);
  mkdirSync(venv, { recursive: true });
  writeFileSync(stamp, wanted);
  return exe;
}
