/** The differentiable operators of a decoder-only transformer. Each gradient is checked against finite differences. */
import type { Graph, Value } from "./graph.js";

const microsoft = "com.microsoft";
const keep = { keepdims: { int: 1 } };

/** Sum of the rows of x [N, M]: the gradient of a vector that stands beside each. */
const sumOfRows = (g: Graph, x: string): string => g.emit("ReduceSum", [x, g.integers([0])], { keepdims: { int: 0 } });

/** x · Wᵀ + b for x [M, in], W [out, in], b [out]. */
export function linear(g: Graph, x: Value, weight: Value, bias?: Value): Value {
  const inputs = [x.name, weight.name, ...(bias ? [bias.name] : [])];
  const y = g.emit("Gemm", inputs, { transB: { int: 1 } });
  return g.record(y, [x, weight, ...(bias ? [bias] : [])], (dy) => {
    g.accumulateProduct(x, dy, weight.name, {});
    g.accumulateProduct(weight, dy, x.name, { transA: { int: 1 } });
    if (bias) g.accumulate(bias, () => sumOfRows(g, dy));
  });
}

/** base + factor · x · Wᵀ: a product added to what is there already. */
export function addLinear(g: Graph, base: Value, x: Value, weight: Value, factor = 1): Value {
  const alpha = { alpha: { float: factor } };
  const y = g.emit("Gemm", [x.name, weight.name, base.name], { transB: { int: 1 }, ...alpha });
  return g.record(y, [base, x, weight], (dy) => {
    g.accumulate(base, () => dy);
    g.accumulateProduct(x, dy, weight.name, alpha);
    g.accumulateProduct(weight, dy, x.name, { transA: { int: 1 }, ...alpha });
  });
}

/** x [N, M] plus a vector [M] beside each row. */
export function addBias(g: Graph, x: Value, bias: Value): Value {
  return g.record(g.emit("Add", [x.name, bias.name]), [x, bias], (dy) => {
    g.accumulate(x, () => dy);
    g.accumulate(bias, () => sumOfRows(g, dy));
  });
}

/** Matrices of the same width one below the other. */
export function stack(g: Graph, parts: Value[]): Value {
  const all = g.emit(
    "Concat",
    parts.map((part) => part.name),
    { axis: { int: 0 } },
  );
  return g.record(all, parts, (dy) => {
    const gradients = g.emitMany("Split", [dy], parts.length, { axis: { int: 0 } });
    parts.forEach((part, i) => g.accumulate(part, () => gradients[i]!));
  });
}

/** The columns of x [N, parts · width] in parts of the same width. */
export function columns(g: Graph, x: Value, parts: number): Value[] {
  return g.recordMany(g.emitMany("Split", [x.name], parts, { axis: { int: 1 } }), [x], (gradients) => {
    g.accumulate(x, () => g.emit("Concat", gradients, { axis: { int: 1 } }));
  });
}

/** Sum of two values of the same shape. */
export function add(g: Graph, a: Value, b: Value): Value {
  return g.record(g.emit("Add", [a.name, b.name]), [a, b], (dy) => {
    g.accumulate(a, () => dy);
    g.accumulate(b, () => dy);
  });
}

/** Product of two values of the same shape. */
export function multiply(g: Graph, a: Value, b: Value): Value {
  return g.record(g.emit("Mul", [a.name, b.name]), [a, b], (dy) => {
    g.accumulate(a, () => g.emit("Mul", [dy, b.name]));
    g.accumulate(b, () => g.emit("Mul", [dy, a.name]));
  });
}

/** x times something without gradient that broadcasts to it (a constant, a mask). */
export function scale(g: Graph, x: Value, factor: number | string): Value {
  const k = typeof factor === "number" ? g.scalar(factor) : factor;
  return g.record(g.emit("Mul", [x.name, k]), [x], (dy) => {
    g.accumulate(x, () => g.emit("Mul", [dy, k]));
  });
}

/** x plus something without gradient that broadcasts to it (an attention mask). */
export function shift(g: Graph, x: Value, offset: string): Value {
  return g.record(g.emit("Add", [x.name, offset]), [x], (dy) => g.accumulate(x, () => dy));
}

/**
 * silu(gate) · up with silu(x) = x · sigmoid(x) (Shazeer 2020, SwiGLU). Of its derivative in the gate, (s + silu · (1 − s)) ·
 * up with s = sigmoid(gate), what is a product already (y = silu · up) is not multiplied again: y + s · (up − y).
 */
export function swiglu(g: Graph, gate: Value, up: Value): Value {
  const silu = g.emit("QuickGelu", [gate.name], { alpha: { float: 1 } }, microsoft);
  const y = g.emit("Mul", [silu, up.name]);
  return g.record(y, [gate, up], (dy) => {
    g.accumulate(up, () => g.emit("Mul", [dy, silu]));
    g.accumulate(gate, () => {
      const s = g.emit("Sigmoid", [gate.name]);
      const slope = g.emit("Add", [g.emit("Mul", [g.emit("Sub", [up.name, y]), s]), y]);
      return g.emit("Mul", [slope, dy]);
    });
  });
}

/** Same elements, new shape (the name of an int64 vector; 0 keeps a dimension, −1 is inferred). */
export function reshape(g: Graph, x: Value, shape: string): Value {
  // The old shape is read here, not in the backward part, so that x itself need not be kept until then.
  const before = x.needsGradient ? g.emit("Shape", [x.name]) : "";
  return g.record(g.emit("Reshape", [x.name, shape]), [x], (dy) => {
    g.accumulate(x, () => g.emit("Reshape", [dy, before]));
  });
}

export function transpose(g: Graph, x: Value, order: number[]): Value {
  const inverse = order.map((_, i) => order.indexOf(i));
  return g.record(g.emit("Transpose", [x.name], { perm: { ints: order } }), [x], (dy) => {
    g.accumulate(x, () => g.emit("Transpose", [dy], { perm: { ints: inverse } }));
  });
}

/** factor · a · b (or a · bᵀ) over the last two dimensions; the leading ones must agree. */
export function matmul(g: Graph, a: Value, b: Value, options: { transposeB?: boolean; factor?: number } = {}): Value {
  const { transposeB = false, factor = 1 } = options;
  return g.record(g.product(a.name, b.name, { transposeB, factor }), [a, b], (dy) => {
    g.accumulate(a, () => g.product(dy, b.name, { transposeB: !transposeB, factor }));
    const factors = { transposeA: true, factor };
    g.accumulate(b, () => (transposeB ? g.product(dy, a.name, factors) : g.product(a.name, dy, factors)));
  });
}

/** Softmax over the last dimension. */
export function softmax(g: Graph, x: Value): Value {
  const y = g.emit("Softmax", [x.name], { axis: { int: -1 } });
  return g.record(y, [x], (dy) => {
    g.accumulate(x, () => {
      const product = g.emit("Mul", [dy, y]);
      const sum = g.emit("ReduceSum", [product, g.integers([-1])], keep);
      return g.emit("Sub", [product, g.emit("Mul", [y, sum])]);
    });
  });
}

/** Logarithm of the softmax over the last dimension. */
export function logSoftmax(g: Graph, x: Value): Value {
  const y = g.emit("LogSoftmax", [x.name], { axis: { int: -1 } });
  return g.record(y, [x], (dy) => {
    g.accumulate(x, () => {
      const sum = g.emit("ReduceSum", [dy, g.integers([-1])], keep);
      return g.emit("Sub", [dy, g.emit("Mul", [g.emit("Exp", [y]), sum])]);
    });
  });
}

/**
 * Root-mean-square normalisation of the last dimension, times a weight (Zhang & Sennrich 2019): y = w · x / r. Its gradient
 * w · dy / r − x · mean(dy · y) / r² needs x and y, which others keep too, and not x / r.
 */
export function rmsNorm(g: Graph, x: Value, weight: Value, epsilon: number): Value {
  const square = g.emit("Mul", [x.name, x.name]);
  const mean = g.emit("ReduceMean", [square], { axes: { ints: [-1] }, ...keep });
  const inverse = g.emit("Reciprocal", [g.emit("Sqrt", [g.emit("Add", [mean, g.scalar(epsilon)])])]);
  const y = g.emit("Mul", [g.emit("Mul", [x.name, inverse]), weight.name]);
  return g.record(y, [x, weight], (dy) => {
    g.accumulate(weight, () => {
      const normal = g.emit("Mul", [x.name, inverse]);
      return sumOfRows(g, g.emit("Mul", [dy, normal]));
    });
    g.accumulate(x, () => {
      const along = g.emit("ReduceMean", [g.emit("Mul", [dy, y])], { axes: { ints: [-1] }, ...keep });
      const back = g.emit("Mul", [along, g.emit("Mul", [inverse, inverse])]);
      const direct = g.emit("Mul", [g.emit("Mul", [dy, weight.name]), inverse]);
      return g.emit("Sub", [direct, g.emit("Mul", [x.name, back])]);
    });
  });
}

/**
 * Rotary position embedding of x [batch, time, heads · size] (Su et al. 2021; halves rotated against each other, as
 * Llama's). `cos` and `sin` are tables [positions, size / 2].
 */
export function rotary(
  g: Graph,
  x: Value,
  tables: { positions: string; cos: string; sin: string; negativeSin: string },
  heads: number,
): Value {
  const rotate = (value: string, sin: string) =>
    g.emit(
      "RotaryEmbedding",
      [value, tables.positions, tables.cos, sin],
      { num_heads: { int: heads }, rotary_embedding_dim: { int: 0 } },
      microsoft,
    );
  // A rotation's transpose is the rotation back.
  return g.record(rotate(x.name, tables.sin), [x], (dy) => {
    g.accumulate(x, () => rotate(dy, tables.negativeSin));
  });
}

/** Rows of x [N, …] at `indices` [A] (int64): token embeddings, the positions whose predictions are wanted. */
export function gatherRows(g: Graph, x: Value, indices: string): Value {
  return g.record(g.emit("Gather", [x.name, indices]), [x], (dy) => {
    g.accumulate(x, () => scatter(g, x, g.emit("Unsqueeze", [indices, g.integers([1])]), dy));
  });
}

/** Elements of x [U, V] at `pairs` [A, 2] (int64): [A]. */
export function gatherPairs(g: Graph, x: Value, pairs: string): Value {
  return g.record(g.emit("GatherND", [x.name, pairs]), [x], (dy) => {
    g.accumulate(x, () => scatter(g, x, pairs, dy));
  });
}

function scatter(g: Graph, x: Value, indices: string, values: string): string {
  const zeros = g.emit("Expand", [g.scalar(0), g.emit("Shape", [x.name])]);
  return g.emit("ScatterND", [zeros, indices, values], { reduction: { string: "add" } });
}

/** Concatenation of a value without gradient (a key or value cache) and x. */
export function append(g: Graph, past: string, x: Value, axis: number): Value {
  return g.record(g.emit("Concat", [past, x.name], { axis: { int: axis } }), [x], (dy) => {
    g.accumulate(x, () => {
      const at = g.integers([axis]);
      const length = g.emit("Gather", [g.emit("Shape", [past]), at]);
      return g.emit("Slice", [dy, length, g.integers([2 ** 31 - 1]), at]);
    });
  });
}

/** Sum of all elements, to a scalar. */
export function sum(g: Graph, x: Value): Value {
  const shape = x.needsGradient ? g.emit("Shape", [x.name]) : "";
  return g.record(g.emit("ReduceSum", [x.name], { keepdims: { int: 0 } }), [x], (dy) => {
    g.accumulate(x, () => g.emit("Expand", [dy, shape]));
  });
}

/** Absolute value; the gradient at 0 is 0. */
export function absolute(g: Graph, x: Value): Value {
  return g.record(g.emit("Abs", [x.name]), [x], (dy) => {
    g.accumulate(x, () => g.emit("Mul", [dy, g.emit("Sign", [x.name])]));
  });
}
