/** Whether a cell's new outputs say the same as the frozen ones, as a reader sees them. */

interface Shown {
  output_type: string;
  text?: unknown;
  data?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
}

const joined = (value: unknown): string => (Array.isArray(value) ? value.join("") : String(value ?? ""));

/** How `formatProgress` ends: how long work took is no result. */
const progressLine = /^.+: (?:\d+%\s+)?\d+\/\d+ .+ · (?:done in|cancelled after|failed after) /;

const isProgress = (o: Shown): boolean =>
  o.output_type === "display_data" && progressLine.test(joined(o.data?.["text/plain"]));

/** The outputs as text: streams and the plain form of each display. Progress lines, times and widgets' ids are no results. */
export function outputText(outputs: readonly Shown[]): string {
  return outputs
    .filter((o) => !isProgress(o))
    .map((o) => {
      if (o.output_type === "stream") return joined(o.text);
      if (o.output_type === "error") return `${o.ename}: ${o.evalue}\n`;
      return `${joined(o.data?.["text/plain"])}\n`;
    })
    .join("")
    .replace(/\r/g, "")
    .replace(/\bin \d+(?:\.\d+)? s\b/g, "in … s")
    .trim();
}

/** A published text as a page keeps it: what is longer than anyone reads is kept by its beginning and its length. */
export interface Frozen {
  text: string;
  length: number;
}

const kept = 2_000_000;

export const frozenText = (text: string): Frozen => ({ text: text.slice(0, kept), length: text.length });

/** {@link sameText} with a text that may have been kept by its beginning only. */
export const sameAsFrozen = (text: string, frozen: Frozen, tolerance: number): boolean =>
  (frozen.length <= kept || text.length === frozen.length) && sameText(text.slice(0, kept), frozen.text, tolerance);

const number = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/g;

/**
 * Compares two texts: equal apart from numbers, and each number within `tolerance` (relative; absolute below 1) of the
 * other. Numbers in tables are rounded, so a tolerance of 0 asks for the same digits.
 */
export function sameText(a: string, b: string, tolerance = 0): boolean {
  if (a === b) return true;
  if (!(tolerance > 0)) return false;
  if (a.replace(number, "#") !== b.replace(number, "#")) return false;
  const x = a.match(number) ?? [],
    y = b.match(number) ?? [];
  return x.every((v, i) => Math.abs(Number(v) - Number(y[i])) <= tolerance * Math.max(1, Math.abs(Number(v))));
}
