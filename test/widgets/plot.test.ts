// The Plot view in the kernel: selection by brush, links, large and damaged data, static pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { jupyterDisplay } from "#src/study/index.js";
import { loadStudy } from "#src/study/node/index.js";
import * as w from "#src/widgets/node/index.js";
import { parseHTML } from "linkedom";
import { sampleRows } from "#src/widgets/plot/data.js";
import { draw } from "#src/widgets/plot/draw.js";
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

test("long columns travel in fewer bytes and arrive as exactly the same numbers", () => {
  const n = 6000;
  const make = (f: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => f(i));
  const examples: [name: string, values: Float64Array, bytes: number][] = [
    ["answers", make((i) => i % 7), 1],
    ["negative", make((i) => (i % 7) - 3), 1],
    ["years", make((i) => 1900 + (i % 120)), 2],
    ["large integers", make((i) => i * 300_000), 4],
    ["one decimal", make((i) => ((i * 37) % 1000) / 10), 4],
    ["three decimals", make((i) => (((i * 7919) % 100_003) - 50_000) / 1000), 4],
    ["halves and missing", make((i) => (i % 5 ? i / 2 : NaN)), 4],
    ["any doubles", make((i) => Math.sin(i) * 1e5), 8],
    ["moments in milliseconds", make((i) => 1.7e12 + i * 1000), 8],
    ["minus zero and infinity", make((i) => (i ? Infinity : -0)), 4],
  ];
  for (const [name, values, bytes] of examples) {
    const wire: any = wireColumns({ v: { kind: "number", values } });
    assert.equal(wire.v.data.BYTES_PER_ELEMENT, bytes, name);
    const back: any = readColumns(wire);
    for (let i = 0; i < n; i++) assert.ok(Object.is(back.v.values[i], values[i]), `${name} at ${i}`);
  }
  // Places on a screen may be single precision, where nobody could see the difference.
  const doubles = make((i) => Math.sin(i) * 1e5);
  const places: any = wireColumns({ v: { kind: "number", values: doubles } }, true);
  assert.equal(places.v.data.BYTES_PER_ELEMENT, 4);
  for (let i = 0; i < n; i++) assert.ok(Math.abs(places.v.data[i] - doubles[i]!) < 2e5 * 1e-6);
  const moments: any = wireColumns({ v: { kind: "number", values: make((i) => 1.7e12 + i * 7.001) } }, true);
  assert.equal(moments.v.data.BYTES_PER_ELEMENT, 8, "single precision would move these by minutes");
});

test("dots that Plot does not see one by one get the scales that Plot makes of all (source: Observable Plot)", () => {
  const n = 3000;
  const columns = {
    x: { kind: "number", values: Float64Array.from({ length: n }, (_, i) => (i === 5 ? NaN : Math.sin(i) * 31 + 7)) },
    y: { kind: "number", values: Int16Array.from({ length: n }, (_, i) => (i * 7919) % 331) },
    g: { kind: "text", codes: Int32Array.from({ length: n }, (_, i) => (i % 4) - 1), labels: ["b", "a", "c"] },
  } as const;
  const { document } = parseHTML("<html><body></body></html>");
  for (const extra of [{ fill: "g" }, { stroke: "g" }, { fill: "x" }, { fill: "red" }, {}]) {
    const spec = { marks: [{ mark: "dot", x: "x", y: "y", ...extra }] } as const;
    const scales = (render?: unknown) => {
      const drawn = draw(spec, columns, {
        document: document as never,
        width: 400,
        ...(render ? { renderDots: () => render } : {}),
      });
      return (["x", "y", "color"] as const).map((name) => {
        const { domain, range } = drawn.scale(name) ?? {};
        return { domain: Array.from(domain ?? []), range: Array.from((range ?? []) as Iterable<unknown>) };
      });
    };
    let given = 0;
    const quick = scales((index: Uint32Array) => {
      given = index.length;
      return null;
    });
    assert.ok(given > 0 && given < 20, `${given} rows were given to Plot`);
    assert.deepEqual(quick, scales(), JSON.stringify(extra));
  }
});

test("a sample of rows has the size asked for, no row twice, and no part of the table more than another", () => {
  for (const [n, size] of [
    [10, 3],
    [10, 9],
    [5, 5],
    [100_000, 20_000],
    [100_000, 90_000],
  ] as const) {
    const sample = sampleRows(n, size);
    assert.equal(sample.length, size);
    assert.ok(sample.every((v, i) => v < n && (i === 0 || v > sample[i - 1]!)));
    if (n < 1000) continue;
    // Each tenth holds a hypergeometric number of them: mean size/10, standard deviation below sqrt(size·.09).
    const tenths = new Array<number>(10).fill(0);
    for (const v of sample) tenths[Math.floor((10 * v) / n)]!++;
    for (const t of tenths) assert.ok(Math.abs(t - size / 10) < 5 * Math.sqrt(size * 0.09), `${tenths}`);
  }
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
