// Memory from 1e3 to 1e5 answers (1e6 with PROBAND_BENCH_MILLION=1), each in a process of its own, and what a second,
// fully recorded run takes. Replies come from an instant in-process fetch. V8 takes as much as it is given before it
// collects, so the processes get a heap of 64 MB with a young generation of 4 MB: what does not fit ends them.
// Target: the peak grows by no more than the table of people and their answers, which are the input and the result.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

if (process.argv[2] === "child") {
  const [, , , count, ledger] = process.argv;
  const { loadStudy, Respondents } = await import("proband/study");
  const { compatible } = await import("proband/provider");
  const { run } = await import("proband/simulation");
  const anes = await loadStudy("anes96");
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
  const heap = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    globalThis.gc();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const bare = await heap();
  const n = Number(count) / 4;
  // Person i is a real one with a row id of their own.
  const columns = Object.fromEntries(
    ["age", "PID", "educ"].map((name) => [name, Array.from({ length: n }, (_, i) => anes.column(name)[i % anes.n])]),
  );
  let people = new Respondents({
    codebook: anes.codebook,
    ids: Array.from({ length: n }, (_, i) => `p${i}`),
    columns,
  });
  const started = performance.now();
  const cpu = process.cpuUsage();
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50);
  let result = await run(people, {
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
  const used = process.cpuUsage(cpu);
  const { rss } = process.memoryUsage();
  const { requests, rows } = result.report;
  const missing = rows.reduce((sum, r) => sum + r.missing, 0);
  const withTable = await heap();
  people = result = undefined;
  for (const name of Object.keys(columns)) delete columns[name];
  const own = (await heap()) - bare;
  console.log(
    JSON.stringify({
      answers: Number(count),
      seconds,
      cpuSeconds: (used.user + used.system) / 1e6,
      requests,
      missing,
      peakMB: Math.max(peak, rss) / 1e6,
      tableMB: withTable - bare - own,
      ownMB: own,
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
    const flags = ["--expose-gc", "--max-semi-space-size=4", "--max-old-space-size=64"];
    const child = spawnSync(
      process.execPath,
      [...flags, fileURLToPath(import.meta.url), "child", String(answers), ledger],
      { encoding: "utf8", maxBuffer: 1e8 },
    );
    if (child.status !== 0) throw new Error(child.stderr);
    const row = { round, ...JSON.parse(child.stdout.trim().split("\n").at(-1)), ledgerMB: statSync(ledger).size / 1e6 };
    rows.push(row);
    console.log(
      `${String(answers).padStart(8)} answers ${round.padEnd(11)} ${row.seconds.toFixed(1).padStart(6)} s (processor ${row.cpuSeconds.toFixed(1)} s)  ` +
        `peak ${row.peakMB.toFixed(0)} MB; table of people and answers ${row.tableMB.toFixed(1)} MB, kept besides ${row.ownMB.toFixed(1)} MB; ` +
        `ledger ${row.ledgerMB.toFixed(1)} MB, ${row.requests} requests, ${row.missing} missing`,
    );
  }
rmSync(folder, { recursive: true });
const of = (answers, round) => rows.find((r) => r.answers === answers && r.round === round);
const most = sizes.at(-1);
const growth = Math.max(
  ...["asked", "from ledger"].map(
    (r) => of(most, r).peakMB - of(most, r).tableMB - (of(1e3, r).peakMB - of(1e3, r).tableMB),
  ),
);
const resume = of(1e5, "from ledger");
console.log(
  `  from ${sizes[0]} to ${most} answers the peak grows by ${growth.toFixed(0)} MB beyond the table. Target: at most 30 (the index's latest keys and a garbage collector's slack)\n` +
    `  100,000 recorded answers are found again in ${resume.cpuSeconds.toFixed(1)} s of processor time. Target: at most 3`,
);
mkdirSync("build/bench", { recursive: true });
writeFileSync(
  "build/bench/simulation-memory.json",
  JSON.stringify({ rows, growthMB: growth, resumeCpuSeconds: resume.cpuSeconds }, null, 2),
);
