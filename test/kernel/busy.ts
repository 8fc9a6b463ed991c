/** Cells that never end by themselves, each in another way; for the tests of interrupts and their benchmark. */
export const busy: Record<string, string> = {
  "a loop": "while (true) {}",
  "a pending await": "await new Promise(() => {})",
  "a loop behind an await": "await null; while (true) {}",
  "a loop in an imported module": "spin()",
  "a blocked Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
  "a loop that catches everything": "while (true) { try { while (true) {} } catch {} }",
  "a loop in a timer": "await new Promise(() => setTimeout(() => { while (true) {} }, 10))",
  "a loop in an immediate": "await new Promise(() => setImmediate(() => { while (true) {} }))",
  "a loop that awaits": "while (true) await null",
  "a loop that prints": "while (true) console.log('.')",
  "a prompt": "prompt('?')",
};
