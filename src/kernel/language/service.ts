import type { Session } from "node:inspector";
import type { ConnectionInfo } from "../protocol/channels.js";
import { isComplete } from "./complete-input.js";

/** What the cells' queue asks of the language service. */
export interface CellLanguage {
  executing(count: number, code: string, url: string): void;
  /** Calls back with type errors to show, if they are known in time. */
  finished(count: number, status: "ok" | "error", silent: boolean, then: (text?: string) => void): void;
}

export interface Language extends CellLanguage {
  isComplete(code: string): Record<string, unknown>;
  complete(code: string, cursor: number): Promise<Record<string, unknown>>;
  inspect(code: string, cursor: number, detail: number): Promise<Record<string, unknown>>;
  close(): void;
}

export function createLanguage(_inspector: Session, _info: ConnectionInfo): Language {
  return {
    executing() {},
    finished: (_c, _s, _q, then) => then(),
    isComplete,
    async complete(_code, cursor) {
      return { status: "ok", matches: [], cursor_start: cursor, cursor_end: cursor, metadata: {} };
    },
    async inspect() {
      return { status: "ok", found: false, data: {}, metadata: {} };
    },
    close() {},
  };
}
