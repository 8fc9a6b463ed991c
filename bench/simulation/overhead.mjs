// What the runner costs a request at concurrency 64 against an instant server on loopback, beside the bare openai SDK
// and bare fetch sending the same number of requests. Target: at most 1 ms a request.
import { fork } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { loadStudy } from "proband/study";
import { compatible } from "proband/provider";
import { run } from "proband/simulation";

const server = fork(new URL("./_server.mjs", import.meta.url));
const port = await new Promise((resolve) => server.once("message", resolve));
const baseURL = `http://127.0.0.1:${port}/v1`;
const concurrency = 64;
const anes = await loadStudy("anes96");
const home = join(tmpdir(), `proband-overhead-${process.pid}`);
const people = anes.take(Array.from({ length: 750 }, (_, i) => i));
const requests = people.n * 4;
const messages = [{ role: "user", content: "x".repeat(1200) }];

async function pool(one) {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next++ < requests) await one();
    }),
  );
}
/** Wall and processor milliseconds a request; on a busy machine the second tells more. */
async function time(work) {
  const started = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - started) / requests, cpu: (user + system) / 1000 / requests };
}
const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
const bare = () =>
  pool(async () =>
    (
      await fetch(`${baseURL}/chat/completions`, { method: "POST", body: JSON.stringify({ model: "m", messages }) })
    ).json(),
  );
const sdk = () => pool(() => client.chat.completions.create({ model: "m", messages }));
let runs = 0;
const ours = () =>
  run(people, {
    model: "m",
    elicitation: "sampled",
    permute: false,
    limits: { concurrency },
    provider: compatible({ baseURL, capabilities: { jsonSchema: true, seed: true } }),
    home,
    ledger: join(home, `${++runs}.jsonl`),
    onProgress: () => {},
  });
const rows = [];
for (let round = 0; round < 3; round++)
  rows.push({ fetch: await time(bare), sdk: await time(sdk), simulation: await time(ours) });
server.kill();
rmSync(home, { recursive: true });
const best = (name, what) => Math.min(...rows.map((r) => r[name][what]));
const result = { requests, concurrency };
for (const name of ["fetch", "sdk", "simulation"])
  result[name] = { wallMs: best(name, "wall"), cpuMs: best(name, "cpu") };
const line = (label, name) =>
  console.log(
    `  ${label.padEnd(15)} ${result[name].wallMs.toFixed(3)} wall  ${result[name].cpuMs.toFixed(3)} processor`,
  );
console.log(`${requests} requests at concurrency ${concurrency}, best of 3, milliseconds a request:`);
line("bare fetch", "fetch");
line("openai SDK", "sdk");
line("simulation.run", "simulation");
const over = (name, what) => (result.simulation[what] - result[name][what]).toFixed(3);
console.log(
  `  the runner's own (prompts, draws, ledger): ${over("sdk", "wallMs")} wall, ${over("sdk", "cpuMs")} processor over the SDK; ` +
    `${over("fetch", "wallMs")} and ${over("fetch", "cpuMs")} over bare fetch. Target: at most 1`,
);
mkdirSync("build/bench", { recursive: true });
writeFileSync("build/bench/simulation-overhead.json", JSON.stringify(result, null, 2));
