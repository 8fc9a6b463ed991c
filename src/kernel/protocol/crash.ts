/**
 * A note beside the connection file of what is running, so that a kernel that Jupyter restarts after a crash can say
 * what happened: the process that ran out of memory could not.
 */
import { closeSync, openSync, readFileSync, unlinkSync, writeSync, ftruncateSync } from "node:fs";

export interface CrashNote {
  running(count: number, code: string): void;
  idle(): void;
  clear(): void;
  /** What to say when the kernel before this one ended while a cell ran. */
  previous(): string | undefined;
}

export function crashNote(connectionFile: string): CrashNote {
  const path = `${connectionFile}.running`;
  let before: { pid: number; count: number; line: string } | undefined;
  try {
    before = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // none: the usual case
  }
  let handle: number | undefined;
  const write = (text: string) => {
    try {
      handle ??= openSync(path, "w", 0o600);
      ftruncateSync(handle, 0);
      writeSync(handle, text, 0);
    } catch {
      // a read-only folder: no note
    }
  };
  return {
    running(count, code) {
      const line = code.trim().split("\n", 1)[0]!.slice(0, 120);
      write(JSON.stringify({ pid: process.pid, count, line }));
    },
    idle: () => write("{}"),
    clear() {
      try {
        if (handle !== undefined) closeSync(handle);
        handle = undefined;
        unlinkSync(path);
      } catch {
        // never made
      }
    },
    previous() {
      if (!before?.pid || before.pid === process.pid) return undefined;
      return (
        `The kernel was restarted: the process before this one ended while cell [${before.count}] ran ("${before.line}"). ` +
        "The usual reasons are too little memory (for 8 GB: proband install --memory 8192) or a crash " +
        "in a native module. Its variables are gone; run the cells you need again."
      );
    },
  };
}
