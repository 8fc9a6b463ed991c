/** How a value is shown: its own display if it has one, a picture or table where that says more, text always. */
import { inspect } from "node:util";
import { base64 } from "./bytes.js";
import { asFrame } from "./frames.js";
import { asPicture } from "./pictures.js";
import { asCollection } from "./collections.js";

/** The convention Deno uses: an object's method of this name returns its mime bundle, or a promise of one. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as never;

export type MimeBundle = Record<string, unknown>;

/** A bundle with metadata by mime type. */
export interface Shown {
  data: MimeBundle;
  metadata: Record<string, unknown>;
}

/** Text of any value; what its own methods throw is said, not thrown. */
export function asText(value: unknown): string {
  try {
    return inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 100_000, breakLength: 100, compact: 3 });
  } catch (error) {
    return `[${typeof value} that cannot be shown: ${message(error)}]`;
  }
}

function message(error: unknown): string {
  try {
    return String((error as Error).message ?? error);
  } catch {
    return "its properties throw";
  }
}

function ownDisplay(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  const method = (value as Record<symbol, unknown>)[displaySymbol];
  return typeof method === "function" ? () => (method as () => unknown).call(value) : undefined;
}

function checked(bundle: unknown, value: unknown): Shown {
  if (typeof bundle !== "object" || bundle === null || Array.isArray(bundle))
    throw new TypeError(`[Symbol.for("Jupyter.display")]() must return an object of mime types, not ${asText(bundle)}`);
  // A display may come with metadata: { data, metadata }.
  const wrapped = bundle as { data?: unknown; metadata?: unknown };
  if (typeof wrapped.data === "object" && wrapped.data !== null && !Object.keys(bundle).some((k) => k.includes("/")))
    return { data: encoded(wrapped.data as MimeBundle), metadata: (wrapped.metadata ?? {}) as Record<string, unknown> };
  const data = encoded(bundle as MimeBundle);
  if (!("text/plain" in data)) data["text/plain"] = Object.keys(data).length ? "" : asText(value);
  return { data, metadata: {} };
}

const text = (mime: string) => /^(text\/|image\/svg|application\/javascript)/.test(mime);

/** Bytes travel as base64, as the protocol says. */
function encoded(bundle: MimeBundle): MimeBundle {
  const out: MimeBundle = {};
  for (const [mime, value] of Object.entries(bundle)) {
    if (value === undefined) continue;
    out[mime] = value instanceof Uint8Array ? (text(mime) ? new TextDecoder().decode(value) : base64(value)) : value;
  }
  return out;
}

/** The bundle of a value; a promise only where the value's own display is one. */
export function bundleOf(value: unknown): Shown | Promise<Shown> {
  try {
    const own = ownDisplay(value);
    if (own) {
      const result = own();
      if (result && typeof (result as PromiseLike<unknown>).then === "function")
        return Promise.resolve(result).then(
          (bundle) => checked(bundle, value),
          (error) => failed(error, value),
        );
      return checked(result, value);
    }
  } catch (error) {
    return failed(error, value);
  }
  for (const as of [asPicture, asFrame, asCollection]) {
    try {
      const data = as(value);
      if (data) return { data, metadata: {} };
    } catch {
      // A value whose properties throw is shown as text.
    }
  }
  return { data: { "text/plain": asText(value) }, metadata: {} };
}

const failed = (error: unknown, value: unknown): Shown => ({
  data: { "text/plain": `${asText(value)}\n(its display failed: ${message(error)})` },
  metadata: {},
});
