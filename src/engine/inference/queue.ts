/** Brings calls together that arrive together: a runner's hundred single questions become a few batches. */
import type { Network } from "./sessions.js";

export interface Waiting<J, R> {
  job: J;
  network: Network;
  signal: AbortSignal | undefined;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/** Lets messages and timers of this thread in. */
export const breathe = () => new Promise<void>((resolve) => setTimeout(resolve));

/**
 * Returns how to add jobs. `run` gets all waiting jobs of one network, oldest first, does some of them and says which
 * (indices) with their results; it is called until none is left.
 */
export function createQueue<J, R>(
  run: (network: Network, jobs: Waiting<J, R>[]) => Promise<{ done: number[]; results: R[] }>,
) {
  let waiting: Waiting<J, R>[] = [];
  let busy = false;

  async function work() {
    busy = true;
    // Calls made in the same turn of the event loop, and messages that are already here, come first.
    await breathe();
    while (waiting.length) {
      for (const entry of waiting) if (entry.signal?.aborted) entry.reject(entry.signal.reason);
      waiting = waiting.filter((entry) => !entry.signal?.aborted);
      const network = waiting[0]?.network;
      if (!network) break;
      const mine = waiting.filter((entry) => entry.network === network);
      let finished: Set<Waiting<J, R>>;
      try {
        const { done, results } = await run(network, mine);
        done.forEach((i, k) => {
          const { signal, resolve, reject } = mine[i]!;
          if (signal?.aborted) reject(signal.reason);
          else resolve(results[k]!);
        });
        finished = new Set(done.map((i) => mine[i]!));
      } catch (error) {
        for (const entry of mine) entry.reject(error);
        finished = new Set(mine);
      }
      waiting = waiting.filter((entry) => !finished.has(entry));
      await breathe();
    }
    busy = false;
  }

  return (network: Network, jobs: J[], signal?: AbortSignal): Promise<R[]> =>
    Promise.all(
      jobs.map(
        (job) =>
          new Promise<R>((resolve, reject) => {
            waiting.push({ job, network, signal, resolve, reject });
            if (!busy) void work();
          }),
      ),
    );
}
