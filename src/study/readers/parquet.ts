import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { StudyError } from "../errors.js";
import type { RawTable } from "../table.js";
import { cells } from "./jsonl.js";

/** Reads a Parquet file (any compression) by its columns. */
export async function readParquet(bytes: Uint8Array, options: { source?: string } = {}): Promise<RawTable> {
  const source = options.source ?? "the Parquet file";
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    const metadata = parquetMetadata(file);
    const names = metadata.schema.slice(1).flatMap((s) => (s.num_children === undefined ? [s.name] : []));
    const rows = await parquetReadObjects({ file, metadata, compressors });
    // A pandas index is stored as a column of this name; it is no answer.
    const kept = names.filter((n) => !/^__index_level_\d+__$/.test(n));
    return {
      source,
      columns: new Map(kept.map((name) => [name, cells(rows.map((r) => r[name]))])),
      n: rows.length,
      firstRow: 1,
    };
  } catch (error) {
    throw new StudyError([{ file: source, expected: `it cannot be read as Parquet: ${(error as Error).message}` }]);
  }
}
