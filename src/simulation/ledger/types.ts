import type { Value } from "../../study/index.js";
import type { RawReply } from "../elicitation/types.js";
import type { KeyIndex } from "./index-table.js";

/** The first line of a ledger: whose answers it holds. */
export interface LedgerHeader {
  ledger: "proband";
  version: 1;
  study: string;
  studyVersion: string;
  created: string;
}

/** One answer, one line. */
export interface LedgerEntry {
  /** SHA-256 (32 hex digits) of everything that decides the answer: found again by it, never asked twice. */
  key: string;
  /**
   * Where the reply depends on the prompt alone (log-probabilities): SHA-256 (32 hex digits) of model and request. Found by
   * it too, for other people, draws and seeds with the same prompt.
   */
  prompt?: string;
  item: string;
  /** Row id of the person the answer stands for. */
  person: string;
  draw: number;
  /** Counts from 0; a malformed or refused answer is kept and asked again with the next number. */
  attempt: number;
  /** Order in which the options were shown, null for the codebook's. */
  order: number[] | null;
  seed: number;
  reply: RawReply;
  /** The answer; null where there is none (see `problem`). */
  value: Value;
  problem?: "malformed" | "refused";
  /** Prompt and answer tokens; 0 where the identical prompt had been answered. */
  tokens: [number, number];
  costUSD: number;
  elicitation: string;
  model: string;
  /** The server's fingerprint of the model. */
  fingerprint: string;
  template: string;
  time: string;
}

/**
 * Where a ledger's lines are. Appending returns when the line would survive the process; `flush` when it would
 * survive the machine.
 */
export interface LedgerStore {
  /** For messages. */
  readonly name: string;
  /** Appends a line (without its end) and returns where it is. */
  append(line: string): { offset: number; length: number };
  /** The line at this place; `length` may fall short of it. */
  read(offset: number, length: number): string;
  /** Every whole line from the beginning; a torn last line has been dropped at opening. */
  lines(): AsyncIterable<{ line: string; offset: number; length: number; number: number }>;
  /** An empty index for this store's keys; default one in memory. */
  index?(): KeyIndex;
  /** The number of the line at this place, counting from 1. */
  lineNumber(offset: number): number;
  flush(): Promise<void>;
  close(): Promise<void>;
}
