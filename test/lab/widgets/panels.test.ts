// The step panels in a real JupyterLab, on every study that ships: each opens, shows figure, table and code, recomputes
// when a control is moved, and gives what its call gives.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { idle, startLab } from "./lab.js";
import type { Lab } from "./lab.js";

let lab: Lab;
before(async () => {
  lab = await startLab();
});
after(() => lab?.close());

for (const study of ["anes96", "insurance", "disclosure"])
  test(`${study}: sampling.explore, finetuning.watch, simulation.watch, alignment.explore, regression.explore`, async () => {
    const nb = await lab.open(`panels-${study}`, [
      `import { loadStudy, sampling, finetuning, simulation, alignment, regression } from "proband";
const people = await loadStudy("${study}");
const { pilot, rest: all } = sampling.simpleRandom(people, { n: 12, seed: 7 });
const rest = all.take(Array.from({ length: 80 }, (_, i) => i)); people.n`,
      `const s = sampling.explore(people, { n: 60 }); s`,
      `const ft = finetuning.watch(pilot, { base: "proband-base", epochs: 1, home: "home" }); ft`,
      `const model = await ft.finished; model.id`,
      `const sim = simulation.watch(rest, { model, home: "home" }); sim`,
      `const silico = await sim.finished; silico.n`,
      `const al = alignment.explore(rest, silico, { view: "heterogeneity" }); al`,
      `const re = regression.explore(rest, silico); re`,
      `JSON.stringify({ chosen: s.selection.length, drawn: s.result!.pilot.n, same: sampling.stratified(people, { by: s.values.by, n: s.values.n, seed: s.values.seed }).pilot.ids.join() === s.result!.pilot.ids.join(), code: s.code, view: al.values.view })`,
    ]);
    const { page } = nb;
    page.setDefaultTimeout(60_000);
    await nb.runAll();
    const cell = (i: number) => page.locator(".jp-CodeCell").nth(i).locator(".jp-OutputArea");
    const title = (i: number, text: string) => cell(i).locator("svg.proband-figure text", { hasText: text }).first();
    await title(1, "(n = 60)").waitFor();
    await title(2, "Loss while finetuning").waitFor();
    await title(4, "What is believed").waitFor();
    await title(6, "Unique belief structures").waitFor();
    // A separated logit of few people is no figure but words that say so.
    await cell(7).locator("svg.proband-figure, [role=alert]").first().waitFor();
    assert.equal(await page.locator(".jp-OutputArea [data-mime-type='application/vnd.jupyter.error']").count(), 0);
    // Moved by hand: drawn anew, and the code follows.
    await cell(1).locator("button", { hasText: "Show code" }).click();
    await cell(1).locator(".noUi-handle").first().press("ArrowRight");
    await title(1, "(n = 61)").waitFor();
    await cell(1)
      .locator("pre", { hasText: /sampling\.stratified\(people, .*n: 61/ })
      .waitFor();
    await cell(6).locator("select").first().selectOption("how far the answers are");
    await title(6, "Distance from the humans").waitFor();
    await cell(6).locator("button", { hasText: "Show code" }).click();
    await cell(6).locator("pre", { hasText: "alignment.compare(rest, silico" }).waitFor();
    // What is drawn of a row, where it is large enough to be hit.
    const clickMark = async (i: number) => {
      const marks = cell(i).locator("svg [data-row]");
      const at = await marks.evaluateAll((all) => {
        const large = (e: Element) => Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) >= 6;
        const found = all.findLast(large)!;
        found.scrollIntoView({ block: "center" });
        return all.indexOf(found);
      });
      await page.waitForTimeout(300);
      const box = (await marks.nth(at).boundingBox())!;
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    };
    // Figure and table are one: a row clicked in the figure is what the table shows, and the kernel knows it.
    for (const i of [1, 2, 4, 6]) {
      const rows = cell(i).locator("tr[data-row]");
      const all = await rows.count();
      await clickMark(i);
      const note = cell(i).locator(".proband-linked-note", { hasText: /: \d+ of \d+ rows?/ });
      await note.waitFor();
      const own = await rows.evaluateAll((of) => of.map((r) => (r as HTMLElement).dataset["row"]));
      assert.ok((await note.innerText()).includes(`: ${own.length} of ${all} row`), await note.innerText());
      assert.equal(new Set(own).size, 1, "rows of one key");
      const marked = await cell(i)
        .locator("svg .proband-linked-chosen")
        .evaluateAll((of) => of.map((m) => (m as SVGElement).dataset["row"]));
      assert.ok(marked.length > 0 && marked.every((key) => key === own[0]), `marked: ${marked.join(", ")}`);
    }
    // And the other way, by keyboard.
    await cell(1).locator(".proband-linked-note button").click();
    const third = cell(1).locator("tr[data-row]").nth(2);
    await third.press("Enter");
    await cell(1).locator("svg .proband-linked-chosen").first().waitFor({ state: "attached" }); // a level line has no height
    await idle(page);
    await page.locator(".jp-CodeCell").nth(8).locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
    await idle(page);
    const said = await nb.output(8);
    assert.match(said, /"drawn":61/);
    assert.match(said, /"chosen":1/);
    assert.match(said, /"same":true/, "the shown call draws the shown people");
    await page.setViewportSize({ width: 1280, height: 4200 });
    await page.waitForTimeout(500);
    await nb.shot(`panels-${study}`);
    assert.deepEqual(nb.external, [], "requests that left the machine");
    assert.deepEqual(nb.errors, [], "errors in the console");
    await page.close();
  });
