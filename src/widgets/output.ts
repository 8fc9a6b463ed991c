/** A place for output that code fills: text, displays, errors. */
import { jupyterDisplay } from "../study/index.js";
import type { MimeBundle } from "../study/index.js";
import { Output } from "./generated/barrel.js";
import type { OutputState } from "./generated/barrel.js";

type Entry = Record<string, unknown> & { output_type: string };

/** An output area. What is put into it is kept with the notebook. */
export class OutputArea extends Output {
  constructor(init: Partial<OutputState> = {}) {
    super(init);
  }

  /** Appends text. */
  print(text: string, name: "stdout" | "stderr" = "stdout"): this {
    const last = this.outputs.at(-1) as Entry | undefined;
    const line = text.endsWith("\n") ? text : `${text}\n`;
    if (last?.output_type === "stream" && last["name"] === name)
      this.outputs = [...this.outputs.slice(0, -1), { ...last, text: String(last["text"]) + line }];
    else this.outputs = [...this.outputs, { output_type: "stream", name, text: line }];
    return this;
  }

  /** Appends a value as a cell would show it. */
  async show(value: unknown): Promise<this> {
    this.outputs = [...this.outputs, await shown(value)];
    return this;
  }

  /** Replaces all that is shown by this value; what was there stays until the new is ready, so nothing flickers. */
  async replace(value: unknown): Promise<this> {
    this.outputs = value === undefined ? [] : [await shown(value)];
    return this;
  }

  clear(): this {
    this.outputs = [];
    return this;
  }

  /** Appends an error as a cell would show it. */
  fail(error: unknown): this {
    const e = error instanceof Error ? error : new Error(String(error));
    const traceback = (e.stack ?? `${e.name}: ${e.message}`).split("\n").slice(0, 8);
    this.outputs = [...this.outputs, { output_type: "error", ename: e.name, evalue: e.message, traceback }];
    return this;
  }

  /**
   * Runs `body` and shows what it logs to the console, what it returns and what it throws here instead of in the
   * cell. While an asynchronous body waits, the console of other code is captured too: the console is one.
   */
  async capture<T>(body: () => T | Promise<T>): Promise<T | undefined> {
    const kept = { log: console.log, info: console.info, warn: console.warn, error: console.error };
    const write =
      (name: "stdout" | "stderr") =>
      (...values: unknown[]) =>
        void this.print(values.map((v) => (typeof v === "string" ? v : plain(v))).join(" "), name);
    Object.assign(console, {
      log: write("stdout"),
      info: write("stdout"),
      warn: write("stderr"),
      error: write("stderr"),
    });
    try {
      const value = await body();
      if (value !== undefined) await this.show(value);
      return value;
    } catch (error) {
      this.fail(error);
      return undefined;
    } finally {
      Object.assign(console, kept);
    }
  }

  override toString(): string {
    return this.outputs
      .map((o) => {
        const entry = o as Entry & { data?: MimeBundle };
        if (entry.output_type === "stream") return String(entry["text"]).trimEnd();
        if (entry.output_type === "error") return `${String(entry["ename"])}: ${String(entry["evalue"])}`;
        return String(entry.data?.["text/plain"] ?? "");
      })
      .join("\n");
  }
}

/** An empty output area. */
export function output(init: Partial<OutputState> = {}): OutputArea {
  return new OutputArea(init);
}

async function shown(value: unknown): Promise<Entry> {
  return { output_type: "display_data", data: await bundleOf(value), metadata: {} };
}

/** The mime bundle by which a value is shown (the convention of `Symbol.for("Jupyter.display")`), else its text. */
export async function bundleOf(value: unknown): Promise<MimeBundle> {
  const display = (value as Record<symbol, unknown> | null | undefined)?.[jupyterDisplay];
  if (typeof display === "function") return (await display.call(value)) as MimeBundle;
  if (isSvg(value)) return { "text/plain": "[SVG]", "text/html": value.outerHTML };
  return { "text/plain": typeof value === "string" ? value : plain(value) };
}

function isSvg(value: unknown): value is Element {
  return typeof value === "object" && value !== null && "outerHTML" in value && "nodeType" in value;
}

function plain(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  // Anything that says how it reads (a date, an error, a class of its own) is left to say it.
  if (!Array.isArray(value) && value.toString !== Object.prototype.toString) return String(value);
  try {
    return JSON.stringify(value, null, 1);
  } catch {
    return String(value);
  }
}
