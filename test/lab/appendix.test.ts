// The executable appendix in a real browser, from disk: frozen first, re-run identical, edited, stopped, without script, without network.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { alignment, loadStudy, random } from "proband";
import { notebookToAppendix } from "#src/notebook/appendix.js";
import type { Notebook } from "#src/notebook/nbformat.js";
import { openBrowser } from "../lab/browser.js";

const folder = join(process.cwd(), "build", "lab");
const file = join(folder, "appendix.html");
let browser: Browser;
let page: Page;
const requests: string[] = [];
const problems: string[] = [];

const code = (source: string, plain?: string) => ({
  cell_type: "code" as const,
  source,
  metadata: {},
  execution_count: 1,
  outputs:
    plain === undefined
      ? []
      : [{ output_type: "execute_result" as const, data: { "text/plain": plain }, metadata: {}, execution_count: 1 }],
});

const analysis = `const order = random(3).permutation(anes.n);
const pilot = anes.take(order.slice(0, 30)), rest = anes.take(order.slice(30));
const simulated = alignment.baselines.marginalBootstrap(pilot, rest, { seed: 1 });
alignment.heterogeneity(rest, simulated)`;

before(async () => {
  mkdirSync(folder, { recursive: true });
  // The frozen text is computed here, in Node; the page computes it again with the same seeds.
  const anes = await loadStudy("anes96");
  const order = random(3).permutation(anes.n);
  const pilot = anes.take(order.slice(0, 30)),
    rest = anes.take(order.slice(30));
  const frozen = String(alignment.heterogeneity(rest, alignment.baselines.marginalBootstrap(pilot, rest, { seed: 1 })));
  const notebook: Notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "proband" } },
    cells: [
      { cell_type: "markdown", source: "# Appendix <script>document.title='broken'</script>", metadata: {} },
      code(
        'import { alignment, loadStudy, random } from "proband";\nconst anes = await loadStudy("anes96");\nanes.n',
        "944",
      ),
      code(analysis, frozen),
      code("let c = 0; function inc() { c++ }"),
      code("c = 10; inc(); c", "11"),
      code('import { readFileSync } from "node:fs";\nreadFileSync("x")', "published"),
      code("while (true) {}"),
    ],
  };
  writeFileSync(file, await notebookToAppendix(notebook, { folder: "." }));
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("request", (r) => !/^(file|blob|data):/.test(r.url()) && requests.push(r.url()));
  page.on("pageerror", (e) => problems.push(e.message));
  page.on("console", (m) => m.type() === "error" && problems.push(m.text()));
});

after(() => browser?.close());

const badge = (cell: number) => page.textContent(`#cell-${cell} .badge`);
const state = (cell: number, wanted: string) =>
  page.waitForSelector(`#cell-${cell}[data-state="${wanted}"]`, { timeout: 20_000 });
const run = (cell: number) => page.click(`#cell-${cell} .bar button:first-child`);

test("opens from disk with the published results", async () => {
  await page.goto(pathToFileURL(file).href);
  assert.equal(await page.title(), "Appendix <script>document.title='broken'</script>");
  assert.equal(await badge(3), "frozen");
  assert.match((await page.textContent("#cell-3 .outputs"))!, /structures/);
});

test("a cell re-run in the page, with those it needs, gives the same numbers as Node", async () => {
  await run(3);
  await state(3, "same");
  assert.match((await badge(2))!, /identical/);
  await page.screenshot({ path: join(folder, "appendix.png"), fullPage: true });
});

test("cells share live bindings", async () => {
  await run(5);
  await state(5, "same");
});

test("an edited cell says so, and its result is the reader's", async () => {
  await page.click("#cell-2 .bar button:nth-child(2)");
  await page.fill("#cell-2 textarea", "const half: number = 1;\nhalf / 2");
  await page.press("#cell-2 textarea", "Shift+Enter");
  await state(2, "edited");
  assert.equal((await page.textContent("#cell-2 .outputs"))!.trim(), "0.5");
});

test("a cell that needs Node says which API and keeps the published output", async () => {
  await run(6);
  await state(6, "lacking");
  assert.equal(await badge(6), 'needs the Node API "node:fs": published output');
  const shown = (await page.textContent("#cell-6 .outputs"))!;
  assert.match(shown, /needs the Node API "node:fs"/);
  assert.match(shown, /at Cell \[1\]:1/);
  assert.match(shown, /Published outputpublished/);
  // The network is such a thing too, and neither keeps other cells from running.
  await page.click("#cell-6 .bar button:nth-child(2)");
  await page.fill("#cell-6 textarea", 'await fetch("https://example.org")');
  await page.press("#cell-6 textarea", "Shift+Enter");
  await page.waitForFunction(() => document.querySelector("#cell-6 .badge")!.textContent!.includes("network (fetch)"));
  assert.equal(await badge(6), "needs the network (fetch): published output");
});

test("Stop ends an endless cell and the page goes on", async () => {
  await run(7);
  await state(7, "running");
  await page.click("#proband-stop");
  await state(7, "failed");
  await run(2);
  await state(2, "edited");
});

test("nothing left the machine and nothing failed in the console", () => {
  assert.deepEqual(requests, []);
  assert.deepEqual(problems, []);
});

test("narrow and dark, and readable without script", async () => {
  const plain = await browser.newPage({
    viewport: { width: 390, height: 800 },
    colorScheme: "dark",
    javaScriptEnabled: false,
  });
  await plain.goto(pathToFileURL(file).href);
  assert.match((await plain.textContent("#cell-3 .outputs"))!, /structures/);
  assert.ok(await plain.isVisible(".notice"));
  await plain.screenshot({ path: join(folder, "appendix-narrow-dark.png") });
  await plain.close();
});
