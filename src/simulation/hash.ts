import { sha256 as portable } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import type { Template } from "./template.js";

let sha256: (text: string) => string = (text) => bytesToHex(portable(text));

/** Chooses a faster SHA-256 of UTF-8 text as 64 hexadecimal digits; Node's adapter does so when it is imported. */
export function useSha256(faster: typeof sha256): void {
  sha256 = faster;
}

export const sha256Of = (text: string): string => sha256(text);

/** SHA-256 of a value as JSON with sorted keys: the same for the same content, however it was built. */
export function hashOf(value: unknown): string {
  return sha256(JSON.stringify(value, sorted));
}

const sorted = (_: string, value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** Hash of a prompt template, recorded with every answer. */
export const templateHash = (template: Template): string => hashOf(template).slice(0, 16);
