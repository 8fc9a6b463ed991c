/** The columns a model reads, whatever they come in: Respondents, records, columns, Arquero, Arrow, danfojs. */
import { Respondents, scoresOf } from "../study/index.js";
import type { Item, Value } from "../study/index.js";
import { EstimationError } from "./errors.js";

/** Anything row-like. Missing is `null`, `undefined` or NaN. */
export type Data =
  | Respondents
  | readonly object[]
  | Readonly<Record<string, ArrayLike<unknown>>>
  | { columnNames(): string[]; array(name: string): ArrayLike<unknown> }
  | { columns: string[]; values: unknown };

/** One level of a categorical column: its value in the data and the words for it. */
export interface Level {
  value: number | string;
  label: string;
}

export interface Frame {
  readonly n: number;
  /** Name of a row for messages: the respondent's id, or its number. */
  row(i: number): string;
  readonly names: readonly string[];
  /** The column as numbers (missing NaN), or undefined where it is categorical by its codebook entry or its values. */
  numbers(name: string): Float64Array | undefined;
  /** The raw values. */
  values(name: string): readonly Value[];
  /** The levels of the column, in the codebook's order (else sorted), including levels that do not occur. */
  levels(name: string): Level[];
  /** Inclusion weights, where the sampling gave them. */
  readonly weights?: readonly number[];
  readonly respondents?: Respondents;
}

/** Reads data as a frame. */
export function frame(data: Data): Frame {
  if (data instanceof Respondents)
    return make(data.n, data.names, (name) => data.column(name), {
      row: (i) => data.ids[i]!,
      item: (name) => data.codebook.items.find((i) => i.name === name),
      respondents: data,
    });
  if (Array.isArray(data)) {
    if (!data.length) throw new EstimationError("too-few", "there are no rows; expected at least one observation");
    const names = [...new Set(data.flatMap((r) => Object.keys(r as object)))];
    return make(data.length, names, (name) => data.map((r) => clean((r as Record<string, unknown>)[name])));
  }
  const table = data as { columnNames?(): string[]; array?(name: string): ArrayLike<unknown> };
  if (typeof table.columnNames === "function") {
    const names = table.columnNames();
    return make(table.array!(names[0]!).length, names, (name) => Array.from(table.array!(name), clean));
  }
  const danfo = data as { columns?: unknown; values?: unknown };
  if (Array.isArray(danfo.columns) && Array.isArray(danfo.values)) {
    const rows = danfo.values as unknown[][];
    const names = danfo.columns as string[];
    return make(rows.length, names, (name) => rows.map((r) => clean(r[names.indexOf(name)])));
  }
  // An Arrow table is iterable; its rows are proxies with toJSON.
  if (typeof (data as Iterable<unknown>)[Symbol.iterator] === "function")
    return frame([...(data as unknown as Iterable<{ toJSON(): object }>)].map((r) => r.toJSON?.() ?? r));
  const columns = data as Record<string, ArrayLike<unknown>>;
  const names = Object.keys(columns);
  if (!names.length) throw new EstimationError("too-few", "the data has no columns");
  const n = columns[names[0]!]!.length;
  for (const name of names)
    if (columns[name]?.length !== n)
      throw new EstimationError(
        "column",
        `column ${name} has ${columns[name]?.length} values, ${names[0]} has ${n}; all need as many`,
        [name],
      );
  return make(n, names, (name) => Array.from(columns[name]!, clean), { typed: (name) => columns[name] });
}

const clean = (v: unknown): Value =>
  v === undefined || v === null || (typeof v === "number" && Number.isNaN(v))
    ? null
    : typeof v === "boolean"
      ? +v
      : typeof v === "bigint"
        ? Number(v)
        : (v as Value);

function make(
  n: number,
  names: readonly string[],
  column: (name: string) => readonly Value[],
  more: {
    row?: (i: number) => string;
    item?: (name: string) => Item | undefined;
    respondents?: Respondents;
    typed?: (name: string) => unknown;
  } = {},
): Frame {
  const read = new Map<string, readonly Value[]>();
  const item = more.item ?? (() => undefined);
  const row = more.row ?? ((i: number) => `row ${i + 1}`);
  const values = (name: string): readonly Value[] => {
    if (!names.includes(name)) {
      const near = names.filter((s) => s.toLowerCase() === name.toLowerCase());
      throw new EstimationError(
        "column",
        `there is no column ${name}${near.length ? `; did you mean ${near[0]}?` : "."} The columns are ${names.join(", ")}`,
        [name],
      );
    }
    if (!read.has(name)) read.set(name, column(name));
    return read.get(name)!;
  };
  const numbers = (name: string): Float64Array | undefined => {
    const typed = more.typed?.(name);
    if (typed instanceof Float64Array) return typed;
    const found = values(name);
    const entry = item(name);
    if (entry?.scale.kind === "nominal") return undefined;
    if (entry?.scale.kind === "ordinal") {
      const scores = scoresOf(entry)!;
      const score = new Map(entry.scale.options.map((o, k) => [o.value as Value, scores[k]!]));
      return Float64Array.from(found, (v, i) => {
        if (v === null) return NaN;
        const s = score.get(v);
        if (s === undefined)
          throw new EstimationError(
            "level",
            `column ${name}, ${row(i)}: ${JSON.stringify(v)} is not an option of the codebook`,
            [name],
          );
        return s;
      });
    }
    const words = found.findIndex((v) => typeof v === "string");
    if (words >= 0) {
      const figure = found.findIndex((v) => typeof v === "number");
      if (figure >= 0)
        throw new EstimationError(
          "column",
          `column ${name} mixes numbers and text: ${row(figure)} holds ${found[figure]}, ${row(words)} holds "${found[words]}"`,
          [name],
        );
      return undefined;
    }
    return Float64Array.from(found, (v, i) => {
      if (v === null) return NaN;
      if (typeof v !== "number" || !Number.isFinite(v))
        throw new EstimationError(
          "column",
          `column ${name}, ${row(i)}: expected a finite number or text, found ${String(v)}`,
          [name],
        );
      return v;
    });
  };
  return {
    n,
    row,
    names,
    values,
    numbers,
    levels: (name) => {
      const found = values(name);
      const { scale } = item(name) ?? {};
      if (scale?.kind === "nominal" || scale?.kind === "ordinal")
        return scale.options.map((o) => ({ value: o.value, label: o.label }));
      const seen = [...new Set(found.filter((v) => v !== null))];
      const order = seen.every((v) => typeof v === "number")
        ? (seen as number[]).sort((a, b) => a - b)
        : seen.map(String).sort((a, b) => (a < b ? -1 : 1));
      return order.map((value) => ({ value, label: String(value) }));
    },
    ...(more.respondents ? { respondents: more.respondents } : {}),
    ...(more.respondents?.weights ? { weights: more.respondents.weights } : {}),
  };
}
