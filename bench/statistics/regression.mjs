// Regression side by side with statsmodels: 2,000 bootstrap refits of a logit, and HC3 errors at a million rows.
// Times are processor seconds, one thread on either side.
// `node bench/statistics/regression.mjs --coverage` measures how often 95% intervals hold the truth (docs/regression.md).
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { logit, ols } from "../../dist/regression/index.js";
import { loadStudy, random } from "../../dist/study/node/index.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
if (process.argv.includes("--coverage")) {
  await import("./_coverage.mjs");
  process.exit(0);
}

// Processor time of the whole process, garbage collection included: other work on the machine does not count.
const clock = (f, times) => {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const before = process.cpuUsage();
    f();
    const used = process.cpuUsage(before);
    least = Math.min(least, (used.user + used.system) / 1e6);
  }
  return least;
};
const seconds = (v) => `${v.toFixed(3)} s`.padStart(10);

const replicates = 2000;
const anes = await loadStudy("anes96");
const predictors = ["selfLR", "ClinLR", "DoleLR", "PID", "age"];
const formula = `vote ~ ${predictors.join(" + ")}`;
let boot;
const logitSeconds = clock(() => (boot = logit(anes, formula, { covariance: "bootstrap", replicates, seed: 1 })), 5);

const n = 1_000_000;
const k = 20;
const next = random(1, "bench");
const data = Object.fromEntries(
  Array.from({ length: k - 1 }, (_, j) => [`x${j}`, Float64Array.from({ length: n }, () => next.normal())]),
);
data.y = Float64Array.from(
  { length: n },
  (_, i) =>
    Array.from({ length: k - 1 }, (_, j) => ((j + 1) / 10) * data[`x${j}`][i]).reduce((a, b) => a + b) +
    next.normal() * (1 + Math.abs(data.x0[i])),
);
const big = `y ~ ${Array.from({ length: k - 1 }, (_, j) => `x${j}`).join(" + ")}`;
const olsSeconds = clock(() => ols(data, big, { covariance: "HC3" }), 3);

const out = { logit: { proband: logitSeconds }, ols: { proband: olsSeconds } };
console.log(`logit, n = 944, k = 6, ${replicates.toLocaleString("en-US")} bootstrap refits`);
console.log(`  proband                              ${seconds(logitSeconds)}`);
const python = [process.env.PYTHON, join(root, "build", "venv-reference", "bin", "python"), "python3"].find(
  (p) => p && (p === "python3" || existsSync(p)) && spawnSync(p, ["-c", "import statsmodels"]).status === 0,
);
if (!python) console.log("  no Python with statsmodels found (set PYTHON): nothing to compare with");
else {
  const input = {
    y: anes.column("vote"),
    x: predictors.map((c) => anes.column(c)),
    replicates,
    peerReplicates: 500,
    n,
    k,
  };
  const run = spawnSync(python, [join(here, "regression-peer.py")], {
    input: JSON.stringify(input),
    maxBuffer: 1e8,
    env: { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" },
  });
  if (run.status !== 0) throw new Error(String(run.stderr));
  const peer = JSON.parse(String(run.stdout));
  const line = (name, v, own, target = "") =>
    console.log(`  ${name.padEnd(36)} ${seconds(v)}   ${(v / own).toFixed(1)} ×${target}`);
  line("statsmodels Logit.fit", peer.logit, logitSeconds, " (target 10)");
  line("statsmodels, warm start", peer.logitWarm, logitSeconds);
  line("Newton in numpy, warm start", peer.logitNumpy, logitSeconds);
  console.log(
    `  standard errors differ by at most ${(100 * Math.max(...boot.rows.map((r, j) => Math.abs(r.se / peer.logitSe[j] - 1)))).toFixed(1)}% (two sets of draws)`,
  );
  console.log(`OLS with HC3, n = 1,000,000, k = 20`);
  console.log(`  proband                              ${seconds(olsSeconds)}`);
  line("statsmodels (pinv, its default)", peer.ols_pinv, olsSeconds, " (target: at least 0.67)");
  line("statsmodels (qr)", peer.ols_qr, olsSeconds);
  console.log(`  ${peer.versions}`);
  Object.assign(out.logit, {
    statsmodels: peer.logit,
    warm: peer.logitWarm,
    numpy: peer.logitNumpy,
    ratio: peer.logit / logitSeconds,
  });
  Object.assign(out.ols, { pinv: peer.ols_pinv, qr: peer.ols_qr, ratio: peer.ols_pinv / olsSeconds });
}
mkdirSync(join(root, "build", "bench"), { recursive: true });
writeFileSync(join(root, "build", "bench", "statistics-regression.json"), JSON.stringify(out, null, 2));
