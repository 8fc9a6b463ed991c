// kill -9 at 25 random points of a simulation (200 with PROBAND_BENCH_KILLS=200): no recorded answer lost or asked again, only what was on its way
// repeated, each with the Idempotency-Key of the first time (the server counts).
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAgainAndAgain } from "../../build/test/simulation/support/kills.js";

const kills = Number(process.env.PROBAND_BENCH_KILLS ?? 25);
const folder = join(tmpdir(), `proband-kills-${process.pid}`);
mkdirSync(folder, { recursive: true });
const settings = { people: kills > 50 ? 900 : 250, concurrency: 16, delay: 20, seed: 11 };
const started = performance.now();
const killed = await killAgainAndAgain({ ...settings, kills, ledger: join(folder, "killed.jsonl") });
const calm = await killAgainAndAgain({ ...settings, kills: 0, ledger: join(folder, "calm.jsonl") });
const { rows, ...report } = killed;
const result = {
  ...report,
  concurrency: settings.concurrency,
  extraRequests: killed.requests - calm.requests,
  equal: JSON.stringify(rows) === JSON.stringify(calm.rows),
  seconds: (performance.now() - started) / 1000,
};
rmSync(folder, { recursive: true });
console.log(
  `${result.kills} kills in ${result.seconds.toFixed(0)} s: ${result.answers} answers, ${result.lost} lost, ${result.askedAgain} recorded ones asked again, ` +
    `${result.extraRequests} requests repeated in all, at most ${result.mostRepeated} after one kill (concurrency ${result.concurrency}); final table ${result.equal ? "equal to" : "DIFFERENT from"} the unkilled one\n` +
    `  Target: 0 lost, 0 asked again, at most ${result.concurrency} repeated after a kill, the same table`,
);
mkdirSync("build/bench", { recursive: true });
writeFileSync("build/bench/simulation-kills.json", JSON.stringify(result, null, 2));
if (result.lost || result.askedAgain || result.mostRepeated > result.concurrency || !result.equal) process.exit(1);
