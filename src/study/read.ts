import { readDelimited } from "./delimited.js";
import { StudyError } from "./errors.js";
import { readJsonl } from "./readers/jsonl.js";
import { fromQualtrics, isQualtrics } from "./readers/qualtrics.js";
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

/** Reads a file's bytes as columns of raw cells. Readers of binary formats are loaded when they are needed. */
export async function readTable(bytes: Uint8Array, options: ReadOptions): Promise<RawTable> {
  const { source, format, ...rest } = options;
  if (bytes.length === 0)
    throw new StudyError([{ file: source, expected: "there is nothing in it; expected a header row and respondents" }]);
  switch (format) {
    case "csv":
    case "tsv":
    case "qualtrics": {
      const raw = readDelimited(bytes, { source, ...(format === "tsv" ? { delimiter: "\t" } : {}), ...rest });
      if (isQualtrics(raw)) return fromQualtrics(raw);
      if (format === "qualtrics")
        throw new StudyError([
          { file: source, row: 3, expected: 'expected import ids ({"ImportId": …}), as in an export of Qualtrics' },
        ]);
      return raw;
    }
    case "jsonl":
      return readJsonl(bytes, { source });
    case "parquet":
      return (await import("./readers/parquet.js")).readParquet(bytes, { source });
    case "arrow":
      return (await import("./readers/arrow.js")).readArrow(bytes, { source });
    case "sav":
      return (await import("./readers/sav.js")).readSav(bytes, { source });
    default:
      throw new StudyError([{ file: source, expected: `the format ${String(format)} is not known` }]);
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
    arrows: "arrow",
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
