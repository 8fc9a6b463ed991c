/**
 * Interrupts. A session that waits is told by message and rejects its cells; one that computes is terminated through
 * the inspector, also inside a blocked Atomics.wait, and then told. Told first: a termination that meets an idle thread
 * would hit whatever runs next.
 */
import { log } from "./log.js";
import type { Kernel } from "./kernel.js";
import type { Stdin } from "./stdin.js";

export interface Interrupts {
  interrupt(): Promise<void>;
  acknowledged(round: number): void;
  onSignal(also: () => void): void;
}

const patience = [4, 15, 30, 60, 120, 250, 500, 1000]; // ms until the next termination

export function createInterrupts(kernel: Kernel, stdin: Stdin): Interrupts {
  let round = 0;
  const waiting = new Map<number, () => void>();

  function told(): Promise<boolean> {
    const mine = ++round;
    kernel.toSession({ type: "interrupt", round: mine });
    return new Promise((resolve) => {
      waiting.set(mine, () => resolve(true));
    });
  }

  async function interrupt(): Promise<void> {
    stdin.interrupt();
    for (const delay of patience) {
      const acknowledged = told();
      const timeout = new Promise<false>((resolve) => setTimeout(() => resolve(false), delay));
      if (await Promise.race([acknowledged, timeout])) return;
      kernel.inspector.post("Runtime.terminateExecution", () => undefined);
    }
  }

  return {
    interrupt,
    acknowledged(number) {
      // An answer to any round is an answer to all that came before it.
      for (const [id, resolve] of waiting)
        if (id <= number) {
          waiting.delete(id);
          resolve();
        }
    },
    onSignal(also) {
      const act = () => {
        also();
        void interrupt();
      };
      // A worker has no process signals, but its event loop can watch for one: the main thread's loop may be blocked.
      const { noDeprecation } = process;
      process.noDeprecation = true;
      try {
        const binding = (process as unknown as { binding(name: string): { Signal: new () => any } }).binding(
          "signal_wrap",
        );
        const watch = new binding.Signal();
        watch.unref?.();
        watch.onsignal = act;
        watch.start(2);
      } catch (error) {
        log(`SIGINT cannot be watched (${(error as Error).message}); use interrupt messages`);
      }
      process.noDeprecation = noDeprecation;
    },
  };
}
