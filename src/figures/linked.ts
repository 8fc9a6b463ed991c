/**
 * Which row of a result stands behind each drawn element (`data-row`), so that whoever shows a figure beside its table
 * can mark both (src/widgets/host/linked.ts).
 */
import type { Mark, RenderFunction } from "@observablehq/plot";

/** A key as an attribute holds it: without what XML or HTML would take for markup. */
export const rowName = (key: string) => key.replace(/[<>&"%]/g, encodeURIComponent);

/** An option of Plot's marks: writes the key of its row on each element that is drawn. */
export function keyed<Row>(key: (row: Row) => string): { render: RenderFunction } {
  const render: RenderFunction = function (
    this: Mark & { data?: unknown },
    index,
    scales,
    values,
    frame,
    context,
    next,
  ) {
    const drawn = next!(index, scales, values, frame, context);
    const rows = this.data as readonly Row[];
    // D3 keeps with each element the number of its datum.
    for (const element of drawn?.querySelectorAll("*") ?? []) {
      const i = (element as Element & { __data__?: unknown }).__data__;
      if (typeof i === "number" && element.tagName.toLowerCase() !== "title" && rows[i] !== undefined)
        element.setAttribute("data-row", rowName(key(rows[i])));
    }
    return drawn;
  };
  return { render };
}
