// The appendix of the quickstart, opened from disk in Chromium (set CHROMIUM where it is not in the usual place): sizes,
// time to open, time to run cells again, and whether the page's numbers are the kernel's. No other notebook tool publishes
// pages that run TypeScript, so what the page is beside is the kernel itself. → build/bench/appendix.json
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { build } from "../scripts/build.mjs";
import { root } from "../scripts/setup.mjs";

const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (p) => p && existsSync(p),
);
if (!executablePath) {
  console.log("bench/appendix: skipped, no Chromium was found; set CHROMIUM to its path");
  process.exit(0);
}
await build();
const folder = join(root, "build", "bench", "appendix");
mkdirSync(folder, { recursive: true });
const home = join(folder, "state");
const proband = (...args) => {
  const ran = spawnSync(process.execPath, [join(root, "dist", "cli", "main.js"), ...args], {
    cwd: folder,
    env: { ...process.env, PROBAND_HOME: home },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (ran.status !== 0) throw new Error(`proband ${args[0]} failed`);
};

// The quickstart, and a cell that prints every number behind it with all its digits.
const notebook = JSON.parse(readFileSync(join(root, "notebooks", "00-quickstart.ipynb"), "utf8"));
const exact = `const everyNumber = {
  pilot: pilot.ids, finetune: finetune.ids, answers: silico.column(outcome), coverage: coverage.rows,
  distance: alignment.compare(rest, silico, { by: [by], pilot: finetune, replicates: 200 }).rows,
  heterogeneity: alignment.heterogeneity(rest, silico).rows, coherence: alignment.coherence(rest, silico).rows,
  regression: regression.recover(rest, silico).rows,
  ppi: inference.ppi({ estimand: inference.mean(outcome), human: rectify, simulatedHuman: rectified, simulated: silico }).rows,
};
console.log(JSON.stringify(everyNumber));`;
notebook.cells.push({
  cell_type: "code",
  id: "exact",
  source: exact,
  metadata: {},
  outputs: [],
  execution_count: null,
});
const source = join(folder, "source.ipynb"),
  ran = join(folder, "quickstart.ipynb");
writeFileSync(source, JSON.stringify(notebook));
proband("run", source, "-q", "-o", ran);
const pages = { "with model and engine": [20], "without model": [3, "--no-engine"] };
const found = [];
const report = (what, value, target, unit) => {
  found.push({ what, value, target, unit });
  const met = value <= target;
  console.log(`${met ? "met    " : "NOT MET"}  ${what}: ${Number(value.toPrecision(4))} ${unit} (target ≤ ${target})`);
};
for (const [name, [target, flag]] of Object.entries(pages)) {
  const file = join(folder, flag ? "small.html" : "full.html");
  proband("export", ran, "--to", "appendix", "--home", home, "-o", file, ...(flag ? [flag] : []));
  report(`size ${name}`, statSync(file).size / 1e6, target, "MB");
}

const median = (values) =>
  values.toSorted?.((a, b) => a - b)[values.length >> 1] ?? [...values].sort((a, b) => a - b)[values.length >> 1];
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
  ],
});
try {
  for (const file of ["full.html", "small.html"]) {
    const opened = [],
      ready = [];
    for (let i = 0; i < 7; i++) {
      const page = await browser.newPage();
      await page.goto(pathToFileURL(join(folder, file)).href);
      const [loaded, atHand] = await page.evaluate(() => [
        performance.getEntriesByType("navigation")[0].loadEventEnd,
        performance.getEntriesByName("proband-ready")[0].startTime,
      ]);
      opened.push(loaded);
      ready.push(atHand);
      await page.close();
    }
    report(
      `${file} from disk: published results there, cells ready to edit (median of 7)`,
      median(ready) / 1000,
      0.5,
      "s",
    );
    report(`${file} from disk: wholly loaded (median of 7)`, median(opened) / 1000, 0.5, "s");
  }
  // Without model and engine everything recorded is replayed all the same.
  const small = await browser.newPage();
  await small.goto(pathToFileURL(join(folder, "small.html")).href);
  await small.click("#proband-run-all");
  await small.waitForFunction(() => document.querySelector("#proband-status").textContent.startsWith("Idle"), undefined, {
    timeout: 120_000,
  });
  const unlike = await small.$$eval(".cell", (all) => all.filter((c) => c.dataset.state !== "same").length);
  report("small.html: cells whose outputs differ from the published ones", unlike, 0, "");
  await small.close();
  const page = await browser.newPage();
  const requests = [];
  page.on("request", (r) => !/^(file|blob|data):/.test(r.url()) && requests.push(r.url()));
  await page.goto(pathToFileURL(join(folder, "full.html")).href);
  const idle = () =>
    page.waitForFunction(() => document.querySelector("#proband-status").textContent.startsWith("Idle"), undefined, {
      timeout: 120_000,
    });
  const states = () => page.$$eval(".cell", (cells) => cells.map((c) => c.dataset.state));
  let started = performance.now();
  await page.click("#proband-run-all");
  await idle();
  console.log(
    `         all cells for the first time, with starting the worker: ${((performance.now() - started) / 1000).toFixed(2)} s`,
  );
  const cells = await page.$$eval(".cell", (all) => all.map((c) => c.id));
  const times = Object.fromEntries(cells.map((id) => [id, []]));
  for (let round = 0; round < 5; round++)
    for (const id of cells.slice(0, -1)) {
      await page.click(`#${id} .bar button:first-child`);
      await idle();
      times[id].push(Number(await page.getAttribute(`#${id}`, "data-ms")));
    }
  const each = cells.slice(0, -1).map((id) => median(times[id]));
  console.log(`         cells again, ms, in order: ${each.map((t) => t.toFixed(1)).join(", ")}`);
  report("running a cell again, replayed from the record (median over cells)", median(each), 50, "ms");
  const differing = (await states()).filter((s) => s !== "same").length;
  report("cells whose outputs differ from the published ones", differing, 0, "");
  // Every number, against the kernel's.
  const shown = JSON.parse(await page.textContent(`#${cells.at(-1)} .outputs`));
  const kernels = JSON.parse([JSON.parse(readFileSync(ran, "utf8")).cells.at(-1).outputs[0].text].flat().join(""));
  let numbers = 0,
    worst = 0,
    unequal = 0;
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      numbers++;
      worst = Math.max(worst, Math.abs(a - b) / Math.max(1, Math.abs(b)));
    } else if (typeof a === "object" && a && typeof b === "object" && b) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) compare(a[key], b[key]);
    } else if (a !== b) unequal++;
  };
  const { pilot, finetune, answers, ...statistics } = shown;
  compare({ pilot, finetune, answers }, { pilot: kernels.pilot, finetune: kernels.finetune, answers: kernels.answers });
  report(
    `draws and answers that are not the kernel's (of ${pilot.length + finetune.length + answers.length})`,
    unequal + (worst > 0 ? 1 : 0),
    0,
    "",
  );
  ((numbers = 0), (worst = 0), (unequal = 0));
  const { pilot: _p, finetune: _f, answers: _a, ...theirs } = kernels;
  compare(statistics, theirs);
  report(`statistics: largest difference of ${numbers} numbers from the kernel's`, worst, 1e-12, "");
  report("texts that differ from the kernel's", unequal, 0, "");
  report("requests to anywhere", requests.length, 0, "");
} finally {
  await browser.close();
}
writeFileSync(join(root, "build", "bench", "appendix.json"), JSON.stringify(found, null, 2) + "\n");
