/** A lock that one living process holds, by a file that names it. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";

interface Holder {
  pid: number;
  host: string;
  /** Tells a process from a later one with the same number, where the system says when it started. */
  started?: string;
  since: string;
}

/** When a process started, in the system's ticks (Linux); undefined elsewhere. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Whether the holder certainly lives no more. A lock from another machine is never called stale. */
function stale(holder: Holder): boolean {
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return holder.started !== undefined && startOf(holder.pid) !== holder.started;
}

export type LockResult = { release: () => void } | { heldBy: Holder };

/** Takes the lock file, also one left behind by a dead process; says who holds it otherwise. */
export function takeLock(path: string): LockResult {
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(path, "wx", 0o600);
      const started = startOf(process.pid);
      const holder: Holder = {
        pid: process.pid,
        host: hostname(),
        since: new Date().toISOString(),
        ...(started ? { started } : {}),
      };
      writeSync(fd, JSON.stringify(holder));
      closeSync(fd);
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(path);
    if (holder && !stale(holder)) return { heldBy: holder };
    if (attempt >= 50) return { heldBy: holder ?? { pid: 0, host: "unknown", since: "unknown" } };
    // A file still being written names no holder yet: look again before it is called left behind.
    if (holder || attempt > 10) removeStale(path);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

/** Removes a lock of a dead process; one process at a time, so that nobody removes the lock the other just took. */
function removeStale(path: string): void {
  const breaking = `${path}.breaking`;
  try {
    closeSync(openSync(breaking, "wx", 0o600));
  } catch {
    // The other one is at it; should it have died there, its mark is old.
    const age = Date.now() - (statSync(breaking, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 5000) rmSync(breaking, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    return;
  }
  const holder = readHolder(path);
  if (!holder || stale(holder)) rmSync(path, { force: true });
  rmSync(breaking, { force: true });
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
