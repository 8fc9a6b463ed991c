/** Where a study's files and answers are wrong, and what was expected there. */

/** One thing that is wrong. `row` is the row of the file as a spreadsheet numbers it: the header is row 1. */
export interface Problem {
  file?: string;
  row?: number;
  column?: string;
  value?: unknown;
  /** What is wrong and what was expected, as a sentence without a full stop. */
  expected: string;
}

/** Input that cannot be used; `problems` holds every place, the message the first ten. */
export class StudyError extends Error {
  override readonly name = "StudyError";
  readonly problems: readonly Problem[];
  /** What to do about it. */
  readonly advice: string | undefined;

  constructor(problems: readonly Problem[], advice?: string) {
    const shown = problems.slice(0, 10).map(sentence);
    if (problems.length > 10) shown.push(`… and ${problems.length - 10} more`);
    if (advice) shown.push(advice);
    super(shown.join("\n"));
    this.problems = problems;
    this.advice = advice;
  }
}

function sentence(p: Problem): string {
  const place = [p.file, p.row === undefined ? "" : `row ${p.row}`, p.column === undefined ? "" : `column ${p.column}`]
    .filter(Boolean)
    .join(", ");
  const found = p.value === undefined ? "" : `found ${JSON.stringify(p.value)}, `;
  return `${place}${place ? ": " : ""}${found}${p.expected}`;
}
