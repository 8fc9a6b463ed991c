/** Small HTML helpers: escaping, and one table form for everything that has rows. */
export const escapeHtml = (value: unknown): string => String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const limits = { rows: 20, columns: 20, text: 120 };

/** One cell of a table as text: short, never throwing, missing as an en dash. */
export function cellText(value: unknown, longest = limits.text): string {
  let text: string;
  try {
    if (value === null || value === undefined) return "–";
    else if (typeof value === "number") text = Number.isInteger(value) ? String(value) : shortNumber(value);
    else if (value instanceof Date) text = Number.isNaN(+value) ? "Invalid Date" : value.toISOString();
    else if (typeof value === "object") text = summary(value);
    else text = String(value);
  } catch {
    text = "(cannot be shown)";
  }
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

export const shortNumber = (x: number) => (Number.isFinite(x) ? String(Number(x.toPrecision(6))) : String(x));

function summary(value: object): string {
  if (Array.isArray(value))
    return value.length <= 6 ? `[${value.map((v) => cellText(v, 24)).join(", ")}]` : `Array(${value.length})`;
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${(value as Uint8Array).length ?? value.byteLength})`;
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name}(${value.size})`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const keys = Object.keys(value);
  const name = value.constructor?.name;
  if (name && name !== "Object") return name;
  const shown = keys.slice(0, 4).map((k) => {
    const inner: unknown = (value as Record<string, unknown>)[k];
    return typeof inner === "object" && inner !== null ? k : `${k}: ${cellText(inner, 24)}`;
  });
  return `{${shown.join(", ")}${keys.length > 4 ? ", …" : ""}}`;
}

export interface Grid {
  /** Said above the table with its size, for example "Array(3)". */
  caption: string;
  columns: string[];
  /** How many rows there are in all. */
  size: number;
  /** A row's values; called for the shown rows only. */
  row(index: number): unknown[];
  /** Heads of the rows (default: the index). */
  head?(index: number): string;
}

/** Which rows are shown: all, or the first and the last ones. */
function shownRows(size: number): { rows: number[]; gap: number } {
  if (size <= limits.rows) return { rows: Array.from({ length: size }, (_, i) => i), gap: -1 };
  const half = limits.rows / 2;
  return {
    rows: [...Array.from({ length: half }, (_, i) => i), ...Array.from({ length: half }, (_, i) => size - half + i)],
    gap: half,
  };
}

export function gridHtml(grid: Grid): string {
  const columns = grid.columns.slice(0, limits.columns);
  const more = grid.columns.length - columns.length;
  const { rows, gap } = shownRows(grid.size);
  const span = columns.length + 1 + (more > 0 ? 1 : 0);
  const body = rows.map((r, i) => {
    const values = grid.row(r);
    const cells = columns
      .map((_, c) => {
        const numeric = typeof values[c] === "number" || typeof values[c] === "bigint";
        return `<td${numeric ? ' style="text-align:right"' : ""}>${escapeHtml(cellText(values[c]))}</td>`;
      })
      .join("");
    const skip =
      i === gap
        ? `<tr><td colspan="${span}" style="text-align:center">⋮ ${grid.size - rows.length} more rows</td></tr>`
        : "";
    return `${skip}<tr><th>${escapeHtml(grid.head ? grid.head(r) : r)}</th>${cells}${more > 0 ? "<td>…</td>" : ""}</tr>`;
  });
  const head = `<tr><th></th>${columns.map((c) => `<th>${escapeHtml(cellText(c, 60))}</th>`).join("")}${more > 0 ? `<th>+${more}</th>` : ""}</tr>`;
  return `<table class="dataframe"><caption style="caption-side:top;text-align:left">${escapeHtml(grid.caption)}</caption><thead>${head}</thead><tbody>${body.join("")}</tbody></table>`;
}

export function gridText(grid: Grid): string {
  const columns = grid.columns.slice(0, 12);
  const { rows, gap } = shownRows(grid.size);
  const head = ["", ...columns.map((c) => cellText(c, 24))];
  const body = rows.map((r) => {
    const values = grid.row(r);
    return [
      String(grid.head ? grid.head(r) : r),
      ...columns.map((_, c) => cellText(values[c], 24).replaceAll("\n", "⏎")),
    ];
  });
  const numeric = head.map((_, c) => c > 0 && rows.some((r) => typeof grid.row(r)[c - 1] === "number"));
  const width = head.map((h, c) => Math.max(h.length, ...body.map((b) => b[c]!.length)));
  const line = (cells: string[]) =>
    cells
      .map((s, c) => (numeric[c] ? s.padStart(width[c]!) : s.padEnd(width[c]!)))
      .join("  ")
      .trimEnd();
  const lines = body.map(line);
  if (gap >= 0) lines.splice(gap, 0, `… ${grid.size - rows.length} more rows`);
  const more = grid.columns.length > columns.length ? `\n… ${grid.columns.length - columns.length} more columns` : "";
  return `${grid.caption}\n${line(head)}\n${lines.join("\n")}${more}`;
}

export const gridBundle = (grid: Grid): Record<string, unknown> => ({
  "text/plain": gridText(grid),
  "text/html": gridHtml(grid),
});
