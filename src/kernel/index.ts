/**
 * `proband/kernel`: what code in a cell may ask of the kernel. Outside a kernel (in a script), displays print text.
 *
 * ```ts
 * import { display, html, markdown, clear } from "proband/kernel";
 * const id = display(markdown("**working** …"));
 * display(html("<b>done</b>"), { id, update: true });
 * ```
 */
import { inspect } from "node:util";
import { kernelHost } from "./show-from-cell.js";

const symbol: unique symbol = Symbol.for("Jupyter.display") as never;

/** Something with a display of its own. */
export interface Displayable {
  [symbol]?(): Record<string, unknown> | Promise<Record<string, unknown>>;
  toString(): string;
}

export interface DisplayOptions {
  /** Name of the display (default: a new one). */
  id?: string;
  /** Replace what stands in the display of that id, everywhere, instead of adding one (default false). */
  update?: boolean;
}

/** Shows a value now, before the cell ends. Returns the display's id, for a later update. */
export function display(value: unknown, options: DisplayOptions = {}): string {
  const host = kernelHost();
  if (host) return host.show(value, options);
  console.log(value instanceof Bundle ? value.toString() : typeof value === "string" ? value : inspect(value));
  return options.id ?? "";
}

/** Replaces what the display of that id shows. */
export const update = (id: string, value: unknown): string => display(value, { id, update: true });

/** Removes the cell's output so far; with `wait`, when the next output comes, so that nothing flickers. */
export function clear(options: { wait?: boolean } = {}): void {
  kernelHost()?.clearOutput(options.wait ?? false);
}

/** Asks the reader and waits for the answer. Throws where nobody can answer, as in a headless run. */
export function input(prompt = "", options: { password?: boolean } = {}): string {
  const host = kernelHost();
  if (!host) throw new Error("input() asks a notebook's reader; outside a kernel there is none");
  return host.input(prompt, options);
}

class Bundle implements Displayable {
  readonly #data: Record<string, unknown>;
  constructor(data: Record<string, unknown>) {
    this.#data = data;
  }
  [symbol](): Record<string, unknown> {
    return this.#data;
  }
  toString(): string {
    return String(this.#data["text/plain"] ?? "");
  }
}

/** A mime bundle as a value: `bundle({ "text/html": …, "text/plain": … })`. */
export const bundle = (data: Record<string, unknown>): Displayable => new Bundle(data);

/** HTML as it is. Escape what comes from data. */
export const html = (source: string): Displayable => bundle({ "text/html": source, "text/plain": source });
export const markdown = (source: string): Displayable => bundle({ "text/markdown": source, "text/plain": source });
/** LaTeX; give the dollars: `latex("$x^2$")`. */
export const latex = (source: string): Displayable => bundle({ "text/latex": source, "text/plain": source });
export const svg = (source: string): Displayable => bundle({ "image/svg+xml": source, "text/plain": "SVG image" });
/** A value as a tree that can be opened (JupyterLab). */
export const json = (value: unknown): Displayable =>
  bundle({ "application/json": value, "text/plain": JSON.stringify(value, null, 2) });

const signatures: [mime: string, start: number[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["application/pdf", [0x25, 0x50, 0x44, 0x46]],
];

/** An image from its bytes: PNG, JPEG, GIF or PDF. */
export function image(bytes: Uint8Array): Displayable {
  const mime = signatures.find(([, start]) => start.every((b, i) => bytes[i] === b))?.[0];
  if (!mime) throw new TypeError("image(bytes): expected PNG, JPEG, GIF or PDF bytes; for SVG text use svg(source)");
  return bundle({ [mime]: Buffer.from(bytes).toString("base64"), "text/plain": `${mime}, ${bytes.length} bytes` });
}

export type { Comm, CommHost, CommMessage, CommOptions } from "./comm.js";
