import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeTinyModel } from "./tiny.js";

const child = join(dirname(fileURLToPath(import.meta.url)), "train-child.js");
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-"));
  await writeTinyModel(join(folder, "tiny"));
});
after(() => rm(folder, { recursive: true }));

/** Runs the training; kills it with SIGKILL at a step. Gives the steps that this run made. */
function train(output: string, checkpoints: string, killAt?: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [
      child,
      join(folder, "tiny"),
      join(folder, output),
      join(folder, checkpoints),
    ]);
    const steps: number[] = [];
    let errors = "";
    process_.stderr.on("data", (data) => (errors += data));
    process_.stdout.on("data", (data) => {
      for (const match of String(data).matchAll(/step (\d+)/g)) steps.push(Number(match[1]));
      if (killAt !== undefined && steps.at(-1)! >= killAt) process_.kill("SIGKILL");
    });
    process_.on("exit", (code) => (code === 0 || killAt !== undefined ? resolve(steps) : reject(new Error(errors))));
  });
}

test("a training killed twice ends with the same bits as one that was not", async () => {
  const whole = await train("whole", "checkpoints-whole");
  assert.equal(whole.length, 90);
  const killed = await train("killed", "checkpoints", 20);
  const again = await train("killed", "checkpoints", 55);
  const last = await train("killed", "checkpoints");
  assert.ok(killed.at(-1)! < 90 && again[0]! > 1 && again[0]! <= killed.at(-1)! + 1, `${killed.at(-1)} ${again[0]}`);
  assert.ok(last[0]! > again[0]! && last.at(-1) === 90, `${again} | ${last}`);
  const file = "adapter_model.safetensors";
  assert.deepEqual(await readFile(join(folder, "killed", file)), await readFile(join(folder, "whole", file)));
  // Neither half-written files nor the state of a finished training stay behind.
  assert.deepEqual((await readdir(join(folder, "killed"))).sort(), ["adapter_config.json", file]);
  assert.deepEqual(await readdir(join(folder, "checkpoints")), []);
});
