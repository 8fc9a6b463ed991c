// What commands print for people, in the width of their terminal: text broken between words, tables cut between columns.
import { Help } from "commander";
import { formatTable, type Result } from "../study/index.js";

const help = new Help();

/** Columns of the terminal; 100 where output is no terminal (a log, a pipe). */
export function terminalWidth(stream: NodeJS.WriteStream = process.stdout): number {
  return Math.max(60, stream.columns || 100);
}

/** Text in lines of at most `width` characters, each paragraph's further lines indented by `hanging`. */
export function wrap(text: string, width: number, hanging = 0): string {
  return text
    .split("\n")
    .map((line) => {
      const indent = /^ */.exec(line)![0].length;
      const start = " ".repeat(indent);
      const wrapped = help.boxWrap(line.slice(indent), width - indent - hanging);
      return start + wrapped.replaceAll("\n", `\n${start}${" ".repeat(hanging)}`);
    })
    .join("\n");
}

/** A result as text that fits: title and marks, the table, the notes. */
export function fitted<Row extends object>(result: Result<Row>, width: number): string {
  const marks = result.provenance.length ? `\n[${result.provenance.join("; ")}]` : "";
  return [
    wrap(`${result.title}${marks}`, width),
    formatTable(result.rows, result.columns, { width }),
    ...result.notes.map((note) => wrap(`· ${note}`, width, 2)),
  ].join("\n");
}
