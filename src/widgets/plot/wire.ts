/** Columns as widget state: numbers and codes as binary buffers, and back. */
import type { PlotColumn, PlotColumns } from "./spec.js";

const arrays = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array, Int8Array, Int16Array, Uint16Array };
export type WireColumn =
  /** Each number is what was sent divided by `per` (1 where it is missing). */
  | { kind: "number"; type: keyof typeof arrays; data: unknown; per?: number }
  | { kind: "text"; labels: readonly string[]; data: unknown };

type Numbers = Extract<PlotColumn, { kind: "number" }>["values"];

/**
 * Columns ready to be sent. A long column of doubles goes as the smallest type that gives back exactly its numbers:
 * what people answer has few digits. Where `positions` is true (numbers that are only shown as places on a screen),
 * also as single precision where that moves none by a millionth of their range; the kernel keeps and brushes the exact
 * ones. Other arrays are themselves the buffers, nothing is copied.
 */
export function wireColumns(columns: PlotColumns, positions = false): Record<string, WireColumn> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, c]): [string, WireColumn] => {
      if (c.kind === "text") return [name, { kind: "text", labels: c.labels, data: c.codes }];
      const { values, per } = narrowed(c.values, positions);
      const type = values.constructor.name as keyof typeof arrays;
      return [name, { kind: "number", type, data: values, ...(per === 1 ? {} : { per }) }];
    }),
  );
}

/** Below this many values a column is sent as it is. */
const worthwhile = 5000;

function narrowed(values: Numbers, positions: boolean): { values: Numbers; per: number } {
  if (!(values instanceof Float64Array) || values.length < worthwhile) return { values, per: 1 };
  let [low, high] = [Infinity, -Infinity];
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v < low) low = v;
    if (v > high) high = v;
    // NaN, infinities and −0 have no integer.
    if (whole && ((v | 0) !== v || Object.is(v, -0))) whole = false;
  }
  if (whole) {
    const types = [Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array];
    const limits = [[0, 255], [-128, 127], [0, 65535], [-32768, 32767], [-2147483648, 2147483647]] as const; // prettier-ignore
    const at = limits.findIndex(([l, h]) => low >= l && high <= h);
    return { values: types[at]!.from(values) as Numbers, per: 1 };
  }
  for (const per of [10, 100, 1000]) {
    const scaled = decimals(values, per);
    if (scaled) return { values: scaled, per };
  }
  const extreme = Math.max(Math.abs(low), Math.abs(high));
  const close = positions && Number.isFinite(extreme) && extreme * 2 ** -24 < (high - low) * 1e-6;
  if (close || values.every((v) => Object.is(Math.fround(v), v))) return { values: Float32Array.from(values), per: 1 };
  return { values, per: 1 };
}

/** The numbers times `per` as integers, where dividing gives back exactly the same. */
function decimals(values: Float64Array, per: number): Int32Array | undefined {
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    const scaled = Math.round(v * per) | 0;
    if (scaled / per !== v || Object.is(v, -0)) return undefined;
    out[i] = scaled;
  }
  return out;
}

/** Columns as they arrive (DataViews in a browser). */
export function readColumns(wire: Readonly<Record<string, WireColumn>>): PlotColumns {
  return Object.fromEntries(
    Object.entries(wire).map(([name, c]): [string, PlotColumn] =>
      c.kind === "number"
        ? [
            name,
            {
              kind: "number",
              values: divided(view<Numbers>(c.data, (arrays[c.type] ?? Float64Array) as never), c.per),
            },
          ]
        : [name, { kind: "text", codes: view(c.data, Int32Array) as Int32Array, labels: c.labels }],
    ),
  );
}

function divided(values: Numbers, per = 1): Numbers {
  return per === 1 ? values : Float64Array.from(values, (v) => v / per);
}

/** A typed array over received bytes; they are copied only when they do not lie on the type's boundary. */
export function view<T>(
  data: unknown,
  Type: { new (buffer: ArrayBuffer, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
): T {
  const bytes = data instanceof ArrayBuffer ? new DataView(data) : (data as ArrayBufferView | null);
  if (!bytes || !ArrayBuffer.isView(bytes)) return new Type(new ArrayBuffer(0), 0, 0);
  const size = Type.BYTES_PER_ELEMENT;
  const length = Math.floor(bytes.byteLength / size);
  if (bytes.byteOffset % size === 0) return new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
  return new Type((bytes.buffer as ArrayBuffer).slice(bytes.byteOffset, bytes.byteOffset + length * size), 0, length);
}
