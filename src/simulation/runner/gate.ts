/** How many requests are in work at once: more while the server keeps up, half at the first sign that it does not (AIMD). */
export interface Gate {
  enter(): Promise<void>;
  /** `overloaded` when the server refused or did not answer in time. */
  leave(outcome: "fine" | "overloaded" | "other"): void;
  readonly limit: number;
}

export function createGate(options: { start: number; max: number; now?: () => number }): Gate {
  const now = options.now ?? (() => performance.now());
  let limit = Math.min(options.start, options.max);
  let inside = 0;
  let doubling = true;
  let lastCut = -Infinity;
  const waiting: (() => void)[] = [];
  let head = 0;

  const admit = () => {
    while (inside < Math.floor(limit) && head < waiting.length) {
      inside++;
      waiting[head++]!();
    }
    if (head > 1024 && head * 2 > waiting.length) {
      waiting.splice(0, head);
      head = 0;
    }
  };

  return {
    enter() {
      if (inside < Math.floor(limit)) {
        inside++;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    leave(outcome) {
      inside--;
      if (outcome === "fine") limit = Math.min(options.max, limit + (doubling ? 1 : 1 / limit));
      // One overload shows in many requests at once: cut once a second.
      else if (outcome === "overloaded" && now() - lastCut > 1000) {
        doubling = false;
        lastCut = now();
        limit = Math.max(1, limit / 2);
      }
      admit();
    },
    get limit() {
      return Math.floor(limit);
    },
  };
}
