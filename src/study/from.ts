import type { Table as ArrowTable } from "apache-arrow";
import { cells, tableOfRecords } from "./readers/jsonl.js";
import type { Origin } from "./respondents.js";
import { studyFrom, type Study } from "./study.js";
import type { CheckOptions, RawTable } from "./table.js";
import type { Codebook } from "./types.js";

/** A danfojs data frame, as far as it is used here. */
export interface DanfoFrame {
  columns: string[];
  values: unknown[][] | unknown[];
  shape: number[];
}

/** An Arquero table, as far as it is used here. */
export interface ArqueroTable {
  columnNames(): string[];
  array(name: string): ArrayLike<unknown>;
  numRows(): number;
}

export type RowLike =
  readonly Record<string, unknown>[] | Record<string, readonly unknown[]> | ArqueroTable | ArrowTable | DanfoFrame;

/**
 * Respondents from anything row-like (records, columns, an Arquero or Arrow table, a danfojs data frame), checked
 * against a codebook. Rows in messages are counted from 1.
 */
export function from(
  data: RowLike,
  codebook: Codebook,
  options: CheckOptions & { origin?: Partial<Origin> } = {},
): Study {
  return studyFrom(rawTable(data), codebook, options);
}

/** The columns of anything row-like. */
export function rawTable(data: RowLike): RawTable {
  const expected = "expected records, columns, an Arquero or Arrow table, or a danfojs data frame";
  if (data === null || typeof data !== "object") throw new Error(`${expected}, found ${String(data)}`);
  if (Array.isArray(data)) return tableOfRecords(data as Record<string, unknown>[]);
  if (isArquero(data))
    return table("the Arquero table", data.columnNames(), (name) => data.array(name), data.numRows());
  if (isArrow(data))
    return table(
      "the Arrow table",
      data.schema.fields.map((f) => f.name),
      (name) => [...data.getChild(name)!],
      data.numRows,
    );
  if (isDanfo(data)) {
    const rows = (data.shape.length === 1 ? (data.values as unknown[]).map((v) => [v]) : data.values) as unknown[][];
    return table("the data frame", data.columns, (name) => rows.map((r) => r[data.columns.indexOf(name)]), rows.length);
  }
  const columns = Object.entries(data as Record<string, readonly unknown[]>);
  if (columns.length && columns.every(([, values]) => Array.isArray(values) || ArrayBuffer.isView(values))) {
    const n = columns[0]![1].length;
    const other = columns.find(([, values]) => values.length !== n);
    if (other)
      throw new Error(
        `column ${other[0]} has ${other[1].length} values, ${columns[0]![0]} has ${n}; expected the same`,
      );
    return table(
      "the columns",
      columns.map(([name]) => name),
      (name) => (data as Record<string, unknown[]>)[name]!,
      n,
    );
  }
  throw new Error(expected);
}

function table(source: string, names: string[], column: (name: string) => ArrayLike<unknown>, n: number): RawTable {
  return { source, columns: new Map(names.map((name) => [name, cells(column(name))])), n, firstRow: 1 };
}

const isArquero = (d: RowLike): d is ArqueroTable => "columnNames" in d && typeof d.columnNames === "function";
const isArrow = (d: RowLike): d is ArrowTable => "getChild" in d && typeof d.getChild === "function";
const isDanfo = (d: RowLike): d is DanfoFrame =>
  "columns" in d && "values" in d && "shape" in d && Array.isArray(d.columns) && Array.isArray(d.values);
