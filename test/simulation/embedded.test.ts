/** The whole path on a tiny random model in the real engine: finetuning, simulation, ledger. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import * as finetuning from "#src/finetuning/node/index.js";
import * as simulation from "#src/simulation/node/index.js";
import { closeModels } from "#src/provider/node/index.js";
import { writeTinyModel } from "../engine/tiny.js";

let home: string, base: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "simulation-"));
  base = join(home, "tiny");
  await writeTinyModel(base, { context: 512 });
});
after(async () => {
  await closeModels();
  await rm(home, { recursive: true });
});

test("thirty people are learned from and others simulated, and a second run asks nothing", async () => {
  const anes = await loadStudy("anes96");
  const pilot = anes.take([0, 1, 2, 3, 4, 5, 6, 7]);
  const rest = anes.take([20, 21, 22, 23, 24, 25]);
  const model = await finetuning.run(pilot, {
    base,
    seed: 7,
    home,
    epochs: 2,
    learningRate: 0.01,
    template: "compact",
  });
  const silico = await simulation.run(rest, { model, seed: 7, home });
  assert.equal(silico.n, 6);
  const again = await simulation.run(rest, { model, seed: 7, home });
  assert.equal(again.report.requests, 0);
  assert.deepEqual(again.rows, silico.rows);
  const second = await finetuning.run(pilot, {
    base,
    seed: 7,
    home,
    epochs: 2,
    learningRate: 0.01,
    template: "compact",
  });
  assert.equal(second.id, model.id);
});
