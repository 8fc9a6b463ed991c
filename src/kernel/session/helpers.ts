/** The helper functions that oxc's output calls (its "external" helpers, on the global `babelHelpers`). */
type Decorator = (...args: any[]) => any;

/** Applies legacy decorators, last first (TypeScript's `__decorate`). */
function decorate(
  decorators: Decorator[],
  target: any,
  key?: PropertyKey,
  descriptor?: PropertyDescriptor | null,
): any {
  const count = arguments.length;
  let result: any =
    count < 3 ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key!) : descriptor;
  const reflect = (Reflect as any).decorate;
  if (typeof reflect === "function") result = reflect(decorators, target, key, descriptor);
  else
    for (let i = decorators.length - 1; i >= 0; i--) {
      const d = decorators[i];
      if (d) result = (count < 3 ? d(result) : count > 3 ? d(target, key, result) : d(target, key)) || result;
    }
  if (count > 3 && result) Object.defineProperty(target, key!, result);
  return result;
}

function decorateParam(index: number, decorator: Decorator): Decorator {
  return (target, key) => decorator(target, key, index);
}

function decorateMetadata(key: string, value: unknown): Decorator | undefined {
  const metadata = (Reflect as any).metadata;
  return typeof metadata === "function" ? metadata(key, value) : undefined;
}

const symbols = Symbol as unknown as { dispose?: symbol; asyncDispose?: symbol };
/** Node 20 has the symbols but not every build does; the standard's names either way. */
export const disposeSymbol = (symbols.dispose ?? Symbol.for("Symbol.dispose")) as symbol;
export const asyncDisposeSymbol = (symbols.asyncDispose ?? Symbol.for("Symbol.asyncDispose")) as symbol;

export function disposerOf(value: any, async: boolean): (() => unknown) | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "object" && typeof value !== "function")
    throw new TypeError("using declarations can only hold objects, functions, null or undefined");
  const method = (async ? value[asyncDisposeSymbol] : undefined) ?? value[disposeSymbol];
  if (typeof method !== "function")
    throw new TypeError(`the value has no [Symbol.${async ? "asyncDispose or Symbol.dispose" : "dispose"}] method`);
  return () => method.call(value);
}

/** The error that a failing disposal leaves: the standard's SuppressedError. */
export function suppressed(error: unknown, earlier: unknown): Error {
  const global = (globalThis as any).SuppressedError;
  if (typeof global === "function") return new global(error, earlier);
  const made = new Error("An error was suppressed during disposal.");
  return Object.assign(made, { name: "SuppressedError", error, suppressed: earlier });
}

/** What `using` in a function, block or loop compiles to. */
function usingCtx() {
  const none = {};
  const stack: { dispose: () => unknown; async: boolean }[] = [];
  const push = (async: boolean, value: unknown) => {
    const dispose = disposerOf(value, async);
    if (dispose) stack.push({ dispose, async });
    else if (async) stack.push({ dispose: () => undefined, async });
    return value;
  };
  return {
    e: none as unknown,
    u: (value: unknown) => push(false, value),
    a: (value: unknown) => push(true, value),
    d(): unknown {
      let error: unknown = this.e;
      const fail = (thrown: unknown) => (error = error === none ? thrown : suppressed(thrown, error));
      const next = (): unknown => {
        for (let entry = stack.pop(); entry; entry = stack.pop()) {
          try {
            const result = entry.dispose();
            if (entry.async) return Promise.resolve(result).then(next, (e) => (fail(e), next()));
          } catch (e) {
            fail(e);
          }
        }
        if (error !== none) throw error;
        return undefined;
      };
      return next();
    },
  };
}

export function installHelpers(): void {
  for (const [holder, name, symbol] of [
    [Symbol, "dispose", disposeSymbol],
    [Symbol, "asyncDispose", asyncDisposeSymbol],
  ] as const)
    if (!(name in holder)) Object.defineProperty(holder, name, { value: symbol });
  Object.defineProperty(globalThis, "babelHelpers", {
    value: Object.freeze({ decorate, decorateParam, decorateMetadata, usingCtx }),
    enumerable: false,
    configurable: true,
  });
}
