/**
 * Observable Plot in cells: it draws into a document, which Node has none of. One of linkedom's is given to the
 * functions that take one; a global `document` would make other packages believe that they run in a browser.
 */
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../package-root.js";

type Options = Record<string, unknown>;
type Draw = (options?: Options) => unknown;

export const plotPackage = "@observablehq/plot";

const adapted = new WeakMap<object, Record<string, unknown>>();

/** Plot's module with a document where none is given; the module itself where it is not as expected. */
export async function withDocument(module: Record<string, unknown>): Promise<Record<string, unknown>> {
  const before = adapted.get(module);
  if (before) return before;
  const { plot, legend, Mark } = module as { plot?: Draw; legend?: Draw; Mark?: { prototype: { plot?: Draw } } };
  if (typeof plot !== "function" || typeof legend !== "function" || !Mark?.prototype.plot) return module;
  const linkedom = createRequire(join(packageRoot(), "package.json")).resolve("linkedom");
  const { parseHTML } = (await import(pathToFileURL(linkedom).href)) as {
    parseHTML(html: string): { document: object };
  };
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const given =
    (draw: Draw): Draw =>
    (options) =>
      draw({ document: (globalThis as { document?: object }).document ?? document, ...options });
  const own = { ...module, plot: given(plot), legend: given(legend) };
  Mark.prototype.plot = function (this: unknown, { marks = [], ...options }: { marks?: unknown[] } & Options = {}) {
    return own.plot({ ...options, marks: [...marks, this] });
  } as Draw;
  adapted.set(module, own);
  return own;
}
