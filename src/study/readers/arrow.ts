import { CompressionType, compressionRegistry, tableFromIPC, type Table } from "apache-arrow";
import { decompress as unzstd } from "fzstd";
import { StudyError } from "../errors.js";
import type { RawTable } from "../table.js";
import { cells } from "./jsonl.js";

/** Reads an Arrow IPC file or stream (also Feather version 2), compressed or not. */
export async function readArrow(bytes: Uint8Array, options: { source?: string } = {}): Promise<RawTable> {
  const source = options.source ?? "the Arrow file";
  if (!compressionRegistry.get(CompressionType.ZSTD)) {
    const { default: lz4 } = await import("lz4js");
    compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => aligned(unzstd(data)) });
    compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (data) => aligned(lz4.decompress(data)) });
  }
  if (String.fromCharCode(...bytes.subarray(0, 4)) === "FEA1")
    throw new StudyError([
      {
        file: source,
        expected: "this is Feather version 1; expected version 2, which pyarrow and R's arrow write by default",
      },
    ]);
  let table: Table;
  try {
    table = tableFromIPC(bytes);
  } catch (error) {
    throw new StudyError([{ file: source, expected: `it cannot be read as Arrow: ${(error as Error).message}` }]);
  }
  if (table.schema.fields.length === 0)
    throw new StudyError([{ file: source, expected: "it cannot be read as Arrow: there are no columns in it" }]);
  return tableOfArrow(table, source);
}

/** Columns of an Arrow table; dates and timestamps become ISO 8601 text. */
export function tableOfArrow(table: Table, source = "the Arrow table"): RawTable {
  const columns = new Map<string, unknown[]>();
  for (const { name, type } of table.schema.fields) {
    if (/^__index_level_\d+__$/.test(name)) continue;
    const column = table.getChild(name)!;
    const isDate = /^(Date|Timestamp)/.test(String(type));
    columns.set(name, cells(Array.from(column, (v: unknown) => (isDate && typeof v === "number" ? new Date(v) : v))));
  }
  return { source, columns, n: table.numRows, firstRow: 1 };
}

/** A copy at the start of its own buffer: Arrow views it as 64-bit numbers, which need an offset divisible by 8. */
const aligned = (bytes: Uint8Array) => bytes.slice();
