import { readDelimited } from "./delimited.js";
import { StudyError } from "./errors.js";
import type { RawTable } from "./table.js";
import type { Codebook } from "./types.js";

export type FileFormat = NonNullable<Codebook["file"]>["format"];

export interface ReadOptions {
  /** Name of the file, for messages. */
  source: string;
  format: FileFormat;
  delimiter?: string;
  quote?: string;
}

/** Reads a file's bytes as columns of raw cells. */
export async function readTable(bytes: Uint8Array, options: ReadOptions): Promise<RawTable> {
  const { source, format, ...rest } = options;
  switch (format) {
    case "csv":
      return readDelimited(bytes, { source, ...rest });
    case "tsv":
      return readDelimited(bytes, { source, delimiter: "\t", ...rest });
    default:
      throw new StudyError([{ file: source, expected: `files of the format ${format} cannot be read` }]);
  }
}

/** The format that a file's name says. */
export function formatOf(path: string): FileFormat {
  const extension = /\.([^.\\/]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const formats: Record<string, FileFormat> = {
    csv: "csv",
    tsv: "tsv",
    tab: "tsv",
    txt: "csv",
    jsonl: "jsonl",
    ndjson: "jsonl",
    parquet: "parquet",
    arrow: "arrow",
    feather: "arrow",
    ipc: "arrow",
    sav: "sav",
    zsav: "sav",
  };
  const format = formats[extension];
  if (!format)
    throw new StudyError([
      {
        file: path,
        expected: `the ending .${extension} is not known; expected one of ${Object.keys(formats).join(", ")}`,
      },
    ]);
  return format;
}
