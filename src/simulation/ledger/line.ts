/** A ledger line: JSON of an entry that begins with its key and ends with a checksum of what is before. */
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import type { LedgerEntry } from "./types.js";

const checksum = (text: string) => bytesToHex(sha256(text)).slice(0, 12);

/** `{"key":…,…,"sum":"…"}`. */
export function writeLine(entry: LedgerEntry): string {
  const { key, ...rest } = entry;
  const body = JSON.stringify({ key, ...rest }).slice(0, -1);
  return `${body},"sum":"${checksum(body)}"}`;
}

const tail = /,"sum":"([0-9a-f]{12})"\}$/;

/** The entry of a line, or what is wrong with it. */
export function readLine(line: string): LedgerEntry | { wrong: string } {
  const found = tail.exec(line);
  if (!found) return { wrong: "it has no checksum at its end" };
  const body = line.slice(0, found.index);
  if (checksum(body) !== found[1]) return { wrong: "its checksum does not fit its content" };
  try {
    return JSON.parse(body + "}") as LedgerEntry;
  } catch (error) {
    return { wrong: `it is not JSON (${(error as Error).message})` };
  }
}

/** The key of a line without reading it all; undefined where the line does not look like an entry. */
export function keyOf(line: string): string | undefined {
  return tail.test(line) ? /^\{"key":"([0-9a-f]{32})"/.exec(line)?.[1] : undefined;
}
