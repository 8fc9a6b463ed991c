/**
 * Sums of rows of small numbers, many times over: the inner loop of all resampling here. A row holds, for one respondent,
 * a 1 at the place of each answer, so that adding up the rows drawn gives all histograms at once, 64 places a step. By WebAssembly's
 * vector instructions, where the engine has them.
 */

/** At most this many rows are added, of at most this many places. */
export const limits = { rows: 65536, places: 4096 };

const leb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)]);
const section = (id: number, body: number[]) => [id, ...leb(body.length), ...body];
const text = (s: string) => [s.length, ...[...s].map((c) => c.charCodeAt(0))];

/** sum(rows, stride, index, n, out): out[0 … stride) += rows[index[i]], i = 0 … n − 1. Bytes are added 255 rows at a time, then widened. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const get = (i: number) => [0x20, i],
    set = (i: number) => [0x21, i],
    constant = (n: number) => [0x41, ...signed(n)],
    add = [0x6a],
    multiply = [0x6c],
    below = [0x49];
  const vector = (op: number, ...rest: number[]) => [0xfd, ...leb(op), ...rest];
  const load = (offset: number) => vector(0x00, 0, ...leb(offset)),
    store = (offset: number) => vector(0x0b, 0, ...leb(offset)),
    zero = vector(0x0c, ...new Array<number>(16).fill(0)),
    addBytes = vector(0x6e),
    addWords = vector(0xae),
    lowBytes = vector(0x89),
    highBytes = vector(0x8a),
    lowShorts = vector(0xa9),
    highShorts = vector(0xaa);
  // widen(bytes, out): sixteen bytes are added to sixteen 32-bit counts.
  const widen = [
    [lowBytes, lowShorts],
    [lowBytes, highShorts],
    [highBytes, lowShorts],
    [highBytes, highShorts],
  ].flatMap(([half, quarter], k) => [
    ...get(1),
    ...get(1),
    ...load(16 * k),
    ...get(0),
    ...half!,
    ...quarter!,
    ...addWords,
    ...store(16 * k),
  ]);
  const [rows, stride, index, n, out, block, end, stop, p, q, a] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
  const four = [0, 1, 2, 3];
  const draw = [
    // q = rows + block + stride · index[p]
    ...get(rows),
    ...get(block),
    ...add,
    ...get(p),
    0x28,
    2,
    0,
    ...get(stride),
    ...multiply,
    ...add,
    ...set(q),
    ...four.flatMap((k) => [...get(a + k), ...get(q), ...load(16 * k), ...addBytes, ...set(a + k)]),
    ...get(p),
    ...constant(4),
    ...add,
    ...set(p),
  ];
  const sum = [
    ...get(index),
    ...get(n),
    ...constant(4),
    ...multiply,
    ...add,
    ...set(end),
    ...[0x03, 0x40], // for each block of 64 places
    ...get(index),
    ...set(p),
    ...[0x03, 0x40], // for each 255 rows
    ...get(p),
    ...constant(4 * 255),
    ...add,
    ...set(stop),
    ...get(stop),
    ...get(end),
    ...get(stop),
    ...get(end),
    ...below,
    0x1b,
    ...set(stop),
    ...four.flatMap((k) => [...zero, ...set(a + k)]),
    ...[0x03, 0x40], // for each row
    ...draw,
    ...get(p),
    ...get(stop),
    ...below,
    ...[0x0d, 0, 0x0b],
    ...four.flatMap((k) => [
      ...get(a + k),
      ...get(out),
      ...get(block),
      ...constant(4),
      ...multiply,
      ...add,
      ...constant(64 * k),
      ...add,
      ...[0x10, 0],
    ]),
    ...get(p),
    ...get(end),
    ...below,
    ...[0x0d, 0, 0x0b],
    ...get(block),
    ...constant(64),
    ...add,
    ...set(block),
    ...get(block),
    ...get(stride),
    ...below,
    ...[0x0d, 0, 0x0b],
  ];
  const body = (locals: number[], code: number[]) => {
    const all = [...locals, ...code, 0x0b];
    return [...leb(all.length), ...all];
  };
  const [i32, v128] = [0x7f, 0x7b];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 2, v128, i32, 0, 0x60, 5, i32, i32, i32, i32, i32, 0]),
    ...section(2, [1, ...text("m"), ...text("memory"), 2, 0, 1]),
    ...section(3, [2, 0, 1]),
    ...section(7, [1, ...text("sum"), 0, 1]),
    ...section(10, [2, ...body([0], widen), ...body([2, 5, i32, 4, v128], sum)]),
  ]);
}

function signed(n: number): number[] {
  const byte = n & 127,
    rest = n >> 7;
  return (rest === 0 && !(byte & 64)) || (rest === -1 && byte & 64) ? [byte] : [byte | 128, ...signed(rest)];
}

/** Views of the memory: results, and indices of rows; made anew when it grows. */
interface Engine {
  memory: WebAssembly.Memory;
  sum: Sum;
  out: Int32Array;
  index: Int32Array;
}

type Sum = (rows: number, stride: number, index: number, n: number, out: number) => void;

let compiled: Engine | null | undefined;

const views = (memory: WebAssembly.Memory) => ({
  out: new Int32Array(memory.buffer, 0, limits.places),
  index: new Int32Array(memory.buffer, 4 * limits.places, limits.rows),
});

/** The compiled loop, or null where the engine has no vector instructions. */
function engine(): Engine | null {
  if (compiled === undefined)
    try {
      // 16 MB, of which the system gives pages as they are used: once memory has grown, V8 runs all of this a sixth slower.
      const memory = new WebAssembly.Memory({ initial: 256 });
      const made = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { m: { memory } });
      compiled = { memory, sum: made.exports["sum"] as Sum, ...views(memory) };
    } catch {
      compiled = null;
    }
  return compiled;
}

/** Whether sums can be taken. */
export const available = (): boolean => engine() !== null;

/** Memory taken so far; what lies below `scratch` is for indices and results. */
const scratch = 1 << 19;
let taken = scratch;

/** Runs `work` and gives back what memory it took; rows made in it end with it. */
export function scoped<T>(work: () => T): T {
  const before = taken;
  try {
    return work();
  } finally {
    taken = before;
  }
}

/** A table of rows of bytes, to be added up. Lives as long as the `scoped` call it was made in. */
export class RowSums {
  readonly #at: number;
  readonly #stride: number;

  /** `fill(row)` lists the places of the row that hold a 1. */
  constructor(
    rows: number,
    readonly places: number,
    fill: (row: number, mark: (place: number) => void) => void,
  ) {
    const { memory } = engine()!;
    this.#stride = Math.max(64, Math.ceil(places / 64) * 64);
    const size = rows * this.#stride;
    const missing = taken + size - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / 65536));
      Object.assign(engine()!, views(memory));
    }
    this.#at = taken;
    taken += size;
    const bytes = new Uint8Array(memory.buffer, this.#at, size);
    bytes.fill(0);
    for (let r = 0; r < rows; r++) {
      const from = r * this.#stride;
      fill(r, (place) => {
        bytes[from + place] = 1;
      });
    }
  }

  /** Adds up these rows: sums of all places stand first in the result, which the next call overwrites. */
  sum(list: Int32Array): Int32Array {
    const { sum, out, index } = compiled!;
    out.fill(0, 0, this.#stride);
    if (list.length) {
      index.set(list);
      sum(this.#at, this.#stride, 4 * limits.places, list.length, 0);
    }
    return out;
  }
}
