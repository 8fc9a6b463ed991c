/** A widget: a model whose state a front end shows and changes. All kinds of widgets are made of this. */
import { jupyterDisplay } from "../study/index.js";
import type { MimeBundle } from "../study/index.js";
import { keepWithin } from "./bounds.js";
import { modelId, modelReference, pack, unpack } from "./buffers.js";
import type { Packed, Path } from "./buffers.js";
import { commHost, onBehalfOf } from "./comm.js";
import type { Comm, CommBuffer, CommMessage } from "./comm.js";
import { connect, construct, find, hasFrontEnd, register, remove } from "./registry.js";
import { flush, post, schedule } from "./schedule.js";
import { childrenText, staticHtml } from "./static.js";
import { check, fromWire, toWire } from "./traits.js";
import type { Traits } from "./traits.js";

/** What a class of widgets is to a front end: where its code is, and its attributes. */
export interface ModelSpec {
  name: string;
  module: string;
  /** Version of the protocol that the front-end module speaks (not of its package). */
  version: string;
  view: string | null;
  viewModule?: string;
  traits: Traits;
}

export type Observer<T> = (value: T, previous: T) => unknown;
export type CustomHandler = (content: unknown, buffers: Uint8Array[]) => unknown;

export const protocolVersion = "2.1.0";
export const viewMime = "application/vnd.jupyter.widget-view+json";

export class Widget<State extends object = Record<string, unknown>> {
  /** Id of the model and of its comm. */
  readonly id: string = newId();
  readonly spec: ModelSpec;
  /** The cell that made this widget; what its handlers print and throw is shown there. */
  readonly parent: number | undefined;
  #state: Record<string, unknown>;
  #changed = new Set<string>();
  #observers = new Map<string, Set<Observer<never>>>();
  #custom = new Set<CustomHandler>();
  /** Iterations over changes, which end with the widget. */
  #waiting = new Set<() => void>();
  #comm: Comm | undefined;
  #closed = false;

  constructor(spec: ModelSpec, init: Partial<State> = {}, adopt?: Comm) {
    this.spec = spec;
    if (adopt) this.id = adopt.id;
    this.#state = {};
    for (const [name, trait] of Object.entries(spec.traits)) this.#state[name] = structuredCopy(trait.initial);
    for (const [name, value] of Object.entries(init)) {
      if (value === undefined) continue;
      if (!(name in spec.traits) && !this.open_())
        throw new Error(`${this.kind} has no attribute ${name}; it has ${this.names().join(", ")}`);
      check(this.kind, name, spec.traits[name], value);
      this.#state[name] = value;
    }
    Object.assign(this.#state, this.validate(this.#state as Partial<State>, {}));
    this.parent = commHost()?.currentParent();
    this.#connect(adopt);
    register(this);
  }

  /** The protocol's id, by which other widgets' states refer to this one. */
  get [modelId](): string {
    return this.id;
  }

  /** "IntSlider". */
  get kind(): string {
    return this.spec.name.replace(/Model$/, "");
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Value of an attribute. A style or layout is made when it is first asked for. */
  get<K extends keyof State & string>(name: K): State[K] {
    const trait = this.spec.traits[name];
    if (trait?.widget && trait.type === "reference" && this.#state[name] === undefined) {
      const made = construct(trait.widget);
      if (made) this.set({ [name]: made } as Partial<State>);
    }
    return this.#state[name] as State[K];
  }

  /** Changes attributes; they travel together, and observers see them all changed. */
  set(patch: Partial<State>): this {
    if (this.#closed) throw new Error(`this ${this.kind} is closed; make a new one`);
    for (const [name, value] of Object.entries(patch)) {
      if (!(name in this.spec.traits) && !this.open_())
        throw new Error(`${this.kind} has no attribute ${name}; it has ${this.names().join(", ")}`);
      check(this.kind, name, this.spec.traits[name], value);
    }
    this.#apply(patch as Record<string, unknown>, []);
    return this;
  }

  /** Calls `observer(value, previous)` whenever the attribute changes, by the user or by code. Returns how to stop. */
  observe<K extends keyof State & string>(name: K, observer: Observer<State[K]>): () => void {
    if (typeof observer !== "function") throw new TypeError(`observe("${name}", …): expected a function`);
    const [attribute, told] = this.watched(name, observer as Observer<never>);
    let set = this.#observers.get(attribute);
    if (!set) this.#observers.set(attribute, (set = new Set()));
    set.add(told);
    return () => set.delete(told);
  }

  /** The values of an attribute as they change: `for await (const n of slider.changes("value")) …`. Ends when the widget closes. */
  async *changes<K extends keyof State & string>(name: K): AsyncGenerator<State[K]> {
    let wake = () => {};
    const woken = () => wake();
    const queue: State[K][] = [];
    const stop = this.observe(name, (value) => {
      queue.push(value);
      wake();
    });
    this.#waiting.add(woken);
    try {
      while (!this.#closed) {
        if (!queue.length) await new Promise<void>((resolve) => (wake = resolve));
        while (queue.length) yield queue.shift()!;
      }
    } finally {
      this.#waiting.delete(woken);
      stop();
    }
  }

  /** Sends a message of your own to the view; it arrives after all state set before. */
  send(content: unknown, buffers: readonly CommBuffer[] = []): void {
    if (this.#closed) throw new Error(`this ${this.kind} is closed; make a new one`);
    if (this.#changed.size) flush(this);
    const comm = this.#comm;
    if (!comm) return;
    const message = () => {
      if (!this.#closed) comm.send({ method: "custom", content }, { buffers, ...this.#parentOption() });
    };
    post(message, () => onBehalfOf(this.parent, message));
  }

  /** Calls `handler(content, buffers)` for each message of its own that the view sends. Returns how to stop. */
  onCustom(handler: CustomHandler): () => void {
    this.#custom.add(handler);
    return () => this.#custom.delete(handler);
  }

  /** Removes the widget from the front end. Closing twice is the same as once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#comm?.close();
    this.#end();
  }

  /** Sends waiting changes now. */
  flush(): this {
    flush(this);
    return this;
  }

  /** The whole state as the protocol sends it. */
  packed(names: Iterable<string> = Object.keys(this.#state)): Packed {
    const { name, module, version, view, viewModule } = this.spec;
    const wire: Record<string, unknown> = {};
    for (const key of names)
      if (this.#state[key] !== undefined) wire[key] = toWire(this.spec.traits[key], this.#state[key]);
    const whole = names === undefined || !(names instanceof Set);
    return pack(
      whole
        ? {
            _model_name: name,
            _model_module: module,
            _model_module_version: version,
            _view_name: view,
            _view_module: viewModule ?? module,
            _view_module_version: viewModule ? "2.0.0" : version,
            ...wire,
          }
        : wire,
    );
  }

  /** What identifies it to a reader without a front end: `IntSlider(value=3, min=0, max=10)`. */
  toString(): string {
    const inside = childrenText(this as never);
    if (inside !== undefined) return inside;
    if (this.kind === "HTML" || this.kind === "HTMLMath") return plainText(String(this.#state["value"]));
    if (this.kind === "Label") return String(this.#state["value"]);
    const shown = ["description", "value", "min", "max", "selected_index", "icon"].flatMap((name) => {
      const value = this.#state[name];
      if (value === undefined || value === null || value === "" || ArrayBuffer.isView(value)) return [];
      return [`${name}=${typeof value === "string" ? JSON.stringify(shorten(value)) : shorten(String(value))}`];
    });
    return `${this.kind}(${shown.join(", ")})`;
  }

  /** Text and HTML of the present state, and where a front end is connected the live view. */
  [jupyterDisplay](): MimeBundle | Promise<MimeBundle> {
    return { "text/plain": this.toString(), "text/html": staticHtml(this as never), ...this.view() };
  }

  /** The mime type by which a front end finds the live model. */
  view(): MimeBundle {
    return this.#comm && hasFrontEnd() ? { [viewMime]: { version_major: 2, version_minor: 1, model_id: this.id } } : {};
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Sends what changed (called by the schedule). */
  sendChanges(): void {
    const names = this.#changed;
    if (!names.size || !this.#comm) return void names.clear();
    this.#changed = new Set();
    // Called from timers too: state that cannot be sent is reported where the widget was made.
    onBehalfOf(this.parent, () => {
      const { state, buffer_paths, buffers } = this.packed(names);
      this.#comm?.send({ method: "update", state, buffer_paths }, { buffers, ...this.#parentOption() });
    });
  }

  /** Corrects a change before it is made (a value is kept between min and max); returns what replaces it. */
  protected validate(patch: Partial<State>, before: Partial<State>): Partial<State> {
    return keepWithin(this.spec, patch as Record<string, unknown>, before as Record<string, unknown>) as Partial<State>;
  }

  /** Which attribute stands behind a name that is observed, and how its observer is told (a value behind an index). */
  protected watched(name: string, observer: Observer<never>): [string, Observer<never>] {
    return [name, observer];
  }

  /** Whether attributes that are not in the schema may be set (front-end modules of one's own). */
  protected open_(): boolean {
    return false;
  }

  names(): string[] {
    return Object.keys(this.spec.traits).filter((n) => !n.startsWith("_"));
  }

  #connect(adopt?: Comm): void {
    const host = commHost();
    if (!host) return;
    connect(host);
    if (adopt) this.#comm = adopt;
    else {
      const { state, buffer_paths, buffers } = this.packed();
      const data = { state, buffer_paths };
      this.#comm = host.open("jupyter.widget", data, { id: this.id, metadata: { version: protocolVersion }, buffers });
    }
    this.#comm.onMessage((message) => this.#receive(message));
    this.#comm.onClose(() => {
      this.#closed = true;
      this.#end();
    });
  }

  #end(): void {
    remove(this.id);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    this.#observers.clear();
    this.#custom.clear();
    this.#changed.clear();
  }

  #parentOption(): { parent?: number } {
    return this.parent === undefined ? {} : { parent: this.parent };
  }

  #receive(message: CommMessage): void {
    const { method, state, buffer_paths, content } = message.data as {
      method?: string;
      state?: Record<string, unknown>;
      buffer_paths?: Path[];
      content?: unknown;
    };
    if (method === "request_state") {
      const packed = this.packed();
      const data = { method: "update", state: packed.state, buffer_paths: packed.buffer_paths };
      return void this.#comm!.send(data, { buffers: packed.buffers });
    }
    if (method === "custom") {
      for (const handler of this.#custom) onBehalfOf(this.parent, () => handler(content, message.buffers));
      return;
    }
    if (method !== "update" || typeof state !== "object" || state === null) return;
    // The echo lets a second view (another browser tab) follow, and the first drop outdated answers.
    this.#comm!.send({ method: "echo_update", state, buffer_paths: buffer_paths ?? [] }, { buffers: message.buffers });
    const values: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(unpack(state, buffer_paths, message.buffers))) {
      if (name.startsWith("_") && !(name in this.spec.traits)) continue;
      const trait = this.spec.traits[name];
      const read = fromWire(trait, resolve(value));
      try {
        check(this.kind, name, trait, read);
        values[name] = read;
      } catch (error) {
        onBehalfOf(this.parent, () => {
          throw error;
        });
      }
    }
    onBehalfOf(this.parent, () => this.#apply(values, Object.keys(values)));
  }

  /** Applies a change; names in `known` came from the front end and are sent back only when corrected. */
  #apply(patch: Record<string, unknown>, known: readonly string[]): void {
    const corrected = this.validate(patch as Partial<State>, this.#state as Partial<State>) as Record<string, unknown>;
    const after = { ...patch, ...corrected };
    const before: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(after)) {
      if (sameValue(this.#state[name], value)) {
        // The view may show what was refused.
        if (known.includes(name) && name in corrected && !sameValue(patch[name], value)) this.#changed.add(name);
        continue;
      }
      before[name] = this.#state[name];
      this.#state[name] = value;
      if (!known.includes(name) || (name in corrected && !sameValue(patch[name], value))) this.#changed.add(name);
    }
    if (this.#changed.size && this.#comm) schedule(this);
    for (const name of Object.keys(before))
      for (const observer of [...(this.#observers.get(name) ?? [])])
        onBehalfOf(this.parent, () => (observer as Observer<unknown>)(this.#state[name], before[name]));
  }
}

/** Model references in incoming state become the widgets they name. */
function resolve(value: unknown): unknown {
  if (typeof value === "string" && value.startsWith(modelReference))
    return find(value.slice(modelReference.length)) ?? value;
  if (Array.isArray(value)) return value.map(resolve);
  return value;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => sameValue(v, b[i]));
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return false;
}

function structuredCopy(value: unknown): unknown {
  return typeof value === "object" && value !== null ? structuredClone(value) : value;
}

function newId(): string {
  return globalThis.crypto.randomUUID().replaceAll("-", "");
}

/** What HTML says, without its markup; pictures are named by their titles. */
function plainText(html: string): string {
  return html
    .replace(/<(style|script|desc)\b[\s\S]*?<\/\1>/gi, "")
    .replace(/<(svg)\b[\s\S]*?<\/\1>/gi, (svg) => {
      const title = /<title[^>]*>([\s\S]*?)<\/title>/i.exec(svg)?.[1];
      return title ? `[figure: ${title}]\n` : "";
    })
    .replace(/<(br|\/p|\/div|\/tr|\/li|\/h\d|\/caption)\b[^>]*>/gi, "\n")
    .replace(/<\/t[dh]>/gi, "  ")
    .replace(/<[^>]*>/g, "")
    .replace(/&(amp|lt|gt|quot|#(\d+));/g, (_, name: string, code?: string) =>
      code ? String.fromCodePoint(Number(code)) : { amp: "&", lt: "<", gt: ">", quot: '"' }[name as "amp"]!,
    )
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
