import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attention, causalBlocks } from "#src/engine/graph/attention.js";
import { Graph, type Value } from "#src/engine/graph/graph.js";
import * as operators from "#src/engine/graph/ops.js";
import { distributionLoss } from "#src/engine/model/heads.js";
import { nativeRuntime } from "#src/engine/node/runtime.js";
import { random } from "#src/study/random.js";

/**
 * Every operator's gradient against central finite differences. The output is made a scalar by fixed random weights.
 * Single precision with a step of 1e-2 resolves a derivative to about 1e-4 of the function's size: tolerance 2e-3 of
 * the largest derivative.
 */
const runtime = await nativeRuntime({ threads: 1 });

/** Operators that a test has gone through: none may be added without a test. */
const checked = new Set<string>();
const ops = new Proxy(operators, {
  get(all, name: keyof typeof operators) {
    checked.add(name);
    return all[name];
  },
});

type Parts = Record<string, number[]>;
type Constants = Record<string, { type: "float32" | "int64"; shape: number[]; data: ArrayLike<number> }>;

async function check(
  shapes: Parts,
  build: (g: Graph, x: Record<string, Value>) => Value,
  options: { constants?: Constants; scalar?: boolean; center?: number } = {},
) {
  const draw = random(1, "gradients");
  const g = new Graph();
  const x: Record<string, Value> = {};
  const feeds: Record<string, unknown> = {};
  const values: Record<string, Float32Array> = {};
  const { Tensor } = runtime.ort;
  for (const [name, shape] of Object.entries(shapes)) {
    x[name] = g.parameter(name, shape, true);
    values[name] = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => draw.normal() + (options.center ?? 0),
    );
    feeds[name] = new Tensor("float32", values[name]!, shape);
  }
  for (const [name, { type, shape, data }] of Object.entries(options.constants ?? {})) {
    if (!["members", "absent", "target", "step", "cumulate", "nominal"].includes(name)) g.input(name, type, shape);
    feeds[name] =
      type === "float32"
        ? new Tensor("float32", Float32Array.from(data), shape)
        : new Tensor("int64", BigInt64Array.from(Array.from(data), BigInt), shape);
  }
  let y = build(g, x);
  if (!options.scalar) {
    // Weights that differ between elements: sin(1), sin(2), …
    const flat = ops.reshape(g, y, g.integers([-1]));
    const count = g.emit("Cast", [g.emit("Size", [flat.name])], { to: { int: 1 } });
    const index = g.emit("Range", [g.scalar(1), g.emit("Add", [count, g.scalar(1)]), g.scalar(1)]);
    y = ops.sum(g, ops.scale(g, flat, g.emit("Sin", [index])));
  }
  g.backward(y);
  g.output(y.name, "y", "float32", []);
  for (const name of Object.keys(shapes)) g.output(x[name]!.gradient!, `d_${name}`, "float32", shapes[name]!);
  const session = await runtime.ort.InferenceSession.create(g.build(), runtime.session);
  const run = async () => session.run(feeds as never);
  const out = await run();
  for (const name of Object.keys(shapes)) {
    const gradient = Float32Array.from(out[`d_${name}`]!.data as Float32Array);
    const scale = gradient.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-6);
    const v = values[name]!;
    for (let i = 0; i < v.length; i++) {
      const at = v[i]!,
        h = 1e-2;
      v[i] = at + h;
      const plus = ((await run())["y"]!.data as Float32Array)[0]!;
      v[i] = at - h;
      const minus = ((await run())["y"]!.data as Float32Array)[0]!;
      v[i] = at;
      const numeric = (plus - minus) / (2 * h);
      assert.ok(
        Math.abs(numeric - gradient[i]!) <= 2e-3 * Math.max(scale, 1),
        `d/d${name}[${i}]: ${gradient[i]} by the graph, ${numeric} by differences`,
      );
    }
  }
}

const rope: Constants = {
  positions: { type: "int64", shape: [2, 3], data: [0, 1, 2, 4, 5, 6] },
  cos: {
    type: "float32",
    shape: [8, 2],
    data: Array.from({ length: 16 }, (_, i) => Math.cos((i >> 1) / (1 + 9 * (i & 1)))),
  },
  sin: {
    type: "float32",
    shape: [8, 2],
    data: Array.from({ length: 16 }, (_, i) => Math.sin((i >> 1) / (1 + 9 * (i & 1)))),
  },
};

describe("gradients against finite differences", () => {
  test("linear with bias", () => check({ x: [3, 4], w: [5, 4], b: [5] }, (g, v) => ops.linear(g, v.x!, v.w!, v.b!)));
  test("two linears of one value: their gradients add up", () =>
    check({ x: [3, 4], w: [5, 4], v: [5, 4] }, (g, v) =>
      ops.add(g, ops.linear(g, v.x!, v.w!), ops.linear(g, v.x!, v.v!)),
    ));
  test("low-rank addition", () =>
    check({ base: [3, 5], x: [3, 2], w: [5, 2] }, (g, v) => ops.addLinear(g, v.base!, v.x!, v.w!, 1.5)));
  test("bias", () => check({ x: [3, 4], b: [4] }, (g, v) => ops.addBias(g, v.x!, v.b!)));
  test("low-rank maps of one value as one product", () =>
    check({ x: [3, 4], a: [2, 4], b: [2, 4] }, (g, v) => {
      const [left, right] = ops.columns(g, ops.linear(g, v.x!, ops.stack(g, [v.a!, v.b!])), 2);
      return ops.add(g, left!, ops.scale(g, right!, 3));
    }));
  test("add, of one value twice", () =>
    check({ a: [2, 3], b: [2, 3] }, (g, v) => ops.add(g, ops.add(g, v.a!, v.b!), v.a!)));
  test("multiply", () => check({ a: [2, 3], b: [2, 3] }, (g, v) => ops.multiply(g, v.a!, v.b!)));
  test("scale", () => check({ a: [2, 3] }, (g, v) => ops.scale(g, v.a!, -2.5)));
  test("scale by a mask that broadcasts", () =>
    check({ a: [2, 3] }, (g, v) => ops.scale(g, v.a!, g.tensor(Float32Array.of(0, 2, -1), [1, 3]))));
  test("shift", () => check({ a: [2, 3] }, (g, v) => ops.shift(g, v.a!, g.tensor(Float32Array.of(1, 2, 3), [1, 3]))));
  test("swiglu", () => check({ a: [3, 4], b: [3, 4] }, (g, v) => ops.swiglu(g, v.a!, v.b!)));
  test("reshape and transpose", () =>
    check({ a: [2, 3, 4] }, (g, v) => ops.reshape(g, ops.transpose(g, v.a!, [2, 0, 1]), g.integers([4, -1]))));
  test("matmul", () => check({ a: [2, 3, 4], b: [2, 4, 2] }, (g, v) => ops.matmul(g, v.a!, v.b!, { factor: 0.7 })));
  test("matmul, second transposed", () =>
    check({ a: [2, 3, 4], b: [2, 5, 4] }, (g, v) => ops.matmul(g, v.a!, v.b!, { transposeB: true, factor: 0.5 })));
  for (const keyValueHeads of [4, 2])
    for (const parts of [1, 2, 3])
      test(`attention, causal, 4 heads on ${keyValueHeads}, in ${parts} parts`, () => {
        const time = 5;
        const kv = [2, keyValueHeads, time, 3];
        // Of the second row, token 3 branches off token 1.
        const seen = [0, 1].flatMap((row) =>
          Array.from({ length: time * time }, (_, i) => {
            const [t, key] = [Math.floor(i / time), i % time];
            return key > t || (row === 1 && t >= 3 && key === 2) ? -1e9 : 0;
          }),
        );
        return check({ q: [2, 4, time, 3], k: kv, v: kv }, (g, v) => {
          const mask = g.tensor(Float32Array.from(seen), [2, 1, time, time]);
          const masks = parts === 1 ? mask : causalBlocks(g, g.integers([time]), mask, parts);
          return attention(g, v.q!, v.k!, v.v!, masks, { heads: 4, keyValueHeads, factor: 0.6 });
        });
      });
  test("attention of fewer queries than keys", () =>
    check({ q: [1, 4, 2, 3], k: [1, 2, 5, 3], v: [1, 2, 5, 3] }, (g, v) => {
      const mask = g.tensor(Float32Array.of(0, 0, -1e9, -1e9, 0, 0, 0, 0, 0, -1e9), [1, 1, 2, 5]);
      return attention(g, v.q!, v.k!, v.v!, mask, { heads: 4, keyValueHeads: 2, factor: 0.6 });
    }));
  test("softmax", () => check({ a: [3, 5] }, (g, v) => ops.softmax(g, v.a!)));
  test("logSoftmax", () => check({ a: [3, 5] }, (g, v) => ops.logSoftmax(g, v.a!)));
  test("rmsNorm", () => check({ x: [3, 6], w: [6] }, (g, v) => ops.rmsNorm(g, v.x!, v.w!, 1e-5)));
  test("rotary", () =>
    check(
      { x: [2, 3, 8] },
      (g, v) =>
        ops.rotary(g, v.x!, { positions: "positions", cos: "cos", sin: "sin", negativeSin: g.emit("Neg", ["sin"]) }, 2),
      { constants: rope },
    ));
  test("gatherRows, one row twice", () =>
    check({ x: [4, 3] }, (g, v) => ops.gatherRows(g, v.x!, "rows"), {
      constants: { rows: { type: "int64", shape: [3], data: [2, 0, 2] } },
    }));
  test("gatherPairs, one pair twice", () =>
    check({ x: [3, 4] }, (g, v) => ops.gatherPairs(g, v.x!, "pairs"), {
      constants: { pairs: { type: "int64", shape: [3, 2], data: [0, 1, 2, 3, 0, 1] } },
    }));
  test("append", () =>
    check({ x: [2, 3, 2] }, (g, v) => ops.append(g, "past", v.x!, 1), {
      constants: { past: { type: "float32", shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] } },
    }));
  test("sum", () => check({ x: [3, 4] }, (g, v) => ops.sum(g, ops.multiply(g, v.x!, v.x!)), { scalar: true }));
  test("absolute, away from 0", () => check({ x: [3, 2] }, (g, v) => ops.absolute(g, v.x!), { center: 5 }));
  for (const kind of ["kl", "wasserstein"] as const)
    test(`distribution loss, ${kind}: two groups, one with an absent option`, () =>
      check({ p: [6] }, (g, v) => distributionLoss(g, v.p!, kind), {
        scalar: true,
        constants: {
          // Options of the first group: p0 + p1, p2, p3; of the second: p4, p1 + p5.
          members: {
            type: "float32",
            shape: [6, 6],
            data: [
              1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0,
              0,
            ],
          },
          absent: { type: "float32", shape: [2, 3], data: [0, 0, 0, 0, 0, -1e9] },
          target: { type: "float32", shape: [2, 3], data: [0.1, 0.3, 0.6, 0.8, 0.2, 0] },
          step: {
            type: "float32",
            shape: [2, 3],
            data: kind === "kl" ? [0.5, 0.5, 0.5, 1, 1, 0] : [0.5, 0.5, 0.5, 0.3, 0.3, 0],
          },
          ...(kind === "wasserstein" && {
            cumulate: { type: "float32" as const, shape: [3, 3], data: [1, 1, 1, 0, 1, 1, 0, 0, 1] },
            // The second group's options have no order.
            nominal: { type: "float32" as const, shape: [2, 3], data: [0, 0, 0, 0.4, 0.4, 0] },
          }),
        },
      }));
  test("no operator is left out", () =>
    assert.deepEqual(
      Object.keys(operators).filter((name) => !checked.has(name)),
      [],
    ));
});
