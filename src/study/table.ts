import { StudyError, type Problem } from "./errors.js";
import { describeScale, parseAnswer } from "./scale.js";
import { Respondents, type Origin } from "./respondents.js";
import type { Codebook, Item, Value } from "./types.js";

/** What every reader gives: columns of raw cells, not yet checked. */
export interface RawTable {
  /** Name of the file or kind of source, for messages. */
  source: string;
  columns: Map<string, readonly unknown[]>;
  n: number;
  /** Number of the source's row that holds record 0: 2 below one header row, 1 where there is no header. */
  firstRow: number;
  /** The source's row of each record, where records were left out. */
  rows?: readonly number[];
  /** Labels the file itself carries: column → words, and column → value → words. */
  labels?: Map<string, string>;
  valueLabels?: Map<string, Map<number | string, string>>;
  /** Values with words that the file declares as missing: column → values. */
  declaredMissing?: Map<string, readonly (number | string)[]>;
  /** What the reader left out or changed, for the card. */
  notes?: string[];
}

export interface CheckOptions {
  /**
   * What to do with missing answers. "keep" (default): they stay as `null`, and every step says how it treats
   * them. "drop": respondents with any missing answer are left out and counted. "error": they are refused.
   */
  missing?: "keep" | "drop" | "error";
  /** "required" (default): every item of the codebook is a column. "optional": beliefs and actions may be absent, as in a list of people to be simulated. */
  answers?: "required" | "optional";
}

/**
 * Checks a table against a codebook. Throws a StudyError that lists every missing column, every answer outside
 * its scale and every repeated id. Columns that the codebook does not name are left out and listed in `ignored`.
 */
export function checkTable(
  raw: RawTable,
  codebook: Codebook,
  options: CheckOptions = {},
): { ids: string[]; columns: Map<string, Value[]>; weights?: number[]; ignored: string[]; dropped: number } {
  const file = raw.source;
  if (raw.n === 0)
    throw new StudyError([{ file, expected: `there are no rows; expected the respondents of ${codebook.name}` }]);
  const problems: Problem[] = [];
  const columns = new Map<string, Value[]>();
  for (const item of codebook.items) {
    const cells = raw.columns.get(item.column ?? item.name);
    if (!cells) {
      const optional = options.answers === "optional" && (item.role === "belief" || item.role === "action");
      if (!optional) problems.push(missingColumn(item, raw));
      continue;
    }
    const values: Value[] = [];
    for (let i = 0; i < raw.n; i++) {
      const value = parseAnswer(item, cells[i]);
      const row = rowOf(raw, i);
      if (value === undefined)
        problems.push({
          file,
          row,
          column: item.column ?? item.name,
          value: cells[i],
          expected: `expected ${expectation(item)}`,
        });
      else if (value === null && (options.missing === "error" || item.role === "id" || item.role === "weight"))
        problems.push({
          file,
          row,
          column: item.name,
          expected: `the answer is missing; expected ${expectation(item)}`,
        });
      values.push(value ?? null);
    }
    columns.set(item.name, values);
  }
  const idItem = codebook.items.find((i) => i.role === "id");
  const idColumn = idItem && columns.get(idItem.name);
  const ids = idColumn ? idColumn.map(String) : Array.from({ length: raw.n }, (_, i) => String(i + 1));
  if (idColumn) problems.push(...repeated(ids, raw, idItem.name));
  if (problems.length) throw new StudyError(problems);
  const weightItem = codebook.items.find((i) => i.role === "weight");
  const weights = weightItem && (columns.get(weightItem.name) as number[] | undefined);
  if (weights && !weights.some((w) => w > 0))
    throw new StudyError([
      { file, column: weightItem.name, expected: "all weights are zero; expected some above zero" },
    ]);
  const known = new Set(codebook.items.map((i) => i.column ?? i.name));
  const ignored = [...raw.columns.keys()].filter((name) => !known.has(name));
  const checked = { ids, columns, ...(weights ? { weights } : {}), ignored, dropped: 0 };
  return options.missing === "drop" ? complete(checked, file) : checked;
}

const rowOf = (raw: RawTable, i: number) => raw.rows?.[i] ?? raw.firstRow + i;

function missingColumn(item: Item, raw: RawTable): Problem {
  const names = [...raw.columns.keys()];
  const near = names.find((n) => n.trim().toLowerCase() === (item.column ?? item.name).trim().toLowerCase());
  const hint = near ? `; there is ${JSON.stringify(near)}, which is spelled differently` : "";
  return {
    file: raw.source,
    column: item.column ?? item.name,
    expected: `the column is missing; expected ${item.role} "${item.label}" (${describeScale(item)}) among the columns ${names.join(", ")}${hint}`,
  };
}

function expectation(item: Item): string {
  if (item.role === "id") return "an id";
  if (item.role === "weight") return "a weight of 0 or more";
  return describeScale(item);
}

function repeated(ids: readonly string[], raw: RawTable, column: string): Problem[] {
  const first = new Map<string, number>();
  const problems: Problem[] = [];
  ids.forEach((id, i) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, i);
    else
      problems.push({
        file: raw.source,
        row: rowOf(raw, i),
        column,
        value: id,
        expected: `this id is already that of row ${rowOf(raw, before)}; expected one row a respondent`,
      });
  });
  return problems;
}

type Checked = ReturnType<typeof checkTable>;

function complete(checked: Checked, file: string): Checked {
  const columns = [...checked.columns.values()];
  const keep = checked.ids.map((_, i) => i).filter((i) => columns.every((c) => c[i] !== null));
  if (keep.length === 0)
    throw new StudyError([{ file, expected: "every respondent has a missing answer; nobody is left to study" }]);
  return {
    ids: keep.map((i) => checked.ids[i]!),
    columns: new Map([...checked.columns].map(([name, c]) => [name, keep.map((i) => c[i]!)])),
    ...(checked.weights ? { weights: keep.map((i) => checked.weights![i]!) } : {}),
    ignored: checked.ignored,
    dropped: checked.ids.length - keep.length,
  };
}

/** Respondents from a raw table, checked. */
export function respondentsFrom(
  raw: RawTable,
  codebook: Codebook,
  options: CheckOptions & { origin?: Partial<Origin> } = {},
): Respondents {
  const { ids, columns, weights } = checkTable(raw, codebook, options);
  return new Respondents({
    codebook,
    ids,
    columns,
    ...(weights ? { weights } : {}),
    ...(options.origin ? { origin: options.origin } : {}),
  });
}
