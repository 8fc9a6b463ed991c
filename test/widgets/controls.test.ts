// Controls without a front end: they hold their state, check it, and say what they are.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";
import { parameterTypes } from "#src/widgets/parameter-types.js";
import * as w from "#src/widgets/index.js";

const require = createRequire(import.meta.url);
const schema = require("@jupyter-widgets/schema/jupyterwidgetmodels.latest.json") as {
  model: { name: string };
  attributes: { name: string; default: unknown; type: unknown }[];
}[];

test("every model of the schema is a class with the schema's defaults", () => {
  assert.equal(schema.length, 69);
  for (const { model, attributes } of schema) {
    const Class = (w.models as any)[model.name.replace(/Model$/, "")];
    const made = new Class();
    for (const a of attributes) {
      if (a.name.startsWith("_") || a.type === "reference" || a.type === "bytes") continue;
      assert.deepEqual(made[a.name], a.default, `${model.name}.${a.name}`);
    }
    made.close();
  }
});

test("the generated files are current", () => {
  const run = spawnSync(process.execPath, ["scripts/generate-widgets.mjs", "--check"], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
});

test("slider is whole or decimal by its numbers, and keeps its value in range", () => {
  const whole = w.slider({ min: 0, max: 10 });
  assert.equal(whole.kind, "IntSlider");
  whole.value = 99;
  assert.equal(whole.value, 10);
  whole.max = 5;
  assert.equal(whole.value, 5);
  assert.throws(() => (whole.min = 6), /min 6 is above max 5; set both at once/);
  assert.throws(() => ((whole as any).value = "3"), /IntSlider\.value: expected a whole number, found "3"/);
  assert.equal(w.slider({ min: 0, max: 1 }).kind, "FloatSlider");
  assert.equal(w.slider({ min: 0, max: 1 }).step, 0.01);
  assert.throws(() => w.slider({ min: 0, max: 1, colour: "red" } as any), /has no attribute colour; it has/);
  assert.throws(() => w.button("x", undefined, { button_style: "loud" as any }), /expected one of/);
});

test("selection controls speak in values; the protocol in labels and an index", () => {
  const d = w.dropdown({ options: { Clinton: 0, Dole: 1 }, value: 1 });
  assert.equal(d.index, 1);
  const seen: unknown[] = [];
  d.observe("value", (v, old) => seen.push([v, old]));
  d.index = 0;
  assert.deepEqual(seen, [[0, 1]]);
  d.options = [
    ["Perot", 2],
    ["Clinton", 0],
  ] as any;
  assert.equal(d.value, 0);
  assert.throws(() => (d.value = 9), /9 is not among the options: 2, 0/);
  const many = w.selectMultiple({ options: ["a", "b", "c"], value: ["c"] });
  assert.deepEqual([many.index, many.value], [[2], ["c"]]);
  assert.throws(() => w.dropdown({ options: [] }), /no options to choose from/);
});

test("link and follow keep attributes together, without end", () => {
  const a = w.slider({ min: 0, max: 10, value: 2 });
  const b = w.slider({ min: 0, max: 10, value: 5 });
  const stop = w.link([a, "value"], [b, "value"]);
  assert.equal(b.value, 2);
  b.value = 7;
  assert.equal(a.value, 7);
  stop();
  a.value = 1;
  assert.equal(b.value, 7);
  const l = w.label("");
  w.follow<number>([a, "value"], [l, "value"], (n) => `n = ${n}`);
  a.value = 4;
  assert.equal(l.value, "n = 4");
});

test("interact infers controls from defaults and from what it is given", async () => {
  const calls: unknown[] = [];
  const panel = w.interact(
    (n = 30, strategy: string, shuffle = true) => {
      calls.push([n, strategy, shuffle]);
      return `${n} by ${strategy}`;
    },
    { strategy: ["random", "stratified"] },
  );
  await panel.settled;
  assert.deepEqual(
    Object.values(panel.controls).map((c) => c.kind),
    ["IntSlider", "Dropdown", "Checkbox"],
  );
  assert.deepEqual(calls, [[30, "random", true]]);
  (panel.controls["n"] as any).value = 60;
  (panel.controls["n"] as any).value = 61;
  await panel.settled;
  assert.deepEqual(calls.at(-1), [61, "random", true]);
  assert.match(panel.toString(), /61 by random/);
  assert.throws(() => w.interact((n: number) => n), /nothing says what control parameter n needs/);
  assert.throws(() => w.interact((n = 1) => n, { m: 3 }), /has no parameter m; it has n/);
});

test("types of parameters are read from the cell as it was written", () => {
  const cell = `const other = (n: string, on: string) => n;
// a comment (n: Date, on: Date, name: string) => 1
interact(async (n: number, on: boolean, /* not this */ name = "a, (b", kind: "x" | 'y' = "y", k: 1 | 2, list: Map<string, number>, when?: Date): Promise<string> => { return ""; }, {})
interact(function (a: string, b) { return a; })`;
  assert.deepEqual(parameterTypes(["n", "on", "name", "kind", "k", "list", "when"], [cell]), {
    n: { kind: "number" },
    on: { kind: "boolean" },
    kind: { kind: "one of", values: ["x", "y"] },
    k: { kind: "one of", values: [1, 2] },
    when: { kind: "Date" },
  });
  assert.deepEqual(parameterTypes(["a", "b"], ["", cell]), { a: { kind: "string" } });
  assert.deepEqual(parameterTypes(["n", "on"], [cell])["n"], { kind: "string" });
  assert.deepEqual(parameterTypes(["z"], [cell]), {});
});

test("interact shows what the function throws, and goes on", async () => {
  const panel = w.interact((n = 3) => {
    if (n > 3) throw new RangeError("too many");
    return n;
  });
  await panel.settled;
  (panel.controls["n"] as any).value = 5;
  await panel.settled;
  assert.match(panel.output.toString(), /RangeError: too many/);
  (panel.controls["n"] as any).value = 2;
  await panel.settled;
  assert.equal(panel.output.toString(), "2");
});

test("output areas keep text, values and errors", async () => {
  const out = w.output();
  await out.capture(() => {
    console.log("hello", { a: 1 });
    return 42;
  });
  await out.capture(() => {
    throw new Error("no");
  });
  assert.match(out.toString(), /hello \{\s*"a": 1\s*\}\n42\nError: no/);
});

test("dates are the protocol's fields on the wire", () => {
  const d = w.datePicker({ value: new Date(1996, 10, 5) });
  assert.deepEqual(d.packed().state["value"], { year: 1996, month: 10, date: 5 });
  assert.throws(() => (d.value = new Date(NaN)), /DatePicker\.value: expected a valid Date/);
});

test("await button.clicked, changes as an async iteration", async () => {
  const b = w.button("go");
  const s = w.slider({ min: 0, max: 9 });
  const seen: number[] = [];
  const reading = (async () => {
    for await (const v of s.changes("value")) {
      seen.push(v);
      if (seen.length === 2) break;
    }
  })();
  await new Promise((resolve) => setImmediate(resolve));
  s.value = 1;
  s.value = 2;
  await reading;
  assert.deepEqual(seen, [1, 2]);
  const all = (async () => {
    const values = [];
    for await (const v of s.changes("value")) values.push(v);
    return values;
  })();
  await new Promise((resolve) => setImmediate(resolve));
  s.value = 5;
  await new Promise((resolve) => setImmediate(resolve));
  s.close();
  assert.deepEqual(await all, [5], "the iteration ends with the widget");
  assert.ok(b.clicked instanceof Promise);
  assert.equal(b.clicked, b.clicked);
});
