// Interrupts at every moment: each kind of cell that hangs, interrupted 0 to 50 ms after it began, with the machine idle
// and with every core busy. Each must be ended, keep the state, and the next cell must run.
//   npm run bench kernel/interrupts              about two minutes; --rounds N, --load N busy processes
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const { Client } = await import(join(root, "build", "test", "kernel", "client.js"));
const { busy } = await import(join(root, "build", "test", "kernel", "busy.js"));
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const rounds = option("rounds", 1);
const results = {};
const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];

for (const load of [0, option("load", cpus().length * 2)]) {
  const hogs = Array.from({ length: load }, () => spawn(process.execPath, ["-e", "while (true) {}"]));
  const client = await (await Client.start()).ready();
  writeFileSync(join(client.folder, "spin.ts"), "export function spin(): void { let i = 0; for (;;) i++; }");
  await client.execute("let kept = 'state'; import { spin } from './spin.ts'", { timeout: 120_000 });
  const times = [];
  let failed = 0;
  let total = 0;
  for (let round = 0; round < rounds; round++)
    for (const [name, code] of Object.entries(busy))
      for (let delay = 0; delay <= 50; delay += load ? 5 : 2) {
        total++;
        client.received.length = 0;
        const cell = client.execute(code, { timeout: 30_000 });
        try {
          await client.until((m) => m.header.msg_type === "execute_input", 30_000);
          const t = performance.now();
          while (performance.now() - t < delay) await new Promise((r) => setTimeout(r, delay > 3 ? 2 : 0));
          const begun = performance.now();
          client.send("control", "interrupt_request", {});
          const { error } = await cell;
          times.push(performance.now() - begun);
          if (error?.ename !== "Interrupted") throw new Error(`ended with ${error?.ename}`);
          const { result } = await client.execute("kept", { timeout: 30_000 });
          if (result !== "'state'") throw new Error(`the next cell gave ${result}`);
        } catch (error) {
          failed++;
          console.log(`  ${name} after ${delay} ms: ${String(error.message).split("\n")[0]}`);
          await cell.catch(() => undefined);
          if (failed > 5) process.exit(1);
          client.send("control", "interrupt_request", {});
          await new Promise((r) => setTimeout(r, 500));
        }
      }
  const key = load ? `${load} busy processes beside it` : "nothing beside it";
  results[key] = {
    total,
    failed,
    median: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    worst: Math.max(...times),
  };
  const { median, p95, worst } = results[key];
  console.log(
    `interrupts, ${key}: ${total - failed} of ${total} ended with state kept; median ${median.toFixed(1)}, 95% ${p95.toFixed(1)}, worst ${worst.toFixed(1)} ms${load ? "" : " (target ≤ 50)"}`,
  );
  await client.stop();
  for (const hog of hogs) hog.kill("SIGKILL");
  if (failed) process.exitCode = 1;
}
mkdirSync(join(root, "build", "bench"), { recursive: true });
writeFileSync(join(root, "build", "bench", "kernel-interrupts.json"), `${JSON.stringify(results, null, 2)}\n`);
