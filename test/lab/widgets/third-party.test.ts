// Front-end modules that others published for anywidget, byte for byte as they are in the package: from the wheel of
// wigglystuff (MIT, Vincent Warmerdam), of which only the JavaScript is used. Fetched once into build/.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { idle, startLab } from "./lab.js";
import type { Lab } from "./lab.js";

const version = "0.5.36";
const folder = join(process.cwd(), "build", "third-party", `wigglystuff-${version}`);
const modules = join(folder, "wigglystuff", "static");

let lab: Lab;
before(async () => {
  if (!existsSync(modules)) {
    const python = process.env["PROBAND_LAB_PYTHON"]!;
    mkdirSync(folder, { recursive: true });
    const pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", folder];
    const fetched = spawnSync(python, [...pip, `wigglystuff==${version}`], { encoding: "utf8" });
    assert.equal(fetched.status, 0, fetched.stderr);
    const wheel = readdirSync(folder).find((f) => f.endsWith(".whl"))!;
    const unpacked = spawnSync(python, ["-m", "zipfile", "-e", join(folder, wheel), folder], { encoding: "utf8" });
    assert.equal(unpacked.status, 0, unpacked.stderr);
  }
  lab = await startLab();
});
after(() => lab?.close());

test("published anywidget modules work unmodified: drawn, changed by hand, changed by the kernel, shown twice", async () => {
  for (const file of ["sortable-list.js", "sortable-list.css", "colorpicker.js", "colorpicker.css", "2dslider.js"])
    cpSync(join(modules, file), join(lab.folders.notebooks, file));
  const nb = await lab.open("third-party", [
    `import * as w from "proband/widgets"; import { readFileSync } from "node:fs";
const text = (name: string) => readFileSync(name, "utf8");
const sorted = w.anywidget({ esm: { file: "sortable-list.js" }, css: text("sortable-list.css"), state: { value: ["economy", "abortion"], addable: true, removable: true, editable: false, label: "Issues" } });
const colour = w.anywidget({ esm: text("colorpicker.js"), css: text("colorpicker.css"), state: { color: "#112233", show_label: true } });
const pad = w.anywidget({ esm: text("2dslider.js"), state: { x: 0, y: 0, x_bounds: [-1, 1], y_bounds: [-1, 1], width: 200, height: 200 } });
w.row([sorted, colour, pad])`,
    `sorted`,
    `JSON.stringify({ value: sorted.get("value"), color: colour.get("color"), x: pad.get("x"), y: pad.get("y") })`,
    `sorted.set({ value: ["set by the kernel"] }); colour.set({ color: "#abcdef" }); pad.set({ x: 0.5, y: -0.5 });`,
  ]);
  const { page } = nb;
  const run = async (cell: number) => {
    await page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
    await idle(page);
  };
  for (const cell of [0, 1]) await run(cell);
  const first = page.locator(".jp-CodeCell").nth(0);
  const second = page.locator(".jp-CodeCell").nth(1);
  await first.locator(".add-input").fill("schools");
  await first.locator(".add-input").press("Enter");
  await second.locator(".item-label", { hasText: "schools" }).waitFor(); // the other view of the same model
  await first.locator("[aria-label='Remove abortion']").click();
  await first.locator("input[type=color]").fill("#445566");
  const canvas = first.locator("canvas").first();
  await canvas.scrollIntoViewIfNeeded();
  const box = (await canvas.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.25, { steps: 5 });
  await page.mouse.up();
  await page.waitForTimeout(300);
  await run(2);
  const state = JSON.parse((await nb.output(2)).replace(/^[^{]*/, "").replace(/[^}]*$/, ""));
  assert.deepEqual(state.value, ["economy", "schools"]);
  assert.equal(state.color, "#445566");
  assert.ok(state.x > 0.3 && Math.abs(state.y) > 0.3, `dragged to ${state.x}, ${state.y}`);
  await run(3);
  await first.locator(".item-label", { hasText: "set by the kernel" }).waitFor();
  assert.equal(await first.locator("input[type=color]").inputValue(), "#abcdef");
  await nb.shot("third-party");
  assert.deepEqual(nb.external, [], "requests that left the machine");
  assert.deepEqual(nb.errors, [], "errors in the console");
  await page.close();
});
