// What the widget benchmarks measure with: milliseconds in the page, taken by its own clock.

/** Runs in the page before JupyterLab: notes when a large message has arrived, before anybody reads it. */
export const watchSocket = `{
  const Native = WebSocket;
  globalThis.__arrived = 0;
  globalThis.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", (e) => {
        if (e.data?.byteLength > 400_000) globalThis.__arrived = performance.timeOrigin + performance.now();
      });
    }
  };
}`;

/** Milliseconds, in the page, from an action until a condition on the page holds. */
export async function timed(page, condition, act) {
  await page.evaluate((source) => {
    const holds = new Function(`return (${source})()`);
    globalThis.__done = new Promise((resolve, reject) => {
      let started;
      for (const kind of ["keydown", "pointermove"])
        addEventListener(
          kind,
          () => {
            started ??= performance.now();
            globalThis.__started ??= performance.timeOrigin + started;
          },
          { once: true, capture: true },
        );
      globalThis.__started = undefined;
      const limit = performance.now() + 20_000;
      const look = () => {
        if (started !== undefined && holds()) {
          globalThis.__ended = performance.timeOrigin + performance.now();
          resolve(performance.now() - started);
        } else if (performance.now() > limit) reject(new Error("did not happen within 20 s"));
        else requestAnimationFrame(look);
      };
      look();
    });
  }, condition);
  await act();
  return page.evaluate(() => globalThis.__done);
}

export const sorted = (values) => [...values].sort((a, b) => a - b);
export const median = (values) => sorted(values)[Math.floor(values.length / 2)];
export const worst = (values) => Math.max(...values);
