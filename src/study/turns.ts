/** Long computations in pieces: timers, a reader's input and messages get their turn in between. */
const sliceMs = 4;

/** Runs something after all that waits already. In pages by a message: a timer set in a timer waits 4 ms at least. */
export const nextTurn: (run: () => void) => void =
  typeof setImmediate === "function" ? (run) => void setImmediate(run) : byMessage();

function byMessage(): (run: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()!();
  return (run) => {
    waiting.push(run);
    port2.postMessage(undefined);
  };
}

/** All that the steps give, in order; gives way to whatever waits after every few milliseconds of them. */
export async function inTurns<T>(steps: Iterable<T>): Promise<T[]> {
  const all: T[] = [];
  let since = performance.now();
  for (const step of steps) {
    all.push(step);
    if (performance.now() - since < sliceMs) continue;
    await new Promise<void>(nextTurn);
    since = performance.now();
  }
  return all;
}
