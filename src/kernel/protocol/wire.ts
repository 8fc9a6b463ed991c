/**
 * Jupyter's wire format (messaging protocol 5.5): identities, a delimiter, a signature, four JSON parts, buffers.
 * Nothing that is not signed with the connection's key is read.
 */
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

export interface Header {
  msg_id: string;
  session: string;
  username: string;
  date: string;
  msg_type: string;
  version: string;
  subshell_id?: string | null;
}

export interface Message {
  identities: Buffer[];
  header: Header;
  parent: Partial<Header>;
  metadata: Record<string, unknown>;
  content: Record<string, any>;
  buffers: Uint8Array[];
}

export const protocolVersion = "5.5";
const delimiter = Buffer.from("<IDS|MSG>");

export class WireError extends Error {}

export interface Wire {
  readonly session: string;
  parse(frames: Uint8Array[]): Message;
  /** Frames of a message, whose content may be JSON in bytes already; `identities` route a reply, a topic stands in their place on iopub. */
  frames(
    type: string,
    content: object,
    parent: Partial<Header> | undefined,
    options?: {
      metadata?: object;
      buffers?: readonly (ArrayBuffer | ArrayBufferView)[];
      identities?: readonly (Buffer | string)[];
    },
  ): (Buffer | string | Uint8Array)[];
}

export function createWire(key: string, scheme = "hmac-sha256"): Wire {
  const [, hash = "sha256"] = /^hmac-(\w+)$/.exec(scheme) ?? [];
  const session = randomUUID();
  const sign = (parts: readonly (string | Uint8Array)[]) => {
    if (!key) return "";
    const hmac = createHmac(hash, key);
    for (const p of parts) hmac.update(p);
    return hmac.digest("hex");
  };
  // A signature may be used once: a recorded message sent again is refused.
  const seen = new Set<string>();
  return {
    session,
    parse(frames) {
      const at = frames.findIndex((f) => delimiter.equals(f));
      if (at < 0) throw new WireError("no delimiter <IDS|MSG> in a message of " + frames.length + " frames");
      if (frames.length < at + 6)
        throw new WireError(`${frames.length - at - 2} parts behind the signature instead of 4`);
      const parts = frames.slice(at + 2, at + 6);
      if (key) {
        const given = Buffer.from(frames[at + 1]!);
        const expected = Buffer.from(sign(parts));
        if (given.length !== expected.length || !timingSafeEqual(given, expected))
          throw new WireError("wrong signature");
        const signature = given.toString();
        if (seen.has(signature)) throw new WireError("a signature used before");
        seen.add(signature);
        if (seen.size > 16_384)
          for (const s of seen) {
            seen.delete(s);
            if (seen.size <= 8192) break;
          }
      }
      const [header, parent, metadata, content] = parts.map((p, i) => object(p, i)) as [Header, Header, object, object];
      if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string")
        throw new WireError("a header without msg_type or msg_id");
      return {
        identities: frames.slice(0, at).map((f) => Buffer.from(f)),
        header,
        parent,
        metadata: metadata as Record<string, unknown>,
        content: content as Record<string, any>,
        buffers: frames.slice(at + 6),
      };
    },
    frames(type, content, parent, { metadata = {}, buffers = [], identities = [] } = {}) {
      const header = {
        msg_id: randomUUID(),
        session,
        username: "proband",
        date: new Date().toISOString(),
        msg_type: type,
        version: protocolVersion,
      };
      // As bytes once: they are hashed and sent.
      const parts = [header, parent ?? {}, metadata, content].map((p) =>
        p instanceof Uint8Array ? p : Buffer.from(json(p)),
      );
      return [...identities, delimiter, sign(parts), ...parts, ...buffers.map(bytes)];
    },
  };
}

const names = ["header", "parent header", "metadata", "content"];

function object(part: Uint8Array, index: number): object {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("utf8"));
  } catch (error) {
    throw new WireError(`the ${names[index]} is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new WireError(`the ${names[index]} is not an object`);
  return value;
}

/** JSON that never throws: what has no JSON form (bigint, cycles) is said in a string. */
function json(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    const path = new Set<object>();
    const safe = (v: unknown): unknown => {
      if (typeof v === "bigint") return String(v);
      if (typeof v !== "object" || v === null) return v;
      if (path.has(v) || path.size > 200) return "[circular]";
      path.add(v);
      const out = Array.isArray(v) ? v.map(safe) : Object.fromEntries(Object.entries(v).map(([k, x]) => [k, safe(x)]));
      path.delete(v);
      return out;
    };
    return JSON.stringify(safe(value));
  }
}

function bytes(buffer: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

/** A field that ought to be a string: what is none counts as empty, whatever it is. */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
