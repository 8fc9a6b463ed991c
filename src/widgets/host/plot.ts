/** The front-end half of `plotView()`: draws in the browser, brushes, pans and zooms. */
import type * as Base from "@jupyter-widgets/base";
import { draw, numberColours } from "../plot/draw.js";
import { rowsInBrush } from "../plot/select.js";
import type { Brush, BrushKind, PlotColumns, PlotSpec } from "../plot/spec.js";
import { channelColumn, lengthOf } from "../plot/spec.js";
import { readColumns, view } from "../plot/wire.js";
import type { WireColumn } from "../plot/wire.js";
import { canvasDots } from "./canvas.js";
import { brushing } from "./brush.js";

export function plotClasses(base: typeof Base): Record<string, unknown> {
  class PlotModel extends base.DOMWidgetModel {
    // Backbone compares what is set with what was, value by value. Columns are held behind a function, which it
    // takes for different unless it is the same one.
    static override serializers = {
      ...base.DOMWidgetModel.serializers,
      columns: {
        deserialize: (columns: Record<string, WireColumn>) => () => columns,
        serialize: (held: unknown) => (typeof held === "function" ? (held as () => object)() : held),
      },
    } as never;
  }

  class PlotView extends base.DOMWidgetView {
    #columns: PlotColumns = {};
    #frame = 0;
    #stage!: HTMLElement;
    #status!: HTMLElement;
    #legend!: HTMLElement;

    override render(): void {
      this.el.classList.add("proband-plot");
      this.#legend = element("div", "proband-plot-legend");
      this.#stage = element("div", "proband-plot-stage");
      this.#status = element("div", "proband-plot-status");
      this.#status.setAttribute("aria-live", "polite");
      this.el.replaceChildren(this.#legend, this.#stage, this.#status);
      this.#read();
      this.listenTo(this.model, "change:columns", () => {
        this.#read();
        this.#later();
      });
      this.listenTo(this.model, "change:spec change:selected change:zoom change:brush change:note", () =>
        this.#later(),
      );
      this.#draw();
    }

    #read(): void {
      const held = this.model.get("columns") as (() => Record<string, WireColumn>) | Record<string, WireColumn> | null;
      this.#columns = readColumns((typeof held === "function" ? held() : held) ?? {});
    }

    /** Many changes in one frame are one drawing. */
    #later(): void {
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.#draw();
      });
    }

    #draw(): void {
      const spec = this.model.get("spec") as PlotSpec;
      const brush = this.model.get("brush") as Brush | null;
      const width = Number(spec.width ?? 640);
      const linked = this.model.get("selected");
      // What is brushed here is found here, without waiting for the kernel; what is selected elsewhere comes from it.
      const selected =
        rowsInBrush(spec, this.#columns, brush, lengthOf(this.#columns)) ?? (linked ? view(linked, Uint32Array) : null);
      let figure: HTMLElement | SVGSVGElement;
      try {
        figure = draw(spec, this.#columns, {
          document,
          width,
          selected,
          zoom: this.model.get("zoom") as never,
          renderDots: canvasDots,
          tips: true,
        });
      } catch (error) {
        this.#stage.textContent = `This plot cannot be drawn: ${error instanceof Error ? error.message : String(error)}`;
        return;
      }
      const svg = (
        figure instanceof SVGSVGElement ? figure : figure.querySelector(":scope > svg:last-of-type")
      ) as SVGSVGElement;
      svg.style.setProperty("--plot-background", "var(--jp-layout-color1, Canvas)");
      svg.style.overflow = "visible";
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", String(spec.title ?? "plot"));
      this.#stage.replaceChildren(svg);
      this.#drawLegend(spec, figure as never);
      brushing(svg, figure as never, {
        kind: this.model.get("brush_kind") as BrushKind | null,
        zoomable: Boolean(this.model.get("zoomable")),
        brush,
        zoom: this.model.get("zoom") as never,
        onBrush: (next) => this.#change({ brush: next }),
        onZoom: (next) => this.#change({ zoom: next }),
      });
      const n = lengthOf(this.#columns);
      const note = String(this.model.get("note") ?? "");
      this.#status.textContent = [
        selected ? `${selected.length.toLocaleString("en-US")} of ${n.toLocaleString("en-US")} selected` : "",
        // A sample says by itself how many are drawn.
        selected || / rows drawn /.test(note) ? "" : `n = ${n.toLocaleString("en-US")}`,
        note,
      ]
        .filter(Boolean)
        .join(" · ");
    }

    /** Colour swatches; with brushing by category they are buttons. */
    #drawLegend(
      spec: PlotSpec,
      figure: { scale(name: string): { type?: string; domain: string[]; apply(v: string): string } | undefined },
    ): void {
      const column = channelColumn(spec, this.#columns, "fill", "stroke");
      const kind = column === undefined ? undefined : this.#columns[column]!.kind;
      const scale = kind ? figure.scale("color") : undefined;
      this.#legend.replaceChildren();
      if (spec.title) this.#legend.append(element("strong", "", String(spec.title)));
      if (!scale) return;
      if (kind === "number") {
        const bar = element("span", "proband-plot-ramp");
        bar.style.background = `linear-gradient(to right in lab, ${numberColours.join(", ")})`;
        const [low, high] = [scale.domain[0], scale.domain.at(-1)].map((v) => Number(v).toLocaleString());
        const { label } = (spec["color"] ?? {}) as { label?: string };
        this.#legend.append(`${label ?? column} ${low}`, bar, String(high));
        return;
      }
      const brush = (this.model.get("brush") as Brush | null) ?? {};
      const byCategory = this.model.get("brush_kind") === "category";
      for (const name of scale.domain) {
        if (name === null) continue; // rows without a category are not drawn
        const item = element(byCategory ? "button" : "span", "proband-plot-swatch", name);
        item.style.setProperty("--swatch", scale.apply(name));
        if (byCategory) {
          const on = brush.category?.includes(name) ?? false;
          item.setAttribute("aria-pressed", String(on));
          item.addEventListener("click", () => {
            const rest = (brush.category ?? []).filter((c) => c !== name);
            const category = on ? rest : [...rest, name];
            this.#change({ brush: category.length ? { ...brush, category } : null });
          });
        }
        this.#legend.append(item);
      }
    }

    #change(patch: Record<string, unknown>): void {
      this.model.set(patch as never);
      this.touch();
      this.#later();
    }

    override remove(): any {
      cancelAnimationFrame(this.#frame);
      return super.remove();
    }
  }

  return { PlotModel, PlotView };
}

function element(tag: string, className: string, text?: string): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export const plotCss = `
.proband-plot { font: 12px system-ui, sans-serif; max-width: 100%; overflow: auto; }
.proband-plot-legend { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: center; }
.proband-plot-swatch { background: none; border: 1px solid transparent; border-radius: 3px; padding: 1px 4px; color: inherit; font: inherit; }
.proband-plot-swatch::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 5px; background: var(--swatch); border-radius: 2px; }
button.proband-plot-swatch { cursor: pointer; border-color: currentColor; opacity: .75; }
button.proband-plot-swatch[aria-pressed="true"] { opacity: 1; box-shadow: inset 0 0 0 1px currentColor; }
.proband-plot-ramp { display: inline-block; width: 80px; height: 10px; border-radius: 2px; }
.proband-plot-stage svg { touch-action: none; user-select: none; }
.proband-plot-status { min-height: 1.3em; opacity: .8; }
`;
