/** Whether a terminal should send what was typed, or wait for more lines. */
import { parseSync } from "oxc-parser";

const options = { lang: "ts", sourceType: "module" } as const;

export function isComplete(code: string): Record<string, unknown> {
  const text = code.trimEnd();
  if (!text) return { status: "complete" };
  const errors = parseSync("cell.ts", code, options).errors;
  if (!errors.length) return { status: "complete" };
  if (parseSync("cell.ts", `(${code})`, options).errors.length === 0) return { status: "complete" };
  // An error at the very end means that more was expected there; one before it does not go away by typing on.
  const atEnd = errors.every(
    (e) =>
      /EOF|[Uu]nterminated|Expected .* but found `EOF`/.test(e.message) || e.labels.some((l) => l.end >= text.length),
  );
  if (!atEnd) return { status: "invalid" };
  return { status: "incomplete", indent: indentAfter(text) };
}

function indentAfter(text: string): string {
  const last = text.split("\n").at(-1)!;
  const own = /^\s*/.exec(last)![0];
  return /[{([]\s*$/.test(last) ? `${own}  ` : own;
}
