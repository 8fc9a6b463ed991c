// Widgets in the executable appendix: Jupyter's controls and Proband's views against models in the page's worker, from disk.
import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { Browser, Page } from "playwright-core";
import { loadStudy, sampling } from "proband";
import { notebookToAppendix } from "#src/notebook/appendix.js";
import type { Notebook } from "#src/notebook/nbformat.js";
import { openBrowser } from "../lab/browser.js";

const folder = join(process.cwd(), "build", "lab");
const file = join(folder, "appendix-widgets.html");
let browser: Browser;
let page: Page;
const requests: string[] = [];
const problems: string[] = [];

const sources = [
  'import { loadStudy, sampling, widgets } from "proband";\nconst study = await loadStudy("anes96");',
  "const panel = sampling.explore(study);\npanel",
  "const n = widgets.slider({ description: 'n', min: 0, max: 10, value: 3 });\nconst twice = widgets.html('6');\nn.observe('value', (v) => { twice.value = String(2 * v); console.log('seen', v); });\nwidgets.row([n, twice])",
  "panel.result!.pilot.n",
  `const own = widgets.anywidget({
  state: { count: 1, data: new Float32Array([1.5, 2.5]) },
  esm: ({ model, el }) => {
    const b = document.createElement("button");
    const draw = () => { const d = model.get("data"); b.textContent = model.get("count") + " of " + new Float32Array(d.buffer, d.byteOffset, d.byteLength / 4).join(); };
    b.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
    model.on("change:count change:data", draw);
    draw();
    el.append(b);
  },
});
own.observe("count", (c) => { own.data = new Float32Array([c / 2]); });
own`,
  "widgets.plotView({ data: [{ a: 1, b: 2, g: 'x' }, { a: 2, b: 1, g: 'y' }, { a: 3, b: 3, g: 'x' }], marks: [{ mark: 'dot', x: 'a', y: 'b', fill: 'g' }], brush: 'category' })",
  "widgets.interact((k) => { console.log('k is', k); return k * k; }, { k: widgets.slider({ min: 1, max: 9, value: 3, description: 'k' }) })",
];

before(async () => {
  mkdirSync(folder, { recursive: true });
  const cells = sources.map((source) => ({
    cell_type: "code" as const,
    source,
    metadata: {},
    execution_count: 1,
    outputs: [],
  }));
  const notebook: Notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells };
  writeFileSync(file, await notebookToAppendix(notebook, { folder: ".", engine: false }));
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("request", (r) => !/^(file|blob|data):/.test(r.url()) && requests.push(r.url()));
  page.on("pageerror", (e) => problems.push(e.message));
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && problems.push(m.text()));
  await page.goto(pathToFileURL(file).href);
  await page.click("#proband-run-all");
  await page.waitForFunction(
    (count) =>
      document.querySelectorAll('.cell:is([data-state="different"],[data-state="same"],[data-state="live"])').length ===
      count,
    sources.length,
    { timeout: 60_000 },
  );
});

after(() => browser?.close());

const shows = (selector: string, text: string) =>
  page.waitForFunction(
    ([s, t]) => [...document.querySelectorAll(s!)].some((e) => e.textContent!.includes(t!)),
    [selector, text],
    { timeout: 10_000 },
  );

test("the file is small: page, worker, widgets and data", () => {
  const megabytes = statSync(file).size / 1e6;
  assert.ok(megabytes <= 3, `${megabytes.toFixed(2)} MB`);
});

test("a slider of the sampling panel draws another pilot, and the figure is the one that Node gives", async () => {
  const handle = page.locator("#cell-2 .widget-hslider .noUi-handle").first();
  await handle.waitFor();
  await handle.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
  await shows("#cell-2 .widget-readout", "65");
  // The table under the figure, against the same call here.
  const study = await loadStudy("anes96");
  const [by] = study.codebook.defaults.groups;
  const { pilot } = sampling.stratified(study, { by: by!, n: 65, seed: 7 });
  const coverage = sampling.coverage(pilot, study);
  assert.equal(pilot.n, 65);
  const drawn = () =>
    page
      .locator("#cell-2 .proband-live table tbody tr")
      .evaluateAll((rows) => rows.map((r) => Number(r.children[2]!.textContent)));
  const expected = (rows: number) => coverage.rows.slice(0, rows).map((r) => r.count);
  // The slider is at 65 before the last of its five steps is drawn.
  let counts = await drawn();
  for (const until = Date.now() + 10_000; Date.now() < until; counts = await drawn())
    if (isDeepStrictEqual(counts, expected(counts.length))) break;
  assert.ok(counts.length > 20);
  assert.deepEqual(counts, expected(counts.length));
  await page.screenshot({ path: join(folder, "appendix-widgets.png"), fullPage: true });
});

test("what the reader set is what later cells see", async () => {
  await page.click("#cell-4 .bar button:first-child");
  await shows("#cell-4 .outputs", "65");
});

test("observers run in the worker; what they print stands under their cell", async () => {
  const handle = page.locator("#cell-3 .noUi-handle");
  await handle.focus();
  await page.keyboard.press("ArrowRight");
  await shows("#cell-3 .widget-html-content", "8");
  await shows("#cell-3 .outputs", "seen 4");
});

test("an AFM module runs, with binary state both ways", async () => {
  const button = page.locator("#cell-5 .proband-live button");
  assert.equal(await button.textContent(), "1 of 1.5,2.5");
  await button.click();
  await shows("#cell-5 button", "2 of 1");
});

test("a plot is brushed by its legend", async () => {
  await page.click("#cell-6 button.proband-plot-swatch >> nth=0");
  await shows("#cell-6 .proband-plot-status", "2 of 3 selected");
});

test("interact shows results in its own output area, and what they print in the cell", async () => {
  await shows("#cell-7 .proband-output", "9");
  await shows("#cell-7 .outputs", "k is 3");
  const handle = page.locator("#cell-7 .noUi-handle");
  await handle.focus();
  await page.keyboard.press("ArrowRight");
  await shows("#cell-7 .proband-output", "16");
});

test("after Stop the pictures remain, and running starts the widgets again", async () => {
  await page.evaluate(() => document.querySelector<HTMLButtonElement>("#proband-stop")!.removeAttribute("disabled"));
  await page.click("#proband-stop");
  assert.equal(await page.locator("#cell-2 .proband-live svg").count(), 0);
  assert.ok(await page.locator("#cell-2 .proband-static svg").first().isVisible());
  await page.click("#cell-2 .bar button:first-child");
  await page.locator("#cell-2 .widget-hslider .noUi-handle").first().waitFor();
});

test("nothing left the machine and nothing failed in the console", () => {
  assert.deepEqual(requests, []);
  assert.deepEqual(problems, []);
});
