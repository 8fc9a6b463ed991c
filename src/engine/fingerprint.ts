/** A hash that tells models apart: of the weights and the tokenizer's files. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Weights } from "./model/weights.js";

/**
 * SHA-256 over names, texts and a 64-bit checksum of every tensor's bits, as hex. Hashing gigabytes of weights
 * cryptographically would take seconds at every opening; the checksum guards against mistakes, not malice.
 */
export function fingerprint(texts: Record<string, string>, weights: Weights): string {
  const hash = sha256.create();
  const text = (value: string) => hash.update(new TextEncoder().encode(value + "\u0000"));
  for (const name of Object.keys(texts).sort()) text(name).update(new TextEncoder().encode(texts[name]));
  for (const name of [...weights.keys()].sort()) {
    const { data } = weights.get(name)!;
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    let a = 0x811c9dc5,
      b = 0x9e3779b9;
    for (let i = 0; i < bits.length; i++) {
      a = Math.imul(a ^ bits[i]!, 0x01000193);
      b = (Math.imul(b, 5) + bits[i]!) | 0;
      b = (b << 13) | (b >>> 19);
    }
    text(`${name} ${data.length} ${a >>> 0} ${b >>> 0}`);
  }
  return bytesToHex(hash.digest());
}
