/**
 * Everything written to standard output and error becomes stream messages of the cell that wrote it. The first lines go
 * out at once; a flood is joined, and what is held back goes when the cell yields, when enough has come together, or
 * when the protocol thread asks for it while the cell computes.
 */
import { Writable } from "node:stream";
import { format } from "node:util";
import { current, stopIfInterrupted, type CellContext } from "./context.js";
import { post } from "./port.js";

type Name = "stdout" | "stderr";

const burst = 20; // writes that go out at once …
const recovery = 20; // … within so many ms
const largest = 1 << 14; // characters held back

let held: { context: CellContext; name: Name; text: string } | undefined;
let scheduled = false;
let since = 0;
let sent = 0;

/** Sends what is held back; called before anything else is sent, so that order is kept. */
export function flushOutput(): void {
  if (!held) return;
  const { context, name, text } = held;
  held = undefined;
  post({ type: "stream", parent: context.parent, name, text, more: true });
}

export function write(name: Name, text: string): void {
  const context = current();
  stopIfInterrupted(context);
  if (!text || context.silent) return;
  if (held) {
    if (held.context === context && held.name === name) {
      held.text += text;
      if (held.text.length > largest) flushOutput();
      return;
    }
    flushOutput();
  }
  // The clock is read once in a burst and not for each line.
  if (++sent > burst) {
    const now = performance.now();
    if (now - since > recovery) {
      since = now;
      sent = 0;
    } else {
      held = { context, name, text };
      if (!scheduled) {
        scheduled = true;
        laterOn();
      }
      return;
    }
  }
  post({ type: "stream", parent: context.parent, name, text, more: sent >= burst });
}

const immediately = setImmediate;
function laterOn(): void {
  immediately(() => {
    scheduled = false;
    flushOutput();
  });
}

/** After an interrupt, which may have lost the immediate that was to send what is held back. */
export function resumeOutput(): void {
  scheduled = false;
  flushOutput();
}

class CellStream extends Writable {
  readonly fd: number;
  readonly isTTY = false;
  constructor(private readonly stream: Name) {
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

/** Replaces the process's streams. */
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

/**
 * The console's common methods, written straight to the cell's output: Node's own spend most of a line's time on
 * listeners for streams that may break, which these cannot. The others (table, count, time …) go through these.
 */
export function shortenConsole(): void {
  let indent = "";
  const line = (name: Name, args: unknown[]) => {
    let text = args.length === 1 && typeof args[0] === "string" ? args[0] : format(...args);
    if (indent) text = indent + text.replaceAll("\n", `\n${indent}`);
    write(name, `${text}\n`);
  };
  console.log = console.info = console.debug = (...args: unknown[]) => line("stdout", args);
  console.error = console.warn = (...args: unknown[]) => line("stderr", args);
  console.group = console.groupCollapsed = (...label: unknown[]) => {
    if (label.length) line("stdout", label);
    indent += "  ";
  };
  console.groupEnd = () => {
    indent = indent.slice(2);
  };
}
