/** Softmax attention as one differentiable operator. Its gradient is checked against finite differences. */
import type { Graph, Value } from "./graph.js";

/** The queries' time, split so that each part meets only the keys up to its end. Made once for all layers of a graph. */
export interface Blocks {
  /** Lengths of the parts, an int64 vector; none where all is one part. */
  sizes?: string;
  parts: Part[];
}

interface Part {
  /** Mask of the part: [batch or 1, 1, part's length, its keys]. */
  mask: string;
  /** Where the part does not meet all keys. */
  keys?: {
    /** How many it meets: int64 [1]. */
    end: string;
    /** Padding that fills gradients of those up to all keys: int64 [8]. */
    padding: string;
  };
}

/**
 * Splits causal attention over `time` (an int64 [1]) into `count` parts: with masks that let no token see one that stands
 * behind it in its row, scores beyond a part's end need not be computed. `mask` is [batch or 1, 1, time, time]; time is
 * at least `count`.
 */
export function causalBlocks(g: Graph, time: string, mask: string, count: number): Blocks {
  const axes = g.integers([2, 3]);
  const vector = (...parts: string[]) => g.emit("Concat", parts, { axis: { int: 0 } });
  const parts: Part[] = [];
  const sizes: string[] = [];
  let start = g.integers([0]);
  for (let i = 1; i <= count; i++) {
    const all = i === count;
    const end = all ? time : g.emit("Div", [g.emit("Mul", [time, g.integers([i])]), g.integers([count])]);
    sizes.push(g.emit("Sub", [end, start]));
    const part: Part = { mask: g.emit("Slice", [mask, vector(start, g.integers([0])), vector(end, end), axes]) };
    if (!all) {
      const rest = g.emit("Sub", [time, end]);
      part.keys = { end, padding: vector(g.integers([0, 0, 0, 0, 0, 0]), rest, g.integers([0])) };
    }
    parts.push(part);
    start = end;
  }
  return { sizes: vector(...sizes), parts };
}

/**
 * softmax(factor · q · kᵀ + mask) · v for q [batch, heads, time, size], k and v [batch, keyValueHeads, span, size]: [batch,
 * time, heads, size]. Query heads that share a key head are stacked along time, so that grouped attention is plain matrix
 * products. `mask` [batch or 1, 1, time, span], or blocks of it where nothing is cached.
 *
 * The gradient of the scores is P · (dP − rowsum(dP · P)), and that sum over a row of keys is rowsum(dO · O), a sum over
 * a head's size (Dao et al. 2022, FlashAttention, appendix B). It is taken off within the product dO · vᵀ, as one more
 * column beside dO against a column of ones beside v: what is left on scores is one multiplication.
 */
export function attention(
  g: Graph,
  q: Value,
  k: Value,
  v: Value,
  mask: string | Blocks,
  options: { heads: number; keyValueHeads: number; factor: number },
): Value {
  const { heads, keyValueHeads, factor } = options;
  const { sizes, parts }: Blocks = typeof mask === "string" ? { parts: [{ mask }] } : mask;
  const group = (x: string) =>
    heads === keyValueHeads ? x : g.emit("Reshape", [x, g.integers([0, keyValueHeads, -1, 0])]);
  const ungroup = (x: string) => (heads === keyValueHeads ? x : g.emit("Reshape", [x, g.integers([0, heads, -1, 0])]));
  const split = (x: string) => (sizes ? g.emitMany("Split", [x, sizes], parts.length, { axis: { int: 2 } }) : [x]);
  const join = (x: string[]) => (x.length > 1 ? g.emit("Concat", x, { axis: { int: 2 } }) : x[0]!);
  /** The rows of keys or values that a part meets, and back from their gradient to that of all. */
  const met = (x: string, { keys }: Part) =>
    keys ? g.emit("Slice", [x, g.integers([0]), keys.end, g.integers([2])]) : x;
  const filled = (x: string, { keys }: Part) => (keys ? g.emit("Pad", [x, keys.padding]) : x);
  const swap = (x: string) => g.emit("Transpose", [x], { perm: { ints: [0, 2, 1, 3] } });

  const queries = split(q.name).map(group);
  const probabilities: string[] = [];
  const mixed = parts.map((part, i) => {
    const scores = ungroup(g.product(queries[i]!, met(k.name, part), { transposeB: true, factor }));
    const p = group(g.emit("Softmax", [g.emit("Add", [scores, part.mask])], { axis: { int: -1 } }));
    probabilities.push(p);
    return ungroup(g.product(p, met(v.name, part)));
  });
  const output = swap(join(mixed));
  return g.record(output, [q, k, v], (dy) => {
    const sums = g.emit("ReduceSum", [g.emit("Mul", [dy, output]), g.integers([-1])], { keepdims: { int: 1 } });
    const off = split(swap(g.emit("Neg", [sums])));
    const leading = g.emit("Shape", [v.name], { start: { int: 0 }, end: { int: 3 } });
    const ones = g.emit("Expand", [g.scalar(1), g.emit("Concat", [leading, g.integers([1])], { axis: { int: 0 } })]);
    const v1 = g.emit("Concat", [v.name, ones], { axis: { int: -1 } });
    const d: { q: string[]; k: string[]; v: string[] } = { q: [], k: [], v: [] };
    split(swap(dy)).forEach((dyPart, i) => {
      const part = parts[i]!,
        p = probabilities[i]!;
      const dy1 = group(g.emit("Concat", [dyPart, off[i]!], { axis: { int: -1 } }));
      const ds = g.emit("Mul", [g.product(dy1, met(v1, part), { transposeB: true }), p]);
      if (q.needsGradient) d.q.push(ungroup(g.product(ds, met(k.name, part), { factor })));
      if (k.needsGradient) d.k.push(filled(g.product(ds, queries[i]!, { transposeA: true, factor }), part));
      if (v.needsGradient) d.v.push(filled(g.product(p, group(dyPart), { transposeA: true }), part));
    });
    const total = (x: string[]) => (x.length > 1 ? g.emit("Sum", x) : x[0]!);
    g.accumulate(q, () => join(d.q));
    g.accumulate(k, () => total(d.k));
    g.accumulate(v, () => total(d.v));
  });
}
