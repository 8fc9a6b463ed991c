/** Which request the running code works for: it follows awaits and timers. */
import { promiseHooks, setFlagsFromString } from "node:v8";
import type { Compiled } from "../compiler/emit.js";
import type { CellImport } from "../compiler/imported.js";
import type { ParentId } from "../messages.js";

export interface CellContext {
  parent: ParentId;
  allowStdin: boolean;
  silent: boolean;
  imports: CellImport[];
  copied: Map<string, unknown>;
  hasValue: boolean;
  value: unknown;
  disposables: { dispose(): unknown; async: boolean }[];
  /** Displays that were begun and not yet published; a cell is not done before they are. */
  pending: Set<Promise<unknown>>;
  /** Ids that display() returned: shown themselves they would only be noise. */
  shownIds: Set<unknown>;
  payload: Record<string, unknown>[];
  interrupted: boolean;
}

export const newContext = (
  parent: ParentId,
  options: { allowStdin?: boolean; silent?: boolean } = {},
): CellContext => ({
  parent,
  allowStdin: options.allowStdin ?? false,
  silent: options.silent ?? false,
  imports: [],
  copied: new Map(),
  hasValue: false,
  value: undefined,
  disposables: [],
  pending: new Set(),
  shownIds: new Set(),
  payload: [],
  interrupted: false,
});

/** Code that no request started (an event of a native module, say) speaks for the last cell. */
let latest = newContext(0);
let active: CellContext | undefined;
const stack: (CellContext | undefined)[] = [];

export const current = (): CellContext => active ?? latest;

export function runIn<T>(context: CellContext, body: () => T): T {
  const before = active;
  active = context;
  try {
    return body();
  } finally {
    active = before;
  }
}
export function setLatest(context: CellContext): void {
  latest = context;
}

/** To be called where the event loop enters: an interrupt may have ended code before it could put things back. */
export function reset(): void {
  active = undefined;
  stack.length = 0;
}

let wanted = false;
let first: object | undefined;

/** The first promise made while the body runs: of an evaluation, the one that it is answered by. */
export function firstPromise(body: () => void): object | undefined {
  wanted = true;
  first = undefined;
  try {
    body();
    return first;
  } finally {
    wanted = false;
    first = undefined;
  }
}

/** The context that a promise was made in. */
export const contextOf = (promise: object): CellContext | undefined => (promise as Record<symbol, CellContext>)[mark];

/** A key that neither reflection nor `inspect` shows, where V8 gives one. */
const mark: symbol = (() => {
  try {
    setFlagsFromString("--allow-natives-syntax");
    return new Function("return %CreatePrivateSymbol('cell')")() as symbol;
  } catch {
    return Symbol("cell");
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
})();

/**
 * Makes contexts follow awaits and timers. Not AsyncLocalStorage: in Node 20 it rests on async_hooks, whose own stack
 * aborts the whole process when a microtask is terminated, which is how `await null; while (true) {}` is interrupted.
 */
export function followAsync(): void {
  promiseHooks.createHook({
    init(promise) {
      (promise as unknown as Record<symbol, unknown>)[mark] = active;
      if (!wanted) return;
      wanted = false;
      first = promise;
    },
    before(promise) {
      stack.push(active);
      active = contextOf(promise);
    },
    after() {
      active = stack.pop();
    },
  });
  for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"] as const) {
    const original = globalThis[name] as (...args: unknown[]) => unknown;
    const wrapped = (callback: unknown, ...rest: unknown[]) => {
      stopIfInterrupted(active);
      return original(bound(callback), ...rest);
    };
    // Keeps util.promisify's symbol, name and length.
    Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
    Object.defineProperty(globalThis, name, { value: wrapped, writable: true, configurable: true, enumerable: true });
  }
}

/**
 * What an interrupted cell left running in the background ends at its next print, display or timer: a loop that awaits
 * cannot be terminated from outside, since between its turns nothing of it runs.
 */
export function stopIfInterrupted(context: CellContext | undefined): void {
  if (context?.interrupted) throw interruption();
}

/** What a cell sees when it is interrupted at a point where it can be told. */
export function interruption(): Error {
  const error = new Error("The cell was interrupted.");
  error.name = "Interrupted";
  error.stack = "Interrupted: The cell was interrupted.";
  return error;
}

function bound(callback: unknown): unknown {
  if (typeof callback !== "function") return callback; // Node says what is wrong with it
  const context = active;
  return function (this: unknown, ...args: unknown[]) {
    // An interrupted cell's timer that is due afterwards: a loop in it would have nobody to interrupt it.
    if (context?.interrupted) return undefined;
    active = context;
    const result = callback.apply(this, args) as unknown;
    active = undefined; // not in `finally`: an uncaught error is still this context's when it is reported
    return result;
  };
}

/** Compiled cells by url, for stack traces. */
export const cells = new Map<string, { count: number; code: string; compiled: Compiled }>();
