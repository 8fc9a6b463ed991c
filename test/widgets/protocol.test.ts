// The jupyter.widget protocol 2.1, as messages.md of @jupyter-widgets/schema states it.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import * as w from "#src/widgets/index.js";
import { fakeHost } from "./fake-host.js";

let host: ReturnType<typeof fakeHost>;
before(() => (host = fakeHost()));
after(() => host.remove());
beforeEach(() => {
  host.sent.length = 0;
  host.errors.length = 0;
  host.cell(1);
});
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

test("opening sends the whole state with the protocol's version", () => {
  const s = w.slider({ min: 0, max: 10, value: 3, description: "n" });
  const [open] = host.sent;
  assert.equal(open!.target, "jupyter.widget");
  assert.equal(open!.metadata.version, "2.1.0");
  assert.equal(open!.id, s.id);
  assert.deepEqual(
    ["_model_name", "_model_module", "_model_module_version", "_view_name", "value", "min", "max"].map(
      (k) => open!.data.state[k],
    ),
    ["IntSliderModel", "@jupyter-widgets/controls", "2.0.0", "IntSliderView", 3, 0, 10],
  );
});

test("a change from the front end is echoed, then observed; nothing else is sent", () => {
  const s = w.slider({ min: 0, max: 10, value: 3 });
  const seen: [unknown, unknown][] = [];
  s.observe("value", (now, before) => seen.push([now, before]));
  host.receive(s.id, { method: "update", state: { value: 7 }, buffer_paths: [] });
  assert.deepEqual(seen, [[7, 3]]);
  assert.deepEqual(
    host.sent.slice(1).map((m) => m.data),
    [{ method: "echo_update", state: { value: 7 }, buffer_paths: [] }],
  );
});

test("a value that the front end may not set is put right and sent back", async () => {
  const s = w.slider({ min: 0, max: 10, value: 3 });
  host.receive(s.id, { method: "update", state: { value: 70 }, buffer_paths: [] });
  assert.equal(s.value, 10);
  await wait(50);
  assert.equal(host.updates(s.id).at(-1)!.data.state.value, 10);
  host.receive(s.id, { method: "update", state: { value: "x" }, buffer_paths: [] });
  assert.equal(s.value, 10);
  assert.match(String(host.errors[0]!.error), /IntSlider\.value: expected a whole number, found "x"/);
});

test("4,000 rapid updates are few messages and end in the right state", async () => {
  const s = w.slider({ min: 0, max: 5000, value: 0 });
  for (let i = 1; i <= 4000; i++) s.value = i;
  await wait(60);
  const updates = host.updates(s.id);
  assert.equal(updates.at(-1)!.data.state.value, 4000);
  assert.ok(updates.length < 40, `${updates.length} messages`);
});

test("a cell that never yields still shows how it goes on", () => {
  const s = w.slider({ min: 0, max: 1e6, value: 0 });
  const end = performance.now() + 200;
  let i = 0;
  while (performance.now() < end) s.value = ++i;
  const n = host.updates(s.id).length;
  assert.ok(n >= 2 && n <= 12, `${n} messages in 200 ms`);
});

test("many models together stay below Jupyter's 1000 messages a second", async () => {
  await wait(1000);
  const all = Array.from({ length: 200 }, () => w.slider({ min: 0, max: 1e6 }));
  host.sent.length = 0;
  const start = performance.now();
  while (performance.now() - start < 1000) {
    for (const s of all) s.value++;
    await wait(1);
  }
  assert.ok(host.sent.length <= 1000, `${host.sent.length} messages in a second`);
  await wait(1500);
  for (const s of all) assert.equal(host.updates(s.id).at(-1)!.data.state.value, s.value);
  all.forEach((s) => s.close());
});

test("messages of a widget's own are never too many at once, in order, and none is lost", async () => {
  await wait(1000);
  const a = w.anywidget({ esm: "export default {}", state: { n: 0 } });
  host.sent.length = 0;
  for (let i = 0; i < 2000; i++) a.send(i);
  host.endCell();
  const custom = () => host.sent.filter((m) => m.data["method"] === "custom");
  assert.ok(custom().length >= 500 && custom().length <= 1000, `${custom().length} at once`);
  await wait(2300);
  assert.deepEqual(
    custom().map((m) => m.data["content"]),
    Array.from({ length: 2000 }, (_, i) => i),
  );
  a.close();
});

test("what waits is sent before a cell ends", () => {
  const s = w.slider({ min: 0, max: 10 });
  s.value = 1;
  s.value = 2;
  s.value = 3;
  host.endCell();
  assert.equal(host.updates(s.id).at(-1)!.data.state.value, 3);
});

test("binary values travel beside the JSON by path, without a copy, and come back", async () => {
  const column = new Float64Array([1, NaN, Infinity]);
  const a = w.anywidget({
    esm: "export default {}",
    state: { data: { columns: [column] }, n: 3, bad: NaN as number | null },
  });
  const open = host.sent[0]!;
  assert.deepEqual(open.data.buffer_paths, [["data", "columns", 0]]);
  assert.equal(open.buffers[0], column);
  assert.deepEqual(open.data.state.data, { columns: [null] });
  assert.equal(open.data.state.bad, null, "JSON has no NaN");
  const bytes = new Uint8Array([1, 2, 3]);
  host.receive(a.id, { method: "update", state: { data: {} }, buffer_paths: [["data", "picked"]] }, [bytes]);
  assert.deepEqual((a.get("data") as any).picked, bytes);
  assert.deepEqual(host.sent.at(-1)!.data, {
    method: "echo_update",
    state: { data: {} },
    buffer_paths: [["data", "picked"]],
  });
  host.receive(a.id, { method: "update", state: { data: {} }, buffer_paths: [["__proto__", "polluted"]] }, [bytes]);
  assert.equal(({} as any).polluted, undefined);
});

test("a state that contains itself is an error that says where", () => {
  const loop: any = {};
  loop.self = loop;
  assert.throws(() => w.anywidget({ esm: "export default {}", state: { loop } }), /loop\.self contains itself/);
});

test("models refer to each other by IPY_MODEL_", () => {
  const s = w.slider({ min: 0, max: 1 });
  const box = w.row([s, w.label("x")]);
  const open = host.sent.find((m) => m.id === box.id)!;
  assert.equal(open.data.state.children[0], `IPY_MODEL_${s.id}`);
  s.layout.width = "90%";
  const layout = host.sent.find((m) => m.kind === "open" && m.data.state._model_name === "LayoutModel")!;
  host.endCell();
  assert.equal(host.updates(s.id).at(-1)!.data.state.layout, `IPY_MODEL_${layout.id}`);
});

test("request_state and request_states answer with everything", () => {
  const a = w.anywidget({ esm: "export default {}", state: { bytes: new Uint8Array([9]) } });
  host.receive(a.id, { method: "request_state" });
  assert.equal(host.updates(a.id).at(-1)!.data.state._model_name, "AnyModel");
  const control = host.openFromFrontEnd("jupyter.widget.control", "c1");
  host.receive("c1", { method: "request_states" });
  const answer = host.sent.filter((m) => m.id === control.id).at(-1)!;
  assert.equal(answer.data.method, "update_states");
  const entry = answer.data.states[a.id];
  assert.deepEqual(
    [entry.model_name, entry.model_module, entry.state._view_name],
    ["AnyModel", "proband-widgets", "AnyView"],
  );
  const at = answer.data.buffer_paths.findIndex((p: string[]) => p[0] === a.id);
  assert.deepEqual(answer.data.buffer_paths[at], [a.id, "state", "bytes"]);
  assert.deepEqual(answer.buffers[at], new Uint8Array([9]));
});

test("custom messages go both ways, after the state set before them", () => {
  const a = w.anywidget({ esm: "export default {}", state: { n: 0 } });
  a.set({ n: 1 });
  a.set({ n: 2 });
  a.send({ hello: 1 }, [new Uint8Array([5])]);
  const own = host.sent.filter((m) => m.id === a.id).slice(1);
  assert.equal(own.at(-2)!.data.state.n, 2);
  assert.deepEqual(own.at(-1)!.data, { method: "custom", content: { hello: 1 } });
  const got: unknown[] = [];
  a.onCustom((content, buffers) => got.push(content, buffers[0]));
  host.receive(a.id, { method: "custom", content: "hi" }, [new Uint8Array([7])]);
  assert.deepEqual(got, ["hi", new Uint8Array([7])]);
});

test("an observer that throws is shown in the cell that made the widget; others still run", async () => {
  host.cell(5);
  const s = w.slider({ min: 0, max: 10 });
  s.observe("value", () => {
    throw new Error("first");
  });
  s.observe("value", async () => {
    throw new Error("second");
  });
  let ran = false;
  s.observe("value", () => (ran = true));
  host.cell(9);
  host.receive(s.id, { method: "update", state: { value: 4 } });
  await wait(1);
  assert.ok(ran);
  assert.deepEqual(
    host.errors.map((e) => [e.error.message, e.parent]),
    [
      ["first", 5],
      ["second", 5],
    ],
  );
});

test("closing twice, messages to a closed widget, closing from the front end", () => {
  const s = w.slider({ min: 0, max: 10 });
  s.close();
  s.close();
  assert.equal(host.sent.filter((m) => m.kind === "close").length, 1);
  assert.throws(() => (s.value = 3), /this IntSlider is closed/);
  const t = w.slider({ min: 0, max: 10 });
  host.closeFromFrontEnd(t.id);
  assert.ok(t.closed);
  const n = host.sent.length;
  host.receive(t.id, { method: "update", state: { value: 3 } });
  assert.ok(host.sent.length <= n + 1);
});

test("the saved state is valid under the schema of @jupyter-widgets/schema", () => {
  w.image(new Uint8Array([1, 2, 3]));
  w.dropdown({ options: ["a", "b"] });
  const require = createRequire(import.meta.url);
  const schema = JSON.parse(readFileSync(require.resolve("@jupyter-widgets/schema/v2/state.schema.json"), "utf8"));
  delete schema.$schema;
  const validate = new Ajv({ strict: false }).compile(schema);
  const saved = w.widgetState()["application/vnd.jupyter.widget-state+json"];
  assert.ok(validate(JSON.parse(JSON.stringify(saved))), JSON.stringify(validate.errors));
});
