/**
 * Stream output on its way to iopub. Adjacent pieces of one cell are joined: at once when nothing was sent lately, else
 * after a pause, so that a loop of prints makes tens of messages and not thousands (Jupyter drops beyond 1000 a second).
 */
import type { Header } from "./wire.js";

export interface StreamBuffer {
  add(parent: Partial<Header> | undefined, name: string, text: string): void;
  /** Sends what is held back; called before anything that must come after it. */
  flush(): void;
}

const pause = 20; // ms
const largest = 1 << 20; // characters in one message

export function createStreamBuffer(
  publish: (type: "stream", content: { name: string; text: string }, parent: Partial<Header> | undefined) => void,
): StreamBuffer {
  let held: { parent: Partial<Header> | undefined; name: string; parts: string[]; size: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let last = 0;
  const flush = () => {
    if (timer) clearTimeout(timer);
    timer = undefined;
    if (!held) return;
    const { parent, name, parts } = held;
    held = undefined;
    last = performance.now();
    publish("stream", { name, text: parts.join("") }, parent);
  };
  return {
    add(parent, name, text) {
      if (held && (held.parent !== parent || held.name !== name || held.size > largest)) flush();
      held ??= { parent, name, parts: [], size: 0 };
      held.parts.push(text);
      held.size += text.length;
      if (timer) return;
      const wait = pause - (performance.now() - last);
      // A first piece waits until this turn's messages are read, so that a burst starts joined.
      timer = setTimeout(flush, Math.max(0, wait));
    },
    flush,
  };
}
