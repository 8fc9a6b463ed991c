import { nextTurn } from "../../study/turns.js";

/**
 * Lets timers and input run in between: hundreds of answers that arrive together would otherwise hold the event loop
 * for as long as all of them take. Resolves at once while the present slice of time is not used up.
 */
const sliceMs = 4;
/** Callers let through in a slice: those that wait are all woken at once and would all find the slice unused. */
const sliceCallers = 4;
let sliceStart = 0;
let left = 0;
let next: Promise<void> | undefined;

export async function breathe(): Promise<void> {
  while (left <= 0 || performance.now() - sliceStart > sliceMs)
    await (next ??= new Promise((resolve) =>
      nextTurn(() => {
        next = undefined;
        sliceStart = performance.now();
        left = sliceCallers;
        resolve();
      }),
    ));
  left--;
}
