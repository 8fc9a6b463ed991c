/**
 * The front-end half of a panel's figure and table (src/widgets/panels/linked.ts): what is under the pointer is marked
 * in both; a click, or Enter on a row of the table, chooses it, and the kernel is told.
 */
import type * as Base from "@jupyter-widgets/base";

/** So near, in pixels, is meant: dots are small. */
const near = 12;

export function linkedClasses(base: typeof Base): Record<string, unknown> {
  class LinkedModel extends base.DOMWidgetModel {}

  class LinkedView extends base.DOMWidgetView {
    #figure!: HTMLElement;
    #table!: HTMLElement;
    #note!: HTMLElement;
    #over: string | undefined;

    override render(): void {
      this.el.classList.add("proband-linked");
      this.#figure = part("widget-html-content");
      this.#note = part("proband-linked-note");
      this.#note.setAttribute("aria-live", "polite");
      this.#table = part("widget-html-content");
      this.el.replaceChildren(this.#figure, this.#note, this.#table);
      this.listenTo(this.model, "change:figure", () => this.#fill(this.#figure, "figure"));
      this.listenTo(this.model, "change:table", () => this.#fill(this.#table, "table"));
      this.listenTo(this.model, "change:selected change:note", () => this.#mark());
      this.el.addEventListener("pointermove", (event) => this.#hover(this.#keyAt(event)));
      this.el.addEventListener("pointerleave", () => this.#hover(undefined));
      this.el.addEventListener("click", (event) => {
        const key = this.#keyAt(event);
        if (key !== undefined) this.#choose(key);
      });
      this.el.addEventListener("keydown", (event) => {
        const row = (event.target as Element).closest<HTMLElement>("tr[data-row]");
        if (event.key === "Escape" && this.model.get("selected") !== null) this.#choose(null);
        else if (row && (event.key === "Enter" || event.key === " ")) this.#choose(row.dataset["row"]!);
        else return;
        // JupyterLab would take these for its cells.
        event.preventDefault();
        event.stopPropagation();
      });
      this.#fill(this.#figure, "figure");
      this.#fill(this.#table, "table");
    }

    #fill(place: HTMLElement, name: "figure" | "table"): void {
      place.innerHTML = String(this.model.get(name) ?? "");
      for (const row of place.querySelectorAll<HTMLElement>("tr[data-row]")) row.tabIndex = 0;
      this.#mark();
    }

    /** Another row, or none when it is the one that is chosen. */
    #choose(key: string | null): void {
      this.model.set("selected", key === this.model.get("selected") ? null : key);
      this.touch();
    }

    #hover(key: string | undefined): void {
      if (key === this.#over) return;
      this.#over = key;
      this.el.classList.toggle("proband-linked-over", key !== undefined);
      for (const element of this.#rows()) element.classList.toggle("proband-linked-hover", rowOf(element) === key);
    }

    #mark(): void {
      const chosen = this.model.get("selected") as string | null;
      const rows = this.#rows();
      const linked = rows.some((e) => e.closest("svg")) && rows.some((e) => e.closest("table"));
      for (const element of rows) {
        const own = rowOf(element);
        element.classList.toggle("proband-linked-chosen", own === chosen);
        element.classList.toggle("proband-linked-hover", own === this.#over);
        if (element.tagName === "TR") element.setAttribute("aria-selected", String(own === chosen));
      }
      this.el.classList.toggle("proband-linked-choice", chosen !== null && rows.some((e) => rowOf(e) === chosen));
      this.#note.textContent = linked
        ? chosen === null
          ? "Click a row of the figure or of the table to see it in both."
          : String(this.model.get("note"))
        : "";
      if (!linked || chosen === null) return;
      const all = document.createElement("button");
      all.textContent = "Show all";
      all.addEventListener("click", (event) => {
        event.stopPropagation();
        this.#choose(null);
      });
      this.#note.append(" ", all);
    }

    #rows(): Element[] {
      return [...this.el.querySelectorAll("[data-row]")];
    }

    /** The row under the pointer; in a figure also the nearest one, since dots are small and labels stand apart. */
    #keyAt(event: MouseEvent): string | undefined {
      const target = event.target as Element;
      const own = target.closest("[data-row]");
      if (own) return rowOf(own);
      if (!target.closest("svg")) return undefined;
      let [best, least]: [string | undefined, number] = [undefined, Infinity];
      for (const element of this.#figure.querySelectorAll("[data-row]")) {
        const box = element.getBoundingClientRect();
        const dx = Math.max(box.left - event.clientX, 0, event.clientX - box.right);
        const dy = Math.max(box.top - event.clientY, 0, event.clientY - box.bottom);
        // Across, a row reaches to its label.
        if (dy <= near / 2 || Math.hypot(dx, dy) <= near) {
          const distance = dy + dx / 1000;
          if (distance < least) [best, least] = [rowOf(element), distance];
        }
      }
      return best;
    }
  }

  return { LinkedModel, LinkedView };
}

const rowOf = (element: Element) => (element as HTMLElement | SVGElement).dataset["row"];

function part(className: string): HTMLElement {
  const made = document.createElement("div");
  made.className = className;
  return made;
}

export const linkedCss = `
.proband-linked { max-width: 100%; min-width: 0; }
.proband-linked-over, .proband-linked tr[data-row] { cursor: pointer; }
.proband-linked-note { font-size: 12px; min-height: 2em; opacity: .85; }
.proband-linked-note:empty { display: none; }
.proband-linked-note button { font: inherit; color: inherit; background: none; border: 1px solid currentColor; border-radius: 3px; cursor: pointer; }
.proband-linked svg [data-row] { transition: opacity .1s; }
.proband-linked-choice svg [data-row]:not(.proband-linked-chosen, .proband-linked-hover) { opacity: .25; }
.proband-linked svg .proband-linked-hover, .proband-linked svg .proband-linked-chosen { filter: drop-shadow(0 0 1.5px currentColor); }
.proband-linked tr.proband-linked-hover, .proband-linked tr.proband-linked-chosen { background: color-mix(in srgb, currentColor 14%, transparent); }
.proband-linked tr[data-row]:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
.proband-linked .proband-result > table { display: block; width: fit-content; max-width: 100%; max-height: 27em; overflow: auto; border-collapse: collapse; }
`;
