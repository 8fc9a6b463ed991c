/** Lines for whoever started the kernel. Written straight to the process's standard error: a worker's own goes through the
 * main thread, which may be busy for good. */
import { writeSync } from "node:fs";

let written = 0;
const most = 200;

export function log(line: string): void {
  if (++written > most) return;
  try {
    writeSync(2, `proband: ${line}${written === most ? " (further lines are left out)" : ""}\n`);
  } catch {
    // nobody listens
  }
}
