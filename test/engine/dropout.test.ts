import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "#src/engine/graph/graph.js";
import { dropoutMask } from "#src/engine/model/transformer.js";
import { nativeRuntime } from "#src/engine/node/runtime.js";
import { random } from "#src/study/random.js";

async function mask(name: string, p: number, seed: number, rows = 400, width = 300) {
  const runtime = await nativeRuntime({ threads: 1 });
  const g = new Graph();
  g.input("rows", "float32", ["n", 1]);
  g.output(dropoutMask(g, "rows", { name, in: width }, p), "mask", "float32", ["n", width]);
  const session = await runtime.ort.InferenceSession.create(g.build(), runtime.session);
  const draw = random(seed);
  const values = Float32Array.from({ length: rows }, () => draw() * 1000);
  const out = await session.run({ rows: new runtime.ort.Tensor("float32", values, [rows, 1]) });
  return out["mask"]!.data as Float32Array;
}

const share = (m: Float32Array) => m.reduce((n, v) => n + (v === 0 ? 1 : 0), 0) / m.length;

test("drops the share that was asked for, and scales the rest", async () => {
  for (const p of [0.1, 0.5]) {
    const m = await mask("model.layers.0.self_attn.q_proj", p, 1);
    // 120000 elements: a standard error of at most 0.0015.
    assert.ok(Math.abs(share(m) - p) < 0.006, `${share(m)}`);
    const kept = Math.fround(1 / (1 - p));
    assert.ok(m.every((v) => v === 0 || v === kept));
  }
});

test("drops independently of rows, columns, layers and steps", async () => {
  const p = 0.5,
    width = 300;
  const m = await mask("model.layers.0.self_attn.q_proj", p, 1);
  const other = await mask("model.layers.1.self_attn.q_proj", p, 1);
  const later = await mask("model.layers.0.self_attn.q_proj", p, 2);
  const both = (at: (i: number) => [number, number], n: number) => {
    let together = 0;
    for (let i = 0; i < n; i++) {
      const [a, b] = at(i);
      if (a === 0 && b === 0) together++;
    }
    return together / n;
  };
  for (const found of [
    both((i) => [m[i]!, m[i + width]!], m.length - width),
    both((i) => [m[i]!, m[i + 1]!], m.length - 1),
    both((i) => [m[i]!, other[i]!], m.length),
    both((i) => [m[i]!, later[i]!], m.length),
  ])
    assert.ok(Math.abs(found - p * p) < 0.01, `both dropped: ${found}, by chance ${p * p}`);
});
