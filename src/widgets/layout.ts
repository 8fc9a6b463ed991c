/** Widgets beside, above, behind and inside one another. */
import * as g from "./generated/barrel.js";
import type { LayoutState } from "./generated/barrel.js";
import type { Widget } from "./widget.js";

export type LayoutOptions = Partial<LayoutState>;
type Child = Widget<any>;
const children = (list: readonly Child[]) => list as unknown as readonly Widget[];
const layoutOf = (options?: LayoutOptions) => (options ? { layout: new g.Layout(options) } : {});

/** Side by side. */
export const row = (list: readonly Child[], layout?: LayoutOptions) =>
  new g.HBox({ children: children(list), ...layoutOf(layout) });
/** Below one another. */
export const column = (list: readonly Child[], layout?: LayoutOptions) =>
  new g.VBox({ children: children(list), ...layoutOf(layout) });

/** In a grid of so many columns. */
export function grid(list: readonly Child[], columns: number, layout?: LayoutOptions): g.GridBox {
  return new g.GridBox({
    children: children(list),
    layout: new g.Layout({
      grid_template_columns: `repeat(${columns}, minmax(0, 1fr))`,
      grid_gap: "4px 8px",
      ...layout,
    }),
  });
}

const titled = (parts: Readonly<Record<string, Child>>) => ({
  children: children(Object.values(parts)),
  titles: Object.keys(parts),
});

/** One behind another, with a tab for each title. */
export const tabs = (parts: Readonly<Record<string, Child>>) => new g.Tab({ ...titled(parts), selected_index: 0 });
/** Folded under titles. */
export const accordion = (parts: Readonly<Record<string, Child>>) => new g.Accordion(titled(parts));
/** Of several, the one at `selected_index` is shown. */
export const stack = (list: readonly Child[], selected_index = 0) =>
  new g.Stack({ children: children(list), selected_index });
