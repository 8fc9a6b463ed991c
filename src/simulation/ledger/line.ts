/** A ledger line: JSON of an entry that begins with its key and ends with a checksum of what is before. */
import { sha256Of } from "../hash.js";
import type { LedgerEntry } from "./types.js";

const checksum = (text: string) => sha256Of(text).slice(0, 12);

/** `{"key":…,…,"sum":"…"}`. */
export function writeLine(entry: LedgerEntry): string {
  const { key, prompt, ...rest } = entry;
  const body = JSON.stringify({ key, ...(prompt === undefined ? {} : { prompt }), ...rest }).slice(0, -1);
  return `${body},"sum":"${checksum(body)}"}`;
}

/** `,"sum":"` and twelve digits and `"}`. */
const tailLength = 22;
const tail = /^,"sum":"([0-9a-f]{12})"\}$/;

/** The entry of a line, or what is wrong with it. */
export function readLine(line: string): LedgerEntry | { wrong: string } {
  const found = tail.exec(line.slice(-tailLength));
  if (!found) return { wrong: "it has no checksum at its end" };
  const body = line.slice(0, -tailLength);
  if (checksum(body) !== found[1]) return { wrong: "its checksum does not fit its content" };
  try {
    return JSON.parse(body + "}") as LedgerEntry;
  } catch (error) {
    return { wrong: `it is not JSON (${(error as Error).message})` };
  }
}

/** The keys of a whole line, its checksum kept: its own, and that of its prompt; none where the line is damaged or no entry. */
export function keysOf(line: string): string[] {
  const found = tail.exec(line.slice(-tailLength));
  if (!found || checksum(line.slice(0, -tailLength)) !== found[1]) return [];
  const [, key, prompt] = /^\{"key":"([0-9a-f]{32})"(?:,"prompt":"([0-9a-f]{32})")?/.exec(line.slice(0, 85)) ?? [];
  return [key, prompt].filter((k) => k !== undefined);
}
