/** Publishing displays from the session, in the name of the cell that asked. */
import { randomUUID } from "node:crypto";
import { bundleOf, type Shown } from "../display/bundle.js";
import { current, stopIfInterrupted } from "./context.js";
import { post } from "./port.js";

export interface ShowOptions {
  /** Shows the value in the display of that name, which can be updated later (default: a new one). */
  id?: string;
  /** Updates the display of that id everywhere it stands, instead of showing a new one (default false). */
  update?: boolean;
}

export function publishShown(kind: string, shown: Shown, extra: Record<string, unknown> = {}): void {
  const context = current();
  stopIfInterrupted(context);
  if (context.silent) return;
  const content = { ...shown, ...extra };
  post({ type: "publish", kind, parent: context.parent, content: isLarge(shown.data) ? encoded(content) : content });
}

const large = 1 << 18; // characters from which a copy between the threads costs more than to encode here

const isLarge = (data: Record<string, unknown>): boolean => {
  for (const mime in data) if (typeof data[mime] === "string" && data[mime].length > large) return true;
  return false;
};

/** As JSON in bytes, which are handed over and not copied. */
function encoded(content: Record<string, unknown>): Record<string, unknown> | Uint8Array<ArrayBuffer> {
  try {
    const json = JSON.stringify(content);
    // Its own memory, since it is handed over; written at once, which takes a quarter of TextEncoder's time.
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
    bytes.write(json);
    return bytes as Uint8Array<ArrayBuffer>;
  } catch {
    return content; // what JSON cannot say is put into words when the message is made
  }
}

/** Shows a value; a promise of the display's bundle is awaited by the cell before it ends. Returns the display's id. */
export function show(value: unknown, options: ShowOptions = {}): string {
  const id = options.id ?? randomUUID();
  current().shownIds.add(id);
  const kind = options.update ? "update_display_data" : "display_data";
  const shown = bundleOf(value);
  const send = (s: Shown) => publishShown(kind, s, { transient: { display_id: id } });
  if (shown instanceof Promise) track(shown.then(send));
  else send(shown);
  return id;
}

/** Shows a mime bundle as it is. */
export function showBundle(
  data: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
  options: ShowOptions = {},
): string {
  const id = options.id ?? randomUUID();
  publishShown(
    options.update ? "update_display_data" : "display_data",
    { data, metadata },
    { transient: { display_id: id } },
  );
  return id;
}

/** Removes the cell's output; with `wait`, only when the next output comes, so that nothing flickers. */
export function clearOutput(wait = false): void {
  const context = current();
  post({ type: "publish", kind: "clear_output", parent: context.parent, content: { wait } });
}

export function track(work: Promise<unknown>): void {
  const { pending } = current();
  pending.add(work);
  const done = () => void pending.delete(work);
  work.then(done, done);
}
