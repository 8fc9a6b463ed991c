/**
 * A panel: controls, a figure, a table and the code that does the same. Controls change what the figure and table are
 * of, at once; the function behind it is the one a user calls, so that the shown code gives the shown numbers.
 */
import { jupyterDisplay } from "../../study/index.js";
import type { MimeBundle, Respondents, Result } from "../../study/index.js";
import type { Item } from "../../study/types.js";
import { rowKeyOf } from "../../figures/displays.js";
import { rowName } from "../../figures/linked.js";
import { escapeHtml, htmlTable } from "../../figures/table.js";
import { onBehalfOf } from "../comm.js";
import { html } from "../controls.js";
import { VBox } from "../generated/barrel.js";
import type { HTML } from "../generated/barrel.js";
import { grid, row } from "../layout.js";
import { toggle } from "../controls.js";
import { hasFrontEnd } from "../registry.js";
import { controlHtml } from "../static.js";
import type { Widget } from "../widget.js";
import { Linked } from "./linked.js";

/** What a panel shows for some values of its controls. */
export interface Shown<T> {
  value: T;
  /** Pictures, one below another. */
  figures?: readonly Element[];
  /** A table below them. */
  table?: Result<any>;
  /** Words above them. */
  text?: string;
}

export interface PanelOptions<V extends object, T> {
  title: string;
  controls: { [K in keyof V]: Widget<any> };
  /**
   * Computes what is shown. `preview` is true while a control is being dragged: fewer resamples will do; when it rests,
   * the same is computed in full.
   */
  compute(values: V, preview: boolean): Shown<T> | Promise<Shown<T>>;
  /** The cell that gives `value`, exactly. */
  code(values: V): string;
  /** What is said of a failure that is none (the reader stopped the work), in place of the error. */
  excuse?(error: unknown): string | undefined;
  /** Whether `compute` is slow enough for previews (default false). */
  previews?: boolean;
  /** Further widgets between controls and figure. */
  extra?: readonly Widget<any>[];
  /** Compute when made and whenever a control changes (default true); otherwise `refresh()` does. */
  live?: boolean;
}

const restMs = 250;

export type SelectHandler = (rows: readonly object[]) => unknown;

export class Panel<V extends object, T> extends VBox {
  readonly controls: PanelOptions<V, T>["controls"];
  readonly #options: PanelOptions<V, T>;
  readonly #linked: Linked;
  readonly #code: HTML;
  readonly #selects = new Set<SelectHandler>();
  #shown: Shown<T> | undefined;
  #failure: unknown;
  #running: Promise<void> | undefined;
  #again: "preview" | "full" | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PanelOptions<V, T>) {
    const controls = Object.values(options.controls) as Widget<any>[];
    const linked = new Linked();
    const code = html("");
    const show = toggle({ description: "Show code", icon: "code", tooltip: "The call that gives this" });
    code.layout.display = "none";
    const head = html(`<strong>${escapeHtml(options.title)}</strong>`);
    const places = grid(controls, 2);
    // One below another where the page is narrow.
    places.layout.set({ grid_template_columns: "repeat(auto-fill, minmax(min(310px, 100%), 1fr))" });
    const parts = [head, places, ...(options.extra ?? []), linked, row([show]), code];
    super({ children: parts as never });
    this.controls = options.controls;
    this.#options = options;
    [this.#linked, this.#code] = [linked, code];
    linked.observe("selected", () => this.#selected());
    show.observe("value", (on) => code.layout.set({ display: on ? null : "none" }));
    for (const control of controls) control.observe("value" as never, (() => this.#changed()) as never);
    if (options.live !== false) this.#changed(true);
  }

  /** The values of the controls. */
  get values(): V {
    const entries = Object.entries(this.controls) as unknown as [string, { value: unknown }][];
    return Object.fromEntries(entries.map(([k, w]) => [k, w.value])) as V;
  }

  /** Sets controls by name, as a reader would. */
  setValues(values: Partial<V>): this {
    for (const [name, value] of Object.entries(values)) {
      const control = this.controls[name as keyof V] as unknown as { value: unknown } | undefined;
      if (!control)
        throw new Error(`the panel has no control ${name}; it has ${Object.keys(this.controls).join(", ")}`);
      control.value = value;
    }
    return this;
  }

  /** What the function returned last; undefined until it has, or when it failed. */
  get result(): T | undefined {
    return this.#shown?.value;
  }

  /** The rows of the table that were clicked, in it or in the figure; empty when none are. */
  get selection(): readonly object[] {
    const key = this.#linked.get("selected");
    const table = this.#shown?.table;
    const keyOf = table && rowKeyOf(table);
    return key !== null && keyOf ? table.rows.filter((r: object) => rowName(keyOf(r)) === key) : [];
  }

  /** Calls `handler(rows)` when other rows are clicked. Returns how to stop. */
  onSelect(handler: SelectHandler): () => void {
    this.#selects.add(handler);
    return () => this.#selects.delete(handler);
  }

  /** The cell that gives `result`. */
  get code(): string {
    return this.#options.code(this.values);
  }

  /** Settles when everything shown belongs to the controls' values. */
  get settled(): Promise<void> {
    return (async () => {
      while (this.#running || this.#rest) {
        if (this.#rest) this.#full();
        await this.#running;
      }
    })();
  }

  /** Computes anew. */
  refresh(): Promise<void> {
    this.#again = "full";
    this.#run();
    return this.settled;
  }

  override toString(): string {
    const { title } = this.#options;
    const text =
      this.#failure === undefined
        ? (this.#shown?.text ?? "")
        : (this.#options.excuse?.(this.#failure) ?? `failed: ${message(this.#failure)}`);
    const figures = this.#shown?.figures?.map((f) => `[figure: ${f.querySelector("title")?.textContent ?? ""}]`) ?? [];
    return [title, text, ...figures, this.#shown?.table?.toString() ?? "", `Code:\n${this.code}`]
      .filter(Boolean)
      .join("\n\n");
  }

  override [jupyterDisplay](): MimeBundle | Promise<MimeBundle> {
    const bundle = (): MimeBundle => {
      const controls = (Object.values(this.controls) as Widget<any>[]).map(
        (c) => controlHtml(c) ?? escapeHtml(c.toString()),
      );
      const parts = [
        `<strong>${escapeHtml(this.#options.title)}</strong>`,
        `<p><small>${controls.filter(Boolean).join(" · ")}</small></p>`,
        this.#linked.get("figure"),
        this.#shown?.table ? htmlTable(this.#shown.table) : "",
        `<pre><code>${escapeHtml(this.code)}</code></pre>`,
      ];
      return { "text/plain": this.toString(), "text/html": `<div>${parts.join("\n")}</div>`, ...this.view() };
    };
    // A live panel shows at once and fills; a static one is shown when it has something to show.
    return hasFrontEnd() || !this.#running ? bundle() : this.settled.then(bundle);
  }

  #changed(first = false): void {
    const previews = this.#options.previews && !first;
    this.#again = previews ? (this.#again ?? "preview") : "full";
    clearTimeout(this.#rest);
    this.#rest = previews ? setTimeout(() => this.#full(), restMs) : undefined;
    this.#run();
  }

  #full(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.#again = "full";
    this.#run();
  }

  /** One computation at a time; of what changes meanwhile, only the latest counts. */
  #run(): void {
    if (this.#running || !this.#again) return;
    const preview = this.#again === "preview";
    this.#again = undefined;
    const settle = () => {
      this.#running = undefined;
      this.#run();
    };
    try {
      const made = this.#options.compute(this.values, preview);
      if (made instanceof Promise)
        this.#running = made
          .then(
            (s) => this.#show(s, preview),
            (e) => this.#fail(e),
          )
          .finally(settle);
      else {
        this.#show(made, preview);
        settle();
      }
    } catch (error) {
      this.#fail(error);
      settle();
    }
  }

  #show(shown: Shown<T>, preview: boolean): void {
    this.#shown = shown;
    this.#failure = undefined;
    const text = shown.text ? `<p style="line-height:1.4">${escapeHtml(shown.text)}</p>` : "";
    const figure = text + (shown.figures ?? []).map((f) => f.outerHTML).join("\n");
    // A row that is no longer there cannot stay chosen.
    const gone = this.#linked.get("selected") !== null && !this.selection.length;
    this.#linked.set({ figure, ...(gone ? { selected: null } : {}) });
    this.#showTable(preview);
    this.#showCode();
  }

  /** The whole table, or of a chosen row of the figure those that belong to it. */
  #showTable(preview = false): void {
    const table = this.#shown?.table;
    if (!table) return void this.#linked.set({ table: "", note: "" });
    const rowKey = rowKeyOf(table);
    const chosen = this.selection;
    const note = chosen.length
      ? `${rowKey!(chosen[0])}: ${chosen.length} of ${table.rows.length} ${table.rows.length === 1 ? "row" : "rows"}`
      : "";
    const shown = htmlTable(chosen.length ? { ...table, rows: chosen } : table, {
      limit: 500,
      ...(rowKey ? { rowKey } : {}),
    });
    this.#linked.set({ note, table: shown + (preview ? "<p><em>fewer resamples while you drag</em></p>" : "") });
  }

  #selected(): void {
    this.#showTable();
    const rows = this.selection;
    for (const handler of [...this.#selects]) onBehalfOf(this.parent, () => handler(rows));
  }

  #showCode(): void {
    this.#code.value = `<pre><code>${escapeHtml(this.code)}</code></pre>`;
  }

  #fail(error: unknown): void {
    this.#shown = undefined;
    this.#failure = error;
    const excuse = this.#options.excuse?.(error);
    const figure = excuse
      ? `<p role="status" style="line-height:1.4">${escapeHtml(excuse)}</p>`
      : `<p role="alert" style="line-height:1.4"><strong>${escapeHtml((error as Error)?.name ?? "Error")}:</strong> ${escapeHtml(message(error))}</p>`;
    this.#linked.set({ figure, table: "", note: "", selected: null });
    this.#showCode();
  }
}

/** What people can be grouped by: the study's own groups (an arm made of two treatments), attributes, treatments. */
export function groupings(people: Respondents): readonly Item[] {
  const own = people.codebook.defaults.groups.filter((g) => people.has(g)).map((g) => people.item(g));
  const others = people.items("attribute", "treatment").filter((i) => !own.some((o) => o.name === i.name));
  return [...own, ...others];
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** An options object as code, without what is undefined: `{ by: "PID", n: 60 }`. */
export function asCode(options: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(options).filter(([, v]) => v !== undefined);
  return `{ ${entries.map(([k, v]) => `${k}: ${JSON.stringify(v)}`).join(", ")} }`;
}
