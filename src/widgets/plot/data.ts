/** Tables of any kind as the columns of a plot. */
import { random } from "../../study/index.js";
import type { PlotColumn, PlotColumns } from "./spec.js";

/** Rows, columns by name, respondents, or an Arquero table. */
export type PlotData =
  | readonly object[]
  | Readonly<Record<string, ArrayLike<unknown>>>
  | { readonly ids: readonly string[]; readonly names: readonly string[]; column(name: string): readonly unknown[] }
  | { columnNames(): string[]; array(name: string): ArrayLike<unknown> };

export interface Tabular {
  columns: PlotColumns;
  rows: number;
  /** Identity of each row: the respondents' ids, a column named "id", or the row's number. */
  ids: readonly (string | number)[] | null;
}

/** Reads a table; columns of different lengths are an error. */
export function tabular(data: PlotData, id = "id"): Tabular {
  const raw = columnsOf(data);
  const lengths = Object.entries(raw).map(([name, c]) => [name, c.length] as const);
  const rows = lengths[0]?.[1] ?? 0;
  const odd = lengths.find(([, n]) => n !== rows);
  if (odd)
    throw new Error(
      `column ${odd[0]} has ${odd[1]} values, ${lengths[0]![0]} has ${rows}; columns need one value a row`,
    );
  const ids = id in raw ? Array.from(raw[id] as ArrayLike<string | number>) : null;
  const columns: Record<string, PlotColumn> = {};
  for (const [name, values] of Object.entries(raw)) columns[name] = column(values);
  return { columns, rows, ids };
}

function columnsOf(data: PlotData): Record<string, ArrayLike<unknown>> {
  if (Array.isArray(data)) {
    const names = new Set<string>();
    for (const row of (data as readonly object[]).slice(0, 1000)) for (const k of Object.keys(row)) names.add(k);
    return Object.fromEntries(
      [...names].map((k) => [k, (data as readonly Record<string, unknown>[]).map((r) => r[k])]),
    );
  }
  if (typeof data !== "object" || data === null)
    throw new TypeError("a plot's data are rows, columns by name, respondents, or an Arquero table");
  if ("columnNames" in data && typeof data.columnNames === "function") {
    const table = data as { columnNames(): string[]; array(name: string): ArrayLike<unknown> };
    return Object.fromEntries(table.columnNames().map((k) => [k, table.array(k)]));
  }
  if ("ids" in data && "column" in data && typeof data.column === "function") {
    const people = data as {
      ids: readonly string[];
      names: readonly string[];
      column(name: string): readonly unknown[];
    };
    return { id: people.ids, ...Object.fromEntries(people.names.map((k) => [k, people.column(k)])) };
  }
  return data as Record<string, ArrayLike<unknown>>;
}

function column(values: ArrayLike<unknown>): PlotColumn {
  if (
    ArrayBuffer.isView(values) &&
    !(values instanceof DataView) &&
    !(values instanceof BigInt64Array) &&
    !(values instanceof BigUint64Array)
  ) {
    const known = values as unknown as Float64Array;
    return {
      kind: "number",
      values: known.constructor.name === "Uint8ClampedArray" ? Float64Array.from(known) : known,
    };
  }
  let numeric = true;
  for (let i = 0; i < values.length && numeric; i++) {
    const v = values[i];
    numeric = v === null || v === undefined || typeof v === "number" || v instanceof Date || typeof v === "bigint";
  }
  if (numeric) {
    const out = new Float64Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const v = values[i];
      out[i] = v === null || v === undefined ? NaN : Number(v);
    }
    return { kind: "number", values: out };
  }
  const labels: string[] = [];
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v === null || v === undefined) {
      codes[i] = -1;
      continue;
    }
    const label = String(v);
    let code = codeOf.get(label);
    if (code === undefined) {
      codeOf.set(label, (code = labels.length));
      labels.push(label);
    }
    codes[i] = code;
  }
  return { kind: "text", codes, labels };
}

/** The columns at these rows. */
export function take(columns: PlotColumns, rows: Uint32Array): PlotColumns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, c]): [string, PlotColumn] => {
      if (c.kind === "text") return [name, { ...c, codes: Int32Array.from(rows, (i) => c.codes[i]!) }];
      const Type = c.values.constructor as Float64ArrayConstructor;
      const values = new Type(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = c.values[rows[i]!]!;
      return [name, { kind: "number", values }];
    }),
  );
}

/**
 * `size` of `n` row numbers, drawn without replacement by a fixed seed, in order. Rows are drawn until enough are
 * different (of the smaller of the sample and what it leaves out). The same numbers are asked for at every update of a
 * figure, so the last ones are kept.
 */
export function sampleRows(n: number, size: number): Uint32Array {
  if (last?.n === n && last.size === size) return last.rows;
  const few = Math.min(size, n - size);
  const draw = random(1, "plot sample", n, size);
  const drawn = new Uint8Array(n);
  for (let k = 0; k < few;) {
    const i = draw.integer(n);
    if (drawn[i]) continue;
    drawn[i] = 1;
    k++;
  }
  const wanted = few === size ? 1 : 0;
  const rows = new Uint32Array(Math.min(n, size));
  for (let i = 0, k = 0; i < n; i++) if (drawn[i] === wanted) rows[k++] = i;
  last = { n, size, rows };
  return rows;
}

let last: { n: number; size: number; rows: Uint32Array } | undefined;
