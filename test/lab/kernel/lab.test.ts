// The kernel in a real JupyterLab in headless Chromium: runs, interrupts, completes, hovers, restarts, debugs.
// Run by `npm run test:lab kernel/lab`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { idle, ready, startLab, type Lab } from "../widgets/lab.js";

let lab: Lab;
before(async () => void (lab = await startLab()));
after(() => lab?.close());

async function menu(page: Page, title: string, item: string): Promise<void> {
  await page.click(`.lm-MenuBar-itemLabel:text-is("${title}")`);
  await page.click(`.lm-Menu-itemLabel:text("${item}") >> nth=0`);
}

async function edit(page: Page, cell: number, text?: string): Promise<void> {
  await page.locator(".jp-CodeCell .cm-content").nth(cell).click();
  if (text === undefined) return;
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
}

test("cells run; an error names its line; output is there", async () => {
  const nb = await lab.open("runs", [
    "const greeting: string = 'hello';\nconsole.log(greeting);\n[{ a: 1, b: '<i>x</i>' }]",
    "function f() {\n  throw new RangeError('too far')\n}\nf()",
  ]);
  await nb.runAll();
  assert.match(await nb.output(0), /hello/);
  assert.equal(await nb.page.locator(".jp-CodeCell").nth(0).locator("table td").count(), 2);
  assert.equal(
    await nb.page.locator(".jp-CodeCell").nth(0).locator("td i").count(),
    0,
    "markup in data must stay text",
  );
  const error = await nb.output(1);
  assert.match(error, /RangeError: too far/);
  assert.match(error, /Cell \[2\]:2:9/);
  assert.match(error, /→ 2 │ {3}throw new RangeError/);
  await nb.shot("kernel-run");
  assert.deepEqual(nb.external, []);
  await nb.page.close();
});

test("the file of an error's frame is a link that opens it", async () => {
  const nb = await lab.open("links", [
    'import { writeFileSync } from "node:fs";\nwriteFileSync("failing.ts", "export function fail(): never {\\n  throw new Error(\'deep\')\\n}\\n")',
    'import { fail } from "./failing";\nfail()',
  ]);
  await nb.runAll();
  const link = nb.page
    .locator(".jp-CodeCell")
    .nth(1)
    .locator("a", { hasText: /failing\.ts:2:9/ })
    .first();
  await link.waitFor({ timeout: 10_000 });
  await link.click();
  await nb.page.waitForSelector(".jp-FileEditor :text('throw new')", { timeout: 15_000 });
  await nb.shot("kernel-link");
  await nb.page.close();
});

test("a cell that computes is interrupted and its session goes on", async () => {
  const nb = await lab.open("interrupts", ["let kept = 41", "await null; while (true) {}", "kept + 1"]);
  const { page } = nb;
  await edit(page, 0);
  await page.keyboard.press("Shift+Enter");
  await idle(page);
  await edit(page, 1);
  await page.keyboard.press("Shift+Enter");
  await page.waitForTimeout(800);
  await menu(page, "Kernel", "Interrupt Kernel");
  await page.waitForSelector(
    ".jp-CodeCell:nth-of-type(2) .jp-RenderedText[data-mime-type*='error'], .jp-OutputArea-output:has-text('Interrupted')",
  );
  await edit(page, 2);
  await page.keyboard.press("Shift+Enter");
  await page.waitForSelector(".jp-OutputArea-output:has-text('42')");
  await page.close();
});

test("Tab completes members and Shift+Tab shows signature and documentation", async () => {
  const nb = await lab.open("completes", [
    "/** Adds one year. */\nfunction birthday(person: { name: string; age: number }): number { return person.age + 1 }\nconst someone = { name: 'A', age: 3 };",
    "",
  ]);
  const { page } = nb;
  await edit(page, 0);
  await page.keyboard.press("Shift+Enter");
  await idle(page);
  await page.waitForTimeout(2500); // the language server starts in the first pause
  await edit(page, 1, "someone.");
  await page.keyboard.press("Tab");
  await page.waitForSelector(".jp-Completer-item:has-text('age')", { timeout: 15_000 });
  const offered = await page.locator(".jp-Completer-item").allInnerTexts();
  assert.ok(
    offered.some((t) => t.includes("name")),
    offered.join(),
  );
  await nb.shot("kernel-complete");
  await page.keyboard.press("Escape");
  await edit(page, 1, "birthday(");
  await page.keyboard.press("Shift+Tab");
  const tooltip = page.locator(".jp-Tooltip-content");
  await tooltip.waitFor({ timeout: 15_000 });
  const said = await tooltip.innerText();
  assert.match(said, /birthday\(person: \{/);
  assert.match(said, /Adds one year/);
  await nb.shot("kernel-hover");
  await page.close();
});

test("a restart forgets variables and runs again", async () => {
  const nb = await lab.open("restarts", ["let n = 1", "typeof n"]);
  const { page } = nb;
  await nb.runAll();
  assert.match(await nb.output(1), /'number'/);
  await menu(page, "Kernel", "Restart Kernel…");
  await page.click(".jp-Dialog button:has-text('Restart')");
  await page.waitForTimeout(1500);
  await ready(page);
  await edit(page, 1);
  await page.keyboard.press("Shift+Enter");
  await page.waitForSelector(".jp-OutputArea-output:has-text(\"'undefined'\")", { timeout: 20_000 });
  await page.close();
});

test("the debugger panel stops in a TypeScript cell at the right line, shows variables and goes on", async () => {
  const nb = await lab.open("debugs", [
    "interface Person {\n  age: number;\n}\nfunction older(p: Person): number {\n  const next = p.age + 1;\n  return next;\n}\nolder({ age: 41 })",
  ]);
  const { page } = nb;
  const bug = page
    .locator(".jp-DebuggerBugButton, [data-command='debugger:toggle'], button[title*='Debugger']")
    .first();
  await bug.waitFor({ timeout: 20_000 });
  // Lab asks a new kernel several times what it can do; a click in between is lost.
  await page.waitForTimeout(4000);
  await edit(page, 0);
  await bug.click();
  await page.waitForSelector(".cm-breakpoint-gutter", { timeout: 20_000 });
  await page.waitForTimeout(3000);
  // One icon is the gutter's invisible spacer; a second one is a breakpoint.
  const icons = page.locator(".jp-CodeCell .cm-breakpoint-icon");
  const fifth = page.locator(".jp-CodeCell .cm-breakpoint-gutter .cm-gutterElement").nth(5);
  for (let i = 0; i < 3 && (await icons.count()) < 2; i++) {
    await fifth.click({ force: true });
    for (let wait = 0; wait < 30 && (await icons.count()) < 2; wait++) await page.waitForTimeout(200);
  }
  await nb.shot("kernel-breakpoint");
  assert.equal(await icons.count(), 2);
  await edit(page, 0);
  await page.keyboard.press("Shift+Enter");
  await page.waitForSelector(".jp-DebuggerCallstack-body li:has-text('older')", { timeout: 20_000 });
  const top = await page.locator(".jp-DebuggerCallstack-body li").first().innerText();
  assert.match(top, /older[\s\S]*5/);
  await page.waitForSelector(".jp-DebuggerVariables-body :text('age')", { timeout: 10_000 }).catch(() => undefined);
  const highlighted = await page.locator(".jp-DebuggerEditor-highlight").first().innerText();
  assert.match(highlighted, /const next = p\.age \+ 1/);
  await nb.shot("kernel-debugger");
  await page.locator("button[title^='Continue'], [data-command='debugger:continue']").first().click();
  await page.waitForSelector(".jp-OutputArea-output:has-text('42')", { timeout: 20_000 });
  await page.close();
});
