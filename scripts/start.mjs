// npm start: from a bare clone to the replication's results. Installs what is missing, builds, runs the study, then runs
// the quickstart notebook through the kernel and leaves it, executed, beside the report.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

await setup();
const args = process.argv.slice(2);
const proband = (command, env = {}) =>
  spawnSync(process.execPath, [join(root, "dist", "cli", "main.js"), ...command], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  }).status ?? 1;

const status = proband(["replicate", ...(args.length ? args : ["anes96"])]);
if (status !== 0 || args.length) process.exit(status);

const folder = join("build", "replication", "anes96");
const notebook = join(folder, "quickstart.ipynb");
console.log("\nThe same study cell by cell, through the Jupyter kernel:");
// The notebook finetunes with the same people and seed, so it finds the model and the answers of the run above.
const ran = proband(["run", join("notebooks", "00-quickstart.ipynb"), "-o", notebook], {
  PROBAND_HOME: join(root, folder, "state"),
});
if (ran === 0) proband(["export", notebook, "--to", "html"]);
process.exit(ran);
