// Memory from 1e3 to 1e5 answers (1e6 with PROBAND_BENCH_MILLION=1), each in a process of its own, and what a second,
// fully recorded run takes. Replies come from an instant in-process fetch.
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

if (process.argv[2] === "child") {
  const [, , , count, ledger] = process.argv;
  const { loadStudy, Respondents } = await import("proband/study");
  const { compatible } = await import("proband/provider");
  const { run } = await import("proband/simulation");
  const anes = await loadStudy("anes96");
  const n = Number(count) / 4;
  // Person i is a real one with a row id of their own.
  const columns = Object.fromEntries(
    ["age", "PID", "educ"].map((name) => [name, Array.from({ length: n }, (_, i) => anes.column(name)[i % anes.n])]),
  );
  const people = new Respondents({
    codebook: anes.codebook,
    ids: Array.from({ length: n }, (_, i) => `p${i}`),
    columns,
  });
  const text = JSON.stringify({
    id: "x",
    object: "chat.completion",
    created: 0,
    model: "m",
    usage: { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105 },
    choices: [
      {
        index: 0,
        finish_reason: "stop",
        logprobs: null,
        message: { role: "assistant", content: '{"answer":"A"}', refusal: null },
      },
    ],
  });
  const numbered = text.replace('\\"A\\"', '\\"4\\"');
  const headers = { "content-type": "application/json" };
  const reply = (body) => new Response(body.includes("Reply with one letter") ? text : numbered, { headers });
  const provider = compatible({
    baseURL: "http://127.0.0.1:1/v1",
    capabilities: { jsonSchema: true, seed: true },
    fetch: async (input, init) =>
      String(input).includes("/models") ? Response.json({ id: "m" }) : reply(init.body.slice(-900)),
  });
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50);
  const result = await run(people, {
    model: "m",
    provider,
    ledger,
    elicitation: "sampled",
    permute: false,
    probabilities: false,
    onProgress: () => {},
  });
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const missing = result.report.rows.reduce((sum, r) => sum + r.missing, 0);
  console.log(
    JSON.stringify({
      answers: Number(count),
      seconds,
      requests: result.report.requests,
      missing,
      beforeMB: before / 1e6,
      peakMB: Math.max(peak, rss) / 1e6,
      heapMB: heapUsed / 1e6,
    }),
  );
  process.exit(0);
}

const sizes = [1e3, 1e4, 1e5, ...(process.env.PROBAND_BENCH_MILLION ? [1e6] : [])];
const folder = join(tmpdir(), `proband-memory-${process.pid}`);
mkdirSync(folder, { recursive: true });
const rows = [];
for (const answers of sizes)
  for (const round of ["asked", "from ledger"]) {
    const ledger = join(folder, `${answers}.jsonl`);
    const child = spawnSync(
      process.execPath,
      ["--expose-gc", fileURLToPath(import.meta.url), "child", String(answers), ledger],
      { encoding: "utf8", maxBuffer: 1e8 },
    );
    if (child.status !== 0) throw new Error(child.stderr);
    const row = { round, ...JSON.parse(child.stdout.trim().split("\n").at(-1)), ledgerMB: statSync(ledger).size / 1e6 };
    rows.push(row);
    console.log(
      `${String(answers).padStart(8)} answers ${round.padEnd(11)} ${row.seconds.toFixed(1).padStart(6)} s  ${((1000 * row.seconds) / answers).toFixed(3)} ms each  peak RSS ${row.peakMB.toFixed(0)} MB, heap after ${row.heapMB.toFixed(0)} MB, ledger ${row.ledgerMB.toFixed(1)} MB, ${row.requests} requests, ${row.missing} missing`,
    );
  }
rmSync(folder, { recursive: true });
mkdirSync("build/bench", { recursive: true });
writeFileSync("build/bench/simulation-memory.json", JSON.stringify(rows, null, 2));
