/**
 * SPSS system files (.sav, .zsav), after the description of the format in the PSPP developers' manual. Own code
 * because the reader on npm that we tried (sav-reader 2.0.8) returns one of four rows of a row-compressed file, the
 * kind SPSS writes, without an error; test/study/sav.test.ts reads files written by ReadStat.
 */
import { StudyError } from "../errors.js";
import type { RawTable } from "../table.js";
import { cells } from "./jsonl.js";
import { decodeValues, inflateBlocks } from "./sav-data.js";
import { readDictionary, type SavVariable } from "./sav-dictionary.js";

/** Seconds from the first day of the Gregorian calendar, from which SPSS counts, to 1970. */
const epoch = 12_219_379_200;
/** Print formats that are dates: DATE, DATETIME, ADATE, JDATE, EDATE, SDATE, YMDHMS. */
const dates = new Set([20, 22, 23, 24, 38, 39, 41]);

/**
 * Reads an SPSS system file: values, labels of variables and values. System-missing values and those the file
 * declares as missing become `null`; dates become ISO 8601 text.
 */
export async function readSav(bytes: Uint8Array, options: { source?: string } = {}): Promise<RawTable> {
  const source = options.source ?? "the SPSS file";
  try {
    const dictionary = readDictionary(bytes);
    const { start, compression, bias, littleEndian } = dictionary;
    const body =
      compression === 2 ? await inflateBlocks(bytes, start, littleEndian) : bytes.subarray(start, bytes.length);
    const { numbers, text, n } = decodeValues(body, dictionary.units, compression !== 0, bias, littleEndian);
    if (dictionary.cases >= 0 && n !== dictionary.cases)
      throw new Error(`it holds ${n} cases and announces ${dictionary.cases}; it may have been cut off`);
    const columns = new Map<string, unknown[]>();
    const decoder = new TextDecoder(dictionary.encoding);
    for (const v of dictionary.variables)
      columns.set(
        v.name,
        cells(Array.from({ length: n }, (_, i) => value(v, i, numbers, text, dictionary.units, decoder))),
      );
    return {
      source,
      columns,
      n,
      firstRow: 1,
      labels: new Map(dictionary.variables.flatMap((v) => (v.label ? [[v.name, v.label] as const] : []))),
      valueLabels: new Map(
        dictionary.variables.flatMap((v) => (v.valueLabels.size ? [[v.name, v.valueLabels] as const] : [])),
      ),
      declaredMissing: new Map(
        dictionary.variables.flatMap((v) => {
          const codes = [...v.valueLabels.keys()].filter((code) => v.missing(code));
          return codes.length ? [[v.name, codes] as const] : [];
        }),
      ),
    };
  } catch (error) {
    if (error instanceof StudyError) throw error;
    throw new StudyError([
      { file: source, expected: `it cannot be read as an SPSS file: ${(error as Error).message}` },
    ]);
  }
}

function value(
  v: SavVariable,
  i: number,
  numbers: Float64Array,
  text: Uint8Array,
  units: number,
  decoder: TextDecoder,
): number | string | Date | null {
  const at = i * units + v.unit;
  if (v.width === 0) {
    const x = numbers[at]!;
    if (Number.isNaN(x) || x === -Number.MAX_VALUE || v.missing(x)) return null;
    return dates.has(v.format) ? new Date((x - epoch) * 1000) : x;
  }
  const raw = new Uint8Array(v.width);
  let filled = 0;
  // A text of more than 255 bytes lies in segments of 255, each in 32 units of 8.
  for (let segment = 0; filled < v.width; segment++) {
    const length = Math.min(255, v.width - filled);
    const from = (at + segment * 32) * 8;
    raw.set(text.subarray(from, from + length), filled);
    filled += length;
  }
  const string = decoder.decode(raw).replace(/[ \0]+$/, "");
  return string === "" || v.missing(string) ? null : string;
}
