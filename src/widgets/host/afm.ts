/**
 * The front-end half of `anywidget()`: runs ES modules of anywidget's format (AFM) against models of
 * @jupyter-widgets/base. Runs in the browser; the base module is handed in, since JupyterLab shares its own.
 */
import type * as Base from "@jupyter-widgets/base";

interface Afm {
  initialize?(context: object): unknown;
  render?(context: object): unknown;
}

type Cleanup = () => unknown;

/** What is loaded for a model. Backbone calls `initialize` before a subclass's own fields exist, so it is kept beside the model. */
interface Loaded {
  module: Promise<Afm>;
  controller: AbortController;
  cleanup: unknown;
  /** What its `initialize` returned for other modules to use. */
  exports: unknown;
  style?: HTMLStyleElement;
}

export function afmClasses(base: typeof Base): Record<string, unknown> {
  const loaded = new WeakMap<object, Loaded>();

  class AnyModel extends base.DOMWidgetModel {
    override initialize(attributes: never, options: never): void {
      super.initialize(attributes, options);
      const own: Loaded = {
        module: undefined as never,
        controller: new AbortController(),
        cleanup: undefined,
        exports: undefined,
      };
      loaded.set(this, own);
      load(this, own);
      restyle(this, own);
      this.on("change:_css", () => restyle(this, own));
      this.on("change:_esm", () => {
        unload(own);
        load(this, own);
        this.trigger("proband:reload");
      });
      this.once("destroy", () => {
        unload(own);
        own.style?.remove();
      });
    }
  }

  function load(model: Base.DOMWidgetModel, own: Loaded): void {
    const controller = (own.controller = new AbortController());
    own.module = (async () => {
      const afm = await importModule(String(model.get("_esm") ?? ""));
      const returned = await afm.initialize?.(contextOf(model, controller.signal));
      if (typeof returned !== "function") own.exports = returned;
      else if (controller.signal.aborted) (returned as Cleanup)();
      else own.cleanup = returned;
      return afm;
    })();
    own.module.catch(() => {}); // shown by the views
  }

  function unload(own: Loaded): void {
    own.controller.abort();
    const { cleanup } = own;
    own.cleanup = undefined;
    if (typeof cleanup === "function") (cleanup as Cleanup)();
  }

  function restyle(model: Base.DOMWidgetModel, own: Loaded): void {
    const css = String(model.get("_css") ?? "");
    if (!css) return void own.style?.remove();
    own.style ??= document.createElement("style");
    own.style.textContent = /^https?:\/\/\S+$/.test(css) ? `@import url(${JSON.stringify(css)});` : css;
    if (!own.style.isConnected) document.head.append(own.style);
  }

  class AnyView extends base.DOMWidgetView {
    #controller = new AbortController();
    #cleanup: unknown;

    override render(): void {
      this.listenTo(this.model, "proband:reload", () => void this.#draw());
      void this.#draw();
    }

    async #draw(): Promise<void> {
      await this.#clear();
      const controller = (this.#controller = new AbortController());
      const root = document.createElement("div");
      this.el.replaceChildren(root);
      try {
        const afm = await loaded.get(this.model)!.module;
        if (controller.signal.aborted) return;
        const cleanup = await afm.render?.({ ...contextOf(this.model, controller.signal), el: root });
        if (controller.signal.aborted && typeof cleanup === "function") (cleanup as Cleanup)();
        else this.#cleanup = cleanup;
      } catch (error) {
        root.textContent = `The widget's front-end module failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
        root.setAttribute("role", "alert");
        root.style.whiteSpace = "pre-wrap";
      }
    }

    async #clear(): Promise<void> {
      this.#controller.abort();
      const cleanup = this.#cleanup;
      this.#cleanup = undefined;
      if (typeof cleanup === "function") await (cleanup as Cleanup)();
    }

    override remove(): any {
      void this.#clear();
      return super.remove();
    }
  }

  /** What AFM modules see of a model; handlers they add are removed when they are replaced. */
  function contextOf(model: Base.DOMWidgetModel, signal: AbortSignal) {
    const owner = {};
    signal.addEventListener("abort", () => model.off(null as never, null as never, owner));
    const seen = {
      get: model.get.bind(model),
      set: model.set.bind(model),
      save_changes: model.save_changes.bind(model),
      send: model.send.bind(model),
      on: (name: string, handler: never) => void model.on(name, handler, owner),
      off: (name?: string | null, handler?: never) => void model.off(name as never, handler as never, owner),
      widget_manager: model.widget_manager,
    };
    const host = { getWidget: (reference: unknown) => widgetOf(model, reference) };
    return { model: seen, signal, host, experimental: { invoke: invoker(model, signal) } };
  }

  /** AFM's host.getWidget: another widget that this one's state refers to, to be drawn inside it or called. */
  async function widgetOf(model: Base.DOMWidgetModel, reference: unknown) {
    const [, id] = /^(?:anywidget:|IPY_MODEL_)(.+)$/.exec(String(reference)) ?? [];
    if (!id) throw new Error(`getWidget: expected a reference to a widget, found ${String(reference)}`);
    const manager = model.widget_manager as unknown as {
      get_model(id: string): Promise<Base.DOMWidgetModel>;
      create_view(model: Base.DOMWidgetModel): Promise<Base.DOMWidgetView>;
    };
    const other = await manager.get_model(id);
    const own = loaded.get(other);
    await own?.module;
    return {
      exports: own?.exports,
      async render({ el, signal }: { el: HTMLElement; signal?: AbortSignal }): Promise<void> {
        const view = await manager.create_view(other);
        if (signal?.aborted) return void view.remove();
        el.append(view.el);
        view.trigger("displayed");
        signal?.addEventListener("abort", () => view.remove());
      },
    };
  }

  return { AnyModel, AnyView };
}

/** AFM's experimental.invoke: a named request that the kernel answers by a custom message of the same id. */
function invoker(model: Base.DOMWidgetModel, signal: AbortSignal) {
  return (name: string, message: unknown, options: { buffers?: DataView[]; signal?: AbortSignal } = {}) => {
    const id = crypto.randomUUID();
    const limit = options.signal ?? AbortSignal.timeout(3000);
    return new Promise((resolve, reject) => {
      const stop = () => model.off("msg:custom", handler);
      const handler = (answer: { id?: string; kind?: string; response?: unknown }, buffers: DataView[]) => {
        if (answer?.id !== id) return;
        stop();
        resolve([answer.response, buffers]);
      };
      for (const s of [limit, signal])
        s.addEventListener(
          "abort",
          () => (stop(), reject(s.reason instanceof Error ? s.reason : new Error("aborted"))),
        );
      model.on("msg:custom", handler);
      model.send(
        { id, kind: "anywidget-command", name, msg: message } as never,
        undefined as never,
        options.buffers as never,
      );
    });
  };
}

/** Imports module source (or an address, where the author of the widget gave one). */
async function importModule(esm: string): Promise<Afm> {
  if (/^https?:\/\//.test(esm)) return read(await import(/* webpackIgnore: true */ /* @vite-ignore */ esm));
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  try {
    return await read(await import(/* webpackIgnore: true */ /* @vite-ignore */ url));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The widget a module defines: its default export, a function that makes it, or (older) a named `render`. */
async function read(module: { default?: unknown; render?: unknown }): Promise<Afm> {
  const found = typeof module.default === "function" ? await (module.default as () => unknown)() : module.default;
  if (typeof found === "object" && found !== null) return found as Afm;
  if (typeof module.render === "function") return { render: module.render as never };
  throw new Error("the module has no default export with render({ model, el }); see https://anywidget.dev/en/afm/");
}
