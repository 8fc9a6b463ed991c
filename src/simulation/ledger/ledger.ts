/** An append-only record of answers: cache, resume and evidence at once. */
import type { Codebook } from "../../study/index.js";
import { IndexTable } from "./index-table.js";
import { keysOf, readLine, writeLine } from "./line.js";
import type { LedgerEntry, LedgerHeader, LedgerStore } from "./types.js";

export interface Ledger {
  readonly name: string;
  /** Lines recorded. */
  readonly size: number;
  /** Line numbers that could not be read, counting the header as 1. */
  readonly corrupt: readonly number[];
  get(key: string): LedgerEntry | undefined;
  add(entry: LedgerEntry): void;
  entries(): AsyncIterable<LedgerEntry>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a ledger of this study on a store; a new store gets its header. Throws for a ledger of another study or version. */
export async function openLedger(store: LedgerStore, study: Pick<Codebook, "name" | "version">): Promise<Ledger> {
  const table = store.index?.() ?? new IndexTable();
  const corrupt: number[] = [];
  let header: LedgerHeader | undefined;
  let size = 0;
  try {
    for await (const { line, offset, length, number } of store.lines()) {
      if (number === 1) {
        header = checkHeader(line, store.name, study);
        continue;
      }
      const keys = keysOf(line);
      for (const key of keys) table.set(key, offset, length);
      if (keys.length) size++;
      else corrupt.push(number);
    }
    if (!header) {
      const first: LedgerHeader = {
        ledger: "proband",
        version: 1,
        study: study.name,
        studyVersion: study.version,
        created: new Date().toISOString(),
      };
      store.append(JSON.stringify(first));
      await store.flush();
    }
  } catch (error) {
    table.close();
    await store.close();
    throw error;
  }
  return {
    name: store.name,
    get size() {
      return size;
    },
    corrupt,
    get(key) {
      const place = table.get(key);
      if (!place) return undefined;
      const entry = readLine(store.read(place.offset, place.length));
      if (!("wrong" in entry)) return entry.key === key || entry.prompt === key ? entry : undefined;
      // Damaged since it was opened: asked again, and counted.
      const number = store.lineNumber(place.offset);
      if (!corrupt.includes(number)) corrupt.push(number);
      return undefined;
    },
    add(entry) {
      const { offset, length } = store.append(writeLine(entry));
      table.set(entry.key, offset, length);
      if (entry.prompt) table.set(entry.prompt, offset, length);
      size++;
    },
    async *entries() {
      for await (const { line, number } of store.lines()) {
        if (number === 1) continue;
        const entry = readLine(line);
        if (!("wrong" in entry)) yield entry;
      }
    },
    flush: () => store.flush(),
    close: () => {
      table.close();
      return store.close();
    },
  };
}

/** The header of a ledger; throws where it is none, or another study's where one is named. */
export function checkHeader(line: string, name: string, study?: Pick<Codebook, "name" | "version">): LedgerHeader {
  let header: Partial<LedgerHeader> = {};
  try {
    header = JSON.parse(line) as Partial<LedgerHeader>;
  } catch {
    /* said below */
  }
  if (header.ledger !== "proband")
    throw new Error(`${name} is not a Proband ledger: its first line names none. Pass another path as ledger.`);
  if (header.version !== 1)
    throw new Error(`${name} is a ledger of version ${String(header.version)}; this Proband reads version 1`);
  if (study && (header.study !== study.name || header.studyVersion !== study.version))
    throw new Error(
      `${name} holds answers of study ${header.study} version ${header.studyVersion}, not of ${study.name} version ${study.version}. ` +
        `Pass another path as ledger; the old one is kept as it is.`,
    );
  return header as LedgerHeader;
}
