/** Data frames of the libraries in use, known by their shape: nothing of theirs is imported. */
import { gridBundle } from "./html.js";

interface ArqueroLike {
  numRows(): number;
  numCols(): number;
  columnNames(): string[];
  get(name: string, row: number): unknown;
  object(row?: number): Record<string, unknown>;
}
interface ArrowLike {
  schema: { fields: { name: string; type: unknown }[] };
  numRows: number;
  getChildAt(index: number): { get(row: number): unknown } | null;
}
interface DanfoLike {
  shape: number[];
  columns?: string[];
  index?: (string | number)[];
  values: unknown[];
}

const has = (value: object, ...names: string[]) => names.every((n) => n in value);

export function asFrame(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (has(value, "numRows", "numCols", "columnNames", "objects")) return arquero(value as ArqueroLike);
  if (has(value, "schema", "numRows", "getChildAt")) return arrow(value as ArrowLike);
  if (has(value, "$data", "shape", "values", "index")) return danfo(value as DanfoLike);
  return undefined;
}

/** Arquero: rows in the table's order, a filtered or ordered one included. */
function arquero(table: ArqueroLike): Record<string, unknown> {
  const columns = table.columnNames();
  const size = table.numRows();
  return gridBundle({
    caption: `Table: ${size} rows × ${columns.length} columns`,
    columns,
    size,
    row: (i) => columns.map((c) => table.get(c, i)),
  });
}

function arrow(table: ArrowLike): Record<string, unknown> | undefined {
  const fields = table.schema?.fields;
  if (!Array.isArray(fields) || typeof table.numRows !== "number") return undefined;
  const columns = fields.map((f) => f.name);
  const children = columns.map((_, i) => table.getChildAt(i));
  return gridBundle({
    caption: `Arrow table: ${table.numRows} rows × ${columns.length} columns`,
    columns,
    size: table.numRows,
    row: (i) => children.map((c) => c?.get(i)),
  });
}

/** Danfo: a DataFrame has two dimensions, a Series one. */
function danfo(frame: DanfoLike): Record<string, unknown> {
  const [size = 0, width] = frame.shape;
  const series = frame.shape.length < 2 || width === undefined || !Array.isArray(frame.values[0]);
  const columns = series ? [String(frame.columns?.[0] ?? 0)] : (frame.columns ?? []);
  return gridBundle({
    caption: series ? `Series: ${size} values` : `DataFrame: ${size} rows × ${columns.length} columns`,
    columns,
    size,
    row: (i) => (series ? [frame.values[i]] : (frame.values[i] as unknown[])),
    head: (i) => String(frame.index?.[i] ?? i),
  });
}
