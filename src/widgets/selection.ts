/** Controls that choose among options: any values, shown by labels. The protocol syncs labels and an index. */
import * as generated from "./generated/barrel.js";
import { Widget } from "./widget.js";
import type { ModelSpec, Observer } from "./widget.js";

/** Options: values (shown as text), `[label, value]` pairs, `{ label: value }`, or objects like a codebook's options. */
export type Options<T> =
  | readonly T[]
  | readonly (readonly [label: string, value: T])[]
  | readonly { label: string; value: T }[]
  | Readonly<Record<string, T>>;

/** Labels and values of options. */
export function readOptions<T>(options: Options<T>): { labels: string[]; values: T[] } {
  const pairs = Array.isArray(options)
    ? (options as readonly unknown[]).map((o): [string, T] => {
        if (Array.isArray(o) && o.length === 2 && typeof o[0] === "string") return o as [string, T];
        if (typeof o === "object" && o !== null && "label" in o && "value" in o) return [String(o.label), o.value as T];
        return [String(o), o as T];
      })
    : Object.entries(options as Record<string, T>);
  return { labels: pairs.map(([l]) => l), values: pairs.map(([, v]) => v) };
}

export interface SelectionState<T> {
  options: Options<T>;
  value: T;
  description: string;
  disabled: boolean;
  rows: number;
  tooltip: string | null;
  orientation: "horizontal" | "vertical";
  continuous_update: boolean;
  button_style: string;
  icons: readonly string[];
  tooltips: readonly string[];
}

type Shared = { _options_labels: readonly string[] };
type OneState<T> = Omit<SelectionState<T>, "value"> & Shared & { value: T | null; index: number | null };
type ManyState<T> = Omit<SelectionState<T>, "value"> & Shared & { value: readonly T[]; index: readonly number[] };

/** One of several options: dropdown, radio buttons, list, toggle buttons or slider. */
export class Selection<T> extends Widget<OneState<T>> {
  #values: T[];

  constructor(spec: ModelSpec, { options, value, ...rest }: Partial<SelectionState<T>> & { options: Options<T> }) {
    const { labels, values } = readOptions(options);
    if (!values.length) throw new Error(`${spec.name.replace(/Model$/, "")}: there are no options to choose from`);
    const optional = spec.traits["index"]!.none;
    const index =
      value !== undefined ? indexOf(values, value) : optional ? (spec.name === "DropdownModel" ? 0 : null) : 0;
    super(spec, { ...rest, _options_labels: labels, index } as never);
    this.#values = values;
  }

  get options(): readonly T[] {
    return this.#values;
  }

  /** New options; what was chosen stays chosen if it is still there, else the first is. */
  set options(options: Options<T>) {
    const chosen = this.value;
    const { labels, values } = readOptions(options);
    this.#values = values;
    this.set({ _options_labels: labels, index: Math.max(0, values.indexOf(chosen as T)) } as never);
  }

  get index(): number | null {
    return this.get("index");
  }

  set index(index: number | null) {
    this.set({ index } as never);
  }

  /** The chosen value; null when nothing is chosen. */
  get value(): T | null {
    const index = this.get("index");
    return index === null ? null : (this.#values[index] ?? null);
  }

  set value(value: T | null) {
    this.index = value === null ? null : indexOf(this.#values, value);
  }

  protected override watched(name: string, observer: Observer<never>): [string, Observer<never>] {
    if (name !== "value") return [name, observer];
    const at = (i: number | null) => (i === null ? null : (this.#values[i] ?? null));
    const told = observer as unknown as Observer<T | null>;
    return ["index", ((now: number | null, before: number | null) => told(at(now), at(before))) as Observer<never>];
  }

  override toString(): string {
    return `${this.kind}(${this.get("description") ? `${JSON.stringify(this.get("description"))}, ` : ""}value=${String(this.value)}, options=[${this.#values.slice(0, 8).map(String).join(", ")}${this.#values.length > 8 ? ", …" : ""}])`;
  }
}

/** Several of several options. */
export class MultipleSelection<T> extends Widget<ManyState<T>> {
  #values: T[];

  constructor(
    spec: ModelSpec,
    {
      options,
      value,
      ...rest
    }: Partial<Omit<SelectionState<T>, "value">> & { options: Options<T>; value?: readonly T[] },
  ) {
    const { labels, values } = readOptions(options);
    const range = spec.name === "SelectionRangeSliderModel";
    const index = value?.map((v) => indexOf(values, v)) ?? (range ? [0, values.length - 1] : []);
    super(spec, { ...rest, _options_labels: labels, index } as never);
    this.#values = values;
  }

  get options(): readonly T[] {
    return this.#values;
  }

  get index(): readonly number[] {
    return this.get("index");
  }

  /** The chosen values. */
  get value(): readonly T[] {
    return this.get("index").map((i) => this.#values[i]!);
  }

  set value(value: readonly T[]) {
    this.set({ index: value.map((v) => indexOf(this.#values, v)) } as never);
  }

  protected override watched(name: string, observer: Observer<never>): [string, Observer<never>] {
    if (name !== "value") return [name, observer];
    const at = (index: readonly number[]) => index.map((i) => this.#values[i]!);
    const told = observer as unknown as Observer<readonly T[]>;
    return ["index", ((now: number[], before: number[]) => told(at(now), at(before))) as Observer<never>];
  }

  override toString(): string {
    return `${this.kind}(value=[${this.value.map(String).join(", ")}] of ${this.#values.length} options)`;
  }
}

function indexOf<T>(values: readonly T[], value: T): number {
  const index = values.indexOf(value);
  if (index < 0)
    throw new Error(`${String(value)} is not among the options: ${values.slice(0, 20).map(String).join(", ")}`);
  return index;
}

type One<T> = Partial<SelectionState<T>> & { options: Options<T> };
type Many<T> = Partial<Omit<SelectionState<T>, "value">> & { options: Options<T>; value?: readonly T[] };

/** A dropdown list; the first option is chosen unless `value` says otherwise. */
export const dropdown = <T>(init: One<T>) => new Selection<T>(generated.Dropdown.model, init);
/** Radio buttons. */
export const radio = <T>(init: One<T>) => new Selection<T>(generated.RadioButtons.model, init);
/** A list of options, all visible. */
export const select = <T>(init: One<T>) => new Selection<T>(generated.Select.model, init);
/** A row of buttons of which one is down. */
export const toggleButtons = <T>(init: One<T>) => new Selection<T>(generated.ToggleButtons.model, init);
/** A slider over options. */
export const selectionSlider = <T>(init: One<T>) => new Selection<T>(generated.SelectionSlider.model, init);
/** A list in which several options can be chosen. */
export const selectMultiple = <T>(init: Many<T>) => new MultipleSelection<T>(generated.SelectMultiple.model, init);
/** A slider over options with two handles. */
export const selectionRangeSlider = <T>(init: Many<T>) =>
  new MultipleSelection<T>(generated.SelectionRangeSlider.model, init);
