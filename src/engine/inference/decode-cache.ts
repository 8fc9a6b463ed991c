/**
 * Keys and values of rows that are being written. Buffers have room for tokens to come, so that a step copies its own
 * token's keys and values in and nothing else.
 */
import { floats, type Runtime, type Tensor } from "../runtime.js";

export interface DecodeCache {
  /** Slots of the buffers, used or not: the padded length of the fed cache. */
  readonly capacity: number;
  readonly feeds: Record<string, Tensor>;
  /** Adds a run's `present` outputs, `time` slots for every row. */
  append(present: Record<string, Tensor>, time: number): void;
  /** Keeps these rows only. */
  take(rows: number[]): void;
}

/** Slots by which buffers grow: each growth copies everything, each unused slot is attended to in vain. */
const growth = 64;

export function createDecodeCache(
  runtime: Runtime,
  start: { feeds: Record<string, Tensor>; cached: number },
): DecodeCache {
  let { feeds } = start;
  let used = start.cached,
    capacity = start.cached;

  /** New buffers: rows and slots of the old ones. */
  function rebuild(rows: number[], slots: number) {
    feeds = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => {
        const [, heads, , size] = tensor.dims as [number, number, number, number];
        const from = tensor.data as Float32Array,
          to = new Float32Array(rows.length * heads * slots * size);
        rows.forEach((row, b) => {
          for (let h = 0; h < heads; h++) {
            const at = (row * heads + h) * capacity * size;
            to.set(from.subarray(at, at + used * size), (b * heads + h) * slots * size);
          }
        });
        return [name, floats(runtime, to, [rows.length, heads, slots, size])];
      }),
    );
    capacity = slots;
  }

  return {
    get capacity() {
      return capacity;
    },
    get feeds() {
      return feeds;
    },
    append(present, time) {
      const batch = Object.values(feeds)[0]!.dims[0]!;
      if (used + time > capacity) rebuild([...Array(batch).keys()], used + time + growth);
      for (const [name, tensor] of Object.entries(feeds)) {
        const [, heads, , size] = tensor.dims as [number, number, number, number];
        const from = present[name.replace("past", "present")]!.data as Float32Array,
          to = tensor.data as Float32Array;
        for (let row = 0; row < batch * heads; row++)
          to.set(from.subarray(row * time * size, (row + 1) * time * size), (row * capacity + used) * size);
      }
      used += time;
    },
    take: (rows) => rebuild(rows, capacity),
  };
}
