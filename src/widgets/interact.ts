/** A function under controls inferred from its parameters: moving a control calls it again. */
import { checkbox, datePicker, number, slider, text } from "./controls.js";
import { kernelDisplay } from "./kernel.js";
import { column } from "./layout.js";
import { output } from "./output.js";
import type { OutputArea } from "./output.js";
import { parameterTypes, splitTopLevel } from "./parameter-types.js";
import type { ParameterType } from "./parameter-types.js";
import { dropdown } from "./selection.js";
import { VBox } from "./generated/barrel.js";
import { hasFrontEnd } from "./registry.js";
import { jupyterDisplay } from "../study/index.js";
import { onBehalfOf } from "./comm.js";
import { Widget } from "./widget.js";

/**
 * What a control is made from:
 * - a number: a slider from 0 to twice it (from −|n| to 3|n| as Jupyter has it for negative ones);
 * - `[min, max]` or `[min, max, step]` of numbers: a slider;
 * - true or false: a box to tick; text: a field;
 * - an array of anything else, or `{ label: value }`: a dropdown;
 * - a widget that has a `value`: that widget.
 */
export type Abbreviation =
  number | boolean | string | readonly unknown[] | Readonly<Record<string, unknown>> | Widget<any>;

export interface Interactive extends VBox {
  /** The controls by name. */
  readonly controls: Readonly<Record<string, Widget<any>>>;
  readonly output: OutputArea;
  /** What the function returned last. */
  result: unknown;
  /** Settles when the call under way, if any, is done. */
  readonly settled: Promise<void>;
}

/**
 * `interact((n, strategy) => sampling.plan(n, strategy), { n: [10, 120, 10], strategy: ["random", "stratified"] })`.
 * Parameters without an entry take their default values' kinds (`(n = 30, shuffle = true) => …` needs no options at
 * all) or, in a cell, their types: a field for `n: number`, a box for `on: boolean`, a dropdown for
 * `strategy: "random" | "stratified"`. Calls never overlap: while one runs, only the latest values wait.
 */
export function interact(
  fn: (...values: never[]) => unknown,
  given: Readonly<Record<string, Abbreviation>> = {},
): Interactive {
  const parameters = parametersOf(fn);
  const names = parameters.length ? parameters.map((p) => p.name) : Object.keys(given);
  for (const name of Object.keys(given))
    if (!names.includes(name))
      throw new Error(`interact: the function has no parameter ${name}; it has ${names.join(", ") || "none"}`);
  const controls: Record<string, Widget<any>> = {};
  const types = parameterTypes(names, kernelDisplay()?.cellSources?.() ?? []);
  for (const name of names) {
    const initial = parameters.find((p) => p.name === name)?.initial;
    const from = given[name];
    const made = from === undefined ? controlForType(name, types[name], initial) : controlFor(name, from);
    if (!made)
      throw new Error(
        `interact: nothing says what control parameter ${name} needs; pass { ${name}: [min, max] }, a default or a type`,
      );
    controls[name] = made;
  }
  const out = output();
  const box = column([...Object.values(controls), out]) as unknown as Interactive;
  let running: Promise<void> | undefined;
  let again = false;
  const call = async () => {
    do {
      again = false;
      const values = names.map((n) => (controls[n] as unknown as { value: never }).value);
      try {
        box.result = await fn(...values);
        await out.replace(box.result);
      } catch (error) {
        out.clear().fail(error);
      }
    } while (again);
  };
  const update = () => {
    if (running) again = true;
    else running = call().finally(() => (running = undefined));
  };
  for (const control of Object.values(controls)) control.observe("value" as never, update as never);
  Object.defineProperties(box, {
    controls: { value: controls },
    output: { value: out },
    result: { value: undefined, writable: true },
    settled: { get: () => running ?? Promise.resolve() },
    // Where nobody can wait for it to fill, it is shown when it has something to show.
    [jupyterDisplay]: {
      value: () => {
        const shown = () => VBox.prototype[jupyterDisplay].call(box);
        return hasFrontEnd() ? shown() : (running ?? Promise.resolve()).then(shown);
      },
    },
    toString: { value: () => [...Object.values(controls).map(String), out.toString()].filter(Boolean).join("\n") },
  });
  onBehalfOf(box.parent, update);
  return box;
}

/** The control for a value, by the rules above. */
export function controlFor(name: string, from: Abbreviation): Widget<any> {
  const description = name;
  const made = (w: unknown) => w as Widget<any>;
  if (from instanceof Widget) return from;
  if (typeof from === "boolean") return made(checkbox({ description, value: from }));
  if (typeof from === "string") return made(text({ description, value: from }));
  if (typeof from === "number") {
    if (!Number.isFinite(from)) throw new Error(`interact: ${name} is ${from}; a control needs a finite number`);
    const [min, max] = from === 0 ? [0, 1] : from > 0 ? [Math.min(0, -from), 3 * from] : [3 * from, -from];
    return made(slider({ description, min, max, value: from }));
  }
  if (Array.isArray(from)) {
    const numbers = from.every((v) => typeof v === "number");
    if (numbers && (from.length === 2 || from.length === 3)) {
      const [min, max, step] = from as unknown as [number, number, number?];
      if (min < max) return made(slider({ description, min, max, ...(step ? { step } : {}) }));
    }
    return made(dropdown({ description, options: from as readonly unknown[] }));
  }
  if (typeof from === "object" && from !== null)
    return made(dropdown({ description, options: from as Record<string, unknown> }));
  throw new Error(`interact: ${name}: no control is known for ${typeof from}`);
}

/** The control for a parameter's type and default value; undefined where neither says. */
function controlForType(name: string, type: ParameterType | undefined, initial: unknown): Widget<any> | undefined {
  const made = (w: unknown) => w as Widget<any>;
  if (type?.kind === "one of") {
    const value = type.values.includes(initial) ? { value: initial } : {};
    return made(dropdown({ description: name, options: type.values, ...value }));
  }
  if (initial !== undefined) return controlFor(name, initial as Abbreviation);
  switch (type?.kind) {
    case "number":
      return made(number({ description: name }));
    case "boolean":
      return made(checkbox({ description: name }));
    case "string":
      return made(text({ description: name }));
    case "Date":
      return made(datePicker({ description: name, value: new Date(new Date().setHours(0, 0, 0, 0)) }));
    default:
      return undefined;
  }
}

/** Names and literal defaults of a function's parameters, read from its source. */
function parametersOf(fn: (...values: never[]) => unknown): { name: string; initial: unknown }[] {
  const source = Function.prototype.toString.call(fn);
  const arrowOfOne = /^(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/.exec(source);
  if (arrowOfOne) return [{ name: arrowOfOne[1]!, initial: undefined }];
  const start = source.indexOf("(");
  let depth = 0;
  let end = start;
  for (; end < source.length; end++) {
    if ("([{".includes(source[end]!)) depth++;
    else if (")]}".includes(source[end]!) && --depth === 0) break;
  }
  const inside = source.slice(start + 1, end);
  return splitTopLevel(inside).map((p) => {
    const [name, initial] = /^([A-Za-z_$][\w$]*)\s*(?:=\s*([\s\S]*))?$/.exec(p)?.slice(1) ?? [];
    if (!name) throw new Error(`interact: parameter "${p}" has no plain name; use (n, strategy) => …`);
    return { name, initial: initial === undefined ? undefined : literal(initial) };
  });
}

/** Numbers, texts, booleans and arrays of them, written as literals. */
function literal(source: string): unknown {
  const json = source
    .trim()
    .replace(/^'([^'"\\]*)'$/, '"$1"')
    .replace(/^!0$/, "true")
    .replace(/^!1$/, "false");
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
