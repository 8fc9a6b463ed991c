// The HTML export in a real browser, from disk: what marks say under the pointer and with the arrow keys, plots that are
// brushed without a kernel, and nothing that leaves the machine.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { dataFolder } from "proband/study";
import { openBrowser } from "./browser.js";

const folder = mkdtempSync(join(tmpdir(), "proband-export-"));
let browser: Browser;
let page: Page;
const requests: string[] = [];
const problems: string[] = [];

const sources = [
  'import { loadStudy, sampling, widgets } from "proband";\nconst anes = await loadStudy("anes96");',
  'sampling.stratified(anes, { by: "PID", n: 60, seed: 7 }).report',
  'widgets.plotView({ data: anes, marks: [{ mark: "dot", x: "age", y: "income" }], brush: "x", title: "Age and income" })',
];

before(async () => {
  const cells = sources.map((source, i) => ({
    cell_type: "code",
    id: `c${i}`,
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  }));
  writeFileSync(
    join(folder, "study.ipynb"),
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: { name: "proband" } }, cells }),
  );
  const main = join(dataFolder(), "..", "dist", "cli", "main.js");
  const proband = (...args: string[]) => {
    const ran = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8" });
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  };
  proband("run", "study.ipynb", "-q", "-o", "executed.ipynb");
  proband("export", "executed.ipynb", "--to", "html", "-o", "page.html");
  proband("export", "executed.ipynb", "--to", "pdf", "-o", "page.pdf");
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("request", (r) => !/^(file|blob|data):/.test(r.url()) && requests.push(r.url()));
  page.on("pageerror", (e) => problems.push(e.message));
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && problems.push(m.text()));
  await page.goto(pathToFileURL(join(folder, "page.html")).href);
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const tip = () => page.locator("#proband-tip");

test("a mark says what it is under the pointer, and nothing once the pointer has left", async () => {
  const mark = page.locator("#cell-2 svg.proband-figure circle").first();
  const { x, y, width, height } = (await mark.boundingBox())!;
  // A little beside it: a dot is hard to hit.
  await page.mouse.move(x + width / 2 + 8, y + height / 2);
  assert.match((await tip().textContent())!, /% of the sample \(\d+\), .*% of everyone/);
  assert.ok(await tip().isVisible());
  await page.mouse.move(x + 400, 5);
  assert.ok(await tip().isHidden());
});

test("the arrow keys go from mark to mark and say each", async () => {
  await page.locator("#cell-2 svg.proband-figure").focus();
  const said: string[] = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press("ArrowRight");
    said.push((await tip().textContent())!);
  }
  assert.equal(new Set(said).size, 3, said.join(" | "));
  assert.equal(await tip().getAttribute("role"), "status");
  // Scrolling takes the tip away; the next key goes on from there.
  await page.evaluate(() => window.scrollBy(0, 1));
  await tip().waitFor({ state: "hidden" });
  await page.keyboard.press("ArrowRight");
  assert.ok(!said.includes((await tip().textContent())!));
  assert.ok(await tip().isVisible());
  await page.keyboard.press("Escape");
  assert.ok(await tip().isHidden());
});

test("a plot is brushed without a kernel, and counts the people chosen", async () => {
  const plot = page.locator("#cell-3 .proband-live svg");
  await plot.waitFor();
  await plot.scrollIntoViewIfNeeded();
  const { x, y } = (await plot.boundingBox())!;
  await page.mouse.move(x + 100, y + 100);
  await page.mouse.down();
  await page.mouse.move(x + 300, y + 150, { steps: 5 });
  await page.mouse.up();
  await page.waitForFunction(() =>
    /^\d+ of 944 selected/.test(document.querySelector(".proband-plot-status")?.textContent ?? ""),
  );
});

test("without script the page is whole", async () => {
  const plain = await browser.newPage({ javaScriptEnabled: false });
  await plain.goto(pathToFileURL(join(folder, "page.html")).href);
  assert.equal(await plain.locator("svg.proband-figure:visible").count(), 2);
  await plain.close();
});

test("nothing left the machine and nothing failed", () => {
  assert.deepEqual(requests, []);
  assert.deepEqual(problems, []);
});
