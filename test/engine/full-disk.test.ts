/** A disk that is really full: the kernel's /dev/full, and a file system of a few kilobytes where one may be mounted. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { diskFiles, openModel } from "#src/engine/node/index.js";
import { createHandler } from "#src/engine/openai/index.js";
import { folderState } from "#src/engine/openai/node/state.js";
import { closeModels, folderModels } from "#src/provider/node/index.js";
import { conversations, writeTinyModel } from "./tiny.js";

let folder: string, model: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "full-"));
  model = join(folder, "tiny");
  await writeTinyModel(model);
});
after(() => rm(folder, { recursive: true, force: true }));

const noDevice = existsSync("/dev/full") ? false : "this system has no /dev/full";
const settings = { epochs: 3, batchSize: 2, learningRate: 1e-2, seed: 1 };

test("a checkpoint that does not fit: what was there stays, the model still answers", { skip: noDevice }, async () => {
  const checkpoints = join(folder, "checkpoints"),
    file = join(checkpoints, "training-state.safetensors");
  await mkdir(checkpoints);
  await writeFile(file, "the state before");
  // The file that is written before it takes the old one's place.
  await symlink("/dev/full", `${file}.part-${process.pid}`);
  const engine = await openModel(model, { threads: 1, checkpointSeconds: 0 });
  const request = [{ messages: [{ role: "user" as const, content: "vote" }], options: ["yes", "no"] }];
  const before_ = await engine.score(request);
  const output = join(folder, "adapter");
  await assert.rejects(engine.train(conversations(4), { ...settings, output, checkpoints }), {
    name: "EngineError",
    code: "disk",
    file,
    message: /training-state\.safetensors: the disk is full\. Free some space/,
  });
  assert.equal(await readFile(file, "utf8"), "the state before");
  assert.deepEqual(await readdir(checkpoints), ["training-state.safetensors"]);
  assert.deepEqual(await engine.score(request), before_);
  // With room again the same call works.
  await engine.train(conversations(4), { ...settings, output, checkpoints });
  assert.ok(existsSync(join(output, "adapter_config.json")));
  await engine.close();
});

test("a whole file or none", { skip: noDevice }, async () => {
  const file = join(folder, "some.bin");
  await symlink("/dev/full", `${file}.part-${process.pid}`);
  await assert.rejects(diskFiles().write(file, new Uint8Array(1000)), { code: "disk", file });
  assert.ok(!existsSync(file) && !existsSync(`${file}.part-${process.pid}`));
});

/** Mounts a small file system; undefined where that is not allowed. */
function mount(at: string, size: string): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux may mount one";
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", at], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : stderr.trim() || "mount failed";
}

test("a job on a full disk fails, says so, and goes on when there is room", async (t) => {
  const home = join(folder, "home");
  await mkdir(home);
  const reason = mount(home, "1m");
  if (reason) return t.skip(reason);
  try {
    const open = () => {
      const handler = createHandler({ models: folderModels([model]), state: folderState(home) });
      const fetch = handler.fetch as typeof globalThis.fetch;
      return { handler, client: new OpenAI({ baseURL: "http://in.process/v1", apiKey: "none", fetch, maxRetries: 0 }) };
    };
    const first = open();
    const lines = conversations(12).map((c) => JSON.stringify(c));
    const file = await first.client.files.create({
      purpose: "fine-tune",
      file: await toFile(new TextEncoder().encode(lines.join("\n")), "x.jsonl"),
    });
    let job = await first.client.fineTuning.jobs.create({
      model,
      training_file: file.id,
      hyperparameters: { n_epochs: 60, batch_size: 1 },
    });
    // Everything that is left of the file system, to the last block.
    const filler = join(home, "filler");
    spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=1k", "count=2048"], { stdio: "ignore" });
    while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      job = await first.client.fineTuning.jobs.retrieve(job.id);
    }
    assert.equal(job.status, "failed");
    assert.match(job.error!.message, /the disk is full/);
    assert.ok(job.error!.message.includes(home), job.error!.message);
    await assert.rejects(
      first.client.files.create({
        purpose: "fine-tune",
        file: await toFile(new TextEncoder().encode(lines.join("\n")), "y.jsonl"),
      }),
      { status: 500, code: "disk", message: /the disk is full/ },
    );
    await first.handler.close();
    await unlink(filler);
    // Its failure could not be written either, so that the next process takes it up.
    const second = open();
    let again = await second.client.fineTuning.jobs.retrieve(job.id);
    while (!["succeeded", "failed", "cancelled"].includes(again.status)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      again = await second.client.fineTuning.jobs.retrieve(job.id);
    }
    assert.equal(again.status, "succeeded", again.error?.message);
    await second.handler.close();
  } finally {
    await closeModels();
    spawnSync("umount", [home]);
  }
});
