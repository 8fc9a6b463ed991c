// What a notebook does, in a process of its own: finetune the built-in model on 30 people, then ask 914 others four
// questions in order, with the packages's own functions; meanwhile a timer of 5 ms runs on the calling thread.
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Lateness of a 5 ms timer; on Linux also how long this thread itself computed between two ticks. */
function watch() {
  const schedule = () => {
    try {
      return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    } catch {
      return NaN;
    }
  };
  let last = performance.now(),
    busy = schedule(),
    late = [],
    own = [];
  const timer = setInterval(() => {
    const now = performance.now(),
      b = schedule();
    late.push(now - last - 5);
    own.push(b - busy);
    last = now;
    busy = b;
  }, 5);
  return {
    take() {
      const sorted = late.sort((a, b) => a - b);
      const result = {
        late: sorted.at(-1) ?? 0,
        late999: sorted[Math.floor(sorted.length * 0.999)] ?? 0,
        over20: sorted.filter((l) => l > 20).length,
        ticks: sorted.length,
        own: Math.max(0, ...own),
      };
      late = [];
      own = [];
      last = performance.now();
      busy = schedule();
      return result;
    },
    stop: () => clearInterval(timer),
  };
}

if (process.argv[2] === "idle") {
  // The same timer in a process that does nothing: how late timers are on this machine at this moment anyway.
  const idle = watch();
  process.on("message", () => process.send(idle.take()));
} else {
  const { loadStudy, sampling, finetuning, simulation } = await import("proband");
  const home = mkdtempSync(join(tmpdir(), "bench-"));
  process.chdir(home);
  const child = fork(fileURLToPath(import.meta.url), ["idle"], { execArgv: [] });
  const idle = () => new Promise((resolve) => (child.once("message", resolve), child.send("take")));
  const anes = await loadStudy("anes96");
  const { pilot, rest } = sampling.simpleRandom(anes, { n: 30, seed: 7 });
  const quiet = () => {};
  const watching = watch();
  const results = {};
  const phase = async (name, run) => {
    await idle();
    watching.take();
    const started = performance.now(),
      cpu = process.cpuUsage();
    const value = await run();
    const used = process.cpuUsage(cpu);
    const wall = (performance.now() - started) / 1000;
    results[name] = { wall, cpu: (used.user + used.system) / 1e6, ...watching.take(), idle: await idle() };
    return value;
  };
  const model = await phase("finetune", () =>
    finetuning.run(pilot, { base: "proband-base", seed: 7, home, onProgress: quiet }),
  );
  const answers = await phase("simulate", () => simulation.run(rest, { model, seed: 7, home, onProgress: quiet }));
  watching.stop();
  child.kill();
  results.people = [pilot.n, rest.n];
  results.answers = answers.rows?.length ?? answers.n;
  process.chdir("/");
  rmSync(home, { recursive: true, force: true });
  console.log(JSON.stringify(results));
  process.exit(0);
}
