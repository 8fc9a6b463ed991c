// How long widgets take in a real JupyterLab in headless Chromium: npm run bench widgets → build/bench/widgets.json.
// No other TypeScript or JavaScript kernel has two-way widgets: the peer is ipykernel with ipywidgets, anywidget and
// Matplotlib, in the same JupyterLab, taking turns with ours. Installs these in build/ by itself.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { build } from "../../scripts/build.mjs";
import { python } from "../../scripts/python.mjs";
import * as cells from "./_cells.mjs";
import { median, timed, watchSocket, worst } from "./_page.mjs";

const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));
if (!chromium) {
  console.log("bench/widgets: skipped, no Chromium was found (CHROMIUM names one)");
  process.exit(0);
}
process.env.CHROMIUM = chromium;
await build({ tests: true });
process.env.PROBAND_LAB_PYTHON = python("bench-widgets", "build/venv-bench-widgets");
delete process.env.PROBAND_LAB_PREFIX; // the kernel and front end of this checkout, whatever is installed
const { startLab, ready } = await import("../../build/test/lab/widgets/lab.js");
const { loadStudy, sampling, figures } = await import("../../dist/index.js");
const lab = await startLab();

const found = [];
const asked = process.argv.slice(2);
/** Prints and keeps a median; `peers` are the same measured for others, by name. */
function report(what, values, target, peers = {}) {
  const ms = median(values);
  const others = Object.entries(peers).map(([name, v]) => ({ name, ms: median(v), ratio: ms / median(v) }));
  found.push({ what, ms, worst: worst(values), n: values.length, target, met: ms <= target, peers: others });
  console.log(
    `${ms <= target ? "met    " : "NOT MET"} ${what}: ${ms.toFixed(0)} ms (target ≤ ${target}, worst ${worst(values).toFixed(0)}, n = ${values.length})`,
  );
  for (const o of others) console.log(`        ${o.name}: ${o.ms.toFixed(0)} ms, ours takes ${o.ratio.toFixed(2)}×`);
}
const peer = { kernel: "python3" };
const part = async (name, run) => {
  if (!asked.length || asked.includes(name)) await run();
};

/** Presses arrows on a slider; each time until the figure says the new n. */
async function slide(nb, count) {
  const { page } = nb;
  const first = (nb.slidTo ?? 60) + 1;
  nb.slidTo = first + count - 1;
  await page.bringToFront();
  await page.locator(".noUi-handle").first().focus();
  const times = [];
  for (let n = first; n <= nb.slidTo; n++) {
    const shown = `() => [...document.querySelectorAll(".jp-OutputArea svg text, .jp-OutputArea svg title")].some((t) => t.textContent.includes("(n = ${n})"))`;
    times.push(await timed(page, shown, () => page.keyboard.press("ArrowRight")));
    await page.waitForTimeout(60);
  }
  return times;
}

/** Asks a notebook for data; each time until it is in the page, and where the time went. */
async function load(nb, i, shown) {
  const { page } = nb;
  await page.bringToFront();
  await page.locator(".ask").focus();
  const before = await page
    .locator(".times")
    .textContent()
    .catch(() => "");
  const total = await timed(page, shown(i), () => page.keyboard.press("Enter"));
  await page.waitForFunction((b) => (document.querySelector(".times")?.textContent ?? "") !== b, before);
  const [askedAt, sentAt] = (await page.locator(".times").textContent()).split(" ").map(Number);
  const at = await page.evaluate(() => [globalThis.__started, globalThis.__arrived, globalThis.__ended]);
  await page.waitForTimeout(150);
  return { total, parts: [askedAt - at[0], sentAt - askedAt, at[1] - sentAt, at[2] - at[1]] };
}
const stages = ["page → kernel", "handler", "kernel → Jupyter server → page's socket", "JupyterLab, module, frame"];
const breakdown = (loads) => stages.map((s, k) => `${s} ${median(loads.map((l) => l.parts[k])).toFixed(0)}`).join(", ");
const totals = (loads) => loads.map((l) => l.total);

const started = Date.now();
try {
  await part("slider", async () => {
    const anes = await loadStudy("anes96");
    const picture = figures.toSvg(figures.figureOf(sampling.stratified(anes, { by: "educ", n: 60, seed: 7 }).report));
    writeFileSync(join(lab.folders.notebooks, "figure.svg"), picture.replaceAll("n = 60", "n = @n@"));
    const names = anes.items("attribute").map((i) => i.name);
    writeFileSync(
      join(lab.folders.notebooks, "people.json"),
      JSON.stringify(Object.fromEntries(names.map((name) => [name, anes.column(name)]))),
    );
    const ours = await lab.open("slider", [cells.slider.ours]);
    const ready = await lab.open("slider-ready", [cells.slider.ready], peer);
    const drawn = await lab.open("slider-drawn", [cells.slider.drawn], peer);
    const times = { ours: [], ready: [], drawn: [] };
    for (const nb of [ours, ready, drawn]) await nb.runAll();
    // The first five of each are to warm up.
    for (const [count, keep] of [
      [5, false],
      [10, true],
      [10, true],
    ])
      for (const [name, nb, n] of [
        ["ours", ours, count],
        ["ready", ready, count],
        ["drawn", drawn, Math.ceil(count / 4)],
      ]) {
        const taken = await slide(nb, n);
        if (keep) times[name].push(...taken);
      }
    report("slider → kernel → figure of 944 people sampled and drawn anew", times.ours, 100, {
      "ipywidgets, the same figure ready-made (only the new n is put in)": times.ready,
      "ipywidgets, a like figure drawn by Matplotlib": times.drawn,
    });
    for (const nb of [ours, ready, drawn]) await nb.page.close();
  });

  await part("brush", async () => {
    const nb = await lab.open("brush", [cells.brush]);
    await nb.runAll();
    const svg = nb.page.locator(".proband-plot-stage svg").first();
    await svg.waitFor();
    const box = await svg.boundingBox();
    const times = [];
    for (let i = 0; i < 17; i++) {
      await nb.page.mouse.move(box.x + 150, box.y + 100);
      await nb.page.mouse.down();
      await nb.page.mouse.move(box.x + 160, box.y + 100);
      await nb.page.waitForTimeout(250);
      const before = JSON.stringify(await nb.page.locator(".linked").innerText());
      const changed = `() => document.querySelector(".linked")?.textContent !== ${before}`;
      const x = box.x + 250 + i * 12;
      times.push(await timed(nb.page, changed, () => nb.page.mouse.move(x, box.y + 110)));
      await nb.page.mouse.up();
      await nb.page.waitForTimeout(50);
    }
    report("brush → linked table of 944 rows", times.slice(5), 100);
    await nb.page.close();
  });

  await part("data", async () => {
    const fresh = { script: watchSocket };
    const ours = await lab.open("bytes", [cells.bytes.ours], fresh);
    const theirs = await lab.open("bytes-peer", [cells.bytes.peer], { ...peer, ...fresh });
    const sampled = await lab.open("table", [cells.table], fresh);
    const shownBytes = (i) => `() => document.querySelector(".bytes")?.textContent === "8000000:${i % 4}"`;
    // A tick of the axis that only the data of that round have.
    const shownTick = (i) =>
      `() => document.querySelector(".proband-plot-stage [aria-label='x-axis tick label']")?.textContent.includes("${2 * (i % 4) + 2},600")`;
    const loads = { ours: [], theirs: [], sampled: [] };
    for (const nb of [ours, theirs, sampled]) {
      await nb.runAll();
      await nb.page
        .locator(".ask")
        .waitFor()
        .catch(async () => {
          throw new Error(`${nb.path}: the cell shows ${await nb.output(0)} ${nb.errors.join("; ")}`);
        });
    }
    for (let i = 1; i <= 9; i++) {
      loads.sampled.push(await load(sampled, i, shownTick));
      loads.ours.push(await load(ours, i, shownBytes));
      loads.theirs.push(await load(theirs, i, shownBytes));
    }
    for (const l of Object.values(loads)) l.splice(0, 2);
    report("a table of 8 MB to a figure (500,000 rows; 100,000 drawn, as is usual)", totals(loads.sampled), 150, {
      "anywidget on ipykernel, 8 MB of bytes that nothing draws": totals(loads.theirs),
    });
    console.log(`        ${breakdown(loads.sampled)}`);
    report("8 MB of bytes in a front-end module of one's own", totals(loads.ours), 150, {
      "anywidget on ipykernel": totals(loads.theirs),
    });
    console.log(`        ours: ${breakdown(loads.ours)}`);
    console.log(`        ipykernel: ${breakdown(loads.theirs)}`);
    for (const [name, l] of Object.entries(loads))
      found.push({ breakdown: name, stages, ms: stages.map((_, k) => median(l.map((x) => x.parts[k]))) });
    for (const nb of [ours, theirs, sampled]) await nb.page.close();
  });

  await part("points", async () => {
    const nb = await lab.open("points", [cells.points]);
    await nb.runAll();
    const { page } = nb;
    const plot = page.locator(".proband-plot-stage svg").first();
    await plot.scrollIntoViewIfNeeded();
    const at = await plot.boundingBox();
    await page.evaluate(() => {
      globalThis.__frames = [];
      let last = performance.now();
      const tick = (t) => {
        globalThis.__frames.push(t - last);
        last = t;
        if (globalThis.__go !== false) requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
    await page.mouse.move(at.x + 100, at.y + 100);
    await page.mouse.down();
    await page.mouse.move(at.x + 500, at.y + 120, { steps: 40 });
    await page.mouse.up();
    const gaps = await page.evaluate(() => ((globalThis.__go = false), globalThis.__frames.slice(1)));
    report("brushing 20,000 points, time between frames", gaps, 50);
    await page.close();
  });

  await part("many", async () => {
    const times = { ours: [], peer: [] };
    for (const [name, kernel] of [
      ["ours", "proband"],
      ["peer", "python3"],
    ]) {
      const nb = await lab.open(`many-${name}`, [cells.many[name]], { kernel });
      const { page } = nb;
      await nb.runAll();
      await page.waitForFunction(() => document.querySelectorAll(".widget-hslider").length === 200);
      await page.keyboard.press("Control+s");
      await page.waitForTimeout(1500);
      for (let i = 0; i < 3; i++) {
        await page.reload();
        // From the notebook being shown to all its widgets being there.
        await page.waitForSelector(".jp-Notebook .jp-CodeCell");
        const t = Date.now();
        await page.waitForFunction(
          () => document.querySelectorAll(".widget-hslider .widget-readout").length === 200,
          null,
          { polling: "raf", timeout: 30_000 },
        );
        times[name].push(Date.now() - t);
        await ready(page);
      }
      await page.close();
    }
    report("200 widgets, from the reloaded notebook to all of them", times.ours, 3000, {
      "ipywidgets on ipykernel": times.peer,
    });
  });
} finally {
  await lab.close();
}
const machine = { cores: availableParallelism(), load: loadavg() };
console.log(
  `in ${((Date.now() - started) / 1000).toFixed(0)} s on ${machine.cores} cores, load ${machine.load[0].toFixed(1)}`,
);
mkdirSync("build/bench", { recursive: true });
writeFileSync("build/bench/widgets.json", JSON.stringify({ machine, found }, null, 2));
