/** Any result as an HTML table: escaped, with its marks and notes, readable without a style sheet. */
import { rowName } from "./linked.js";
import { formatValue } from "../study/index.js";
import type { Column, Result } from "../study/index.js";

export interface TableOptions {
  /** Rows shown; the rest is counted below the table (default 60). */
  limit?: number;
  /** Columns shown, by name; by default the result's own. */
  columns?: readonly string[];
  /** What a row is called in a figure beside the table (`data-row`). */
  rowKey?: (row: any) => string;
}

/** Text with what HTML would take for markup written out. */
export function escapeHtml(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The table of a result: caption, provenance marks, rows, notes. */
export function htmlTable<Row extends object>(
  result: Pick<Result<Row>, "title" | "rows" | "columns" | "notes" | "provenance">,
  options: TableOptions = {},
): string {
  const limit = options.limit ?? 60;
  const columns = options.columns
    ? options.columns.map((name): Column<Row> => {
        const found = result.columns.find((c) => c.name === name);
        if (!found)
          throw new Error(`the table has no column ${name}; it has ${result.columns.map((c) => c.name).join(", ")}`);
        return found;
      })
    : result.columns;
  const isText = (c: Column<Row>) =>
    result.rows.every((r) => typeof r[c.name as keyof Row] !== "number") && c.format !== "interval";
  const left = columns.map(isText);
  // Numbers and intervals are not broken; the space is needed where a page gives tables none.
  const style = (i: number) =>
    `padding:.1em .5em;${left[i] ? "text-align:left" : "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"}`;
  const head = columns
    .map((c, i) => `<th scope="col" style="${style(i)}">${escapeHtml(c.title ?? c.name)}</th>`)
    .join("");
  const body = result.rows
    .slice(0, limit)
    .map(
      (row) =>
        `<tr${options.rowKey ? ` data-row="${escapeHtml(rowName(options.rowKey(row)))}"` : ""}>${columns.map((c, i) => `<td style="${style(i)}">${escapeHtml(formatValue(row[c.name as keyof Row], c.format, c.digits))}</td>`).join("")}</tr>`,
    )
    .join("\n");
  const more =
    result.rows.length > limit
      ? [`${(result.rows.length - limit).toLocaleString("en-US")} more rows are in .rows.`]
      : [];
  return [
    // As wide as its place, not as its table, which scrolls in it (a widget's box would grow with it and cut the notes).
    `<div class="proband-result" style="overflow-x:auto;contain:inline-size;width:100%;line-height:1.4">`,
    `<table><caption style="text-align:left;font-weight:600;white-space:nowrap">${escapeHtml(result.title)}</caption>`,
    `<thead><tr>${head}</tr></thead>`,
    `<tbody>\n${body}\n</tbody></table>`,
    provenanceHtml(result.provenance),
    ...[...more, ...result.notes].map((n) => `<p style="margin:.2em 0;font-size:.9em">${escapeHtml(n)}</p>`),
    `</div>`,
  ]
    .filter(Boolean)
    .join("\n");
}

/** Marks on the face of whatever is shown. */
export function provenanceHtml(marks: readonly string[]): string {
  return marks
    .map(
      (m) =>
        `<p class="proband-mark" style="display:inline-block;margin:.2em .4em .2em 0;padding:0 .4em;border:1px dashed currentColor;border-radius:3px;font-style:italic;font-size:.9em">◆ ${escapeHtml(m)}</p>`,
    )
    .join("");
}
