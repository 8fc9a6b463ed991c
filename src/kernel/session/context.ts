/** Which request the running code works for. It follows awaits, timers and callbacks (AsyncLocalStorage). */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CellImport, Compiled } from "../compiler/compile.js";
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
  payload: [],
  interrupted: false,
});

const storage = new AsyncLocalStorage<CellContext>();
/** Code that no request started (an event of a native module, say) speaks for the last cell. */
let latest = newContext(0);

export const current = (): CellContext => storage.getStore() ?? latest;
export function runIn<T>(context: CellContext, body: () => T): T {
  return storage.run(context, body);
}
export function setLatest(context: CellContext): void {
  latest = context;
}

/** Compiled cells by url, for stack traces. */
export const cells = new Map<string, { count: number; code: string; compiled: Compiled }>();
