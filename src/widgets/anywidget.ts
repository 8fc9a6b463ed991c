/**
 * Widgets whose front end is an ES module in anywidget's format (AFM, https://anywidget.dev/en/afm/): a default
 * export with `render({ model, el })` and `initialize({ model })`. Proband's own host runs them, so that a module
 * made for anywidget works as it is, without the Python package.
 */
import type { MimeBundle } from "../study/index.js";
import { hostModule, hostVersion } from "./host/version.js";
import { jupyterDisplay } from "../study/index.js";
import type { Traits } from "./traits.js";
import { Widget } from "./widget.js";
import type { ModelSpec } from "./widget.js";

/** The part of the AFM contract that a front-end module written as a function sees. */
export interface AfmModel {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, handler: (...args: any[]) => void): void;
  off(event?: string | null, handler?: (...args: any[]) => void): void;
}

export type Render = (context: {
  model: AfmModel;
  el: HTMLElement;
  signal: AbortSignal;
  /** Other widgets that the state refers to. */
  host: {
    getWidget(reference: unknown): Promise<{
      exports: unknown;
      render(place: { el: HTMLElement; signal?: AbortSignal }): Promise<void>;
    }>;
  };
}) => unknown;

export interface AnyWidgetOptions<State extends object> {
  /**
   * The front-end module: its source; a render function, which runs in the browser and may use nothing from around it;
   * or `{ file }`, which is read again (and replaced in all views) whenever it is saved.
   */
  esm: string | Render | { file: string };
  /** Its style sheet: text, an address, or `{ file }`, which is read again whenever it is saved. */
  css?: string | { file: string };
  /** Attributes, synced both ways. Typed arrays travel as they are; the front end sees a DataView. */
  state?: State;
  /** The text form, from the state. */
  text?: (state: State) => string;
  /** A static picture from the state, for readers without the front end: an element, or HTML that is already escaped. */
  fallback?: (state: State) => string | Element;
}

const traits: Traits = {
  _esm: { type: "string", initial: "" },
  _css: { type: "string", initial: "" },
  layout: { type: "reference", widget: "Layout" },
  tabbable: { type: "any", initial: null },
  tooltip: { type: "any", initial: null },
  _dom_classes: { type: "array", items: "string", initial: [] },
};

export const anyModel: ModelSpec = {
  name: "AnyModel",
  module: hostModule,
  version: hostVersion,
  view: "AnyView",
  traits,
};

/** Reads a file and calls `changed` with its text whenever it is saved, until the returned function is called. */
type Watch = (file: string, changed: (source: string) => void) => { source: string; stop(): void };
let watchFile: Watch | undefined;
/** Says how files are read; src/widgets/node does. */
export function useFiles(watch: Watch): void {
  watchFile = watch;
}

function watched(what: "esm" | "css", file: string, changed: (source: string) => void) {
  if (!watchFile) throw new Error(`${what}: { file } needs a file system; pass the source instead`);
  return watchFile(file, changed);
}

export class AnyWidget<State extends object = Record<string, unknown>> extends Widget<
  State & { _esm: string; _css: string }
> {
  readonly #options: AnyWidgetOptions<State>;
  readonly #stop: () => void;

  constructor(options: AnyWidgetOptions<State>) {
    for (const name of Object.keys(options.state ?? {}))
      if (name.startsWith("_")) throw new Error(`attribute ${name}: names that begin with _ are the host's`);
    const { esm, css = "" } = options;
    const reload = (part: "esm" | "css") => (source: string) => {
      // A front end closes widgets without asking.
      if (this.closed) this.#stop();
      else this[part] = source;
    };
    const module = typeof esm === "object" ? watched("esm", esm.file, reload("esm")) : undefined;
    const sheet = typeof css === "object" ? watched("css", css.file, reload("css")) : undefined;
    const _esm = module?.source ?? moduleSource(esm as string | Render);
    super(anyModel, { ...options.state, _esm, _css: sheet?.source ?? css } as never);
    this.#options = options;
    this.#stop = () => {
      module?.stop();
      sheet?.stop();
    };
  }

  override close(): void {
    this.#stop();
    super.close();
  }

  /** Replaces the front-end module in all open views, at once: for work on the module itself. */
  set esm(esm: string | Render) {
    this.set({ _esm: moduleSource(esm) } as never);
  }

  /** Replaces the style sheet in all open views. */
  set css(css: string) {
    this.set({ _css: css } as never);
  }

  protected override open_(): boolean {
    return true;
  }

  /** The attributes as a plain object. */
  get state(): State {
    return Object.fromEntries(Object.keys(this.#options.state ?? {}).map((k) => [k, this.get(k as never)])) as State;
  }

  override toString(): string {
    if (this.#options.text) return this.#options.text(this.state);
    const entries = Object.entries(this.state).map(([k, v]) =>
      ArrayBuffer.isView(v) ? `${k}=${v.byteLength} bytes` : `${k}=${JSON.stringify(v)?.slice(0, 40)}`,
    );
    return `AnyWidget(${entries.join(", ")})`;
  }

  override [jupyterDisplay](): MimeBundle {
    const fallback = this.#options.fallback?.(this.state);
    const html =
      fallback === undefined ? {} : { "text/html": typeof fallback === "string" ? fallback : fallback.outerHTML };
    return { "text/plain": this.toString(), ...html, ...this.view() };
  }
}

/** A widget with a front end of one's own: `anywidget({ esm: "export default { render({ model, el }) { … } }", state: { value: 1 } })`. */
export function anywidget<State extends object>(options: AnyWidgetOptions<State>): AnyWidget<State> {
  return new AnyWidget(options);
}

/** A render function as a module; module source as it is. */
export function moduleSource(esm: string | Render): string {
  if (typeof esm === "function") return `const render = ${esm.toString()};\nexport default { render };\n`;
  if (typeof esm !== "string" || !esm.trim())
    throw new TypeError("esm: expected the source of an ES module, or a function ({ model, el }) => …");
  return esm;
}
