// npm start: from a bare clone to the replication's results. Installs what is missing, builds, runs the study.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

await setup();
const args = process.argv.slice(2);
const run = spawnSync(
  process.execPath,
  [join(root, "dist", "cli", "main.js"), "replicate", ...(args.length ? args : ["anes96"])],
  { cwd: root, stdio: "inherit" },
);
process.exit(run.status ?? 1);
