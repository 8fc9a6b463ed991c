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

/** A process's state letter and when it started, in the system's ticks (Linux); undefined elsewhere. */
function statOf(pid: number): { state: string; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0]!, started: fields[19]! };
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
  const stat = statOf(holder.pid);
  // A killed process that nobody has waited for yet still answers to signals: Z and X are the dead.
  if (stat && "ZX".includes(stat.state)) return true;
  return holder.started !== undefined && stat?.started !== holder.started;
}

export type LockResult = { release: () => void } | { heldBy: Holder };

/** A process killed a moment ago may take this long to be gone; a lock is refused only afterwards. */
const GRACE_MS = 3000;
const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Takes the lock file, also one left behind by a dead process; says who holds it otherwise. */
export function takeLock(path: string): LockResult {
  mkdirSync(dirname(path), { recursive: true });
  const until = Date.now() + GRACE_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(path, "wx", 0o600);
      const started = statOf(process.pid)?.started;
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
    if (holder && !stale(holder)) {
      // Its own lock a process cannot wait for.
      if (holder.pid === process.pid || holder.host !== hostname() || Date.now() > until) return { heldBy: holder };
      pause(50);
      continue;
    }
    if (attempt >= 200) return { heldBy: holder ?? { pid: 0, host: "unknown", since: "unknown" } };
    // A file still being written names no holder yet: look again before it is called left behind.
    if (holder || attempt > 10) removeStale(path);
    else pause(20);
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
    else pause(20);
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
