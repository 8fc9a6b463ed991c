// The Plot view under the hand in a real JupyterLab: every kind of brush, moving a brush, panning, zooming, tooltips, data
// that change while they are looked at, and a second tab.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { idle, startLab } from "./lab.js";
import type { Lab, Notebook } from "./lab.js";

let lab: Lab;
before(async () => {
  lab = await startLab();
});
after(() => lab?.close());

const rows = `const rows = Array.from({ length: 400 }, (_, i) => ({ id: "p" + i, age: 20 + (i % 50), income: (i * 7) % 100, arm: i % 4 ? "treated" : "control" }));`;

/** Presses at a share of the plot, moves to another, and lets go. */
async function drag(page: Page, i: number, from: [number, number], to: [number, number]): Promise<void> {
  const plot = page.locator(".proband-plot-stage svg").nth(i);
  await plot.scrollIntoViewIfNeeded();
  const box = (await plot.boundingBox())!;
  const at = ([x, y]: [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 8 });
  await page.mouse.up();
  await page.waitForTimeout(300);
}

const status = (page: Page, i: number) => page.locator(".proband-plot-status").nth(i).innerText();

/** What the kernel holds, asked in a cell of its own. */
async function asked(nb: Notebook, cell: number): Promise<any> {
  await nb.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click();
  await nb.page.keyboard.press("Control+Enter");
  await idle(nb.page);
  return JSON.parse((await nb.output(cell)).replace(/^[\s\S]*?'/, "").replace(/'[^']*$/, ""));
}

test("x and y are brushed alone, categories of an axis too; a brush is moved by dragging it, and cleared by a click", async () => {
  const nb = await lab.open("brushes", [
    `import * as w from "proband/widgets"; ${rows}
const size = { width: 420, height: 240 };
const x = w.plotView({ data: rows, ...size, title: "x", marks: [{ mark: "dot", x: "age", y: "income" }], brush: "x" });
const y = w.plotView({ data: rows, ...size, title: "y", marks: [{ mark: "dot", x: "age", y: "income" }], brush: "y" });
const bars = w.plotView({ data: rows, ...size, title: "bars", marks: [{ mark: "barY", transform: "groupX", outputs: { y: "count" }, x: "arm" }], brush: "x" });
w.column([w.row([x, y]), bars])`,
    `JSON.stringify({ x: [x.get("brush"), x.selected.length], y: [y.get("brush"), y.selected.length], bars: [bars.get("brush"), bars.selected.length] })`,
  ]);
  await nb.runAll();
  const { page } = nb;
  await page.locator(".proband-plot-stage svg").nth(2).waitFor();
  assert.equal(await status(page, 0), "n = 400");
  await drag(page, 0, [0.3, 0.5], [0.5, 0.2]);
  await drag(page, 1, [0.5, 0.3], [0.3, 0.6]);
  await drag(page, 2, [0.7, 0.3], [0.9, 0.4]);
  const first = await asked(nb, 1);
  // The axis of x runs from 48 to 400 of 420 pixels.
  const age = (share: number) => 20 + ((share * 420 - 48) / 352) * 49;
  const [low, high] = first.x[0].x as [number, number];
  assert.ok(Math.abs(low - age(0.3)) < 1 && Math.abs(high - age(0.5)) < 1, `${low} to ${high}`);
  assert.equal(first.x[0].y, undefined);
  const inside = (of: number[], [a, b]: [number, number]) => of.filter((v) => v >= a && v <= b).length;
  const all = Array.from({ length: 400 }, (_, i) => ({ age: 20 + (i % 50), income: (i * 7) % 100 }));
  const ages = all.map((r) => r.age);
  const incomes = all.map((r) => r.income);
  assert.equal(first.x[1], inside(ages, [low, high]));
  assert.equal(first.y[0].x, undefined);
  assert.equal(first.y[1], inside(incomes, first.y[0].y));
  assert.ok(first.y[1] > 20 && first.y[1] < 300);
  assert.deepEqual(first.bars, [{ x: ["treated"] }, 300]);
  // From inside the brush: it moves, and is as wide as it was.
  await drag(page, 0, [0.4, 0.5], [0.7, 0.5]);
  const moved = await asked(nb, 1);
  const [from, to] = moved.x[0].x as [number, number];
  assert.ok(Math.abs(to - from - (high - low)) < 0.5, `${to - from} wide, was ${high - low}`);
  assert.ok(Math.abs(from - age(0.6)) < 1.5, `moved to ${from}`);
  assert.equal(moved.x[1], inside(ages, [from, to]));
  // Beyond the edge it stays whole.
  await drag(page, 0, [0.7, 0.5], [1.2, 0.5]);
  const [left, right] = (await asked(nb, 1)).x[0].x as [number, number];
  assert.ok(Math.abs(right - left - (high - low)) < 0.5 && right < 69.5, `${left} to ${right} at the edge`);
  const box = (await page.locator(".proband-plot-stage svg").nth(0).boundingBox())!;
  await page.mouse.click(box.x + 0.2 * box.width, box.y + 100);
  await page.waitForTimeout(300);
  assert.equal((await asked(nb, 1)).x[0], null, "a click clears");
  assert.equal(await status(page, 0), "n = 400");
  await nb.shot("brushes");
  assert.deepEqual([nb.external, nb.errors], [[], []]);
  await page.close();
});

test("Shift+drag pans, Ctrl+wheel zooms, a double click resets; a pointer gets a tooltip, also among 20,000 points", async () => {
  const nb = await lab.open("zoom", [
    `import * as w from "proband/widgets"; ${rows}
const p = w.plotView({ data: rows, width: 420, height: 240, marks: [{ mark: "dot", x: "age", y: "income", fill: "arm", tip: true }], brush: "xy" });
const many = w.plotView({ data: { x: Float64Array.from({ length: 20_000 }, (_, i) => i % 997), y: Float64Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 1013) }, width: 420, height: 240, marks: [{ mark: "dot", x: "x", y: "y", tip: true }] });
w.column([p, many])`,
    `JSON.stringify(p.get("zoom"))`,
  ]);
  await nb.runAll();
  const { page } = nb;
  const plot = page.locator(".proband-plot-stage svg").nth(0);
  await plot.waitFor();
  assert.equal(await asked(nb, 1), null);
  await page.keyboard.down("Shift");
  await drag(page, 0, [0.6, 0.5], [0.4, 0.5]);
  await page.keyboard.up("Shift");
  const panned = await asked(nb, 1);
  // A fifth of 420 pixels, of 352 that are 49 years.
  assert.ok(Math.abs(panned.x[0] - 20 - 84 * (49 / 352)) < 1, `panned to ${panned.x}`);
  assert.ok(Math.abs(panned.x[1] - panned.x[0] - 49) < 0.01, "panning does not zoom");
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -300);
  await page.keyboard.up("Control");
  await page.waitForTimeout(400);
  const zoomed = await asked(nb, 1);
  assert.ok(zoomed.x[1] - zoomed.x[0] < 40, `zoomed to ${zoomed.x}`);
  await plot.scrollIntoViewIfNeeded();
  const here = (await plot.boundingBox())!;
  await page.mouse.dblclick(here.x + here.width / 2, here.y + here.height / 2);
  await page.waitForTimeout(400);
  assert.equal(await asked(nb, 1), null, "a double click resets");
  for (const i of [0, 1]) {
    const svg = page.locator(".proband-plot-stage svg").nth(i);
    await svg.scrollIntoViewIfNeeded();
    const at = (await svg.boundingBox())!;
    await page.mouse.move(at.x + 0.5 * at.width, at.y + 0.5 * at.height);
    await page.mouse.move(at.x + 0.5 * at.width + 2, at.y + 0.5 * at.height + 2);
    const tip = svg.locator("[aria-label=tip]");
    await tip.locator("text").first().waitFor();
    assert.match((await tip.textContent())!, i ? /x\s*\d+.*y\s*\d+/s : /arm.*age.*income/s);
  }
  await nb.shot("tooltip");
  assert.deepEqual([nb.external, nb.errors], [[], []]);
  await page.close();
});

test("new data arrive while a plot is brushed: the brush stays, on the new rows; a second tab sees brush and data", async () => {
  const nb = await lab.open("stream", [
    `import * as w from "proband/widgets"; ${rows}
const p = w.plotView({ data: rows.slice(0, 50), width: 420, height: 240, x: { domain: [20, 70] }, marks: [{ mark: "dot", x: "age", y: "income" }], brush: "x" }); p`,
    `p.brush({ x: [20, 29.5] }); for (let n = 50; n <= 400; n += 10) { p.setData(rows.slice(0, n)); await new Promise((r) => setTimeout(r, 20)); } JSON.stringify(p.selected.length)`,
    `JSON.stringify(p.get("brush"))`,
  ]);
  const { page } = nb;
  await page.locator(".jp-CodeCell").nth(0).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  await page.locator(".proband-plot-stage svg").waitFor();
  assert.equal(await asked(nb, 1), 80);
  await page.locator(".proband-plot-status", { hasText: "80 of 400 selected" }).waitFor();
  assert.ok((await page.locator(".proband-plot-stage circle").count()) >= 400);
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(1200);
  const two = await lab.open("stream", []);
  await two.page.locator(".proband-plot-status", { hasText: "80 of 400 selected" }).waitFor();
  await drag(two.page, 0, [0.6, 0.5], [0.8, 0.5]);
  await two.page.locator(".proband-plot-status", { hasText: /of 400 selected/ }).waitFor();
  const brushed = await status(two.page, 0);
  assert.notEqual(brushed, "80 of 400 selected");
  await page.waitForFunction((s) => document.querySelector(".proband-plot-status")?.textContent === s, brushed);
  await page.bringToFront();
  const brush = await asked(nb, 2);
  assert.ok(brush.x[0] > 45 && brush.x[1] < 66, JSON.stringify(brush));
  assert.deepEqual([nb.external, nb.errors, two.external, two.errors], [[], [], [], []]);
  await two.page.close();
  await page.close();
});

test("a million points are sampled and numbers that are none left out, and the plots say so", async () => {
  const nb = await lab.open("million", [
    `import * as w from "proband/widgets";
const n = 1_000_000;
const big = w.plotView({ data: { x: Float64Array.from({ length: n }, (_, i) => Math.sin(i)), y: Float64Array.from({ length: n }, (_, i) => Math.cos(i * 1.1)) }, marks: [{ mark: "dot", x: "x", y: "y" }], brush: "x", height: 200 });
big.brush({ x: [0.5, 1] }); big`,
    `w.plotView({ data: { x: [1, NaN, Infinity, 4], y: [1, 2, 3, 4] }, marks: [{ mark: "dot", x: "x", y: "y" }], height: 120 })`,
    `big.selected.length`,
  ]);
  await nb.runAll();
  const { page } = nb;
  const status = page.locator(".proband-plot-status");
  await status
    .nth(0)
    .locator("text=/of 100,000 selected · 100,000 of 1,000,000 rows drawn \\(random sample\\)/")
    .waitFor();
  await status.nth(1).locator("text=2 rows without a finite x are not drawn").waitFor();
  assert.equal(await page.locator(".proband-plot-stage").nth(1).locator("circle").count(), 2);
  // sin(i) is at least 1/2 for a third of all i.
  const selected = Number(/\d{6}/.exec(await nb.output(2))![0]);
  assert.ok(Math.abs(selected - 1e6 / 3) < 10, `${selected} selected among all`);
  await nb.shot("million");
  assert.deepEqual([nb.external, nb.errors], [[], []]);
  await page.close();
});
