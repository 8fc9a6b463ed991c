/**
 * Child processes that would write to the kernel's own standard output and error (`stdio: "inherit"`, which `npm install`
 * in a cell is often given): Jupyter's log would have what the reader should see. Their output becomes the cell's.
 */
import type { ChildProcess, SpawnSyncReturns } from "node:child_process";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { current, runIn } from "./context.js";
import { write } from "./output.js";

const names = ["stdin", "stdout", "stderr"] as const;

/** Which of a child's outputs (1, 2) go to the kernel's, and its stdio with pipes in their place. */
function piped(stdio: unknown): { outputs: (1 | 2)[]; stdio: unknown[] } {
  const list = Array.isArray(stdio) ? [...(stdio as unknown[])] : [stdio, stdio, stdio];
  const outputs = ([1, 2] as const).filter((i) => {
    const to = list[i];
    return to === "inherit" || to === 1 || to === 2 || to === process.stdout || to === process.stderr;
  });
  for (const i of outputs) list[i] = "pipe";
  return { outputs, stdio: list };
}

/** Where the child's output was to go: its standard error may be the kernel's standard output. */
const target = (stdio: unknown, i: 1 | 2): "stdout" | "stderr" => {
  const to = Array.isArray(stdio) ? (stdio as unknown[])[i] : undefined;
  if (to === 1 || to === process.stdout) return "stdout";
  return to === 2 || to === process.stderr || i === 2 ? "stderr" : "stdout";
};

/** To be called before a cell can have Node's module; changes it once. */
export function showChildren(): void {
  if (done) return;
  done = true;
  const module = createRequire(import.meta.url)("node:child_process") as typeof import("node:child_process");
  showSpawned(module.ChildProcess.prototype as unknown as Spawning);
  const sync = module as unknown as Record<string, (...args: any[]) => unknown>;
  for (const name of ["spawnSync", "execFileSync", "execSync"] as const) sync[name] = showEnded(name, sync[name]!);
  syncBuiltinESMExports();
}
let done = false;

interface Spawning {
  spawn(options: { stdio?: unknown }): unknown;
}

/** All of spawn, exec, execFile and fork come through this method. */
function showSpawned(prototype: Spawning): void {
  const { spawn } = prototype;
  prototype.spawn = function (this: ChildProcess & { stdout: unknown; stderr: unknown }, options) {
    const { outputs, stdio } = piped(options.stdio);
    if (!outputs.length) return spawn.call(this, options);
    const result = spawn.call(this, { ...options, stdio });
    const context = current();
    for (const i of outputs) {
      const stream = this.stdio?.[i] as NodeJS.ReadableStream | null | undefined;
      const to = target(options.stdio, i);
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        // What an interrupted cell's child still says belongs nowhere.
        if (!context.interrupted) runIn(context, () => write(to, text));
      });
      this[names[i]] = null as never; // as it is for a child that inherits
      (this.stdio as unknown[])[i] = null;
    }
    return result;
  };
}

/** The calls that wait: what the child wrote is there when it has ended. */
function showEnded(name: string, original: (...args: any[]) => unknown): (...args: any[]) => unknown {
  const wrapped = (...args: unknown[]): unknown => {
    const at = args.findIndex((a, i) => i > 0 && typeof a === "object" && a !== null && !Array.isArray(a));
    const options = args[at] as { stdio?: unknown } | undefined;
    const { outputs, stdio } = piped(options?.stdio);
    if (!options || !outputs.length) return original(...args);
    const shows = outputs.includes(1);
    args[at] = { maxBuffer: Infinity, ...options, stdio, ...(shows ? { encoding: "utf8" } : {}) };
    const show = (i: 1 | 2, text: unknown) =>
      outputs.includes(i) && text ? write(target(options.stdio, i), String(text)) : undefined;
    if (name === "spawnSync") {
      const result = original(...args) as SpawnSyncReturns<unknown>;
      show(1, result.stdout);
      show(2, result.stderr);
      for (const i of outputs) {
        result[i === 1 ? "stdout" : "stderr"] = null;
        if (result.output) result.output[i] = null;
      }
      return result;
    }
    // Without any stdio, these write the child's standard error to process.stderr, which is the cell's.
    if (outputs.includes(2)) args[at] = { ...(args[at] as object), stdio: undefined };
    try {
      const stdout = original(...args);
      show(1, stdout);
      return shows ? null : stdout;
    } catch (error) {
      show(1, (error as { stdout?: unknown }).stdout);
      throw error;
    }
  };
  Object.defineProperty(wrapped, "name", { value: name });
  return wrapped;
}
