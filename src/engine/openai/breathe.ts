/**
 * Lets timers and input run in between: hundreds of answers that arrive together would otherwise hold the event loop
 * for as long as all of them take. Resolves at once while the present slice of time is not used up.
 */
const sliceMs = 6;
let sliceStart = 0;
let next: Promise<void> | undefined;

const macrotask: (run: () => void) => void =
  typeof setImmediate === "function" ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0);

export async function breathe(): Promise<void> {
  while (performance.now() - sliceStart > sliceMs)
    await (next ??= new Promise((resolve) =>
      macrotask(() => {
        next = undefined;
        sliceStart = performance.now();
        resolve();
      }),
    ));
}
