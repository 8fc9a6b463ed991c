/** What figures accept: rows, or any result that has rows (and brings its notes and marks along). */
export type FigureInput<Row> =
  | readonly Row[]
  | { readonly rows: readonly Row[]; readonly notes?: readonly string[]; readonly provenance?: readonly string[] };

export function rowsOf<Row>(input: FigureInput<Row>, figure: string): readonly Row[] {
  const rows = Array.isArray(input) ? (input as readonly Row[]) : (input as { rows: readonly Row[] } | null)?.rows;
  if (!Array.isArray(rows))
    throw new Error(`${figure} draws rows, or a result that has rows; found ${input === null ? "null" : typeof input}`);
  if (rows.length === 0) throw new Error(`${figure} has nothing to draw: there are no rows`);
  return rows;
}

/** The marks and notes of a result, unless the call gives its own. */
export function withMarks<O extends { provenance?: readonly string[]; notes?: readonly string[] }>(
  input: unknown,
  options: O,
): O {
  const { provenance } = (Array.isArray(input) ? {} : (input as O)) ?? {};
  return { ...(provenance ? { provenance } : {}), ...options };
}

export const finite = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);

export function unique<T>(values: Iterable<T>): T[] {
  return [...new Set(values)];
}

/** Humans first, then in order of appearance. */
export function sourcesInOrder(names: Iterable<string>, isHuman: (name: string) => boolean): string[] {
  const all = unique(names);
  return [...all.filter(isHuman), ...all.filter((n) => !isHuman(n))];
}

/** "884 respondents", "1 respondent". */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

/** "people: n = 944; base model: n = 60", which is not broken within a number. */
export function sizes(of: Iterable<readonly [source: string, n: number]>): string {
  return [...of].map(([source, n]) => `${source}: n\u00a0=\u00a0${n.toLocaleString("en-US")}`).join("; ");
}
