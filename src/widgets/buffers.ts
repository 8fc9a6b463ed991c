/**
 * Widget state on the wire: JSON, with binary values taken out and sent beside it by path (jupyter.widget protocol
 * 2.1, messages.md of @jupyter-widgets/schema). Typed arrays are sent as the memory they are, without a copy here.
 */
import type { CommBuffer } from "./comm.js";

export type Path = (string | number)[];

export interface Packed {
  state: Record<string, unknown>;
  buffer_paths: Path[];
  buffers: CommBuffer[];
}

/** A reference to another model, as the protocol writes it. */
export const modelReference = "IPY_MODEL_";

/** Anything with a model id is sent as a reference. */
export const modelId = Symbol("model id");

/**
 * State ready for the wire. NaN and infinities become null, which JSON has no words for (in typed arrays they are
 * kept); a cycle is an error that names where it is.
 */
export function pack(state: Readonly<Record<string, unknown>>): Packed {
  const buffer_paths: Path[] = [];
  const buffers: CommBuffer[] = [];
  const walk = (value: unknown, path: Path, above: readonly object[]): unknown => {
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (typeof value === "bigint") return Number(value);
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value !== "object") return undefined;
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      buffer_paths.push(path);
      buffers.push(value);
      return undefined;
    }
    const id = (value as Record<symbol, unknown>)[modelId];
    if (typeof id === "string") return modelReference + id;
    if (value instanceof Date) return value.toISOString();
    if (above.includes(value))
      throw new Error(`widget state ${path.join(".")} contains itself; a front end cannot be sent a cycle`);
    const inside = [...above, value];
    if (Array.isArray(value)) return value.map((v, i) => walk(v, [...path, i], inside) ?? null);
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    const out: Record<string, unknown> = {};
    for (const [key, v] of entries) {
      const packed = walk(v, [...path, String(key)], inside);
      if (packed !== undefined) out[String(key)] = packed;
    }
    return out;
  };
  return { state: walk(state, [], []) as Record<string, unknown>, buffer_paths, buffers };
}

/** State with its binary values back where they belong. What is on their paths is copied, so that the message stays as it came. */
export function unpack(
  state: Readonly<Record<string, unknown>>,
  paths: readonly Path[] = [],
  buffers: readonly Uint8Array[] = [],
): Record<string, unknown> {
  const whole: Record<string, unknown> = { ...state };
  paths.forEach((path, i) => {
    if (!path.length || path.includes("__proto__")) return;
    let at: Record<string | number, unknown> = whole;
    for (const key of path.slice(0, -1)) {
      const inside = Object.hasOwn(at, key) ? at[key] : undefined;
      if (typeof inside !== "object" || inside === null) return;
      at = at[key] = (Array.isArray(inside) ? [...inside] : { ...inside }) as Record<string, unknown>;
    }
    at[path.at(-1)!] = buffers[i];
  });
  return whole;
}

/** Bytes of a buffer, without copying. */
export function bytesOf(buffer: CommBuffer): Uint8Array {
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer)
    : new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
}

/** Base64 of bytes, in Node and in browsers. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
