/**
 * The transformer as a graph: embedding, layers of grouped-query attention with rotary positions and SwiGLU, RMS
 * norms, output head. Batch, time, cache length and number of predictions are free, so that one compiled graph
 * serves every shape.
 *
 * Inputs: `ids`, `positions` [batch, time] int32; `mask` [batch or 1, 1, time, cached + time] added to attention
 * scores; `rope_cos`, `rope_sin` [positions, headSize / 2]; `last` [batch, tail] int32, the tokens (of batch · time) that
 * the last layer computes, with their mask `last_mask` [batch or 1, 1, tail, cached + time]; `rows` [predictions] int32,
 * which of those (of batch · tail) predictions are wanted of; the weights by their Hugging Face names and adapters by peft's. With a
 * cache: `past.key.0` … [batch, keyValueHeads, cached, headSize], and outputs `present.key.0` … [batch, …, time, headSize], of the
 * run's own tokens.
 */
import { attention, causalBlocks } from "../graph/attention.js";
import { Graph, type Value } from "../graph/graph.js";
import {
  addBias,
  addLinear,
  append,
  columns,
  gatherRows,
  linear,
  reshape,
  rmsNorm,
  rotary,
  scale,
  stack,
  swiglu,
  transpose,
} from "../graph/ops.js";
import type { ModelConfig } from "./config.js";
import {
  headLinear,
  layerLinears,
  loraNames,
  loraScale,
  type Linear,
  type LoraShape,
  type Parameter,
} from "./parameters.js";

export interface TransformerOptions {
  lora?: LoraShape | undefined;
  /** Which weights get gradients. */
  trained?: "none" | "lora" | "full";
  cache?: boolean;
  /** Random rows and columns for LoRA dropout are fed (training only). */
  dropout?: boolean;
  /** Of each layer only the input is kept for the backward pass, and the layer computed again. */
  gradientCheckpointing?: boolean;
  /** Parts that attention of all layers but the last is computed in (see `causalBlocks`); rows have as many tokens at least. Default 1. */
  attentionBlocks?: number;
}

export interface Transformer {
  graph: Graph;
  /** Logits [predictions, vocabulary]. */
  logits: Value;
  /** Weights, in the order first used. */
  parameters: { parameter: Parameter; value: Value; trained: boolean }[];
}

export function transformer(config: ModelConfig, options: TransformerOptions = {}): Transformer {
  const { lora, trained = "none", cache = false, attentionBlocks = 1 } = options;
  const { heads: H, keyValueHeads: KV, headSize: size } = config;
  const g = new Graph();
  const parameters: Transformer["parameters"] = [];
  const known = new Map<string, Value>();
  const parameter = (name: string, shape: number[], kind: "full" | "lora", init: Parameter["init"] = "normal") => {
    const before = known.get(name);
    if (before) return before;
    const learns = trained === kind;
    const value = g.parameter(name, shape, learns);
    parameters.push({ parameter: { name, shape, init }, value, trained: learns });
    known.set(name, value);
    return value;
  };

  const ids = g.input("ids", "int32", ["batch", "time"]);
  const positions32 = g.input("positions", "int32", ["batch", "time"]);
  const mask = g.input("mask", "float32", ["maskBatch", 1, "time", "span"]);
  const cos = g.input("rope_cos", "float32", ["positions", size / 2]);
  const sin = g.input("rope_sin", "float32", ["positions", size / 2]);
  const last = g.input("last", "int32", ["batch", "tail"]);
  const lastMask = g.input("last_mask", "float32", ["lastMaskBatch", 1, "tail", "span"]);
  const rows = g.input("rows", "int32", ["predictions"]);
  const positions = g.emit("Cast", [positions32.name], { to: { int: 7 } });
  const batch = g.emit("Slice", [g.emit("Shape", [ids.name]), g.integers([0]), g.integers([1])]);
  const shape = (...rest: number[]) => g.emit("Concat", [batch, g.integers(rest)], { axis: { int: 0 } });
  const flat = (width: number) => g.integers([-1, width]);
  const long = (indices: string) => g.emit("Cast", [indices], { to: { int: 7 } });
  const flatLast = long(g.emit("Reshape", [last.name, g.integers([-1])]));
  const tables = {
    positions,
    cos: cos.name,
    sin: sin.name,
    negativeSin: trained === "none" ? "" : g.emit("Neg", [sin.name]),
  };
  const headShape = { q: shape(-1, H, size), kv: shape(-1, KV, size) };
  const sequence = { q: shape(-1, H * size), kv: shape(-1, KV * size) };
  const time = () => g.emit("Slice", [g.emit("Shape", [ids.name]), g.integers([1]), g.integers([2])]);
  // What is cached stands before the run's own tokens and is met by all of them.
  const blocks = attentionBlocks > 1 && !cache ? causalBlocks(g, time(), mask.name, attentionBlocks) : mask.name;

  const noise = options.dropout && lora?.dropout ? g.input("dropout_rows", "float32", ["tokens", 1]).name : "";

  const parametersOf = (map: Linear) => {
    const weight = parameter(`${map.name}.weight`, [map.out, map.in], "full");
    const bias = map.bias ? parameter(`${map.name}.bias`, [map.out], "full", "zeros") : undefined;
    if (!lora?.targets.includes(map.target)) return { map, weight, bias };
    const names = loraNames(map);
    const a = parameter(names.a, [lora.rank, map.in], "lora", "uniform");
    const b = parameter(names.b, [map.out, lora.rank], "lora", "zeros");
    return { map, weight, bias, low: { a, b, factor: loraScale(lora) } };
  };
  /** Linear maps of one value; `onto` is added to the first one's result. */
  const project = (x: Value, maps: Linear[], noise: string, onto?: Value): Value[] => {
    const all = maps.map(parametersOf);
    // Low-rank maps of one value are one product with all their A. Dropout gives each map a value of its own.
    const a = all.flatMap(({ low }) => low?.a ?? []);
    const together = !noise && a.length > 1 ? columns(g, linear(g, x, stack(g, a)), a.length) : [];
    return all.map(({ map, weight, bias, low }, i) => {
      const lowRank = (base: Value) => {
        if (!low) return base;
        const dropped = noise ? scale(g, x, dropoutMask(g, noise, map, lora!.dropout)) : x;
        return addLinear(g, base, together[a.indexOf(low.a)] ?? linear(g, dropped, low.a), low.b, low.factor);
      };
      if (i > 0 || !onto) return lowRank(linear(g, x, weight, bias));
      // Products are added to what is there: no pass over memory for the sum.
      const y = addLinear(g, lowRank(onto), x, weight);
      return bias ? addBias(g, y, bias) : y;
    });
  };

  const embedding = parameter("model.embed_tokens.weight", [config.vocabularySize, config.hiddenSize], "full");
  let x = gatherRows(
    g,
    embedding,
    g.emit("Cast", [g.emit("Reshape", [ids.name, g.integers([-1])])], { to: { int: 7 } }),
  );
  /** `tail`: keys and values of all tokens, and everything else of those only that the last layer is asked for. */
  const layer = (l: number, x: Value, noise: string, tail?: Tail): Value => {
    const maps = layerLinears(config, l);
    const norm = (name: string) => parameter(`model.layers.${l}.${name}.weight`, [config.hiddenSize], "full", "ones");
    const h = rmsNorm(g, x, norm("input_layernorm"), config.normEpsilon);
    const turn = (y: Value, kind: "q" | "kv", n: number, at: string) =>
      rotary(g, reshape(g, y, sequence[kind]), { ...tables, positions: at }, n);
    const split = (y: Value, kind: "q" | "kv") => transpose(g, reshape(g, y, headShape[kind]), [0, 2, 1, 3]);
    const asked = tail ? gatherRows(g, h, tail.rows) : h;
    const residual = tail ? gatherRows(g, x, tail.rows) : x;
    const askedNoise = tail && noise ? g.emit("Gather", [noise, tail.rows]) : noise;
    const [qFlat, kFlat, vFlat] = (
      tail
        ? [...project(asked, [maps.q_proj], askedNoise), ...project(h, [maps.k_proj, maps.v_proj], noise)]
        : project(h, [maps.q_proj, maps.k_proj, maps.v_proj], noise)
    ) as [Value, Value, Value];
    const q = split(turn(qFlat, "q", H, tail?.positions ?? positions), "q");
    let k = split(turn(kFlat, "kv", KV, positions), "kv");
    let v = split(vFlat, "kv");
    if (cache) {
      const past = ["batch", KV, "cached", size];
      const present = ["batch", KV, "time", size];
      g.output(k.name, `present.key.${l}`, "float32", present);
      g.output(v.name, `present.value.${l}`, "float32", present);
      k = append(g, g.input(`past.key.${l}`, "float32", past).name, k, 2);
      v = append(g, g.input(`past.value.${l}`, "float32", past).name, v, 2);
    }
    const heads = { heads: H, keyValueHeads: KV, factor: 1 / Math.sqrt(size) };
    const mixed = reshape(g, attention(g, q, k, v, tail ? tail.mask : blocks, heads), flat(H * size));
    const y = project(mixed, [maps.o_proj], askedNoise, residual)[0]!;
    const h2 = rmsNorm(g, y, norm("post_attention_layernorm"), config.normEpsilon);
    const [gate, up] = project(h2, [maps.gate_proj, maps.up_proj], askedNoise) as [Value, Value];
    return project(swiglu(g, gate, up), [maps.down_proj], askedNoise, y)[0]!;
  };
  const again = options.gradientCheckpointing && trained !== "none";
  // False wherever there is a token.
  const never =
    again &&
    g.emit("Less", [
      g.emit("ReduceMax", [positions32.name], { keepdims: { int: 0 } }),
      g.emit("Cast", [g.scalar(-1)], { to: { int: 6 } }),
    ]);
  const end = config.layers - 1;
  for (let l = 0; l < end; l++)
    x = never ? g.checkpoint(x, noise, never, (input, side) => layer(l, input, side)) : layer(l, x, noise);
  // What the last layer makes of tokens that nothing is asked of is of no use to anybody. Its gradient comes first: it
  // is not worth computing twice.
  const tail: Tail = {
    rows: flatLast,
    positions: g.emit("Reshape", [
      g.emit("Gather", [g.emit("Reshape", [positions, g.integers([-1])]), flatLast]),
      shape(-1),
    ]),
    mask: lastMask.name,
  };
  x = layer(end, x, noise, tail);
  // Only the wanted positions go through the last norm and the head, which is most of a small model's cost.
  const wanted = gatherRows(g, x, long(rows.name));
  const normal = rmsNorm(
    g,
    wanted,
    parameter("model.norm.weight", [config.hiddenSize], "full", "ones"),
    config.normEpsilon,
  );
  const head = headLinear(config);
  const wantedNoise =
    noise && lora?.targets.includes(head.target)
      ? g.emit("Gather", [g.emit("Gather", [noise, flatLast]), long(rows.name)])
      : "";
  const logits = config.tied ? linear(g, normal, embedding) : project(normal, [head], wantedNoise)[0]!;
  return { graph: g, logits, parameters };
}

/** Names of what the last layer is asked for: tokens [batch · tail], their positions [batch, tail], their mask. */
interface Tail {
  rows: string;
  positions: string;
  mask: string;
}

/**
 * Inverted dropout without a random operator, so that a resumed training drops the same: an element is kept where
 * the fraction of a large multiple of sin(row + column) is at least p, rows being fed at random for every run.
 */
export function dropoutMask(g: Graph, rows: string, map: Pick<Linear, "name" | "in">, p: number): string {
  let seed = 0;
  for (const ch of map.name) seed = (Math.imul(seed, 31) + ch.charCodeAt(0)) >>> 0;
  const columns = Float32Array.from({ length: map.in }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed / 4294967296) * 1000;
  });
  const wave = g.emit("Sin", [g.emit("Add", [rows, g.tensor(columns, [1, map.in])])]);
  const large = g.emit("Mul", [wave, g.scalar(43758.547)]);
  const uniform = g.emit("Sub", [large, g.emit("Floor", [large])]);
  const kept = g.emit("Cast", [g.emit("GreaterOrEqual", [uniform, g.scalar(p)])], { to: { int: 1 } });
  return g.emit("Mul", [kept, g.scalar(1 / (1 - p))]);
}
