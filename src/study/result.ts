/**
 * What every step returns: a plain typed object with `rows`, a text form, and a display that the composition
 * root (src/index.ts) attaches. Lower rooms make results and never draw.
 */

export type Format = "text" | "integer" | "number" | "percent" | "p" | "interval";

/** A column of a result's table as shown in text and HTML. `name` is the property of a row. */
export interface Column<Row> {
  name: keyof Row & string;
  title?: string;
  format?: Format;
  /** Digits after the point for "number" and "interval" (default 3), "percent" (default 1). */
  digits?: number;
}

export interface Result<Row extends object = Record<string, unknown>> {
  /** Which function made it, for example "alignment.compare"; the display is chosen by it. */
  readonly kind: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What a reader must know: definitions, seeds, what loses to which baseline. */
  readonly notes: readonly string[];
  /** Marks shown on the face: "synthetic data", "simulated by proband-base (built-in, knows nothing of the world)". */
  readonly provenance: readonly string[];
  /** The table as text, with title and notes. */
  toString(): string;
}

/** A Jupyter mime bundle. */
export type MimeBundle = Record<string, unknown>;
export const jupyterDisplay = Symbol.for("Jupyter.display");

type Display = (result: Result<any>) => MimeBundle | Promise<MimeBundle>;
const displays = new Map<string, Display>();

/** Attaches a display to all results of a kind ("*" for those that have none of their own). */
export function registerDisplay(kind: string, display: Display): void {
  displays.set(kind, display);
}

const methods = {
  toString(this: Result): string {
    return formatResult(this);
  },
  [jupyterDisplay](this: Result): MimeBundle | Promise<MimeBundle> {
    const display = displays.get(this.kind) ?? displays.get("*");
    return display ? display(this) : { "text/plain": this.toString() };
  },
};

/** Makes a result; `extra` are further typed properties beside the rows. */
export function result<Row extends object, Extra extends object = object>(
  init: {
    kind: string;
    title: string;
    rows: readonly Row[];
    columns: readonly Column<Row>[];
    notes?: readonly string[];
    provenance?: readonly string[];
  },
  extra: Extra = {} as Extra,
): Result<Row> & Extra {
  // Methods sit on the prototype, so that the object itself is plain data when it is spread or serialised.
  return Object.assign(Object.create(methods), { notes: [], provenance: [], ...init }, extra) as Result<Row> & Extra;
}

/** One value as shown in a table. Not-a-number and missing are an en dash, infinities are named. */
export function formatValue(
  value: unknown,
  format: Format = typeof value === "number" ? "number" : "text",
  digits?: number,
): string {
  if (value === null || value === undefined || (typeof value === "number" && Number.isNaN(value))) return "–";
  if (format === "interval" && Array.isArray(value))
    return `[${value.map((v) => formatValue(v, "number", digits)).join(", ")}]`;
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (format === "integer") return Math.round(value).toLocaleString("en-US");
  if (format === "percent") return `${(100 * value).toFixed(digits ?? 1)}%`;
  if (format === "p") return value < 0.001 ? "<.001" : value.toFixed(3).replace(/^0/, "");
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 10 ** -(digits ?? 3) / 2))
    return value.toExponential(2);
  return value.toFixed(digits ?? 3);
}

/**
 * An aligned plain-text table: text columns left, numbers right. With `width` (characters) a wider table gets titles of
 * several lines and is cut into blocks of columns one below another, each beginning with the first column, so that a terminal
 * does not break its lines.
 */
export function formatTable<Row extends object>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: { width?: number } = {},
): string {
  const { width = Infinity } = options;
  const layOut = (stacked: boolean) =>
    columns.map((c) => {
      const body = rows.map((r) => formatValue(r[c.name], c.format, c.digits));
      const right = c.format ? c.format !== "text" : rows.some((r) => typeof r[c.name] === "number");
      const title = c.title ?? c.name;
      const head = stacked ? stack(title, Math.max(9, ...body.map((s) => s.length))) : [title];
      return { head, body, right, size: Math.max(...[...head, ...body].map((s) => s.length)) };
    });
  const total = (cells: { size: number }[]) => cells.reduce((sum, c) => sum + c.size + 2, -2);
  const whole = layOut(false);
  const [first, ...others] = total(whole) > width ? layOut(true) : whole;
  if (!first) return "";
  const blocks = [[first]];
  for (const cell of others) {
    const block = blocks.at(-1)!;
    if (block.length > 1 && total([...block, cell]) > width) blocks.push([first, cell]);
    else block.push(cell);
  }
  return blocks
    .map((block) => {
      const height = Math.max(...block.map((c) => c.head.length));
      const lines = block.map(({ head, body, right, size }) => [
        ...[...Array<string>(height - head.length).fill(""), ...head].map((s) =>
          right ? s.padStart(size) : s.padEnd(size),
        ),
        "─".repeat(size),
        ...body.map((s) => (right ? s.padStart(size) : s.padEnd(size))),
      ]);
      return lines[0]!
        .map((_, i) =>
          lines
            .map((column) => column[i]!)
            .join("  ")
            .trimEnd(),
        )
        .join("\n");
    })
    .join("\n\n");
}

/** A title in lines no longer than `room`, broken between words; a longer word stays whole. */
function stack(title: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of title.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function formatResult(r: Result): string {
  const marks = r.provenance.length ? `  [${r.provenance.join("; ")}]` : "";
  return [`${r.title}${marks}`, formatTable(r.rows, r.columns), ...r.notes.map((n) => `· ${n}`)].join("\n");
}
