/** Checkpoints of a job: the last three epochs, each a model of its own. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { createHandler, type Handler } from "#src/engine/openai/index.js";
import { folderState } from "#src/engine/openai/node/state.js";
import { closeModels, folderModels } from "#src/provider/node/index.js";
import { conversations, writeTinyModel } from "../tiny.js";

let home: string, model: string, handler: Handler, client: OpenAI;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "checkpoints-"));
  model = join(home, "tiny");
  await writeTinyModel(model);
  handler = createHandler({ models: folderModels([model]), state: folderState(join(home, "state")) });
  const fetch = handler.fetch as typeof globalThis.fetch;
  client = new OpenAI({ baseURL: "http://in.process/v1", apiKey: "none", fetch, maxRetries: 0 });
});
after(async () => {
  await handler.close();
  await closeModels();
  await rm(home, { recursive: true });
});

const upload = async (n: number) => {
  const text = conversations(n)
    .map((c) => JSON.stringify(c))
    .join("\n");
  return client.files.create({ purpose: "fine-tune", file: await toFile(new TextEncoder().encode(text), "x.jsonl") });
};

/** Trains for some epochs at a constant rate, so that fewer epochs are the beginning of more. */
async function train(epochs: number, more: object = {}) {
  let job = await client.fineTuning.jobs.create({
    model,
    training_file: (await upload(12)).id,
    seed: 3,
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: epochs, batch_size: 4 } } },
    proband: { schedule: "constant", warmup_steps: 0, learning_rate: 0.01 },
    ...more,
  } as never);
  while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    job = await client.fineTuning.jobs.retrieve(job.id);
  }
  assert.equal(job.status, "succeeded", job.error?.message);
  return job;
}

const weights = (job: OpenAI.FineTuning.FineTuningJob, folder: string) =>
  readFile(join(home, "state", "jobs", job.id, folder, "adapter_model.safetensors"));

const say = async (id: string) => {
  const { choices } = (await client.chat.completions.create({
    model: id,
    messages: [{ role: "user", content: "how do you vote 3" }],
    proband: { options: ["Clinton", "Dole"] },
  } as never)) as unknown as { choices: { proband: { logprobs: number[] } }[] };
  return choices[0]!.proband.logprobs;
};

test("the last three epochs are models; an epoch's is what a training that ends there gives", async () => {
  const job = await train(5);
  const { data } = await client.fineTuning.jobs.checkpoints.list(job.id);
  assert.deepEqual(
    data.map((c) => [c.object, c.step_number, c.fine_tuned_model_checkpoint]),
    [
      ["fine_tuning.job.checkpoint", 15, job.fine_tuned_model],
      ["fine_tuning.job.checkpoint", 12, `${job.fine_tuned_model}:ckpt-step-12`],
      ["fine_tuning.job.checkpoint", 9, `${job.fine_tuned_model}:ckpt-step-9`],
    ],
  );
  for (const c of data) {
    assert.match(c.id, /^ftckpt_/);
    assert.equal(c.fine_tuning_job_id, job.id);
    assert.ok(c.metrics.train_loss! > 0 && c.metrics.step === c.step_number);
  }
  const shorter = await train(3);
  assert.deepEqual(await weights(job, "epochs/step-9"), await weights(shorter, "adapter"));
  assert.deepEqual(await say(data[2]!.fine_tuned_model_checkpoint), await say(shorter.fine_tuned_model!));
  assert.notDeepEqual(await say(data[2]!.fine_tuned_model_checkpoint), await say(job.fine_tuned_model!));

  const page = await client.fineTuning.jobs.checkpoints.list(job.id, { limit: 1, after: data[0]!.id });
  assert.deepEqual([page.data[0]!.id, page.has_more], [data[1]!.id, true]);
  // Models are listed without their checkpoints, and deleted with them.
  const listed = (await client.models.list()).data.map((m) => m.id);
  assert.ok(listed.includes(job.fine_tuned_model!) && !listed.some((id) => id.includes("ckpt")));
  assert.equal((await client.models.delete(job.fine_tuned_model!)).deleted, true);
  await assert.rejects(say(data[1]!.fine_tuned_model_checkpoint), { status: 404, code: "model_not_found" });
});

test("with a validation file the model is the best epoch, which is listed under its name", async () => {
  const job = await train(30, { validation_file: (await upload(3)).id });
  const { data } = await client.fineTuning.jobs.checkpoints.list(job.id);
  const best = data.find((c) => c.fine_tuned_model_checkpoint === job.fine_tuned_model)!;
  const losses = (await (await client.files.content(job.result_files[0]!)).text())
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number) as [number, number, number, number])
    .filter(([, , , valid]) => valid);
  const lowest = losses.reduce((a, b) => (b[3] < a[3] ? b : a));
  assert.equal(best.step_number, lowest[0]);
  assert.equal(best.metrics.full_valid_loss, lowest[3]);
});

test("of a job that is not there", async () => {
  await assert.rejects(client.fineTuning.jobs.checkpoints.list("ftjob-none"), { status: 404 });
});
