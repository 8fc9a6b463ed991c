import { formatValue } from "../study/index.js";
import type { Column, Result } from "../study/index.js";
import { style } from "./html-style.js";
import { inlineSvg } from "./svg.js";

export interface HtmlFigure {
  /** An SVG element as text, for example `String(plot)`. It is cleaned of anything that runs or loads. */
  svg: string;
  /** Shown below the figure, and read out in its place. */
  caption: string;
}

export interface HtmlSection {
  title: string;
  /** Paragraphs of plain text (a line break starts another); `**bold**` and `` `code` `` are kept, everything else is escaped. */
  text?: string | readonly string[];
  /** Shown as tables with their notes and provenance marks. */
  results?: Result<any> | readonly Result<any>[];
  figures?: HtmlFigure | readonly HtmlFigure[];
  /** Long text shown as it stands, folded: a methods section, BibTeX, code. */
  folded?: readonly { title: string; text: string; open?: boolean }[];
}

export interface HtmlOptions {
  title: string;
  /** A sentence under the title. */
  subtitle?: string;
  /** Marks on the face, besides those of the results: "synthetic data". */
  provenance?: readonly string[];
  sections: readonly HtmlSection[];
  /** Language of the text (default "en"). */
  lang?: string;
}

/** Rows above which a table with groups shows everyone first and folds each grouping. */
const foldedAbove = 16;

/**
 * One self-contained HTML page: no script, nothing loaded (its content security policy forbids both), light and dark,
 * readable on a telephone and on paper. All text from data is escaped.
 */
export function html(options: HtmlOptions): string {
  const { title, subtitle, sections, lang = "en" } = options;
  const marks = new Set(options.provenance);
  for (const s of sections) for (const r of list(s.results)) for (const p of r.provenance) marks.add(p);
  const ids = sections.map((s, i) => `${i + 1}-${slug(s.title)}`);
  let figure = 0;
  const body = sections.map((s, i) => {
    const paragraphs = list(s.text).flatMap((t) =>
      t
        .split("\n")
        .filter(Boolean)
        .map((line) => `<p>${rich(line)}</p>`),
    );
    const figures = list(s.figures).map(
      (f) =>
        `<figure role="group" aria-label="${escapeHtml(f.caption)}"><div class="scroll" tabindex="0">${inlineSvg(f.svg, `f${++figure}`)}</div>` +
        `<figcaption>${escapeHtml(f.caption)}</figcaption></figure>`,
    );
    const folded = (s.folded ?? []).map(
      (f) =>
        `<details${f.open ? " open" : ""}><summary>${escapeHtml(f.title)}</summary><pre>${escapeHtml(f.text)}</pre></details>`,
    );
    // A note that the section's text already says is not said twice.
    const said = new Set(list(s.text).flatMap((t) => t.split("\n")));
    const results = list(s.results).map((r) =>
      resultHtml(r, (note) => note.split("\n").every((line) => said.has(line))),
    );
    const parts = [...paragraphs, ...figures, ...results, ...folded];
    return `<section id="${ids[i]}"><h2>${escapeHtml(s.title)}</h2>\n${parts.join("\n")}\n</section>`;
  });
  const contents = sections.map((s, i) => `<li><a href="#${ids[i]}">${escapeHtml(s.title)}</a></li>`).join("");
  return `<!doctype html>
<html lang="${escapeHtml(lang)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Proband">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
${subtitle ? `<p class="subtitle">${rich(subtitle)}</p>` : ""}
${badges([...marks])}
</header>
${sections.length > 1 ? `<nav aria-label="Contents"><ol>${contents}</ol></nav>` : ""}
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}

/** A result as HTML: title, marks, table, notes (but those to omit). Text from data is escaped. */
export function resultHtml(result: Result<any>, omit: (note: string) => boolean = () => false): string {
  const rows = result.rows as readonly Record<string, unknown>[];
  const columns = result.columns as readonly Column<Record<string, unknown>>[];
  const groupings = [...new Set(rows.map((r) => r["by"]))].filter(
    (by): by is string => typeof by === "string" && by !== "",
  );
  let tables: string;
  if (rows.length > foldedAbove && groupings.length) {
    const shown = columns.filter((c) => c.name !== "by");
    tables = table(
      result.title,
      rows.filter((r) => r["by"] === ""),
      shown.filter((c) => c.name !== "group"),
    );
    for (const by of groupings) {
      const of = rows.filter((r) => r["by"] === by);
      tables += `<details><summary>by ${escapeHtml(by)} (${of.length} rows)</summary>${table(`${result.title}, by ${by}`, of, shown)}</details>`;
    }
  } else tables = table(result.title, rows, columns);
  const kept = result.notes.filter((n) => !omit(n));
  const notes = kept.map((n) => `<li>${escapeHtml(n)}</li>`).join("");
  return (
    `<div class="result"><h3>${escapeHtml(result.title)}</h3>${badges(result.provenance)}${tables}` +
    `${notes ? `<ul class="notes">${notes}</ul>` : ""}</div>`
  );
}

function table(
  caption: string,
  rows: readonly Record<string, unknown>[],
  columns: readonly Column<Record<string, unknown>>[],
): string {
  const numeric = columns.map((c) =>
    c.format ? c.format !== "text" : rows.some((r) => typeof r[c.name] === "number"),
  );
  const head = columns.map(
    (c, j) => `<th scope="col"${numeric[j] ? ' class="n"' : ""}>${escapeHtml(c.title ?? c.name)}</th>`,
  );
  const body = rows.map((r) => {
    const cells = columns.map((c, j) => {
      const text = escapeHtml(formatValue(r[c.name], c.format, c.digits));
      return `<td${numeric[j] ? ' class="n"' : text.length > 40 ? ' class="long"' : ""}>${text}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><thead><tr>${head.join("")}</tr></thead>` +
    `<tbody>${body.join("\n")}</tbody></table></div>`
  );
}

const badges = (marks: readonly string[]) =>
  marks.length ? `<p class="marks">${marks.map((m) => `<span>${escapeHtml(m)}</span>`).join(" ")}</p>` : "";

/** Text as it may stand in HTML, also inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Escaped text in which `**bold**` and `` `code` `` are kept. */
function rich(text: string): string {
  return escapeHtml(text)
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replace(/`([^`]+)`/g, "<code>$1</code>");
}

const slug = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}
