/**
 * Interrupts. The session is told by message and rejects its cells; code that computes is terminated through the
 * inspector, also inside a blocked Atomics.wait, so that the message can be read.
 *
 * A termination hits whatever runs when it arrives. So the session is asked first where it is: only the reader's code is
 * terminated, not a thread that waits (the next message's handler would be hit) nor the kernel's own work. What is hit
 * all the same in the moment between question and blow is put right at the end: `settle` answers every cell that the
 * session has forgotten, and until then nothing new is handed to it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { log } from "./log.js";
import type { Kernel } from "./kernel.js";
import type { Stdin } from "./stdin.js";

export interface Interrupts {
  /** Resolves when the session is free, or after some time where even a termination does not reach it. */
  interrupt(): Promise<void>;
  acknowledged(round: number): void;
  onSignal(also: () => void): void;
}

/** Around an interrupt: nothing is handed to the session from `begin` to `settle`. */
export interface Around {
  begin(): void;
  settle(): void;
}

const patience = 4; // ms that code which is about to yield is given, and between further attempts
const inKernelAtMost = 6; // attempts that spare the kernel's own work, which may be long (inspecting something huge)
const onItsOwn = 50; // as many where a question or a child process was ended, whose cell most likely ends by itself
const childAfter = 300; // ms without an answer after which a child process that is waited for is asked to end
const replyAfter = 2000; // ms after which the request is answered even if the session could not be reached

const sleep = (ms: number) => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms));
const within = <T>(work: Promise<T>, ms: number): Promise<T | undefined> => Promise.race([work, sleep(ms)]);

export function createInterrupts(kernel: Kernel, stdin: Stdin, around: Around): Interrupts {
  let round = 0;
  let answered = 0;
  let wake: () => void = () => {};
  let underway: Promise<void> | undefined;

  const post = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => kernel.inspector.post(method, params, (_, result) => resolve(result)));

  /** What the session's thread is doing; "child" where it waited for a child process, which is then asked to end. */
  async function where(): Promise<string | undefined> {
    const expression = 'globalThis[Symbol.for("proband.where")]()\n//# sourceURL=proband:where';
    const asked = post("Runtime.evaluate", { expression, silent: true, returnByValue: true });
    if (!(await within(asked, childAfter))) {
      endChild();
      await asked;
      // The call that waited for it now fails, and the cell most likely with it: a termination would come after its end and
      // hit V8's own answer to the failed cell, which ends the process on Node 20.
      return "child";
    }
    return ((await asked) as { result?: { value?: string } } | undefined)?.result?.value ?? "user";
  }

  async function terminate(): Promise<void> {
    const reported = post("Runtime.terminateExecution").then(() => true);
    if (await within(reported, patience)) return;
    // The code has ended in the meantime, and what runs next would be hit: let it be this.
    void post("Runtime.evaluate", { expression: "0", silent: true });
    await within(reported, 1000);
  }

  async function run(): Promise<void> {
    const first = round + 1;
    const done = new Promise<true>((resolve) => (wake = () => resolve(true)));
    const free = () => answered >= first;
    const tell = () => kernel.toSession({ type: "interrupt", round: ++round });
    // A question that waited fails now, and its cell with it, by itself: a termination behind its end would hit V8's own
    // answer to the failed cell. A cell that catches the failure and goes on is terminated a little later.
    const asking = stdin.interrupt();
    const spared = asking ? onItsOwn : inKernelAtMost;
    let inUser = asking ? onItsOwn : 0;
    let children = 0;
    tell();
    for (let inKernel = 0; !free();) {
      if (await within(done, patience)) break;
      const place = await Promise.race([where(), done]);
      if (place === "kernel") inKernel++;
      if (free() || place === "idle" || (place === "kernel" && inKernel < spared)) continue;
      // A cell that starts one child after another is terminated behind the second.
      if (place === "child" && children++ === 0) {
        inUser = onItsOwn;
        continue;
      }
      if (place === "user" && inUser-- > 0) continue;
      await terminate();
      tell(); // the one before may have been hit
    }
  }

  function interrupt(): Promise<void> {
    if (!underway) {
      around.begin();
      underway = run()
        .catch((error: Error) => log(`an interrupt failed: ${error.stack}`))
        .then(() => {
          underway = undefined;
          around.settle();
        });
    }
    return within(underway, replyAfter);
  }

  return {
    interrupt,
    acknowledged(number) {
      answered = Math.max(answered, number);
      wake();
    },
    onSignal(also) {
      const act = () => {
        also();
        void interrupt();
      };
      // A worker has no process signals, but its event loop can watch for one: the main thread's loop may be blocked.
      try {
        const watch = new (internalBinding("signal_wrap").Signal)();
        watch.unref?.();
        watch.onsignal = act;
        watch.start(2);
      } catch (error) {
        log(`SIGINT cannot be watched (${(error as Error).message}); use interrupt messages`);
      }
    },
  };
}

/** Node's own modules, which main.ts lets this thread (and not the reader's) see; a warning says that they are no API. */
function internalBinding(name: string): Record<string, any> {
  const warned = process.listeners("warning");
  process.removeAllListeners("warning");
  const binding = createRequire(import.meta.url)("internal/test/binding") as {
    internalBinding(name: string): Record<string, any>;
  };
  process.nextTick(() => {
    for (const listener of warned) process.on("warning", listener);
  });
  return binding.internalBinding(name);
}

/** `execSync("sleep 100")`: as Ctrl+C in a terminal would, asks the child that the session's thread started last to end. */
function endChild(): void {
  const last = Math.max(...childrenOf(process.pid));
  if (last > 0) signal(last);
}

/** With its own children, since a shell waits for them. */
function signal(id: number): void {
  for (const child of childrenOf(id)) signal(child);
  try {
    process.kill(id, "SIGINT");
  } catch {
    // it has just ended
  }
}

function childrenOf(id: number): number[] {
  try {
    return readFileSync(`/proc/${id}/task/${id}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // not Linux, or it has just ended
  }
}
