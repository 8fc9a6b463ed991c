import type { RawTable } from "../table.js";

/** Whether a delimited table is a Qualtrics export: the third row of the file holds import ids. */
export function isQualtrics(raw: RawTable): boolean {
  if (raw.n < 2) return false;
  return [...raw.columns.values()].every((cells) => /^\s*\{.*"ImportId"/.test(String(cells[1] ?? "")));
}

/**
 * A Qualtrics export, read as delimited text before, without its second and third header row: the questions become
 * the columns' labels, survey previews are left out and counted. The first respondent stands in row 4 of the file.
 */
export function fromQualtrics(raw: RawTable): RawTable {
  const labels = new Map([...raw.columns].map(([name, cells]) => [name, String(cells[0]).replace(/\s+/g, " ").trim()]));
  const status = raw.columns.get("Status") ?? [];
  const previews = new Set<number>();
  // Status is "Survey Preview" in exports of choice text and 1 in exports of numeric values.
  for (let i = 2; i < raw.n; i++) if (/^(survey preview|1)$/i.test(String(status[i] ?? "").trim())) previews.add(i);
  const kept = Array.from({ length: raw.n - 2 }, (_, k) => k + 2).filter((i) => !previews.has(i));
  return {
    source: raw.source,
    columns: new Map([...raw.columns].map(([name, cells]) => [name, kept.map((i) => cells[i])])),
    n: kept.length,
    // Rows stay those of the file where no preview was left out before them.
    firstRow: 4,
    rows: kept.map((i) => i + raw.firstRow),
    labels,
    notes: [
      ...(raw.notes ?? []),
      ...(previews.size ? [`${previews.size} survey preview${previews.size > 1 ? "s" : ""} left out`] : []),
    ],
  };
}
