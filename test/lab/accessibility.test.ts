// Published pages for people who see, hear or type differently: axe-core's rules (WCAG 2.2 A and AA) on the report, the HTML
// export and the appendix, light and dark; the appendix by keyboard alone; and on paper.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { alignment, figures, loadStudy, report, sampling } from "proband";
import { dataFolder } from "proband/study";
import { openBrowser } from "./browser.js";

const root = join(dataFolder(), "..");
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const folder = mkdtempSync(join(tmpdir(), "proband-pages-"));
const shots = join(process.cwd(), "build", "lab");
const at = (name: string) => join(folder, name);
let browser: Browser;

const proband = (...args: string[]) => {
  const ran = spawnSync(process.execPath, [join(root, "dist", "cli", "main.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PROBAND_HOME: at("home") },
  });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
};

before(async () => {
  mkdirSync(shots, { recursive: true });
  proband("run", join(root, "notebooks", "01-sampling.ipynb"), "-q", "-o", at("sampling.ipynb"));
  proband("export", at("sampling.ipynb"), "--to", "html", "-o", at("export.html"));
  proband("export", at("sampling.ipynb"), "--to", "appendix", "-o", at("appendix.html"));
  const anes = await loadStudy("anes96");
  const { pilot, rest } = sampling.stratified(anes, { by: "PID", n: 60, seed: 7 });
  const verdict = report.verdict({ human: rest, simulated: alignment.baselines.copula(pilot, rest), pilot });
  const curves = figures.toSvg(figures.rarefaction(verdict.heterogeneity.curves));
  const sections = [
    { title: "Verdict", text: verdict.text, results: verdict },
    { title: "Figures", figures: [{ svg: curves, caption: "Rarefaction" }], results: [verdict.compare] },
    { title: "Methods", folded: [{ title: "BibTeX", text: verdict.bibtex, open: true }] },
  ];
  writeFileSync(at("report.html"), report.html({ title: "A report", sections }));
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What axe-core finds that keeps people out: `rule: how many × first element`. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate("typeof axe !== 'undefined'"))) await page.addScriptTag({ path: axe });
  return page.evaluate(`axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }).then((found) =>
    found.violations.filter((v) => ["serious", "critical"].includes(v.impact))
      .map((v) => v.id + ": " + v.nodes.length + " × " + v.nodes[0].html.slice(0, 200) + " " + v.nodes[0].failureSummary))`);
}

const idle = (page: Page) =>
  page.waitForFunction(() => document.querySelector("#proband-status")!.textContent!.startsWith("Idle"), undefined, {
    timeout: 120_000,
  });

for (const name of ["report", "export", "appendix"])
  for (const colorScheme of ["light", "dark"] as const)
    test(`no serious violation: ${name}, ${colorScheme}`, { timeout: 240_000 }, async () => {
      for (const width of [1280, 390]) {
        // The pages' own policy would refuse the checker's script.
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
        const page = await context.newPage();
        await page.goto(pathToFileURL(at(`${name}.html`)).href);
        assert.deepEqual(await violations(page), []);
        await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
        if (name === "appendix" && width === 1280) {
          await page.click("#proband-run-all");
          await idle(page);
          await page.click("#cell-2 .bar button:nth-child(2)");
          await page.locator(".widget-slider .noUi-handle").first().waitFor();
          assert.deepEqual(await violations(page), [], "after all cells ran, with a cell open for editing");
          await page.screenshot({ path: join(shots, `appendix-run-${colorScheme}.png`), fullPage: true });
        }
        await context.close();
      }
    });

test("the appendix by keyboard alone", { timeout: 240_000 }, async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(pathToFileURL(at("appendix.html")).href);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  const tabTo = async (label: string) => {
    for (let i = 0; i < 40 && (await focused()) !== label; i++) await page.keyboard.press("Tab");
    assert.equal(await focused(), label);
  };
  await tabTo("Edit cell 1");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "Code of cell 1");
  await page.keyboard.press("Control+A");
  await page.keyboard.type('import { random } from "proband";\nrandom(7).integer(100)');
  await page.keyboard.press("Shift+Enter");
  await page.waitForSelector('#cell-2[data-state="edited"]', { timeout: 60_000 });
  assert.match((await page.textContent("#cell-2 .outputs"))!.trim(), /^\d+$/);
  // Out of the editor, and back to the published code.
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "Run cell 1");
  await tabTo("Put back the published code of cell 1");
  await page.keyboard.press("Enter");
  assert.ok(await page.isHidden("#cell-2 textarea"));
  // What changes is said: each cell's state and the page's are live regions.
  assert.equal(await page.getAttribute("#cell-2 .badge", "role"), "status");
  assert.equal(await page.getAttribute("#proband-status", "role"), "status");
  await page.close();
});

test("on paper: no buttons, nothing cut off at the right", async () => {
  for (const name of ["report", "export", "appendix"]) {
    // A4 between margins of 1 cm, at 96 dots an inch.
    const page = await browser.newPage({ viewport: { width: 718, height: 1000 } });
    await page.goto(pathToFileURL(at(`${name}.html`)).href);
    await page.emulateMedia({ media: "print" });
    const seen = await page.evaluate(() => ({
      buttons: [...document.querySelectorAll("button")].filter((b) => b.getClientRects().length).length,
      cut: [...document.querySelectorAll("pre, table, svg, img, p")]
        .filter((e) => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => `${e.tagName} ${Math.round(e.getBoundingClientRect().right)} ${e.textContent!.slice(0, 60)}`),
    }));
    assert.equal(seen.buttons, 0, name);
    assert.deepEqual(seen.cut, [], name);
    await page.screenshot({ path: join(shots, `${name}-print.png`), fullPage: true });
    await page.close();
  }
});
