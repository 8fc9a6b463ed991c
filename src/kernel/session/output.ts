/** Everything written to standard output and error becomes stream messages of the cell that wrote it. */
import { Writable } from "node:stream";
import { current, stopIfInterrupted } from "./context.js";
import { post } from "./port.js";

export function write(name: "stdout" | "stderr", text: string): void {
  const context = current();
  stopIfInterrupted(context);
  if (text && !context.silent) post({ type: "stream", parent: context.parent, name, text });
}

class CellStream extends Writable {
  readonly fd: number;
  readonly isTTY = false;
  constructor(private readonly stream: "stdout" | "stderr") {
    super({ decodeStrings: false });
    this.fd = stream === "stdout" ? 1 : 2;
  }
  // Overridden whole, not `_write`: a write must be on its way before it returns, also when the cell never yields.
  override write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    const done = typeof encoding === "function" ? encoding : callback;
    const text =
      typeof chunk === "string"
        ? chunk
        : Buffer.from(chunk as Uint8Array).toString(
            typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8",
          );
    write(this.stream, text);
    if (typeof done === "function") process.nextTick(done as () => void);
    return true;
  }
}

/** Replaces the process's streams; the real standard error stays reachable for last words. */
export function captureStreams(): void {
  for (const name of ["stdout", "stderr"] as const) {
    let stream: CellStream | undefined;
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => (stream ??= new CellStream(name)),
    });
  }
}
