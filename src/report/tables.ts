import { formatValue } from "../study/index.js";
import type { Column, Result } from "../study/index.js";

type AnyResult = Result<any>;
type AnyColumn = Column<Record<string, unknown>>;

export interface TableOptions {
  /** Names of the columns to show (default: the result's own). */
  columns?: readonly string[];
  /** Which rows (default: all). */
  filter?: (row: any, index: number) => boolean;
}

/** A result's table in Markdown (pipe table), with its notes below unless `notes` is false. */
export function markdownTable(result: AnyResult, options: TableOptions & { notes?: boolean } = {}): string {
  const { head, body, right } = cells(result, options);
  const escape = (s: string) =>
    s
      .replace(/\\/g, "\\\\")
      .replace(/\|/g, "\\|")
      .replace(/[<>&]/g, (c) => entity[c]!)
      .replace(/\s+/g, " ");
  const line = (row: string[]) => `| ${row.map(escape).join(" | ")} |`;
  const table = [line(head), `| ${right.map((r) => (r ? "---:" : ":---")).join(" | ")} |`, ...body.map(line)].join(
    "\n",
  );
  const marks = result.provenance.length ? `*${result.provenance.map(escape).join("; ")}*\n\n` : "";
  const notes =
    options.notes === false || !result.notes.length
      ? ""
      : `\n\n${result.notes.map((n) => `- ${escape(n)}`).join("\n")}`;
  return `${marks}${table}${notes}\n`;
}

const entity: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };

/** A result's table as a LaTeX table float with booktabs rules; provenance and notes stand under it. */
export function latexTable(
  result: AnyResult,
  options: TableOptions & { caption?: string; label?: string; notes?: boolean } = {},
): string {
  const { head, body, right } = cells(result, options);
  const line = (row: string[]) => row.map(escapeLatex).join(" & ") + " \\\\";
  const under = [...result.provenance, ...(options.notes === false ? [] : result.notes)].map(escapeLatex);
  return [
    "\\begin{table}",
    "\\centering",
    `\\caption{${escapeLatex(options.caption ?? result.title)}}`,
    ...(options.label ? [`\\label{${options.label.replace(/[^\w:.-]/g, "-")}}`] : []),
    `\\begin{tabular}{${right.map((r) => (r ? "r" : "l")).join("")}}`,
    "\\toprule",
    line(head),
    "\\midrule",
    ...body.map(line),
    "\\bottomrule",
    "\\end{tabular}",
    ...(under.length ? [`\\par\\smallskip\\footnotesize ${under.join(". ")}.`] : []),
    "\\end{table}",
    "",
  ].join("\n");
}

const latex: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "–": "--",
  "−": "$-$",
  "∞": "$\\infty$",
  "≥": "$\\ge$",
  "≤": "$\\le$",
  "×": "$\\times$",
  "√": "$\\sqrt{}$",
  "÷": "$\\div$",
  "±": "$\\pm$",
  "“": "``",
  "”": "''",
  "⌊": "$\\lfloor$",
  "⌋": "$\\rfloor$",
  "·": "$\\cdot$",
  ρ: "$\\rho$",
  Δ: "$\\Delta$",
  α: "$\\alpha$",
  β: "$\\beta$",
};

/** Text that LaTeX prints as it stands. */
export function escapeLatex(text: string): string {
  return text.replace(/[\\~^–−∞≥≤×√÷±“”⌊⌋·ρΔαβ]|[&%$#_{}]/g, (c) => latex[c] ?? `\\${c}`).replace(/\s+/g, " ");
}

function cells(result: AnyResult, options: TableOptions) {
  const known = result.columns as readonly AnyColumn[];
  const columns =
    options.columns?.map((name) => {
      const found = known.find((c) => c.name === name);
      if (found) return found;
      if (!result.rows.some((r) => name in r))
        throw new Error(
          `${result.kind} has no column ${name}; its rows have ${Object.keys(result.rows[0] ?? {}).join(", ")}`,
        );
      return { name } as AnyColumn;
    }) ?? known;
  const rows = options.filter ? result.rows.filter(options.filter) : result.rows;
  return {
    head: columns.map((c) => c.title ?? c.name),
    body: rows.map((r) => columns.map((c) => formatValue(r[c.name], c.format, c.digits))),
    right: columns.map((c) => (c.format ? c.format !== "text" : rows.some((r) => typeof r[c.name] === "number"))),
  };
}
