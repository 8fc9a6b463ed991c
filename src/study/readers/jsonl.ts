import { decodeText } from "../delimited.js";
import { StudyError } from "../errors.js";
import type { RawTable } from "../table.js";

/** Reads JSON lines: one object a line. A property that a line lacks is missing there. */
export function readJsonl(input: string | Uint8Array, options: { source?: string } = {}): RawTable {
  const source = options.source ?? "the text";
  const text = (typeof input === "string" ? input : decodeText(input, source)).replace(/^\uFEFF/, "");
  const records: Record<string, unknown>[] = [];
  const lines = text.split(/\r?\n/);
  lines.forEach((line, i) => {
    if (line.trim() === "") {
      if (lines.slice(i).some((l) => l.trim() !== ""))
        throw new StudyError([{ file: source, row: i + 1, expected: "the line is empty; expected a JSON object" }]);
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new StudyError([
        {
          file: source,
          row: i + 1,
          expected: `this is not JSON (${(error as Error).message}); expected an object a line`,
        },
      ]);
    }
    if (value === null || typeof value !== "object" || Array.isArray(value))
      throw new StudyError([{ file: source, row: i + 1, value, expected: "expected a JSON object" }]);
    records.push(value as Record<string, unknown>);
  });
  if (records.length === 0)
    throw new StudyError([{ file: source, expected: "there is nothing in it; expected one JSON object a respondent" }]);
  return tableOfRecords(records, source, 1);
}

/** Columns from records; every property of any record is a column. */
export function tableOfRecords(
  records: readonly Record<string, unknown>[],
  source = "the records",
  firstRow = 1,
): RawTable {
  const names = new Set<string>();
  for (const r of records) for (const name of Object.keys(r)) names.add(name);
  return {
    source,
    columns: new Map([...names].map((name) => [name, cells(records.map((r) => r[name]))])),
    n: records.length,
    firstRow,
  };
}

/** A cell as number, text or null: big integers become numbers, nested values JSON text. */
function simple(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "object") return JSON.stringify(value, replacer);
  return value;
}

const replacer = (_: string, v: unknown) => (typeof v === "bigint" ? Number(v) : v);

/**
 * A column of cells: dates become ISO 8601 text, without the time where all of them are midnight in UTC, since files
 * often keep days as timestamps.
 */
export function cells(values: ArrayLike<unknown> | Iterable<unknown>): unknown[] {
  const column = Array.from(values as Iterable<unknown>, (v) => (v instanceof Date ? v : simple(v)));
  const days = column.every((v) => !(v instanceof Date) || v.getTime() % 86_400_000 === 0);
  return column.map((v) => (v instanceof Date ? isoDate(v, days) : v));
}

function isoDate(date: Date, day: boolean): string {
  return day ? date.toISOString().slice(0, 10) : date.toISOString().replace(/\.000Z$/, "Z");
}
