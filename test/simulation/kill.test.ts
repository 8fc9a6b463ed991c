/** kill -9 at random points: no recorded answer is lost or asked again. The long version is in bench/simulation. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { killAgainAndAgain } from "./support/kills.js";

let home: string;
before(async () => void (home = await mkdtemp(join(tmpdir(), "kills-"))));
after(() => rm(home, { recursive: true }));

for (const elicitation of ["sampled", "logprobs"] as const)
  test(`a simulation (${elicitation}) killed six times loses nothing, repeats only what was on its way, and ends like an unkilled one`, async () => {
    const settings = { people: 60, concurrency: 8, delay: 15, seed: 5, elicitation };
    const calm = await killAgainAndAgain({ ...settings, kills: 0, ledger: join(home, `calm-${elicitation}.jsonl`) });
    const killed = await killAgainAndAgain({ ...settings, kills: 6, ledger: join(home, `${elicitation}.jsonl`) });
    assert.equal(killed.lost, 0);
    assert.equal(killed.askedAgain, 0);
    assert.ok(killed.mostRepeated <= settings.concurrency, `${killed.mostRepeated} requests repeated after one kill`);
    assert.ok(killed.requests >= calm.requests && killed.requests <= calm.requests + 6 * settings.concurrency);
    assert.equal(killed.answers, calm.answers);
    assert.deepEqual(killed.rows, calm.rows);
  });
