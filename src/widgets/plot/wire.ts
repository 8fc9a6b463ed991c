/** Columns as widget state: numbers and codes as binary buffers, and back. */
import type { PlotColumn, PlotColumns } from "./spec.js";

const arrays = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array, Int8Array, Int16Array, Uint16Array };
export type WireColumn =
  | { kind: "number"; type: keyof typeof arrays; data: unknown }
  | { kind: "text"; labels: readonly string[]; data: unknown };

/** Columns ready to be sent: the typed arrays themselves are the buffers, nothing is copied. */
export function wireColumns(columns: PlotColumns): Record<string, WireColumn> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, c]): [string, WireColumn] => [
      name,
      c.kind === "number"
        ? { kind: "number", type: c.values.constructor.name as keyof typeof arrays, data: c.values }
        : { kind: "text", labels: c.labels, data: c.codes },
    ]),
  );
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
              values: view<Float64Array>(c.data, (arrays[c.type] ?? Float64Array) as typeof Float64Array),
            },
          ]
        : [name, { kind: "text", codes: view(c.data, Int32Array) as Int32Array, labels: c.labels }],
    ),
  );
}

/** A typed array over received bytes; they are copied only when they do not lie on the type's boundary. */
export function view<T>(
  data: unknown,
  Type: { new (buffer: ArrayBuffer, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
): T {
  const bytes = data instanceof ArrayBuffer ? new DataView(data) : (data as ArrayBufferView | null);
  if (!bytes || !ArrayBuffer.isView(bytes)) return new Type(new ArrayBuffer(0), 0, 0);
  const size = Type.BYTES_PER_ELEMENT;
  const length = Math.floor(bytes.byteLength / size);
  if (bytes.byteOffset % size === 0) return new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
  return new Type((bytes.buffer as ArrayBuffer).slice(bytes.byteOffset, bytes.byteOffset + length * size), 0, length);
}
