import Papa from "papaparse";
import { StudyError } from "./errors.js";
import type { RawTable } from "./table.js";

export interface DelimitedOptions {
  /** Name of the file, for messages. */
  source?: string;
  /** Between cells: by default guessed among comma, tab, semicolon and bar from the header row. */
  delimiter?: string;
  /** Around cells that hold a delimiter (default `"`). */
  quote?: string;
}

/**
 * Reads delimited text (RFC 4180 with any delimiter and quote). Bytes must be UTF-8, with or without a byte order
 * mark, or UTF-16 with one. Every row must have as many cells as the header.
 */
export function readDelimited(input: string | Uint8Array, options: DelimitedOptions = {}): RawTable {
  const source = options.source ?? "the text";
  const text = typeof input === "string" ? input.replace(/^\uFEFF/, "") : decodeText(input, source);
  if (text.trim() === "")
    throw new StudyError([{ file: source, expected: "there is nothing in it; expected a header row and respondents" }]);
  const quoteChar = options.quote ?? '"';
  const delimiter = options.delimiter ?? guessDelimiter(text);
  const parsed = Papa.parse<string[]>(text, { delimiter, quoteChar, skipEmptyLines: false });
  const broken = parsed.errors.find((e) => e.type === "Quotes");
  if (broken)
    throw new StudyError([
      {
        file: source,
        ...(broken.row === undefined ? {} : { row: broken.row + 1 }),
        expected: `a quotation mark (${quoteChar}) is not closed or stands inside a cell; expected ${quoteChar}…${quoteChar} around the whole cell, doubled inside`,
      },
    ]);
  const records = parsed.data;
  while (records.length && isBlank(records.at(-1)!)) records.pop();
  const header = records[0]!.map((name) => name.trim());
  // pandas and R write row numbers into a first column without a name.
  const counted =
    header.length > 1 &&
    header[0] === "" &&
    [0, 1].some((from) => records.slice(1).every((cells, i) => cells[0] === String(i + from)));
  checkHeader(counted ? header.slice(1) : header, source, counted ? 2 : 1);
  const ragged = records.flatMap((cells, i) =>
    cells.length === header.length
      ? []
      : [
          {
            file: source,
            row: i + 1,
            expected: `the row has ${cells.length} cells; expected ${header.length}, as in the header${
              cells.length > header.length ? ` (the first beyond it is ${JSON.stringify(cells[header.length])})` : ""
            }`,
          },
        ],
  );
  if (ragged.length) throw new StudyError(ragged);
  const body = records.slice(1);
  const columns = new Map<string, string[]>();
  const commas: string[] = [];
  header.forEach((name, j) => {
    if (counted && j === 0) return;
    const cells = body.map((row) => row[j]!);
    const points = delimiter === "," ? undefined : withPoints(cells);
    if (points) commas.push(name);
    columns.set(name, points ?? cells);
  });
  const notes = [
    ...(counted ? ["a first column without a name that only counts rows is left out"] : []),
    ...(commas.length ? [`decimal commas are read as points in ${commas.join(", ")}`] : []),
  ];
  return { source, columns, n: body.length, firstRow: 2, ...(notes.length ? { notes } : {}) };
}

/** Numbers with decimal commas, as spreadsheets write them in much of Europe, with points; nothing where cells hold anything else. */
function withPoints(cells: readonly string[]): string[] | undefined {
  let any = false;
  for (const cell of cells) {
    const text = cell.trim();
    if (/^[-+]?\d*,\d+$/.test(text)) any = true;
    else if (!/^([-+]?\d+|NA|N\/A|NaN|nan|\.|-)?$/.test(text)) return undefined;
  }
  return any ? cells.map((cell) => cell.replace(",", ".")) : undefined;
}

const isBlank = (cells: readonly string[]) => cells.every((c) => c.trim() === "");

function checkHeader(header: readonly string[], file: string, first: number): void {
  header.forEach((name, j) => {
    if (name === "")
      throw new StudyError([{ file, row: 1, expected: `column ${j + first} has no name in the header; give it one` }]);
    if (header.indexOf(name) !== j)
      throw new StudyError([{ file, row: 1, column: name, expected: "the header names this column twice" }]);
  });
}

function guessDelimiter(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  const counts = [",", "\t", ";", "|"].map((d) => [d, header.split(d).length] as const);
  return counts.reduce((best, c) => (c[1] > best[1] ? c : best))[0];
}

/** Text of a file's bytes: UTF-8, or UTF-16 with a byte order mark. Other encodings are refused, with the place. */
export function decodeText(bytes: Uint8Array, source: string): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const [row, column] = encoding === "utf-8" ? firstInvalid(bytes) : [undefined, 0];
    throw new StudyError(
      [
        {
          file: source,
          ...(row ? { row } : {}),
          expected: `the file is not ${encoding.toUpperCase()}${row ? ` (byte ${column} of the row)` : ""}; expected UTF-8`,
        },
      ],
      'Save it as UTF-8 ("CSV UTF-8" in a spreadsheet), or convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE.',
    );
  }
}

/** Row and byte of the first thing that is not UTF-8, by halving. */
function firstInvalid(bytes: Uint8Array): [number, number] {
  const valid = (end: number) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let good = 0,
    bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (valid(middle)) good = middle;
    else bad = middle;
  }
  // A character that was begun and not completed begins before the byte that shows it.
  const whole = (end: number) =>
    !new TextDecoder().decode(bytes.subarray(Math.max(0, end - 4), end)).endsWith("\uFFFD");
  while (good > 0 && !whole(good)) good--;
  let row = 1,
    start = 0;
  for (let i = 0; i < good; i++)
    if (bytes[i] === 10) {
      row++;
      start = i + 1;
    }
  return [row, good - start + 1];
}
