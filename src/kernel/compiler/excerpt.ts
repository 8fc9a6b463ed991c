/** Source excerpts and terminal colours of error messages. */
export const red = (s: string): string => `\u001b[31m${s}\u001b[39m`;
export const bold = (s: string): string => `\u001b[1m${s}\u001b[22m`;
export const dim = (s: string): string => `\u001b[2m${s}\u001b[22m`;
export const cyan = (s: string): string => `\u001b[36m${s}\u001b[39m`;

/** The lines around a place, with an arrow at its line and a mark under its column. */
export function excerpt(code: string, line: number, column: number, length = 1): string {
  const lines = code.split("\n");
  const from = Math.max(0, line - 2);
  const to = Math.min(lines.length, line + 3);
  const width = String(to).length;
  const out: string[] = [];
  for (let i = from; i < to; i++) {
    const number = String(i + 1).padStart(width);
    const text = lines[i]!.length > 240 ? `${lines[i]!.slice(0, 240)} …` : lines[i]!;
    if (i !== line) {
      out.push(dim(`  ${number} │ ${text}`));
      continue;
    }
    out.push(`${red("→")} ${bold(number)} │ ${text}`);
    if (column < 240)
      out.push(
        `${" ".repeat(width + 3)}│ ${" ".repeat(column)}${red("^".repeat(Math.max(1, Math.min(length, text.length - column))))}`,
      );
  }
  return out.join("\n");
}
