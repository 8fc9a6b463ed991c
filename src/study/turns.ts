/** Long computations in pieces: timers, a reader's input and messages get their turn in between. */
const sliceMs = 4;

const macrotask: (run: () => void) => void =
  typeof setImmediate === "function" ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0);

/** All that the steps give, in order; gives way to whatever waits after every few milliseconds of them. */
export async function inTurns<T>(steps: Iterable<T>): Promise<T[]> {
  const all: T[] = [];
  let since = performance.now();
  for (const step of steps) {
    all.push(step);
    if (performance.now() - since < sliceMs) continue;
    await new Promise<void>(macrotask);
    since = performance.now();
  }
  return all;
}
