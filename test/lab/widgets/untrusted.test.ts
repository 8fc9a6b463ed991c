// Figures in a notebook that nobody has trusted: JupyterLab takes their SVG out, and a sentence must stand there, not their words.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { costAndTime } from "proband/figures";
import { jupyterDisplay } from "proband/study";
import { startLab } from "./lab.js";
import type { Lab } from "./lab.js";

let lab: Lab;
before(async () => {
  lab = await startLab();
});
after(() => lab?.close());

const figure = costAndTime([{ step: "simulation", seconds: 310, n: 884 }], { title: "What it took" });
const data = (figure as unknown as { [jupyterDisplay](): Record<string, string> })[jupyterDisplay]();

function write(name: string): string {
  const output = { output_type: "execute_result", execution_count: 1, data, metadata: {} };
  const cell = { cell_type: "code", id: "a", source: "1", metadata: {}, execution_count: 1, outputs: [output] };
  const metadata = { kernelspec: { name: "proband", display_name: "TypeScript (Proband)", language: "typescript" } };
  const path = join(lab.folders.notebooks, `${name}.ipynb`);
  writeFileSync(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: [cell] }));
  return path;
}

test("untrusted, a sentence says what to do; trusted, the figure is drawn and the sentence gone", async () => {
  write("untrusted");
  const before = await lab.open("untrusted", []);
  const area = before.page.locator(".jp-OutputArea-output").first();
  await area.getByText("drawn once this notebook is trusted").waitFor();
  assert.equal(await before.page.locator("svg.proband-figure").count(), 0);
  assert.equal(
    (await area.innerText()).trim().split("\n").length,
    1,
    `the figure’s own words are seen: ${(await area.innerHTML()).slice(0, 400)}`,
  );
  await before.page.close();

  const path = write("trusted");
  const env = { ...process.env, JUPYTER_DATA_DIR: join(lab.folders.notebooks, "..", "data") };
  const trusted = spawnSync(process.env["PROBAND_LAB_PYTHON"]!, ["-m", "jupyter", "trust", path], { env });
  assert.equal(trusted.status, 0, String(trusted.stderr));
  const now = await lab.open("trusted", []);
  await now.page.locator("svg.proband-figure").waitFor({ state: "visible" });
  assert.equal(await now.page.getByText("drawn once this notebook is trusted").isVisible(), false);
  await now.page.close();
});
