// A notebook run by nbclient and turned into HTML by nbconvert: every figure, and a text for each widget, without any front end.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chromium } from "playwright-core";
import { pictures } from "./lab.js";

const folder = mkdtempSync(join(tmpdir(), "proband-static-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** One cell a kind of figure, and the title by which a reader knows it. */
const figureTitles = [
  "What is believed",
  "Own left–right position and Clinton's left–right position, jointly",
  "Distance from the humans, by group",
  "Unique belief structures, rarefied",
  "From beliefs to actions",
  "Coefficients, human and simulated",
  "Whom the sample covers",
  "Loss while finetuning",
  "What more people buy",
  "What it took",
];
const figureCells = [
  `import * as figures from "proband/figures"; figures.beliefDistributions([anes])`,
  `figures.jointBeliefs([anes], ["selfLR", "ClinLR"])`,
  `figures.divergenceByGroup([{ group: "all", variant: "model", value: 0.2, low: 0.1, high: 0.3, floor: 0.05, n: 60 }])`,
  `figures.rarefaction([{ source: "human", n: 10, structures: 8 }, { source: "human", n: 20, structures: 14 }])`,
  `figures.beliefActionFlows([{ source: "human", implied: "yes", action: "yes", count: 8 }, { source: "human", implied: "yes", action: "no", count: 2 }])`,
  `figures.forest([{ term: "age", source: "human", estimate: 1, low: 0.5, high: 1.5 }, { term: "age", source: "model", estimate: 0.8, low: 0.2, high: 1.4, recovery: "recovered" }])`,
  `sampling.stratified(anes, { by: "PID", n: 30, seed: 7 }).report`,
  `figures.trainingCurves([{ step: 1, loss: 2, series: "training" }, { step: 2, loss: 1, series: "training" }])`,
  `figures.learningCurve([{ n: 15, variant: "finetuned", value: 0.3 }, { n: 30, variant: "finetuned", value: 0.2 }])`,
  `figures.costAndTime([{ step: "simulation", seconds: 310, costUSD: 0.03, n: 884 }])`,
];

test("nbconvert's HTML shows figures, tables and texts of all widgets, without scripts of ours", async () => {
  const python = process.env["PROBAND_LAB_PYTHON"];
  assert.ok(python, "PROBAND_LAB_PYTHON names the Python that has nbconvert");
  const env = { ...process.env };
  const prefix = process.env["PROBAND_LAB_PREFIX"];
  if (!prefix || !existsSync(join(prefix, "share", "jupyter", "kernels", "proband"))) {
    const spec = join(folder, "jupyter", "kernels", "proband");
    mkdirSync(spec, { recursive: true });
    const argv = [process.execPath, join(process.cwd(), "dist", "kernel", "main.js"), "{connection_file}"];
    writeFileSync(
      join(spec, "kernel.json"),
      JSON.stringify({ argv, display_name: "Proband", language: "typescript", interrupt_mode: "message" }),
    );
    env["JUPYTER_PATH"] = join(folder, "jupyter");
  }
  const cells = [
    `import * as w from "proband/widgets"; import { loadStudy, sampling } from "proband"; import { startProgress } from "proband/study"; w.showProgress(); const anes = await loadStudy("anes96");`,
    `w.column([w.slider({ min: 0, max: 10, value: 4, description: "people" }), w.dropdown({ options: ["random", "stratified"], description: "how" }), w.html("<b>bold</b>")])`,
    `w.plotView({ data: anes, title: "Age and income", marks: [{ mark: "dot", x: "age", y: "income" }] })`,
    `w.exploreSampling(anes, { n: 30 })`,
    `w.anywidget({ esm: "export default {}", state: { n: 3 }, text: (s) => "my own widget, n = " + s.n })`,
    `w.interact((n = 7) => "seven: " + n)`,
    ...figureCells,
    `const p = startProgress({ label: "Long work", total: 5, unit: "steps" }); for (let i = 1; i <= 5; i++) { await new Promise((r) => setTimeout(r, 120)); p.update(i); } p.finish();`,
  ];
  const file = join(folder, "static.ipynb");
  writeFileSync(
    file,
    JSON.stringify({
      cells: cells.map((source, i) => ({
        cell_type: "code",
        id: `c${i}`,
        source,
        metadata: {},
        outputs: [],
        execution_count: null,
      })),
      metadata: { kernelspec: { name: "proband", display_name: "Proband", language: "typescript" } },
      nbformat: 4,
      nbformat_minor: 5,
    }),
  );
  const run = spawnSync(python, ["-m", "nbconvert", "--to", "html", "--execute", file], { env, encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const html = readFileSync(join(folder, "static.html"), "utf8");
  mkdirSync(pictures, { recursive: true });
  cpSync(join(folder, "static.html"), join(pictures, "nbconvert.html"));
  // What is left when nothing may be fetched and no script may run.
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await (await browser.newContext({ javaScriptEnabled: false, offline: true })).newPage();
    await page.goto(`file://${join(folder, "static.html")}`);
    const text = await page.locator("body").innerText();
    for (const expected of [
      "people: 4",
      "how: random",
      "bold",
      "sampling.stratified(people",
      "Whom the sample covers",
      "my own widget, n = 3",
      "seven: 7",
    ])
      assert.ok(text.includes(expected), `"${expected}" is on the page`);
    // Text of an inline SVG, or of a picture's own alternative.
    const drawn = (await page.locator("svg.proband-figure title").allTextContents()).join("\n");
    for (const title of figureTitles) assert.ok(drawn.includes(title), `the figure "${title}" is on the page`);
    assert.match(text, /Long work: 100%.*done in/);
    assert.ok((await page.locator("svg, img[src^='data:image/']").count()) >= 2, "both figures");
    await page.screenshot({ path: join(pictures, "nbconvert.png"), fullPage: true });
  } finally {
    await browser.close();
  }
  assert.doesNotMatch(
    html.replace(/<head>[\s\S]*?<\/head>/, ""),
    /widget-view\+json/,
    "no view that nothing could draw",
  );
});
