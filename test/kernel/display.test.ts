// Displays of the libraries' own objects, as the kernel shows them.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as aq from "arquero";
import { tableFromArrays } from "apache-arrow";
import { parseHTML } from "linkedom";
import * as Plot from "@observablehq/plot";
import { bundleOf, type Shown } from "#src/kernel/display/bundle.js";

const shown = (value: unknown) => (bundleOf(value) as Shown).data as Record<string, string>;
const cells = (html: string) => [...html.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map((m) => m[1]);

test("an Arquero table, in its order, filtered and ordered", () => {
  const table = aq
    .table({ name: ["b", "a", "c"], n: [2, 1, 3] })
    .filter((d: any) => d.n < 3)
    .orderby("n");
  const data = shown(table);
  assert.match(data["text/html"]!, /Table: 2 rows × 2 columns/);
  assert.deepEqual(cells(data["text/html"]!), ["a", "1", "b", "2"]);
  assert.match(data["text/plain"]!, /0 +a +1\n1 +b +2/);
});

test("an Arrow table", () => {
  const data = shown(tableFromArrays({ x: new Int32Array([1, 2]), y: ["p", "q"] }));
  assert.match(data["text/html"]!, /Arrow table: 2 rows × 2 columns/);
  assert.deepEqual(cells(data["text/html"]!), ["1", "p", "2", "q"]);
});

test("danfo: a frame with its index, a series", async () => {
  const { DataFrame } = await import("danfojs-node");
  const frame = new DataFrame({ arm: ["a", "<b>"], n: [1, 2] }, { index: ["first", "second"] });
  const data = shown(frame);
  assert.match(data["text/html"]!, /DataFrame: 2 rows × 2 columns/);
  assert.match(data["text/html"]!, /<th>second<\/th>/);
  assert.deepEqual(cells(data["text/html"]!), ["a", "1", "&#60;b&#62;", "2"]);
  assert.match(data["text/plain"]!, /first +a +1/);
  assert.match(shown(frame["n"])["text/html"]!, /Series: 2 values/);
});

test("long tables are shortened and say so", () => {
  const data = shown(Array.from({ length: 5000 }, (_, i) => ({ i })));
  assert.match(data["text/html"]!, /Array\(5000\)/);
  assert.match(data["text/html"]!, /4980 more rows/);
  assert.equal((data["text/html"]!.match(/<tr>/g) ?? []).length, 22);
  const wide = shown([Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`c${i}`, i]))]);
  assert.match(wide["text/html"]!, /\+280/);
});

test("markup in names and values is text", () => {
  const data = shown([{ "<script>": "<img src=x onerror=alert(1)>" }]);
  assert.ok(!/<script|<img/.test(data["text/html"]!));
  const error = shown(new Error("<b>x</b>"));
  assert.ok(!/<b>x/.test(error["text/html"]!));
});

test("maps, sets, typed arrays, errors, promises", () => {
  assert.match(shown(new Map([["k", 1]]))["text/html"]!, /Map\(1\)[\s\S]*k[\s\S]*1/);
  assert.match(shown(new Set(["v"]))["text/html"]!, /Set\(1\)/);
  assert.match(shown(new Float64Array([1, NaN, 3]))["text/html"]!, /Float64Array\(3\): min 1, max 3, mean 2, 1 NaN/);
  assert.match(shown(new TypeError("wrong"))["text/plain"]!, /TypeError: wrong/);
  assert.match(shown(Promise.resolve(3))["text/plain"]!, /^Promise \{ 3/);
  assert.match(shown(Promise.resolve("<b>"))["text/html"]!, /^<code>Promise \{ &#39;&#60;b&#62;&#39;/);
  assert.match(shown(new Promise(() => {}))["text/html"]!, /&#60;pending&#62;[\s\S]*await/);
  assert.equal(shown([1, 2])["text/html"], undefined, "a list of numbers is text");
});

test("a plot is an SVG image, bytes of a PNG are a PNG", () => {
  const { document } = parseHTML("<!doctype html><body></body>");
  const data = shown(Plot.dot([[1, 2]]).plot({ document } as any));
  assert.match(data["image/svg+xml"]!, /^<svg[^>]*xmlns=/);
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]);
  assert.equal(shown(png)["image/png"], Buffer.from(png).toString("base64"));
});

test("an object's own display wins, bytes in it travel as base64, text is added", async () => {
  const own = {
    [Symbol.for("Jupyter.display")]: () => ({ "image/png": new Uint8Array([1]), "application/json": { a: 1 } }),
  };
  assert.deepEqual(shown(own), { "image/png": "AQ==", "application/json": { a: 1 }, "text/plain": "" });
  const later = { [Symbol.for("Jupyter.display")]: async () => ({ "text/html": "x" }) };
  assert.equal(((await bundleOf(later)) as Shown).data["text/html"], "x");
});
