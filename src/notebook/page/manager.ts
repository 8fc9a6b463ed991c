/// <reference lib="dom" />
/**
 * The widget manager of an executable appendix: Jupyter's own controls and Proband's views, against models in the
 * page's worker. It is a bundle of its own (`scripts/bundles.mjs`), started when the first widget appears.
 */
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { Widget as LuminoWidget } from "@lumino/widgets";
import type { FromWorkerComm, PageOutput, ToWorkerComm } from "./protocol.js";

export interface ManagerHost {
  post(message: ToWorkerComm): void;
  /** How an output looks, for output areas among the widgets. */
  render(output: PageOutput): HTMLElement | undefined;
}

export interface PageWidgets {
  receive(message: FromWorkerComm): void;
  /** Makes models from a notebook's saved state (`application/vnd.jupyter.widget-state+json`). */
  restore(state: object): Promise<void>;
  /** Puts a view of a model into an element of the page; fails when there is no such model. */
  show(model: string, into: HTMLElement): Promise<void>;
  /** Disposes the views inside an element that is about to go. */
  clear(element: Element): void;
  /** Forgets all models: the worker that held them has ended. */
  reset(): void;
}

/** Front-end classes by module name, given the module that all of them build on. */
type Classes = (shared: typeof base) => Record<string, unknown>;

/** Makes the manager. `modules` are front ends beside Jupyter's own: name → classes. */
export function createPageWidgets(host: ManagerHost, modules: Record<string, Classes>): PageWidgets {
  let sent = 0;
  const waiting = new Map<string, () => void>();

  /** The page's end of a comm; messages that come before its model is ready wait. */
  class PageComm implements base.IClassicComm {
    readonly target_name = "jupyter.widget";
    #held: unknown[] | undefined = [];
    #message: ((message: unknown) => void) | undefined;
    #close: ((message: unknown) => void) | undefined;
    constructor(readonly comm_id: string) {}
    receive(message: unknown): void {
      if (this.#held) this.#held.push(message);
      else this.#message?.(message);
    }
    closed(message: unknown): void {
      this.#close?.(message);
    }
    on_msg(handler: (message: unknown) => void): void {
      this.#message = handler;
      queueMicrotask(() => {
        const held = this.#held ?? [];
        this.#held = undefined;
        for (const message of held) this.#message?.(message);
      });
    }
    on_close(handler: (message: unknown) => void): void {
      this.#close = handler;
    }
    open = (data: unknown, callbacks?: Callbacks, metadata?: unknown, buffers?: Buffers) =>
      this.#post("open", data, callbacks, metadata, buffers);
    send = (data: unknown, callbacks?: Callbacks, metadata?: unknown, buffers?: Buffers) =>
      this.#post("msg", data, callbacks, metadata, buffers);
    close = (data?: unknown, callbacks?: Callbacks, metadata?: unknown, buffers?: Buffers) =>
      this.#post("close", data ?? {}, callbacks, metadata, buffers);
    #post(kind: ToWorkerComm["kind"], data: unknown, callbacks?: Callbacks, metadata?: unknown, buffers?: Buffers) {
      const message = `page-${++sent}`;
      if (callbacks?.iopub?.["status"])
        waiting.set(message, () => callbacks.iopub!["status"]!({ content: { execution_state: "idle" } }));
      host.post({
        kind,
        id: this.comm_id,
        target: this.target_name,
        message,
        data: data as Record<string, unknown>,
        metadata: (metadata ?? {}) as Record<string, unknown>,
        buffers: (buffers ?? []).map((b) =>
          ArrayBuffer.isView(b) ? new Uint8Array(b.buffer, b.byteOffset, b.byteLength).slice() : new Uint8Array(b),
        ),
      });
      return message;
    }
  }

  class OutputModel extends base.DOMWidgetModel {
    override defaults() {
      return { ...super.defaults(), msg_id: "", outputs: [] };
    }
  }
  class OutputView extends base.DOMWidgetView {
    override render(): void {
      this.el.classList.add("proband-output");
      this.listenTo(this.model, "change:outputs", () => this.#draw());
      this.#draw();
    }
    #draw(): void {
      const outputs = this.model.get("outputs") as PageOutput[];
      this.el.replaceChildren(...outputs.flatMap((o) => host.render(o) ?? []));
    }
  }

  const known: Record<string, Record<string, unknown>> = {
    "@jupyter-widgets/base": base as never,
    "@jupyter-widgets/controls": controls as never,
    "@jupyter-widgets/output": { OutputModel, OutputView },
    ...Object.fromEntries(Object.entries(modules).map(([name, classes]) => [name, classes(base)])),
  };

  class Manager extends ManagerBase {
    protected override async loadClass(className: string, moduleName: string): Promise<any> {
      const found = known[moduleName]?.[className];
      if (!found) throw new Error(`this page has no widget ${className} of ${moduleName}`);
      return found;
    }
    protected override async _get_comm_info() {
      return {};
    }
    protected override async _create_comm(_target: string, id: string) {
      const comm = new PageComm(id);
      comms.set(id, comm);
      return comm;
    }
  }

  const manager = new Manager();
  const comms = new Map<string, PageComm>();
  const views = new Map<HTMLElement, base.DOMWidgetView>();

  return {
    receive(message) {
      const { kind, id, buffers, cause } = message;
      if (kind === "handled") {
        waiting.get(cause!)?.();
        return void waiting.delete(cause!);
      }
      const envelope = {
        header: { msg_type: `comm_${kind}` },
        parent_header: cause === undefined ? {} : { msg_id: cause },
        content: { comm_id: id, target_name: message.target, data: message.data },
        metadata: message.metadata,
        buffers: buffers.map((b) => new DataView(b.buffer, b.byteOffset, b.byteLength)),
      };
      if (kind === "open") {
        const comm = new PageComm(id);
        comms.set(id, comm);
        // A model that fails shows itself as a failed widget where it is displayed.
        void manager.handle_comm_open(comm, envelope as never).catch(() => undefined);
      } else if (kind === "msg") comms.get(id)?.receive(envelope);
      else {
        comms.get(id)?.closed(envelope);
        comms.delete(id);
      }
    },
    async restore(state) {
      await manager.set_state(state as never);
    },
    async show(model, into) {
      const view = (await manager.create_view(await manager.get_model(model))) as base.DOMWidgetView;
      if (!into.isConnected) return void view.remove();
      into.replaceChildren();
      LuminoWidget.attach(view.luminoWidget, into);
      views.set(into, view);
      nameParts(into);
      // Views redraw themselves: a figure after each move of its slider.
      new MutationObserver(() => nameParts(into)).observe(into, { childList: true, subtree: true });
    },
    clear(element) {
      for (const [into, view] of views)
        if (element.contains(into)) {
          views.delete(into);
          view.remove();
        }
    },
    reset() {
      for (const view of views.values()) view.remove();
      views.clear();
      waiting.clear();
      comms.clear();
      void manager.clear_state();
    },
  };
}

/** Gives names to what a screen reader would meet without: the handles of Jupyter's sliders, the groups of Plot's marks. */
function nameParts(root: Element): void {
  for (const handle of root.querySelectorAll(".noUi-handle:not([aria-label])")) {
    const label = handle.closest(".jupyter-widgets")?.querySelector(".widget-label")?.textContent?.trim();
    handle.setAttribute("aria-label", label || "value");
  }
  for (const group of root.querySelectorAll("g[aria-label]:not([role])")) group.setAttribute("role", "group");
}

type Buffers = ArrayBuffer[] | ArrayBufferView[];
interface Callbacks {
  iopub?: Record<string, (message: any) => void>;
}

/** Jupyter's style variables in the page's own colours, light and dark. */
export const widgetTheme = `
:root { --jp-ui-font-family: inherit; --jp-ui-font-size1: 13.5px; --jp-content-font-color1: var(--ink); --jp-ui-font-color0: var(--ink); --jp-ui-font-color1: var(--ink); --jp-ui-font-color2: var(--soft); --jp-layout-color0: var(--paper); --jp-layout-color1: var(--paper); --jp-layout-color2: var(--panel); --jp-layout-color3: var(--line); --jp-border-color1: var(--line); --jp-border-color2: var(--line); --jp-border-color3: var(--line); --jp-brand-color1: var(--accent); --jp-brand-color2: var(--accent); --jp-widgets-input-background-color: var(--paper); --jp-widgets-input-color: var(--ink); --jp-widgets-input-border-color: var(--line); --jp-widgets-slider-border-color: var(--line); --jp-rendermime-error-background: var(--panel); }
.jupyter-widgets { color: var(--ink); } .jupyter-widgets-disconnected::before { content: none; }
.widget-button, .jupyter-button { border: 1px solid var(--line); }
.jupyter-widgets table { font-size: 13px; }
.widget-html > .widget-html-content, .widget-htmlmath > .widget-html-content { line-height: 1.45; white-space: normal; }
.proband-live { overflow-x: auto; }
@media (max-width: 40rem) { .proband-live .widget-gridbox { grid-template-columns: 1fr !important; } .proband-live svg.proband-figure { max-width: none !important; min-width: 33rem; } }
@media print { .proband-live { display: none; } .proband-static[hidden] { display: block !important; } }
`;
