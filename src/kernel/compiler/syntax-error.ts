/** What is said of a cell that cannot be compiled. */
import { lineStarts, position } from "./edits.js";

/** A cell that cannot be compiled: `line` and `column` count from 0. */
export class CellSyntaxError extends SyntaxError {
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
    readonly length = 1,
    readonly hint?: string,
  ) {
    super(message);
    this.name = "SyntaxError";
  }
}

/** An error as oxc gives it. */
export type Message = {
  message: string;
  labels: { start: number; end: number; message: string | null }[];
  helpMessage: string | null;
};

/** Throws the first error, at its place in the cell. */
export function refuse(source: string, errors: Message[], toSource = (offset: number) => offset): never {
  const first = errors[0]!;
  const label = first.labels[0];
  const start = toSource(label?.start ?? 0);
  const at = position(lineStarts(source), start);
  const length = Math.max(1, label ? label.end - label.start : 1);
  throw new CellSyntaxError(first.message, at.line, at.column, length, magic(source) ?? first.helpMessage ?? undefined);
}

/** `%timeit f()`: what people used to Python's kernel type first. */
function magic(source: string): string | undefined {
  if (!/^\s*%/.test(source)) return undefined;
  return "Lines that begin with % are commands of IPython; cells here are TypeScript. For times: console.time() and console.timeEnd().";
}
