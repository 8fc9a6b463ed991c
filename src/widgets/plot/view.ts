/** A plot under the hand: brushed rows are in the kernel, figures follow each other, data stream in. */
import { jupyterDisplay, marks, Respondents } from "../../study/index.js";
import { plotHtml } from "../static.js";
import type { MimeBundle } from "../../study/index.js";
import { frame } from "../../figures/frame.js";
import { palette } from "../../figures/theme.js";
import { hostModule, hostVersion } from "../host/version.js";
import { onBehalfOf } from "../comm.js";
import { Widget } from "../widget.js";
import type { ModelSpec } from "../widget.js";
import { sampleRows, tabular, take } from "./data.js";
import type { PlotData, Tabular } from "./data.js";
import { plotOptions } from "./draw.js";
import { rowsInBrush } from "./select.js";
import { channelColumn, checkSpec } from "./spec.js";
import type { Brush, BrushKind, PlotSpec } from "./spec.js";
import { wireColumns } from "./wire.js";

export interface PlotViewOptions extends PlotSpec {
  data: PlotData;
  /** What dragging selects: a range of x, of y, of both, or categories of the colour by clicking its legend. Default: nothing. */
  brush?: BrushKind;
  /** Pan by Shift+drag, zoom by Ctrl+wheel, reset by a double click (default true). */
  zoom?: boolean;
  /** Column that identifies rows (default "id"; without it, rows are known by number). */
  id?: string;
  /** More rows than this are drawn as a random sample, and the plot says so; brushing still selects among all (default 100,000). */
  limit?: number;
  /** Marks shown below the plot (default, for respondents: "synthetic data", "simulated by …" where they are). */
  provenance?: readonly string[];
}

export type Ids = readonly (string | number)[];

interface PlotState {
  spec: PlotSpec;
  columns: object;
  brush: Brush | null;
  brush_kind: BrushKind | null;
  zoomable: boolean;
  zoom: object | null;
  selected: Uint32Array | null;
  note: string;
}

const any = (initial: unknown) => ({ type: "any", initial }) as const;
const plotModel: ModelSpec = {
  name: "PlotModel",
  module: hostModule,
  version: hostVersion,
  view: "PlotView",
  traits: {
    spec: any({}),
    columns: any({}),
    brush: any(null),
    brush_kind: any(null),
    zoomable: { type: "bool", initial: true },
    zoom: any(null),
    selected: any(null),
    note: { type: "string", initial: "" },
    layout: { type: "reference", widget: "Layout" },
    tabbable: any(null),
    tooltip: any(null),
    _dom_classes: { type: "array", items: "string", initial: [] },
  },
};

let rasterise: ((svg: Element) => Uint8Array | undefined) | undefined;
/** Says how a picture becomes PNG; src/widgets/node does. */
export function useRasteriser(toPng: typeof rasterise): void {
  rasterise = toPng;
}

export class PlotView extends Widget<PlotState> {
  #table: Tabular;
  /** Rows that are drawn, where not all are. */
  #drawn: Uint32Array | null = null;
  #selected: Uint32Array | null = null;
  #handlers = new Set<(ids: Ids, rows: Uint32Array | null) => unknown>();
  readonly #options: Pick<PlotViewOptions, "id" | "limit" | "provenance">;

  constructor({ data, brush, zoom = true, id, limit, provenance, ...spec }: PlotViewOptions) {
    const table = tabular(data, id);
    checkSpec(spec, table.columns);
    if (data instanceof Respondents) Object.assign(spec, labelsOf(data, spec, table));
    const said = provenance ?? (data instanceof Respondents ? marks(data) : []);
    if (brush && !["x", "y", "xy", "category"].includes(brush))
      throw new Error(`brush is "x", "y", "xy" or "category"; found "${String(brush)}"`);
    const options = {
      ...(id ? { id } : {}),
      ...(limit ? { limit } : {}),
      ...(said.length ? { provenance: said } : {}),
    };
    const prepared = prepare(table, spec, options);
    super(plotModel, {
      spec,
      columns: prepared.columns,
      note: prepared.note,
      brush_kind: brush ?? null,
      zoomable: zoom,
    });
    this.#table = table;
    this.#drawn = prepared.drawn;
    this.#options = options;
    this.observe("brush", (value) => this.#brushed(value));
  }

  /** Ids of the selected rows; empty when nothing is selected. */
  get selected(): Ids {
    return this.#selected ? this.#idsOf(this.#selected) : [];
  }

  /** Numbers of the selected rows, or null when nothing is selected. */
  get selectedRows(): Uint32Array | null {
    return this.#selected;
  }

  /** Number of rows, drawn or not. */
  get n(): number {
    return this.#table.rows;
  }

  /** Calls `handler(ids, rows)` when the reader (or `brush`) selects other rows. Returns how to stop. */
  onSelect(handler: (ids: Ids, rows: Uint32Array | null) => unknown): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Brushes as the reader would: `plot.brush({ x: [20, 40] })`; null clears. */
  brush(brush: Brush | null): this {
    return this.set({ brush });
  }

  /** Marks the rows with these ids without a brush of its own (linked figures); null clears. */
  select(ids: Ids | null): this {
    if (ids === null) this.#selected = null;
    else {
      const wanted = new Set(ids);
      const all = this.#table.ids;
      const rows: number[] = [];
      for (let i = 0; i < this.#table.rows; i++) if (wanted.has(all ? all[i]! : i)) rows.push(i);
      this.#selected = Uint32Array.from(rows);
    }
    return this.set({ brush: null, selected: this.#asDrawn(this.#selected) });
  }

  /** Replaces the data; columns that the marks use must be there. What is brushed stays brushed, on the new rows. */
  setData(data: PlotData): this {
    const spec = this.get("spec");
    const table = tabular(data, this.#options.id);
    checkSpec(spec, table.columns);
    const { columns, note, drawn } = prepare(table, spec, this.#options);
    this.#table = table;
    this.#drawn = drawn;
    this.set({ columns, note });
    if (this.get("brush")) this.#brushed(this.get("brush"));
    return this;
  }

  /** Changes options of the plot (a title, a scale, its marks). */
  update(spec: Partial<PlotSpec>): this {
    const next = { ...this.get("spec"), ...spec } as PlotSpec;
    checkSpec(next, this.#table.columns);
    return this.set({ spec: next });
  }

  /** The plot as a static picture of at most `points` rows (default 3,000). */
  toSvg(points = 3000): SVGSVGElement {
    const spec = this.get("spec");
    const rows = this.#table.rows > points ? sampleRows(this.#table.rows, points) : null;
    const columns = rows ? take(this.#table.columns, rows) : this.#table.columns;
    const brush = this.get("brush");
    const selected = brush
      ? rowsInBrush(spec, columns, brush, rows?.length ?? this.#table.rows)
      : rows
        ? null
        : this.#selected;
    const colour = channelColumn(spec, columns, "fill", "stroke");
    const column = colour === undefined ? undefined : columns[colour];
    const labels = column?.kind === "text" && column.labels.length <= palette.length ? column.labels : [];
    const note = this.get("note");
    return frame(
      {
        title: String(spec.title ?? this.#about()),
        subtitle: rows
          ? `${points.toLocaleString("en-US")} of ${this.n.toLocaleString("en-US")} rows drawn (random sample)`
          : `${this.n.toLocaleString("en-US")} rows`,
        description: this.toString(),
        legend: labels.map((label, i) => ({ label, color: palette[i]!, symbol: "square" as const })),
        plots: [plotOptions(spec, columns, { selected, zoom: this.get("zoom") as never })],
      },
      { width: Number(spec.width ?? 640), ...(note ? { notes: [note] } : {}) },
    );
  }

  /** The columns that are shown. */
  #about(): string {
    const spec = this.get("spec");
    const columns = ["x", "y", "fill", "stroke"].map((c) => channelColumn(spec, this.#table.columns, c));
    return [...new Set(columns.filter((c) => c !== undefined))].join(", ");
  }

  override toString(): string {
    const spec = this.get("spec");
    const selected = this.#selected ? `; ${this.#selected.length.toLocaleString("en-US")} selected` : "";
    const note = this.get("note");
    return `Plot${spec.title ? ` "${spec.title}"` : ""} of ${this.#about()}: ${this.#table.rows.toLocaleString("en-US")} rows${selected}${note ? ` (${note})` : ""}`;
  }

  override [jupyterDisplay](): MimeBundle {
    const svg = this.toSvg();
    const png = rasterise?.(svg);
    return {
      "text/plain": this.toString(),
      "text/html": plotHtml(this, svg),
      "image/svg+xml": svg.outerHTML,
      ...(png ? { "image/png": png } : {}),
      ...this.view(),
    };
  }

  #brushed(brush: Brush | null): void {
    const rows = rowsInBrush(this.get("spec"), this.#table.columns, brush, this.#table.rows);
    this.#selected = rows;
    const ids = rows ? this.#idsOf(rows) : [];
    for (const handler of [...this.#handlers]) onBehalfOf(this.parent, () => handler(ids, rows));
  }

  #idsOf(rows: Uint32Array): Ids {
    const { ids } = this.#table;
    return ids ? Array.from(rows, (i) => ids[i]!) : Array.from(rows);
  }

  #asDrawn(rows: Uint32Array | null): Uint32Array | null {
    if (!rows || !this.#drawn) return rows;
    const at = new Map(Array.from(this.#drawn, (row, i) => [row, i]));
    return Uint32Array.from([...rows].flatMap((r) => at.get(r) ?? []));
  }
}

/** Axes and legend say items by the codebook's words, unless the plot has its own. */
function labelsOf(people: Respondents, spec: PlotSpec, table: Tabular): Record<string, object> {
  const channels = { x: ["x", "x1"], y: ["y", "y1"], color: ["fill", "stroke"] };
  return Object.fromEntries(
    Object.entries(channels).flatMap(([scale, names]) => {
      const column = channelColumn(spec, table.columns, ...names);
      const item = people.codebook.items.find((i) => i.name === column);
      return item ? [[scale, { label: item.label, ...(spec[scale] as object) }]] : [];
    }),
  );
}

/** What is sent of a table: the columns that the marks use, of the rows that are drawn, and what a reader must know. */
function prepare(table: Tabular, spec: PlotSpec, options: Pick<PlotViewOptions, "limit" | "provenance">) {
  const limit = options.limit ?? 100_000;
  const used = new Set(
    spec.marks.flatMap((m) => (m.data ? [] : Object.values(m).filter((v): v is string => typeof v === "string"))),
  );
  const needed = Object.fromEntries(Object.entries(table.columns).filter(([name]) => used.has(name)));
  const drawn = table.rows > limit ? sampleRows(table.rows, limit) : null;
  const notes = [...(options.provenance ?? [])];
  if (drawn)
    notes.push(
      `${limit.toLocaleString("en-US")} of ${table.rows.toLocaleString("en-US")} rows drawn (random sample); brushing selects among all`,
    );
  for (const axis of ["x", "y"]) {
    const name = channelColumn(spec, table.columns, axis);
    const column = name ? table.columns[name]! : undefined;
    // Integers are all finite.
    if (column?.kind !== "number" || !/Float/.test(column.values.constructor.name)) continue;
    const missing = notFinite(column.values as Float64Array);
    if (missing)
      notes.push(
        `${missing === 1 ? "1 row" : `${missing.toLocaleString("en-US")} rows`} without a finite ${name} ${missing === 1 ? "is" : "are"} not drawn`,
      );
  }
  // A number that is binned or written out must be exact; the place of a dot need not.
  const positions = spec.marks.every((m) => !m.transform && !m.tip && !["text", "tickX", "cell"].includes(m.mark));
  return { columns: wireColumns(drawn ? take(needed, drawn) : needed, positions), note: notes.join(" · "), drawn };
}

function notFinite(values: Float64Array | Float32Array): number {
  let n = 0;
  // What is not finite is not equal to itself when it is taken from itself.
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) n++;
  return n;
}

/** A plot to brush: `plotView({ data: anes, marks: [{ mark: "dot", x: "age", y: "income", fill: "vote" }], brush: "xy" })`. */
export function plotView(options: PlotViewOptions): PlotView {
  return new PlotView(options);
}

/** Brushing one of these plots selects the same rows (by id) in all of them. Returns how to part them. */
export function linkBrushes(plots: readonly PlotView[]): () => void {
  const stops = plots.map((source) =>
    source.onSelect((ids, rows) => {
      for (const other of plots) if (other !== source) other.select(rows ? ids : null);
    }),
  );
  return () => stops.forEach((stop) => stop());
}
