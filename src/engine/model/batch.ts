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
  /** Feeds that ask for the predictions after tokens (row · time + place in the row), in this order. */
  predict(wanted: ArrayLike<number>): Feeds;
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

/** Per model: rope tables that grow with the longest position seen. Rows are padded to `least` tokens at least. */
export function createLayout(runtime: Runtime, config: ModelConfig, least = 1) {
  let tables: RopeTables | undefined;
  // Beyond this length a table would have other frequencies.
  const { rope: scaling, contextLength } = config;
  const same = dependsOnLength(config, Infinity) && "original" in scaling ? scaling.original : contextLength;

  /** A table of at least `rows` rows for sequences of `positions` positions. */
  function rope(positions: number, rows: number): RopeTables {
    const length = Math.max(positions, rows);
    if (dependsOnLength(config, positions)) return ropeTables(config, length, positions);
    if (!tables || tables.length < length) {
      const room = Math.min(same, Math.max(length, 2 * (tables?.length ?? 128)));
      tables = ropeTables(config, Math.max(length, room), Math.min(same, positions));
    }
    return tables;
  }

  /** Feeds for rows; with `cached` the caches' padded length. */
  return function layout(rows: Row[], cached = 0): Layout {
    const batch = rows.length;
    let time = least;
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
    const { cos, sin, length } = rope(longest + 1, time);
    const half = config.headSize / 2;
    const maskTensor = floats(runtime, mask, [maskBatch, 1, time, span]);
    return {
      time,
      feeds: {
        ids: ints(runtime, ids, [batch, time]),
        positions: ints(runtime, positions, [batch, time]),
        mask: maskTensor,
        rope_cos: floats(runtime, cos, [length, half]),
        rope_sin: floats(runtime, sin, [length, half]),
      },
      predict(wanted) {
        const { tail, places, rows } = lastTokens(wanted, batch, time);
        if (tail === time)
          return {
            last: ints(runtime, places, [batch, time]),
            last_mask: maskTensor,
            rows: ints(runtime, rows, [rows.length]),
          };
        const lastMask = new Float32Array(batch * tail * span);
        places.forEach((place, i) => {
          const from = (maskBatch === 1 ? place % time : place) * span;
          lastMask.set(mask.subarray(from, from + span), i * span);
        });
        return {
          last: ints(runtime, places, [batch, tail]),
          last_mask: floats(runtime, lastMask, [batch, 1, tail, span]),
          rows: ints(runtime, rows, [rows.length]),
        };
      },
    };
  };
}

/**
 * Which tokens the last layer has to compute: of each row those whose predictions are wanted, filled up with others
 * to equal numbers. `places` [batch · tail] are tokens (row · time + place), `rows` says where in them each wanted one is.
 */
export function lastTokens(
  wanted: ArrayLike<number>,
  batch: number,
  time: number,
): { tail: number; places: Int32Array; rows: Int32Array } {
  const found: number[][] = Array.from({ length: batch }, () => []);
  const slot = new Map<number, number>();
  for (let i = 0; i < wanted.length; i++) {
    const place = wanted[i]!;
    if (slot.has(place)) continue;
    const row = found[Math.floor(place / time)]!;
    slot.set(place, row.length);
    row.push(place);
  }
  let tail = found.reduce((most, row) => Math.max(most, row.length), 1);
  // Of nearly all tokens all are computed, in their order: then nothing is gathered but names.
  if (tail > 0.9 * time) tail = time;
  const places = new Int32Array(batch * tail);
  if (tail === time) for (let i = 0; i < places.length; i++) places[i] = i;
  else
    found.forEach((row, b) => {
      for (let i = 0; i < tail; i++) places[b * tail + i] = row[i] ?? b * time;
    });
  const rows = Int32Array.from(wanted, (place) =>
    tail === time ? place : Math.floor(place / time) * tail + slot.get(place)!,
  );
  return { tail, places, rows };
}
