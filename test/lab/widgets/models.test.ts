// All models of the schema, every attribute, both ways in a real JupyterLab: the front end's own model objects (of
// Jupyter's widget manager, not ours) are read and changed by a front-end module, and compared with what the kernel holds.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { idle, startLab } from "./lab.js";
import type { Lab } from "./lab.js";

let lab: Lab;
before(async () => {
  lab = await startLab();
});
after(() => lab?.close());

/** Reads the state of models as the front end would send it, keeps it, and can put it back. */
const probe = `
const plain = (v) => v instanceof DataView || v instanceof ArrayBuffer
  ? { bytes: btoa(String.fromCharCode(...new Uint8Array(v.buffer ?? v, v.byteOffset ?? 0, v.byteLength))) }
  : Array.isArray(v) ? v.map(plain)
  : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)])) : v;
export default { render({ model, el }) {
  const kept = {};
  const get = (id) => model.widget_manager.get_model(id);
  model.on("msg:custom", async ({ ask, ids }) => {
    for (const id of ids) await get(id);
    const states = {};
    for (const id of ids) {
      const m = await get(id);
      if (ask === "keep") kept[id] = { ...m.attributes };
      if (ask === "restore") { m.set(kept[id]); m.save_changes(); }
      else states[id] = plain(m.serialize(m.get_state()));
    }
    model.send({ answer: ask, states });
  });
  el.textContent = "probe"; el.className = "probe";
} }`;

const setup = `import * as w from "proband/widgets";
const binary = (v: any): any => v instanceof ArrayBuffer || ArrayBuffer.isView(v) ? { bytes: Buffer.from((v as any).buffer ?? v, (v as any).byteOffset ?? 0, v.byteLength).toString("base64") } : v;
/** What the protocol says a model holds, bytes as base64. */
function held(widget: any) {
  const { state, buffer_paths, buffers } = widget.packed();
  buffer_paths.forEach((path: any[], i: number) => { let at = state; for (const k of path.slice(0, -1)) at = at[k]; at[path.at(-1)] = binary(buffers[i]); });
  return JSON.parse(JSON.stringify(state));
}
const label = w.label("a child");
/** A value of an attribute's kind, in two variants. */
function sample(model: string, name: string, t: any, second: boolean): any {
  const n = second ? 2 : 1;
  // The front end fills these from the gamepad, and closes what was in them where there is none.
  if (model === "ControllerModel" && ["axes", "buttons", "connected", "mapping", "name", "timestamp"].includes(name)) return undefined;
  if (model === "DOMWidgetModel" && t.type === "bytes") return undefined;
  if (t.enum) return t.enum.filter((v: any) => v !== null)[second ? 0 : Math.min(1, t.enum.length - 1)];
  if (name === "min" || name === "max" || name === "value") {
    const k = name === "min" ? 0 : name === "max" ? 40 : 20;
    if (t.type === "Date" || t.type === "Datetime" || t.type === "NaiveDatetime") return new Date(1996 + k + n, 10, 5, 12, 34, 56, 789);
    if (t.type === "Time") return { hours: k === 40 ? 22 : k / 10, minutes: n, seconds: 3, milliseconds: 4 };
    if (model === "FloatLogSliderModel" && name !== "value") return k / 10 + n / 8;
    if (/RangeSlider/.test(model) && name === "value") return [20 + n, 30 + n];
  }
  if (name === "index" && t.type === "array") return t.items === "int" || t.items === undefined ? (second ? [0, 2] : [1, 2]) : [];
  if (name === "source" || name === "target") return [label, second ? "value" : "tooltip"];
  if (name === "outputs") return [{ output_type: "stream", name: "stdout", text: "out " + n }];
  if (model === "FileUploadModel" && name === "value") return [{ name: "a" + n, type: "text/csv", size: 2, last_modified: 5, content: new Uint8Array([n, 7]) }];
  if (/format$/.test(name)) return second ? ".3f" : ".1f";
  if (name === "_dom_classes") return second ? ["b"] : ["a", "c"];
  if (/Color/.test(model) && t.type === "array") return second ? ["red"] : ["blue", "red"];
  if (/^(Ints|Floats)Input/.test(model) && t.type === "array") return second ? [3] : [1, 2];
  switch (t.type) {
    case "string": return /[cC]olor|background/.test(name) ? (second ? "#112233" : "#445566") : second ? "second <b>" : "first é";
    case "int": return name === "max" ? 40 + n : name === "min" ? n : name === "index" ? n : 20 + n;
    case "float": return name === "max" ? 40.5 + n : name === "min" ? 0.5 + n : 20.25 + n;
    case "bool": return second ? t.initial === true : t.initial !== true;
    case "bytes": return new Uint8Array([n, 2, 255]);
    case "array": return t.items === "reference" ? [label] : t.items === "object" ? [] : second ? ["c", "d", "e"] : ["a", "b", "c"];
    case "reference": return undefined;
    default: return undefined;
  }
}
const samples = (spec: any, second: boolean) => Object.fromEntries(Object.entries(spec.traits).map(([name, t]) => [name, sample(spec.name, name, t, second)]).filter(([, v]) => v !== undefined));
const all = Object.entries(w.models).filter(([, c]: any) => c?.model).map(([, c]: any) => new w.Widget(c.model, samples(c.model, false)));
const ids = all.map((x) => x.id);
const first = all.map(held);
const probe = w.anywidget({ esm: ${JSON.stringify(probe)} });
const answers: any[] = [];
let arrived = () => {};
probe.onCustom((c: any) => { answers.push(c); arrived(); });
async function ask(what: string) { const wait = new Promise<void>((r) => (arrived = r)); probe.send({ ask: what, ids }); await wait; return answers.at(-1).states; }
// The base class has no bytes, whatever the schema says; there the front end has nothing to read them with.
const attributes = (s: any) => Object.entries(s).filter(([k]) => !(s._model_name === "DOMWidgetModel" && k === "value") && !/^_(model|view)_(module|name|module_version)|^_view_count/.test(k));
/** Where kernel and front end differ. */
const differences = (kernel: any[], page: any) => all.flatMap((x, i) => attributes(kernel[i]).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(page[x.id][k])).map(([k, v]) => x.spec.name + "." + k + ": kernel " + JSON.stringify(v) + ", page " + JSON.stringify(page[x.id][k])));
probe`;

test("all 69 models: what the kernel makes, what it changes and what the page changes is the same on both sides", async () => {
  const nb = await lab.open("models", [
    setup,
    `const made = differences(first, await ask("keep")); console.log(JSON.stringify([all.length, all.reduce((n, x) => n + attributes(held(x)).length, 0), made]))`,
    `all.forEach((x) => x.set(samples(x.spec, true) as any)); await new Promise((r) => setTimeout(r, 1000));
const second = all.map(held); const changed = differences(second, await ask("read"));
console.log(JSON.stringify([second.filter((s, i) => JSON.stringify(s) !== JSON.stringify(first[i])).length, changed]))`,
    `await ask("restore"); await new Promise((r) => setTimeout(r, 1500)); const back = all.map(held);
console.log(JSON.stringify(all.flatMap((x, i) => attributes(first[i]).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(back[i][k])).map(([k, v]) => x.spec.name + "." + k + ": page " + JSON.stringify(v) + ", kernel " + JSON.stringify(back[i][k])))))`,
  ]);
  const { page } = nb;
  const run = async (i: number) => {
    await page.locator(".jp-CodeCell").nth(i).locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
    if (i === 0) await page.locator(".probe").waitFor();
    await idle(page);
    const said = await nb.output(i);
    return i ? JSON.parse(said.slice(said.indexOf("["), said.lastIndexOf("]") + 1)) : undefined;
  };
  await run(0);
  const [models, attributes, made] = await run(1);
  assert.equal(models, 69);
  assert.ok(attributes > 550, `${attributes} attributes`);
  assert.deepEqual(made, [], "what the kernel made");
  const [different, changed] = await run(2);
  assert.equal(different, 69, "every model was changed");
  assert.deepEqual(changed, [], "what the kernel changed");
  assert.deepEqual(await run(3), [], "what the page changed");
  assert.deepEqual(nb.external, [], "requests that left the machine");
  assert.deepEqual(nb.errors, [], "errors in the console");
  await page.close();
});
