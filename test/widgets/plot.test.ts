// The Plot view in the kernel: selection by brush, links, large and damaged data, static pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { jupyterDisplay } from "#src/study/index.js";
import { loadStudy } from "#src/study/node/index.js";
import * as w from "#src/widgets/node/index.js";
import { readColumns, wireColumns } from "#src/widgets/plot/wire.js";

const rows = Array.from({ length: 100 }, (_, i) => ({
  id: `p${i}`,
  age: i,
  income: (i * 7) % 50,
  vote: i % 3 ? "Dole" : "Clinton",
}));
const marks = [{ mark: "dot", x: "age", y: "income", fill: "vote" }] as const;

test("brushing selects row ids in the kernel", () => {
  const plot = w.plotView({ data: rows, marks, brush: "xy" });
  const seen: unknown[] = [];
  plot.onSelect((ids) => seen.push(ids.length));
  plot.brush({ x: [10, 20], y: [0, 25] });
  const expected = rows.filter((r) => r.age >= 10 && r.age <= 20 && r.income >= 0 && r.income <= 25).map((r) => r.id);
  assert.deepEqual(plot.selected, expected);
  plot.brush({ category: ["Clinton"] });
  assert.equal(plot.selected.length, rows.filter((r) => r.vote === "Clinton").length);
  plot.brush(null);
  assert.deepEqual([plot.selected, plot.selectedRows], [[], null]);
  assert.deepEqual(seen, [expected.length, 34, 0]);
});

test("a bar of categories is brushed by its names", () => {
  const plot = w.plotView({
    data: rows,
    marks: [{ mark: "barY", transform: "groupX", outputs: { y: "count" }, x: "vote" }],
    brush: "x",
  });
  plot.brush({ x: ["Dole"] });
  assert.equal(plot.selected.length, 66);
  assert.match(plot.toSvg().outerHTML, /Clinton/);
});

test("linked plots share a selection by id, whatever their rows' order", () => {
  const a = w.plotView({ data: rows, marks, brush: "x" });
  const b = w.plotView({ data: [...rows].reverse(), marks: [{ mark: "dot", x: "income", y: "age" }], brush: "x" });
  const stop = w.linkBrushes([a, b]);
  a.brush({ x: [0, 4] });
  assert.deepEqual([...b.selected].sort(), ["p0", "p1", "p2", "p3", "p4"]);
  assert.deepEqual([...b.selectedRows!], [95, 96, 97, 98, 99]);
  a.brush(null);
  assert.deepEqual(b.selected, []);
  stop();
  a.brush({ x: [0, 4] });
  assert.deepEqual(b.selected, []);
});

test("a million points are sampled and say so; brushing selects among all", () => {
  const n = 1e6;
  const plot = w.plotView({
    data: { x: Float64Array.from({ length: n }, (_, i) => i), y: new Float32Array(n) },
    marks: [{ mark: "dot", x: "x", y: "y" }],
    brush: "x",
  });
  assert.match(
    plot.toString(),
    /1,000,000 rows.*100,000 of 1,000,000 rows drawn \(random sample\); brushing selects among all/,
  );
  plot.brush({ x: [10, 19] });
  assert.deepEqual(plot.selected, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.ok(plot.toSvg().outerHTML.length < 1e6);
});

test("NaN, infinities, missing and text of data: drawn without them, counted, escaped", () => {
  const data = [
    { x: 1, y: 1, g: "<b>a</b>" },
    { x: NaN, y: 2, g: null },
    { x: Infinity, y: 3, g: "b" },
    { x: null, y: 4, g: "b" },
  ];
  const plot = w.plotView({
    data,
    marks: [{ mark: "dot", x: "x", y: "y", fill: "g", title: "g" }],
    title: "<i>t</i>",
    brush: "x",
  });
  assert.match(plot.toString(), /3 rows without a finite x are not drawn/);
  const svg = plot.toSvg().outerHTML;
  assert.doesNotMatch(svg, /NaN|<b>|<i>/);
  plot.brush({ x: [-1e9, 1e9] });
  assert.deepEqual(plot.selected, [0]);
});

test("columns keep their values and types across the wire", () => {
  const columns = {
    a: { kind: "number", values: new Int16Array([1, -2]) },
    t: { kind: "text", codes: new Int32Array([1, -1]), labels: ["x", "y"] },
  } as const;
  const wire: any = wireColumns(columns);
  // As a browser gets them: views into one larger buffer, not on a boundary of the type.
  const moved = (v: ArrayBufferView) => {
    const all = new Uint8Array(v.byteLength + 1);
    all.set(new Uint8Array(v.buffer, v.byteOffset, v.byteLength), 1);
    return new DataView(all.buffer, 1);
  };
  const back = readColumns({ a: { ...wire.a, data: moved(wire.a.data) }, t: { ...wire.t, data: moved(wire.t.data) } });
  assert.deepEqual(back, columns);
});

test("a static picture comes along, as SVG and PNG", () => {
  const plot = w.plotView({ data: rows, marks, title: "People" });
  const bundle = plot[jupyterDisplay]() as Record<string, any>;
  assert.match(bundle["image/svg+xml"], /^<svg[^>]*xmlns/);
  assert.equal((bundle["image/svg+xml"].match(/<circle/g) ?? []).length, 100);
  assert.deepEqual([...bundle["image/png"].slice(1, 4)], [0x50, 0x4e, 0x47]);
  assert.match(bundle["text/plain"], /Plot "People" of age, income, vote: 100 rows/);
});

test("what is wrong with a plot is said when it is made", () => {
  assert.throws(() => w.plotView({ data: rows, marks: [] }), /a plot needs marks/);
  assert.throws(
    () => w.plotView({ data: rows, marks: [{ mark: "scatter" as never }] }),
    /unknown mark "scatter"; known are/,
  );
  assert.throws(
    () => w.plotView({ data: rows, marks: [{ mark: "dot", x: "aeg" }] }),
    /x names the column "aeg"; the data has id, age/,
  );
  assert.throws(
    () => w.plotView({ data: { a: [1, 2], b: [1] }, marks: [{ mark: "dot", x: "a" }] }),
    /column b has 1 values, a has 2/,
  );
  assert.throws(() => w.plotView({ data: rows, marks, brush: "z" as never }), /brush is "x", "y", "xy" or "category"/);
});

test("new data under a brush: the brush stays, the selection follows", () => {
  const plot = w.plotView({ data: rows, marks, brush: "x" });
  plot.brush({ x: [0, 1] });
  plot.setData(rows.slice(1));
  assert.deepEqual(plot.selected, ["p1"]);
});

test("respondents bring their ids, and synthetic ones say what they are", async () => {
  const study = await loadStudy("disclosure");
  const [x, y] = study.items("belief").map((i) => i.name);
  const plot = w.plotView({ data: study, marks: [{ mark: "dot", x, y }], brush: "x" });
  assert.match(plot.toString(), /synthetic data/);
  assert.match(plot.toSvg().textContent!, /synthetic data/);
  plot.brush({ x: [0, 100] });
  assert.equal(plot.selected[0], study.ids[0]);
});
