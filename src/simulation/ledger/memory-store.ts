import type { LedgerStore } from "./types.js";

/** A ledger that lasts as long as the page or process; `recorded` are the lines of an earlier one. */
export function memoryStore(name = "a ledger in memory", recorded: readonly string[] = []): LedgerStore {
  const lines = [...recorded];
  return {
    name,
    append: (line) => ({ offset: lines.push(line) - 1, length: line.length }),
    read: (offset) => lines[offset]!,
    async *lines() {
      for (const [i, line] of lines.entries()) yield { line, offset: i, length: line.length, number: i + 1 };
    },
    lineNumber: (offset) => offset + 1,
    flush: async () => undefined,
    close: async () => undefined,
  };
}
