// npm run lab: JupyterLab with the Proband kernel, on loopback, opened on notebooks/.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { must, root, setup } from "./setup.mjs";
import { python } from "./python.mjs";

await setup();
const exe = python("lab");
must(process.execPath, [join("dist", "cli", "main.js"), "install", "--prefix", join(root, ".venv")]);
// JupyterLab draws no SVG of a notebook that nobody has trusted; these came with the code that just ran.
const notebooks = readdirSync(join(root, "notebooks"), { recursive: true }).filter(
  (name) => name.endsWith(".ipynb") && !name.includes(".ipynb_checkpoints"),
);
must(exe, ["-m", "jupyter", "trust", ...notebooks.map((name) => join(root, "notebooks", name))], { stdio: "ignore" });
console.log("Starting JupyterLab on this machine only. Stop it with Ctrl-C.");
const lab = spawn(
  exe,
  [
    "-m",
    "jupyterlab",
    "--ServerApp.ip=127.0.0.1",
    `--notebook-dir=${join(root, "notebooks")}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
lab.on("exit", (code) => process.exit(code ?? 0));
process.on("SIGINT", () => {}); // JupyterLab asks for confirmation itself
