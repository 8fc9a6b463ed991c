/** Source excerpts and terminal colours of error messages. */
export const red = (s: string): string => `\u001b[31m${s}\u001b[39m`;
export const bold = (s: string): string => `\u001b[1m${s}\u001b[22m`;
export const dim = (s: string): string => `\u001b[2m${s}\u001b[22m`;
export const cyan = (s: string): string => `\u001b[36m${s}\u001b[39m`;

const widest = 68; // characters: a front end that wraps lines would take the mark away from its place

/**
 * The lines around a place, with an arrow at its line and a mark under its column. `around` is how many lines before
 * and behind are shown. Of a long line, the part around the place.
 */
export function excerpt(code: string, line: number, column: number, length = 1, around = 2): string {
  const lines = code.split("\n");
  const from = Math.max(0, line - around);
  const to = Math.min(lines.length, line + around + 1);
  const width = String(to).length;
  const out: string[] = [];
  for (let i = from; i < to; i++) {
    const number = String(i + 1).padStart(width);
    if (i !== line) {
      out.push(dim(`  ${number} │ ${part(lines[i]!, 0).text}`));
      continue;
    }
    const { text, shift } = part(lines[i]!, column);
    const at = column - shift;
    const mark = "^".repeat(Math.max(1, Math.min(length, text.length - at)));
    out.push(`${red("→")} ${bold(number)} │ ${text}`, `${" ".repeat(width + 3)}│ ${" ".repeat(at)}${red(mark)}`);
  }
  return out.join("\n");
}

/** What is shown of a line, and how far its columns are shifted to the left by that. */
function part(line: string, column: number): { text: string; shift: number } {
  if (line.length <= widest) return { text: line, shift: 0 };
  const start = Math.max(0, Math.min(column - (widest >> 1), line.length - widest + 1));
  const end = start + widest - 1;
  const text = `${start ? "…" : ""}${line.slice(start, end)}${end < line.length ? "…" : ""}`;
  return { text, shift: start ? start - 1 : 0 };
}
