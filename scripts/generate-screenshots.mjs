// node scripts/generate-screenshots.mjs: takes docs/images/*.png in JupyterLab and in a published appendix, from the frozen
// notebooks. It needs PROBAND_LAB_PYTHON (a Python with JupyterLab, as npm run test:lab makes under .venv) and Chromium.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { root } from "./setup.mjs";

await build({ tests: true });
const { startLab } = await import("../build/test/lab/widgets/lab.js");
const notebook = (name) => join(root, "notebooks", `${name}.ipynb`);
const size = { width: 1280, height: 800 };
const shot = (page, name) => page.screenshot({ path: join(root, "docs", "images", `${name}.png`) });

const lab = await startLab();
const work = mkdtempSync(join(tmpdir(), "proband-shots-"));
try {
  for (const name of ["00-quickstart", "01-sampling"]) {
    const copy = join(lab.folders.notebooks, `${name}.ipynb`);
    copyFileSync(notebook(name), copy);
    // JupyterLab draws no SVG of a notebook that nobody has trusted.
    const env = { ...process.env, JUPYTER_DATA_DIR: join(lab.folders.notebooks, "..", "data") };
    const trusted = spawnSync(process.env.PROBAND_LAB_PYTHON, ["-m", "jupyter", "trust", copy], { env });
    if (trusted.status !== 0) throw new Error(String(trusted.stderr));
  }

  // The panel, live: study and panel are run, the rest stands there as published.
  const sampling = await lab.open("01-sampling", []);
  await sampling.page.setViewportSize(size);
  await sampling.runAll();
  const panel = sampling.page.locator(".jp-CodeCell", { hasText: "sampling.explore(study)" });
  await panel.locator(".noUi-handle").first().waitFor();
  await panel.evaluate((cell) => cell.scrollIntoView({ block: "start" }));
  await sampling.page.waitForTimeout(1500);
  await shot(sampling.page, "lab-sampling");
  await sampling.page.close();

  const quickstart = await lab.open("00-quickstart", []);
  await quickstart.page.setViewportSize(size);
  // JupyterLab draws only the cells in view: scrolling brings the others.
  const wanted = quickstart.page.locator(".jp-CodeCell", { hasText: "alignment.heterogeneity(rest, silico)" });
  for (let i = 0; i < 60 && !(await wanted.locator("svg.proband-figure").count()); i++) {
    await quickstart.page.mouse.move(640, 500);
    await quickstart.page.mouse.wheel(0, 400);
    await quickstart.page.waitForTimeout(200);
  }
  await wanted.evaluate((cell) => cell.scrollIntoView({ block: "start" }));
  await quickstart.page.waitForTimeout(1500);
  await shot(quickstart.page, "lab-heterogeneity");
  await quickstart.page.close();

  const file = join(work, "sampling.html");
  const main = join(root, "dist", "cli", "main.js");
  const exported = spawnSync(process.execPath, [
    main,
    "export",
    notebook("01-sampling"),
    "--to",
    "appendix",
    "-o",
    file,
  ]);
  if (exported.status !== 0) throw new Error(String(exported.stderr));
  const page = await lab.browser.newPage({ viewport: size });
  await page.goto(pathToFileURL(file).href);
  await page.click("#proband-run-all");
  await page.waitForFunction(() => document.querySelector("#proband-status").textContent.startsWith("Idle"));
  const cell = page.locator(".cell", { hasText: "sampling.explore(study)" });
  await cell.locator(".noUi-handle").first().waitFor();
  await cell.evaluate((c) => {
    c.scrollIntoView({ block: "start" });
    scrollBy(0, -60);
  });
  await page.waitForTimeout(500);
  await shot(page, "appendix");
} finally {
  await lab.close();
  rmSync(work, { recursive: true, force: true });
}
