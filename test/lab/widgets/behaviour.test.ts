// Widgets in a real JupyterLab: anywidget modules, plots to brush, progress, errors, reload, restart, two tabs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { idle, ready, saved, startLab } from "./lab.js";
import type { Lab, Notebook } from "./lab.js";

let lab: Lab;
before(async () => {
  lab = await startLab();
});
after(() => lab?.close());

/** Nothing left the machine, nothing was logged as an error. */
function clean(nb: Notebook, allowed = /^$/): void {
  assert.deepEqual(nb.external, [], "requests that left the machine");
  assert.deepEqual(
    nb.errors.filter((e) => !allowed.test(e)),
    [],
    "errors in the console",
  );
}

test("a component on a third party's anywidget bridge from npm runs unmodified, hot replacement and CSS included", async () => {
  // @anywidget/react's createRender makes the AFM module; React and the bridge are bundled as their makers ship them.
  const bundled = await build({
    stdin: {
      contents: `import { createRender, useModelState } from "@anywidget/react"; import { createElement } from "react";
const render = createRender(() => { const [n, setN] = useModelState("n"); return createElement("button", { className: "react-count", onClick: () => setN(n + 1) }, "react " + n); });
export default { render };`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const nb = await lab.open("anywidget", [
    `import * as w from "proband/widgets";
import { readFileSync } from "node:fs";
const any = w.anywidget({ esm: readFileSync("react.mjs", "utf8"), css: ".react-count { color: rgb(1, 2, 3) }", state: { n: 1 } });
any`,
    `any.set({ n: 40 }); any.onCustom((c: any) => console.log("custom", JSON.stringify(c)));`,
    `any.esm = "export default { render({ model, el }) { const b = document.createElement('button'); b.className = 'react-count'; b.textContent = 'hot ' + model.get('n'); el.append(b); model.send({ seen: model.get('n') }); return () => b.remove(); } }"; any.get("n")`,
  ]);
  const { writeFileSync } = await import("node:fs");
  writeFileSync(nb.path.replace(/[^/]+$/, "react.mjs"), bundled.outputFiles[0]!.text);
  const { page } = nb;
  await page.keyboard.press("Escape");
  await page.locator(".jp-CodeCell").nth(0).click();
  await page.keyboard.press("Shift+Enter");
  const button = page.locator(".react-count").first();
  await button.waitFor();
  assert.equal(await button.innerText(), "react 1");
  assert.equal(await button.evaluate((e) => getComputedStyle(e).color), "rgb(1, 2, 3)");
  await button.click();
  await page.locator("text=react 2").waitFor();
  await page.locator(".jp-CodeCell").nth(1).click();
  await page.keyboard.press("Shift+Enter");
  await page.locator("text=react 40").waitFor();
  await button.click();
  await page.locator("text=react 41").waitFor();
  await page.locator(".jp-CodeCell").nth(2).click();
  await page.keyboard.press("Shift+Enter");
  await page.locator("text=hot 41").waitFor();
  await idle(page);
  assert.match(await nb.output(2), /41/);
  await page.locator("text=custom {").waitFor();
  await nb.shot("anywidget");
  clean(nb);
  await page.close();
});

test("a front-end module draws and calls other widgets, as AFM 0.11 has it", async () => {
  const nb = await lab.open("composed", [
    `import * as w from "proband/widgets";
const inner = w.anywidget({ esm: "export default { initialize({ model }) { return { double: () => 2 * model.get('n') }; }, render({ model, el }) { el.className = 'inner'; const show = () => (el.textContent = 'inner ' + model.get('n')); model.on('change:n', show); show(); } }", state: { n: 21 } });
const slider = w.slider({ min: 0, max: 9, value: 4 });
w.anywidget({ esm: "export default { async render({ model, el, host, signal }) { const inner = await host.getWidget(model.get('inner')); const box = document.createElement('div'); const said = document.createElement('p'); said.className = 'said'; el.append(box, said); await inner.render({ el: box, signal }); await (await host.getWidget(model.get('slider'))).render({ el: box, signal }); said.textContent = 'doubled ' + inner.exports.double(); } }", state: { inner, slider } })`,
    `inner.set({ n: 30 }); slider.value`,
  ]);
  const { page } = nb;
  await page.keyboard.press("Escape");
  await page.locator(".jp-CodeCell").nth(0).click();
  await page.keyboard.press("Shift+Enter");
  await page.locator("text=doubled 42").waitFor();
  await page.locator(".jp-CodeCell").nth(1).click();
  await page.keyboard.press("Shift+Enter");
  await page.locator(".inner", { hasText: "inner 30" }).waitFor();
  await page.locator(".noUi-handle").press("ArrowRight");
  await page.locator(".widget-readout", { hasText: "5" }).waitFor();
  clean(nb);
  await page.close();
});

test("brushing selects rows in the kernel, in a linked plot and in a table; zooming, clearing, reload keep up", async () => {
  const nb = await lab.open("brush", [
    `import * as w from "proband/widgets";
const rows = Array.from({ length: 944 }, (_, i) => ({ id: "p" + i, age: 18 + (i * 37) % 72, income: (i * 13) % 24, vote: i % 2 ? "Dole" : "Clinton" }));
const a = w.plotView({ data: rows, title: "A", width: 420, height: 260, marks: [{ mark: "dot", x: "age", y: "income", fill: "vote", tip: true }], brush: "xy" });
const b = w.plotView({ data: rows, title: "B", width: 420, height: 260, marks: [{ mark: "rectY", transform: "binX", outputs: { y: "count" }, x: "income" }], brush: "x" });
w.linkBrushes([a, b]);
const count = w.html("<i class='count'>none</i>");
for (const p of [a, b]) p.onSelect((ids, rows) => { count.value = "<i class='count'>" + (rows ? ids.length : "none") + "</i>"; });
w.column([w.row([a, b]), count])`,
    `JSON.stringify([a.selected.length, a.get("brush"), b.selected.length])`,
    `const c = w.plotView({ data: rows, title: "C", marks: [{ mark: "dot", x: "age", y: "income", fill: "vote" }], brush: "category" }); c`,
  ]);
  await nb.runAll();
  const { page } = nb;
  const plots = page.locator(".proband-plot-stage svg");
  await plots.nth(1).waitFor();
  const drag = async (i: number, from: [number, number], to: [number, number]) => {
    await plots.nth(i).scrollIntoViewIfNeeded();
    const box = (await plots.nth(i).boundingBox())!;
    const at = ([x, y]: [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
    await page.mouse.move(...at(from));
    await page.mouse.down();
    await page.mouse.move(...at(to), { steps: 8 });
    await page.mouse.up();
  };
  await drag(0, [0.3, 0.3], [0.6, 0.7]);
  await page.waitForFunction(() => /^\d+$/.test(document.querySelector(".count")?.textContent ?? ""));
  await page.waitForTimeout(300);
  const shown = Number(await page.locator(".count").innerText());
  assert.ok(shown > 10 && shown < 500, `${shown} selected`);
  await page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  await idle(page);
  const [n, brush, linked] = JSON.parse((await nb.output(1)).replace(/^[\s\S]*?'/, "").replace(/'[^']*$/, ""));
  assert.equal(n, shown);
  // Dragged from 30% to 60% of a plot whose axis runs from 48 to 400 of its 420 pixels.
  for (const [i, at] of [0.3, 0.6].entries()) {
    const age = 18 + ((at * 420 - 48) / 352) * 71;
    assert.ok(Math.abs(brush.x[i] - age) < 1.5, `age ${brush.x[i]} brushed, ${age} under the pointer`);
  }
  assert.equal(linked, shown, "the linked plot has the same people");
  const rows = Array.from({ length: 944 }, (_, i) => ({ age: 18 + ((i * 37) % 72), income: (i * 13) % 24 }));
  const inside = rows.filter(
    (r) => r.age >= brush.x[0] && r.age <= brush.x[1] && r.income >= brush.y[0] && r.income <= brush.y[1],
  );
  assert.equal(n, inside.length, "exactly those inside the rectangle in data units");
  const status = page.locator(".proband-plot-status");
  assert.match(await status.nth(0).innerText(), new RegExp(`^${shown} of 944 selected`));
  assert.match(await status.nth(1).innerText(), new RegExp(`^${shown} of 944 selected`), "shown in the linked plot");
  await nb.shot("brush");
  // Categories by the legend.
  await page.locator("button.proband-plot-swatch", { hasText: "Dole" }).click();
  await page.waitForFunction(() =>
    /472 of 944/.test([...document.querySelectorAll(".proband-plot-status")].at(-1)?.textContent ?? ""),
  );
  // Zoom by Ctrl+wheel, reset by a double click.
  const ticks = () => plots.nth(0).locator("[aria-label='x-axis tick label']").innerText();
  await plots.nth(0).scrollIntoViewIfNeeded();
  const before = await plots.nth(0).locator("[aria-label='x-axis tick label']").textContent();
  const box = (await plots.nth(0).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -400);
  await page.keyboard.up("Control");
  await page.waitForTimeout(400);
  void ticks;
  assert.notEqual(await plots.nth(0).locator("[aria-label='x-axis tick label']").textContent(), before, "zoomed");
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(1200);
  await page.reload();
  await ready(page);
  await page.locator(".proband-plot-status").nth(0).waitFor();
  await page.waitForFunction(
    (k) => document.querySelector(".proband-plot-status")?.textContent?.startsWith(`${k} of 944`),
    shown,
  );
  await nb.shot("brush-reloaded");
  clean(nb);
  await page.close();
});

test("4,000 rapid updates end in the right state", async () => {
  const nb = await lab.open("rapid", [
    `import * as w from "proband/widgets"; const s = w.slider({ min: 0, max: 4000 }); const l = w.label(""); w.column([s, l])`,
    `for (let i = 1; i <= 4000; i++) { s.value = i; l.value = "at " + i; } "looped"`,
    `for (let i = 4000; i > 0; i--) { s.value = i; if (i % 50 === 0) await new Promise((r) => setTimeout(r, 1)); } "awaited"`,
  ]);
  await nb.runAll();
  const { page } = nb;
  await page.locator("text=at 4000").waitFor();
  await page.waitForFunction(() => document.querySelector(".widget-readout")?.textContent === "1");
  clean(nb);
  await page.close();
});

test("progress moves while a cell is busy, without it ever yielding; Stop stops what waits", async () => {
  const nb = await lab.open("progress", [
    `import * as w from "proband/widgets"; import { startProgress } from "proband/study"; w.showProgress();`,
    `const p = startProgress({ label: "Busy work", total: 40, unit: "steps" });
for (let i = 1; i <= 40; i++) { const end = performance.now() + 50; while (performance.now() < end); p.update(i); }
p.finish();`,
    `const stop = new AbortController();
const q = startProgress({ label: "Long work", total: 20_000, unit: "steps", cancel: () => stop.abort() });
let done = 0;
while (!stop.signal.aborted && done < 20_000) { await new Promise((r) => setTimeout(r, 20)); q.update(++done); }
q.finish(stop.signal.aborted ? "cancelled" : "done");
done < 20_000`,
  ]);
  const { page } = nb;
  // Noted in the page as they are drawn, however slow the machine that looks.
  await page.evaluate(() => {
    const seen: string[] = ((globalThis as any).__widths = []);
    const cell = document.querySelectorAll(".jp-CodeCell")[1]!;
    new MutationObserver(() => {
      const width = (cell.querySelector(".progress-bar") as HTMLElement | null)?.style.width;
      if (width && width !== seen.at(-1)) seen.push(width);
    }).observe(cell, { subtree: true, childList: true, attributes: true });
  });
  await page.click("text=Run >> nth=0");
  await page.click("[data-command='runmenu:run-all'], .lm-Menu-item:has-text('Run All Cells') >> nth=0");
  await page.locator(".jp-CodeCell").nth(2).locator("button", { hasText: "Stop" }).waitFor();
  const widths: string[] = await page.evaluate(() => (globalThis as any).__widths);
  assert.ok(widths.length >= 4, `widths seen while the cell was busy: ${widths.join(", ")}`);
  await nb.shot("progress");
  await page.locator(".jp-CodeCell").nth(2).locator("button", { hasText: "Stop" }).click();
  await idle(page);
  assert.match(await nb.output(1), /Busy work: 100% .*done in/);
  assert.match(await nb.output(2), /Long work: .*cancelled after/);
  assert.match(await nb.output(2), /true/);
  assert.equal(await page.locator(".progress-bar").count(), 0, "bars have become lines of text");
  clean(nb);
  await page.close();
});

test("what goes wrong is shown where it belongs, and the kernel lives", async () => {
  const nb = await lab.open("wrong", [
    `import * as w from "proband/widgets"; const s = w.slider({ min: 0, max: 10 }); s.observe("value", (v: number) => { if (v === 1) throw new RangeError("one is too few"); if (v === 2) for (;;); console.log("value", v); }); s`,
    `const odd = new w.Widget({ name: "PlotModel", module: "proband-widgets", version: "^99.0.0", view: "PlotView", traits: {} }); odd`,
    `const t = w.slider({ min: 0, max: 1 }); t.close(); t.close(); "closed twice"`,
    `w.anywidget({ esm: "this is no module" })`,
    `"alive"`,
  ]);
  await nb.runAll();
  const { page } = nb;
  const handle = page.locator(".noUi-handle").first();
  await handle.press("ArrowRight");
  await page.locator(".jp-CodeCell").nth(0).locator("text=one is too few").first().waitFor();
  assert.match(await nb.output(2), /closed twice/);
  assert.match(await nb.output(3), /front-end module failed.*(SyntaxError|Unexpected)/s);
  assert.match(await nb.output(1), /javascript error|99\.0\.0/, "a model of another version says so");
  await handle.press("ArrowRight");
  await page.waitForTimeout(500);
  await page.click(
    "[data-command='notebook:interrupt-kernel'], .jp-ToolbarButtonComponent[data-command='notebook:interrupt-kernel']",
  );
  await idle(page);
  await handle.press("ArrowRight");
  await page.locator(".jp-CodeCell").nth(0).locator("text=value 3").first().waitFor();
  await page.locator(".jp-CodeCell").nth(4).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  await idle(page);
  assert.match(await nb.output(4), /alive/);
  await nb.shot("wrong");
  assert.deepEqual(nb.external, []);
  await page.close();
});

test("comms that nobody knows, NaN and infinity in controls: said, and the kernel lives", async () => {
  // The front end opens and asks what no kernel has: by the manager's own way.
  const esm = `export default { async render({ model, el }) {
  const manager = model.widget_manager;
  const open = async (target) => { const comm = await manager._create_comm(target, crypto.randomUUID().replaceAll("-", ""), { state: { _model_name: "NoSuchModel", _model_module: "no-such-module", _model_module_version: "1.0.0" }, buffer_paths: [] }, { version: "2.1.0" }); return new Promise((r) => { comm.on_close(() => r("closed")); setTimeout(() => r("open"), 3000); }); };
  el.className = "comms"; el.textContent = JSON.stringify([await open("no.such.target"), await open("jupyter.widget")]);
} }`;
  const nb = await lab.open("odd", [
    `import * as w from "proband/widgets"; const a = w.anywidget({ esm: ${JSON.stringify(esm)} }); a`,
    `const n = w.number({ value: 3, description: "n" }); const s = w.slider({ min: 0, max: 1, value: 0.5 }); const said: string[] = [];
for (const set of [() => (n.value = NaN), () => (n.value = Infinity), () => (s.max = Infinity), () => w.slider({ min: 0, max: NaN }), () => (s.value = -Infinity)]) try { set(); } catch (error) { said.push((error as Error).message); }
w.column([n, s])`,
    `JSON.stringify([...said, n.value, s.value, s.max])`,
  ]);
  await nb.runAll();
  const { page } = nb;
  await page.locator(".comms", { hasText: "closed" }).waitFor();
  assert.deepEqual(JSON.parse(await page.locator(".comms").innerText()), ["closed", "closed"]);
  const said = await nb.output(2);
  for (const what of ["FloatText.value", "FloatSlider.max", "FloatSlider.value"])
    assert.match(said, new RegExp(`${what}: expected a `));
  assert.match(said, /3,0\.5,1\]/, "what they held, they hold");
  assert.equal(await page.locator(".widget-text input").inputValue(), "3");
  clean(nb, /No such comm target|no\.such\.target/);
  await page.close();
});

test("interact makes controls from types alone", async () => {
  const nb = await lab.open("types", [
    `import { interact } from "proband/widgets";
interact((n: number, on: boolean, strategy: "random" | "stratified", name: string) => [n, on, strategy, name].join(" / "))`,
  ]);
  await nb.runAll();
  const { page } = nb;
  await page.locator("text=0 / false / random /").waitFor();
  await page.locator(".widget-text input").first().fill("12");
  await page.locator(".widget-text input").first().press("Enter");
  await page.locator(".widget-checkbox input").check();
  await page.locator(".widget-dropdown select").selectOption("stratified");
  await page.locator(".widget-text input").last().fill("anes");
  await page.locator("text=12 / true / stratified / anes").waitFor();
  await nb.shot("interact");
  clean(nb);
  await page.close();
});

test("two tabs on one kernel follow each other", async () => {
  const one = await lab.open("tabs", [
    `import * as w from "proband/widgets"; const s = w.slider({ min: 0, max: 10, value: 3 }); s`,
  ]);
  await one.runAll();
  await one.page.locator(".widget-hslider").waitFor();
  await one.page.keyboard.press("Control+s");
  await one.page.waitForTimeout(1200);
  const two = await lab.open("tabs", []);
  await two.page.locator(".widget-readout").waitFor();
  await one.page.locator(".noUi-handle").press("ArrowRight");
  await two.page.waitForFunction(() => document.querySelector(".widget-readout")?.textContent === "4");
  await two.page.locator(".noUi-handle").press("ArrowRight");
  await one.page.waitForFunction(() => document.querySelector(".widget-readout")?.textContent === "5");
  clean(one);
  clean(two);
  await one.page.close();
  await two.page.close();
});

test("panels recompute under the hand; after a kernel restart the notebook still reads", async () => {
  const nb = await lab.open("panel", [
    `import { loadStudy } from "proband"; import * as w from "proband/widgets"; const anes = await loadStudy("anes96"); anes.n`,
    `const panel = w.exploreSampling(anes, { n: 60, name: "anes" }); panel`,
  ]);
  await nb.runAll();
  const { page } = nb;
  await page.locator("svg text", { hasText: "n = 60" }).first().waitFor();
  await page.locator(".noUi-handle").first().press("ArrowRight");
  await page.locator("svg text", { hasText: "n = 61" }).first().waitFor();
  await page.locator("button", { hasText: "Show code" }).click();
  await page.locator("text=sampling.stratified(anes").waitFor();
  await nb.shot("panel");
  clean(nb);
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(1200);
  const [, cell] = saved(nb.path).cells;
  assert.match(JSON.stringify(cell.outputs[0].data["text/html"]), /<svg/, "the saved notebook has the figure");
  await page.click(".lm-MenuBar-item:has-text('Kernel')");
  await page.click(".lm-Menu-item:has-text('Restart Kernel…') >> nth=0");
  await page.click(".jp-Dialog button.jp-mod-accept");
  await page.waitForTimeout(1000);
  await idle(page);
  await nb.shot("panel-restarted");
  assert.match(
    await nb.output(1),
    /Sampling from 944|sampling\.stratified|n = 6/,
    "what the cell shows after a restart",
  );
  await page.close();
});

test("a cell can wait for a click; files arrive with their bytes; output is captured; links work in the browser alone", async () => {
  const nb = await lab.open("hands", [
    `import * as w from "proband/widgets";
const go = w.button("Go on"); const up = w.upload({ accept: ".csv" }); const out = w.output(); const a = w.slider({ min: 0, max: 9 }); const b = w.slider({ min: 0, max: 9 }); w.jslink([a, "value"], [b, "value"]);
w.column([go, up, out, a, b])`,
    `await go.clicked; await out.capture(() => { console.log("captured", 1 + 1); return { answer: 42 }; }); "clicked"`,
    `const [file] = await up.uploaded; file.name + ": " + file.text() + ", " + file.bytes.length`,
  ]);
  const { page } = nb;
  await page.click("text=Run >> nth=0");
  await page.click("[data-command='runmenu:run-all'], .lm-Menu-item:has-text('Run All Cells') >> nth=0");
  await page.locator("button", { hasText: "Go on" }).click();
  await page.locator(".jp-CodeCell").nth(1).locator("text=clicked").last().waitFor();
  const first = page.locator(".jp-CodeCell").nth(0);
  await first.locator("text=captured 2").waitFor();
  await first.locator("text=answer").last().waitFor();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator("button.widget-upload").click()]);
  await chooser.setFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from("id,age\n1,40") });
  await page.locator(".jp-CodeCell").nth(2).locator("text=people.csv: id,age").waitFor();
  await idle(page);
  await first.locator(".noUi-handle").first().press("ArrowRight");
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".widget-readout")].every((e) => e.textContent === "1"),
  );
  await nb.shot("hands");
  clean(nb);
  await page.close();
});
