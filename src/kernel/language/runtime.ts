/**
 * What the session itself knows of a value, asked through the inspector from the protocol thread: works while a cell
 * computes, and V8 refuses whatever would have a side effect.
 */
import type { Runtime, Session } from "node:inspector";

export interface RuntimeValues {
  /** Property names of the value of a simple expression (a.b[0].c). */
  members(expression: string): Promise<string[]>;
  /** Names of variables that cells declared. */
  globals(): Promise<string[]>;
  /** Names of everything else that a cell can use without an import. */
  builtins(): Promise<string[]>;
  /** A short description of the value. */
  describe(expression: string): Promise<string | undefined>;
}

const collect = `function () {
  const names = new Set();
  for (let o = this, depth = 0; o !== null && o !== undefined && depth < 6; o = Object.getPrototypeOf(o), depth++) {
    if (o === Object.prototype && depth > 0) break;
    if (ArrayBuffer.isView(o) || Array.isArray(o)) continue;
    for (const n of Object.getOwnPropertyNames(o)) { if (names.size > 1000) break; names.add(n); }
  }
  return [...names];
}`;

/** Answers `fallback` when the session is blocked where even the inspector cannot reach it. */
const limited = <T>(work: Promise<T>, fallback: T): Promise<T> =>
  Promise.race([work, new Promise<T>((resolve) => setTimeout(() => resolve(fallback), 250))]);

export function createRuntimeValues(inspector: Session): RuntimeValues {
  const post = <T>(method: string, params: object): Promise<T | undefined> =>
    new Promise((resolve) =>
      inspector.post(method, params, (error, result) => resolve(error ? undefined : (result as T))),
    );
  const evaluate = async (expression: string): Promise<Runtime.RemoteObject | undefined> => {
    const reply = await post<Runtime.EvaluateReturnType>("Runtime.evaluate", {
      expression,
      throwOnSideEffect: true,
      silent: true,
      timeout: 30,
      objectGroup: "language",
      generatePreview: true,
    });
    return reply && !reply.exceptionDetails ? reply.result : undefined;
  };
  return {
    members: (expression) =>
      limited(
        (async () => {
          const value = await evaluate(`Object(${expression})`);
          if (!value?.objectId) return [];
          const reply = await post<Runtime.CallFunctionOnReturnType>("Runtime.callFunctionOn", {
            functionDeclaration: collect,
            objectId: value.objectId,
            returnByValue: true,
            silent: true,
          });
          await post("Runtime.releaseObjectGroup", { objectGroup: "language" });
          return (reply?.result.value as string[] | undefined) ?? [];
        })(),
        [],
      ),
    globals: () =>
      limited(
        post<Runtime.GlobalLexicalScopeNamesReturnType>("Runtime.globalLexicalScopeNames", {}).then(
          (r) => r?.names ?? [],
        ),
        [],
      ),
    builtins: () =>
      limited(
        post<Runtime.EvaluateReturnType>("Runtime.evaluate", {
          expression: "Object.getOwnPropertyNames(globalThis)",
          returnByValue: true,
          silent: true,
          timeout: 30,
        }).then((r) => (r?.result.value as string[] | undefined) ?? []),
        [],
      ),
    describe: (expression) =>
      limited(
        (async () => {
          const value = await evaluate(expression);
          await post("Runtime.releaseObjectGroup", { objectGroup: "language" });
          if (!value || value.type === "undefined") return undefined;
          if (value.type === "string") return JSON.stringify(String(value.value).slice(0, 300));
          return value.unserializableValue ?? value.description ?? String(value.value);
        })(),
        undefined,
      ),
  };
}
