// Panels over long work, on a tiny random model in the real engine.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import "#src/finetuning/node/index.js";
import "#src/simulation/node/index.js";
import { closeModels } from "#src/provider/node/index.js";
import { jupyterDisplay } from "#src/study/index.js";
import { loadStudy } from "#src/study/node/index.js";
import * as w from "#src/widgets/node/index.js";
import { writeTinyModel } from "../engine/tiny.js";

let home: string, base: string;
const anes = await loadStudy("anes96");
const pilot = anes.take([0, 1, 2, 3, 4, 5]);
const rest = anes.take([20, 21, 22, 23]);

before(async () => {
  home = await mkdtemp(join(tmpdir(), "watch-"));
  base = join(home, "tiny");
  await writeTinyModel(base, { context: 512 });
});
after(async () => {
  await closeModels();
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

test("finetuning and simulation under watch give what the calls give, and the code for them", async () => {
  const training = w.watchFinetuning(pilot, {
    base,
    home,
    template: "compact",
    learningRate: 0.01,
    epochs: 2,
    seed: 3,
  });
  const model = await training.finished;
  await training.settled;
  assert.equal(training.result, model);
  assert.equal(model.trainedOn.ids.length, 6);
  assert.match(training.code, /^const model = await finetuning\.run\(pilot, \{ .*epochs: 2, seed: 3 \}\);$/);
  const shown = (await training[jupyterDisplay]()) as Record<string, string>;
  assert.match(shown["text/html"]!, /Loss while finetuning/);

  let partial: number[] = [];
  const counted = (of: {
    items(...r: ["belief", "action"]): { name: string }[];
    column(n: string): readonly unknown[];
  }) => of.items("belief", "action").reduce((n, i) => n + of.column(i.name).filter((v) => v !== null).length, 0);
  const run = w.watchSimulation(rest, {
    ...{ model, home, seed: 5 },
    onAnswer: (soFar) => void (partial = [...partial, counted(soFar())]),
  });
  const silico = await run.finished;
  await run.settled;
  assert.equal(silico.n, 4);
  assert.deepEqual(
    partial,
    Array.from({ length: 16 }, (_, i) => i + 1),
    "each answer is there as soon as it is given",
  );
  assert.equal(
    run.code,
    `const silico = await simulation.run(rest, { model, home: ${JSON.stringify(home)}, seed: 5 });`,
  );
  assert.match(run.toString(), /Simulation of 4 respondents/);
  assert.match(((await run[jupyterDisplay]()) as Record<string, string>)["text/html"]!, /What is believed/);
});

test("Stop stops, and the panel says so", async () => {
  const training = w.watchFinetuning(pilot, { base, home, template: "compact", epochs: 60, seed: 9 });
  const until = Date.now() + 20_000;
  let stop: w.ClickButton | undefined;
  while (!stop && Date.now() < until) {
    await new Promise((r) => setTimeout(r, 20));
    stop = find(training, (x) => x instanceof w.ClickButton && x.description === "Stop") as w.ClickButton | undefined;
  }
  assert.ok(stop, "there is a button to stop");
  stop.click();
  await assert.rejects(training.finished);
  await training.settled;
  assert.equal(training.result, undefined);
  assert.match(training.toString(), /Stopped: nothing was learned/);
});

/** The first widget inside another that answers to a test. */
function find(widget: any, is: (x: unknown) => boolean): unknown {
  if (is(widget)) return widget;
  for (const child of (widget.get("children") as unknown[] | undefined) ?? []) {
    const found = find(child, is);
    if (found) return found;
  }
  return undefined;
}
