/** Lays token rows out as the transformer's inputs: padding, positions, masks. */
import type { Runtime, Tensor } from "../runtime.js";
import { floats, ints } from "../runtime.js";
import type { ModelConfig } from "./config.js";
import { dependsOnLength, ropeTables, type RopeTables } from "./rope.js";

/** Tokens of one row. */
export interface Row {
  ids: ArrayLike<number>;
  /**
   * For each token the index of the one before it in the same row (−1: none, or the cached prefix). Left out, each
   * follows the last. Branches share what they follow: several answer options after one prompt.
   */
  parents?: ArrayLike<number>;
  /** Tokens of a cached prefix that this row continues. */
  cached?: number;
  /** Which slots of the padded cache hold them (0 or 1 each). Default: the first `cached`. */
  slots?: ArrayLike<number>;
}

export type Feeds = Record<string, Tensor>;

export interface Layout {
  feeds: Feeds;
  /** Padded length. */
  time: number;
}

const blocked = -1e9;
const causalMasks = new Map<number, Float32Array>();

function causal(time: number): Float32Array {
  let mask = causalMasks.get(time);
  if (!mask) {
    mask = new Float32Array(time * time);
    for (let i = 0; i < time; i++) mask.fill(blocked, i * time + i + 1, (i + 1) * time);
    if (causalMasks.size > 64) causalMasks.clear();
    causalMasks.set(time, mask);
  }
  return mask;
}

/** Per model: rope tables that grow with the longest position seen. */
export function createLayout(runtime: Runtime, config: ModelConfig) {
  let tables: RopeTables | undefined;
  // Beyond this length a table would have other frequencies.
  const { rope: scaling, contextLength } = config;
  const same = dependsOnLength(config, Infinity) && "original" in scaling ? scaling.original : contextLength;

  function rope(positions: number): RopeTables {
    if (dependsOnLength(config, positions)) return ropeTables(config, positions);
    if (!tables || tables.length < positions)
      tables = ropeTables(config, Math.min(same, Math.max(positions, 2 * (tables?.length ?? 128))));
    return tables;
  }

  /** Feeds for rows; with `cached` the caches' padded length. */
  return function layout(rows: Row[], cached = 0): Layout {
    const batch = rows.length;
    let time = 1;
    for (const row of rows) time = Math.max(time, row.ids.length);
    const ids = new Int32Array(batch * time),
      positions = new Int32Array(batch * time);
    const plain = rows.every((r) => !r.parents && !r.slots && (r.cached ?? 0) === cached);
    let longest = 0;
    rows.forEach((row, b) => {
      const offset = row.cached ?? 0;
      for (let t = 0; t < row.ids.length; t++) {
        ids[b * time + t] = row.ids[t]!;
        const parent = row.parents ? row.parents[t]! : t - 1;
        const position = parent < 0 ? offset : positions[b * time + parent]! + 1;
        positions[b * time + t] = position;
        if (position > longest) longest = position;
      }
    });
    const span = cached + time;
    let mask: Float32Array, maskBatch: number;
    if (plain && cached === 0) {
      mask = causal(time);
      maskBatch = 1;
    } else if (plain) {
      mask = new Float32Array(time * span);
      for (let t = 0; t < time; t++) mask.fill(blocked, t * span + cached + t + 1, (t + 1) * span);
      maskBatch = 1;
    } else {
      mask = new Float32Array(batch * time * span).fill(blocked);
      maskBatch = batch;
      rows.forEach((row, b) => {
        for (let t = 0; t < time; t++) {
          const at = (b * time + t) * span;
          const parent = t >= row.ids.length ? -1 : row.parents ? row.parents[t]! : t - 1;
          if (parent >= 0) mask.copyWithin(at, (b * time + parent) * span, (b * time + parent + 1) * span);
          else if (!row.slots) mask.fill(0, at, at + (row.cached ?? 0));
          else for (let s = 0; s < cached; s++) if (row.slots[s]) mask[at + s] = 0;
          mask[at + cached + t] = 0;
        }
      });
    }
    // The operator refuses a table shorter than the input, also where branches share positions.
    const { cos, sin, length } = rope(Math.max(longest + 1, time));
    const half = config.headSize / 2;
    return {
      time,
      feeds: {
        ids: ints(runtime, ids, [batch, time]),
        positions: ints(runtime, positions, [batch, time]),
        mask: floats(runtime, mask, [maskBatch, 1, time, span]),
        rope_cos: floats(runtime, cos, [length, half]),
        rope_sin: floats(runtime, sin, [length, half]),
      },
    };
  };
}
