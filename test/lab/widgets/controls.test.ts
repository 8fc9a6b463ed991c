// Every control of the schema in a real JupyterLab: it renders, and what the reader does arrives in the kernel.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { ready, startLab } from "./lab.js";
import type { Lab, Notebook } from "./lab.js";

let lab: Lab;
let nb: Notebook;
before(async () => {
  lab = await startLab();
});
after(() => lab?.close());

/** Each control: how it is made, its class in the page, what a reader does, and what the kernel then holds. */
const controls: [
  name: string,
  make: string,
  view: string,
  act?: (el: Locator, page: Page) => Promise<unknown>,
  expected?: unknown,
  attribute?: string,
][] = [
  ["IntSlider", "{ value: 5 }", ".widget-hslider", (e) => e.locator(".noUi-handle").press("ArrowRight"), 6],
  ["FloatSlider", "{ value: 5, step: 0.5 }", ".widget-hslider", (e) => e.locator(".noUi-handle").press("ArrowRight"), 5.5],
  ["FloatLogSlider", "{ value: 10 }", ".widget-hslider", (e) => e.locator(".noUi-handle").press("ArrowRight"), 12.589254117941675],
  ["IntRangeSlider", "{ value: [2, 8] }", ".widget-hslider", (e) => e.locator(".noUi-handle").first().press("ArrowRight"), [3, 8]],
  ["FloatRangeSlider", "{ value: [2, 8], step: 1 }", ".widget-hslider", (e) => e.locator(".noUi-handle").last().press("ArrowLeft"), [2, 7]],
  ["IntText", "{ value: 1 }", ".widget-text", (e) => fill(e, "42"), 42],
  ["FloatText", "{ value: 1 }", ".widget-text", (e) => fill(e, "4.25"), 4.25],
  ["BoundedIntText", "{ value: 1, max: 10 }", ".widget-text", (e) => fill(e, "99"), 10],
  ["BoundedFloatText", "{ value: 1, max: 10 }", ".widget-text", (e) => fill(e, "3.5"), 3.5],
  ["Text", "{}", ".widget-text", (e) => fill(e, "Grüße <b>"), "Grüße <b>"],
  ["Password", "{}", ".widget-password", (e) => fill(e, "x"), "x"],
  ["Textarea", "{}", ".widget-textarea", (e) => e.locator("textarea").fill("two\nlines"), "two\nlines"],
  ["Combobox", '{ options: ["a", "b"] }', ".widget-combobox", (e) => fill(e, "b"), "b"],
  ["Checkbox", "{ value: false }", ".widget-checkbox", (e) => e.locator("input").check(), true],
  ["ToggleButton", '{ description: "on" }', ".jupyter-button.widget-toggle-button", (e) => e.click(), true],
  ["Valid", "{ value: true }", ".widget-valid"],
  ["Dropdown", '{ _options_labels: ["a", "b"], index: 0 }', ".widget-dropdown", (e) => e.locator("select").selectOption("b"), 1, "index"],
  ["RadioButtons", '{ _options_labels: ["a", "b"], index: 0 }', ".widget-radio", (e) => e.locator("input").last().check(), 1, "index"],
  ["Select", '{ _options_labels: ["a", "b"], index: 0 }', ".widget-select", (e) => e.locator("select").selectOption("b"), 1, "index"],
  ["SelectMultiple", '{ _options_labels: ["a", "b", "c"] }', ".widget-select-multiple", (e) => e.locator("select").selectOption(["a", "c"]), [0, 2], "index"],
  ["SelectionSlider", '{ _options_labels: ["a", "b"], index: 0 }', ".widget-hslider", (e) => e.locator(".noUi-handle").press("ArrowRight"), 1, "index"],
  ["SelectionRangeSlider", '{ _options_labels: ["a", "b", "c"], index: [0, 2] }', ".widget-hslider", (e) => e.locator(".noUi-handle").last().press("ArrowLeft"), [0, 1], "index"],
  ["ToggleButtons", '{ _options_labels: ["a", "b"], index: 0 }', ".widget-toggle-buttons", (e) => e.locator("button").last().click(), 1, "index"],
  ["DatePicker", "{}", ".widget-datepicker", (e) => e.locator("input").fill("1996-11-05"), "1996-11-05"],
  ["Time", "{}", ".widget-timepicker", (e) => e.locator("input").fill("12:34"), { hours: 12, minutes: 34, seconds: 0, milliseconds: 0 }],
  ["NaiveDatetime", "{}", ".widget-datetimepicker", (e) => e.locator("input").fill("1996-11-05T12:00"), "1996-11-05"],
  ["Datetime", "{}", ".widget-datetimepicker", (e) => e.locator("input").fill("1996-11-05T12:00"), "1996-11-05"],
  ["ColorPicker", '{ value: "#000000" }', ".widget-colorpicker", (e) => e.locator("input[type=text]").fill("#123456").then(() => e.locator("input[type=text]").blur()), "#123456"],
  ["TagsInput", '{ value: ["a"] }', ".jupyter-widget-tagsinput", (e) => tag(e, "b"), ["a", "b"]],
  ["IntsInput", "{ value: [1] }", ".jupyter-widget-tagsinput", (e) => tag(e, "2"), [1, 2]],
  ["FloatsInput", "{ value: [1.5] }", ".jupyter-widget-tagsinput", (e) => tag(e, "2.5"), [1.5, 2.5]],
  ["ColorsInput", '{ value: ["red"] }', ".jupyter-widget-tagsinput", (e) => tag(e, "blue"), ["red", "blue"]],
  ["Play", "{ min: 0, max: 3, interval: 30 }", ".widget-play", (e) => e.locator("button").first().click(), 3],
  ["IntProgress", "{ value: 30 }", ".widget-hprogress"],
  ["FloatProgress", "{ value: 3, max: 10 }", ".widget-hprogress"],
  ["Label", '{ value: "text" }', ".widget-label"],
  ["HTML", '{ value: "<b>bold</b>" }', ".widget-html"],
  ["HTMLMath", '{ value: "sum" }', ".widget-html"],
  ["Button", '{ description: "go" }', ".jupyter-button"],
  ["Image", '{ value: new Uint8Array([1, 2, 3]), format: "png" }', ".widget-image"],
  ["Audio", "{ value: new Uint8Array([1]) }", ".widget-audio"],
  ["Video", "{ value: new Uint8Array([1]) }", ".widget-audio, .widget-video, video"],
  ["FileUpload", "{ accept: '.csv' }", ".widget-upload, .jupyter-button"],
  ["Box", "{ children: [w.label('x')] }", ".widget-box"],
  ["HBox", "{ children: [w.label('x')] }", ".widget-hbox"],
  ["VBox", "{ children: [w.label('x')] }", ".widget-vbox"],
  ["GridBox", "{ children: [w.label('x')] }", ".widget-gridbox"],
  ["Accordion", "{ children: [w.label('x')], titles: ['one'] }", ".widget-accordion", (e) => e.locator(".jupyter-widget-Collapse-header").first().click(), 0, "selected_index"],
  ["Tab", "{ children: [w.label('x'), w.label('y')], titles: ['one', 'two'], selected_index: 0 }", ".widget-tab", (e) => e.locator(".lm-TabBar-tab").last().click(), 1, "selected_index"],
  ["Stack", "{ children: [w.label('x')], selected_index: 0 }", ".widget-stack"],
  ["Output", "{ outputs: [{ output_type: 'stream', name: 'stdout', text: 'hi' }] }", ".jp-OutputArea, .widget-output"],
  ["Controller", "{}", ".jupyter-widgets.widget-controller, .widget-controller, .jupyter-widgets"],
]; // prettier-ignore

const tag = async (e: Locator, text: string) => {
  await e.click({ position: { x: 2, y: 2 } });
  await e.locator("input").waitFor();
  await e.page().waitForTimeout(300);
  await e.locator("input").fill(text);
  // In command mode JupyterLab takes Enter for itself; leaving the field adds the tag too.
  await e.locator("input").blur();
};

const fill = async (e: Locator, text: string) => {
  await e.locator("input").first().fill(text);
  await e.locator("input").first().press("Enter");
};

test("every control renders; what the reader does to it arrives in the kernel; no request leaves, no error is logged", async () => {
  const setup = `import * as w from "proband/widgets";
const state: Record<string, any> = {};
const show = w.html("{}");
function watch(name: string, control: any, attribute: string) {
  control.observe(attribute, (v: any) => { state[name] = v instanceof Date ? v.toISOString().slice(0, 10) : v; show.value = "<pre class='state'>" + JSON.stringify(state).replaceAll("<", "&lt;") + "</pre>"; });
  return w.column([w.label(name), control]);
}
show`;
  const made = controls.map(
    ([name, make, , , , attribute]) =>
      `watch("${name}", new w.models.${name}(${make} as any), "${attribute ?? "value"}"),`,
  );
  nb = await lab.open("controls", [setup, `w.grid([\n${made.join("\n")}\n], 4)`]);
  await nb.runAll();
  const { page } = nb;
  page.setDefaultTimeout(5000);
  await page.waitForSelector(".widget-gridbox", { timeout: 10_000 }).catch(async () => {
    await nb.shot("controls-failed");
    assert.fail(`no grid; the cells show ${await nb.output(0)} ${await nb.output(1)}`);
  });
  await page.waitForTimeout(1500);
  const cells = page.locator(".jp-CodeCell").nth(1).locator(".widget-gridbox").first().locator("> .widget-vbox");
  assert.equal(await cells.count(), controls.length);
  const broken: string[] = [];
  for (const [i, [name, , view, act, expected]] of controls.entries()) {
    const el = cells.nth(i).locator(`> :not(.widget-label):is(${view}), > :nth-child(2)`).first();
    try {
      await el.waitFor({ state: "attached", timeout: 3000 });
      if (!act) continue;
      await act(el, page);
      await page.waitForFunction(
        ([name, expected]) => {
          const text = document.querySelector("pre.state")?.textContent;
          return text && JSON.stringify(JSON.parse(text)[name as string]) === expected;
        },
        [name, JSON.stringify(expected)] as const,
        { timeout: 5000 },
      );
    } catch (error) {
      const state = await page
        .locator("pre.state")
        .textContent()
        .catch(() => "");
      broken.push(
        `${name}: ${String(error).split("\n")[0]} (kernel has ${state && JSON.stringify(JSON.parse(state)[name])})`,
      );
    }
  }
  await nb.shot("controls");
  assert.deepEqual(broken, []);
  assert.equal(await page.locator("text=Error displaying widget").count(), 0);
  assert.deepEqual(nb.external, [], "requests that left the machine");
  // Three bytes are no picture: the browser says so of the blob, and of nothing else.
  assert.deepEqual(
    nb.errors.filter((e) => !/blob:/.test(e)),
    [],
  );
});

test("after a reload of the page all is as it was", async () => {
  const { page } = nb;
  const before = await page.locator("pre.state").textContent();
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(1500);
  nb.errors.length = 0;
  await page.reload();
  await ready(page);
  await page.waitForSelector("pre.state", { timeout: 15_000 });
  assert.equal(await page.locator("pre.state").textContent(), before);
  const cells = page.locator(".jp-CodeCell").nth(1).locator(".widget-gridbox").first().locator("> .widget-vbox");
  assert.equal(await cells.count(), controls.length);
  assert.equal(await cells.nth(0).locator(".widget-readout").innerText(), "6");
  await nb.shot("controls-reloaded");
  assert.deepEqual(
    nb.errors.filter((e) => !/blob:/.test(e)),
    [],
  );
});
