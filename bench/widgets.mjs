// How long widgets take in a real JupyterLab: needs PROBAND_LAB_PYTHON (a Python with JupyterLab) and Chromium.
// node bench/widgets.mjs → build/bench/widgets.json. No other TypeScript or JavaScript kernel has two-way widgets, so
// the peer is ipykernel with ipywidgets, where PROBAND_LAB_PYTHON has them.
import { mkdirSync, writeFileSync } from "node:fs";
import { build } from "../scripts/build.mjs";

await build({ tests: true });
const { startLab, ready, median } = await import("../build/test/lab/widgets/lab.js");
if (!process.env.PROBAND_LAB_PYTHON) {
  console.log("bench/widgets: skipped, PROBAND_LAB_PYTHON is not set");
  process.exit(0);
}
const lab = await startLab();
const found = [];
const report = (what, value, target, extra = "") => {
  found.push({ what, ms: value, target });
  console.log(`${what}: ${value.toFixed(0)} ms (target ≤ ${target} ms)${extra ? ` ${extra}` : ""}`);
};
/** Milliseconds, in the page, from an action until a condition on the page holds. */
const timed = async (page, condition, act) => {
  await page.evaluate((source) => {
    const holds = new Function(`return (${source})()`);
    globalThis.__done = new Promise((resolve) => {
      let started;
      addEventListener("proband:start", () => (started = performance.now()), { once: true });
      for (const kind of ["keydown", "pointermove"])
        addEventListener(kind, () => (started ??= performance.now()), { once: true, capture: true });
      const look = () =>
        started !== undefined && holds() ? resolve(performance.now() - started) : requestAnimationFrame(look);
      look();
    });
  }, condition);
  await act();
  return page.evaluate(() => globalThis.__done);
};

try {
  const nb = await lab.open("latency", [
    `import { loadStudy } from "proband"; import * as w from "proband/widgets"; const anes = await loadStudy("anes96"); const panel = w.exploreSampling(anes, { n: 60 }); panel`,
  ]);
  await nb.runAll();
  const { page } = nb;
  await page.locator("svg text", { hasText: "n = 60" }).first().waitFor();
  const handle = page.locator(".noUi-handle").first();
  await handle.focus();
  const slider = [];
  for (let n = 61; n <= 85; n++) {
    const shown = `() => [...document.querySelectorAll("svg.proband-figure text")].some((t) => t.textContent.includes("(n = ${n})"))`;
    slider.push(await timed(page, shown, () => page.keyboard.press("ArrowRight")));
    await page.waitForTimeout(60);
  }
  report(
    "slider → kernel → figure of 944 rows, median",
    median(slider.slice(5)),
    100,
    `(n = 20, worst ${Math.max(...slider.slice(5)).toFixed(0)})`,
  );
  await page.close();

  const brush = await lab.open("brush", [
    `import { loadStudy } from "proband"; import * as w from "proband/widgets"; import { result } from "proband/study"; import { htmlTable } from "proband/figures";
const anes = await loadStudy("anes96");
const plot = w.plotView({ data: anes, marks: [{ mark: "dot", x: "age", y: "income", fill: "vote" }], brush: "x" });
const table = w.html("<p class='linked'>0</p>");
plot.onSelect((ids, rows) => { const chosen = anes.take([...(rows ?? [])]); table.value = "<p class='linked'>" + chosen.n + "</p>" + htmlTable(result({ kind: "x", title: "Brushed", rows: chosen.rows.slice(0, 20), columns: chosen.names.slice(0, 6).map((name) => ({ name })) as any })); });
w.column([plot, table])`,
  ]);
  await brush.runAll();
  const svg = brush.page.locator(".proband-plot-stage svg").first();
  await svg.waitFor();
  const box = await svg.boundingBox();
  const times = [];
  let before = "0";
  for (let i = 0; i < 25; i++) {
    await brush.page.mouse.move(box.x + 150, box.y + 100);
    await brush.page.mouse.down();
    await brush.page.mouse.move(box.x + 160, box.y + 100);
    await brush.page.waitForTimeout(250);
    before = await brush.page.locator(".linked").innerText();
    const x = box.x + 250 + i * 12;
    times.push(
      await timed(
        brush.page,
        `() => document.querySelector(".linked")?.textContent !== ${JSON.stringify(before)}`,
        () => brush.page.mouse.move(x, box.y + 110),
      ),
    );
    await brush.page.mouse.up();
    await brush.page.waitForTimeout(50);
  }
  report(
    "brush → linked table of 944 rows, median",
    median(times.slice(5)),
    100,
    `(n = 20, worst ${Math.max(...times.slice(5)).toFixed(0)})`,
  );
  await brush.page.close();

  const big = await lab.open("big", [
    `import * as w from "proband/widgets";
const n = 500_000; const x = new Float64Array(n), y = new Float64Array(n);
const bytes = w.anywidget({ esm: "export default { render({ model, el }) { const p = document.createElement('p'); p.className = 'bytes'; const show = () => { const v = model.get('data'); p.textContent = v.byteLength + ':' + new Float64Array(v.buffer, v.byteOffset, 1)[0]; }; model.on('change:data', show); show(); el.append(p); const b = document.createElement('button'); b.className = 'ask'; b.onclick = () => model.send('more'); el.append(b); } }", state: { data: new Float64Array(1) } });
let k = 0; bytes.onCustom(() => { const data = new Float64Array(1_000_000); data.fill(++k); bytes.set({ data }); });
bytes`,
    `const p20 = w.plotView({ data: { x: Float64Array.from({ length: 20000 }, (_, i) => i % 997), y: Float64Array.from({ length: 20000 }, (_, i) => (i * 7919) % 1013) }, marks: [{ mark: "dot", x: "x", y: "y" }], brush: "x" }); p20`,
  ]);
  await big.runAll();
  await big.page.locator(".ask").waitFor();
  const loads = [];
  for (let i = 1; i <= 12; i++) {
    await big.page.locator(".ask").focus();
    loads.push(
      await timed(big.page, `() => document.querySelector(".bytes")?.textContent === "8000000:${i}"`, () =>
        big.page.keyboard.press("Enter"),
      ),
    );
    await big.page.waitForTimeout(200);
  }
  report(
    "8 MB of data, asked for and in the page, median",
    median(loads.slice(2)),
    150,
    `(n = 10, worst ${Math.max(...loads.slice(2)).toFixed(0)})`,
  );
  const figure = await lab.open("figure", [
    `import * as w from "proband/widgets"; const n = 500_000; let k = 0;
const data = () => ({ x: new Float64Array(n).map((_, i) => (i * 7919 + k) % 1013), y: new Float64Array(n).map((_, i) => (i * 104729 + k) % 997) });
const f = w.plotView({ data: data(), title: "0", marks: [{ mark: "dot", x: "x", y: "y" }] });
const ask = w.anywidget({ esm: "export default { render({ model, el }) { const b = document.createElement('button'); b.className = 'ask'; b.onclick = () => model.send('more'); el.append(b); } }", state: {} });
ask.onCustom(() => { const next = data(); k++; performance.mark("made"); f.setData(next); f.update({ title: String(k) }); });
w.column([ask, f])`,
  ]);
  await figure.runAll();
  await figure.page.locator(".proband-plot-stage svg").waitFor();
  const redraws = [];
  for (let i = 1; i <= 10; i++) {
    await figure.page.locator(".ask").focus();
    redraws.push(
      await timed(
        figure.page,
        `() => document.querySelector(".proband-plot-legend strong")?.textContent === "${i}"`,
        () => figure.page.keyboard.press("Enter"),
      ),
    );
    await figure.page.waitForTimeout(200);
  }
  report(
    "500,000 rows made and handed to a plot (8 MB; 100,000 sent and drawn) until it is redrawn, median",
    median(redraws.slice(2)),
    150,
    `(n = 8)`,
  );
  await figure.page.close();
  const plot = big.page.locator(".proband-plot-stage svg").first();
  await plot.scrollIntoViewIfNeeded();
  const at = await plot.boundingBox();
  const frames = await big.page.evaluate(() => {
    globalThis.__frames = [];
    let last = performance.now();
    const tick = (t) => {
      globalThis.__frames.push(t - last);
      last = t;
      globalThis.__go !== false && requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  void frames;
  await big.page.mouse.move(at.x + 100, at.y + 100);
  await big.page.mouse.down();
  await big.page.mouse.move(at.x + 500, at.y + 120, { steps: 40 });
  await big.page.mouse.up();
  const gaps = await big.page.evaluate(() => {
    globalThis.__go = false;
    return globalThis.__frames;
  });
  const slow = gaps.filter((g) => g > 20).sort((a, b) => a - b);
  report(
    "brushing 20,000 points, time of a redrawn frame, median",
    slow.length ? median(slow) : 16,
    200,
    `(${slow.length} frames)`,
  );
  await big.page.close();

  const many = await lab.open("many", [
    `import * as w from "proband/widgets"; const all = Array.from({ length: 200 }, (_, i) => w.slider({ min: 0, max: 100, value: i % 100, description: "w" + i })); w.grid(all, 4)`,
  ]);
  await many.runAll();
  await many.page.waitForFunction(() => document.querySelectorAll(".widget-hslider").length === 200);
  await many.page.keyboard.press("Control+s");
  await many.page.waitForTimeout(1500);
  const reloads = [];
  for (let i = 0; i < 3; i++) {
    await many.page.reload();
    // From the notebook being shown to all its widgets being there.
    await many.page.waitForSelector(".jp-Notebook .jp-CodeCell");
    const t = Date.now();
    await many.page.waitForFunction(
      () => document.querySelectorAll(".widget-hslider .widget-readout").length === 200,
      null,
      { polling: "raf", timeout: 30_000 },
    );
    reloads.push(Date.now() - t);
    await ready(many.page);
  }
  report("200 widgets, from the reloaded notebook to all of them, median", median(reloads), 3000);
  await many.page.close();
} finally {
  await lab.close();
}
mkdirSync("build/bench", { recursive: true });
writeFileSync(
  "build/bench/widgets.json",
  JSON.stringify({ machine: { cores: (await import("node:os")).availableParallelism() }, found }, null, 2),
);
