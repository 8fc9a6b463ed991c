/** The Batch API path: batches of a stopped run are found on the server and not bought again. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import * as simulation from "#src/simulation/node/index.js";
import { closeModels, compatible, openHome } from "#src/provider/node/index.js";
import { writeTinyModel } from "../engine/tiny.js";

let home: string, model: string;
const people = (await loadStudy("anes96")).take([20, 21, 22, 23, 24]);
const capabilities = { batch: true, jsonSchema: true, topLogprobs: 20, optionLogprobs: true, seed: true };

before(async () => {
  home = await mkdtemp(join(tmpdir(), "batch-"));
  model = join(home, "tiny");
  await writeTinyModel(model, { context: 512 });
});
after(async () => {
  await closeModels();
  await rm(home, { recursive: true });
});

/** The embedded engine's batches, which seem unfinished while `held.now` is true, as a service's are for hours. */
function slowService(held: { now: boolean }) {
  const { handler } = openHome(home);
  const unfinished = (batch: { status: string }) => ({
    ...batch,
    status: "in_progress",
    output_file_id: null,
    error_file_id: null,
  });
  return compatible({
    baseURL: "http://127.0.0.1:1/v1",
    capabilities,
    fetch: async (input, init) => {
      const response = await handler.fetch(input as string, init);
      if (!held.now || !String(input).includes("/batches") || init?.method?.toUpperCase() === "POST") return response;
      const body = (await response.json()) as { data?: { status: string }[]; status: string };
      return Response.json(body.data ? { ...body, data: body.data.map(unfinished) } : unfinished(body));
    },
  });
}

test("a run stopped while its batch is under way waits for that batch the next time", async () => {
  const held = { now: true };
  const provider = slowService(held);
  const options = { model, provider, template: "compact", seed: 6, home, batch: true, onProgress: () => undefined };
  const stop = new AbortController();
  const first = simulation.run(people, { ...options, signal: stop.signal, ledger: join(home, "a.jsonl") });
  const batches = async () => (await provider.client().batches.list()).data.length;
  while ((await batches()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  await assert.rejects(first, { name: "AbortError" });
  assert.equal(await batches(), 1);
  setTimeout(() => (held.now = false), 300);
  const second = await simulation.run(people, { ...options, ledger: join(home, "a.jsonl") });
  assert.equal(await batches(), 4, "one batch an item, the first of them the stopped run's");
  const direct = await simulation.run(people, { ...options, batch: false, ledger: join(home, "b.jsonl") });
  assert.deepEqual(second.rows, direct.rows);
});

test("a batch outlives connections that break: looks are repeated, and one that was created unnoticed is not created again", async () => {
  const { handler } = openHome(home);
  let n = 0;
  let created = 0;
  const provider = compatible({
    baseURL: "http://127.0.0.1:1/v1",
    capabilities,
    fetch: async (input, init) => {
      const creates = init?.method?.toUpperCase() === "POST" && String(input).endsWith("/batches");
      if (creates) created++;
      const response = await handler.fetch(input as string, init);
      if (creates) throw new TypeError("fetch failed");
      if (/\/(batches|files)/.test(String(input)) && ++n % 2)
        return Response.json({ error: { message: "busy" } }, { status: 503, headers: { "retry-after-ms": "1" } });
      return response;
    },
  });
  const options = { model, provider, template: "compact", seed: 9, home, onProgress: () => undefined };
  const run = await simulation.run(people, { ...options, batch: true, backoffMs: 1, ledger: join(home, "d.jsonl") });
  const direct = await simulation.run(people, { ...options, ledger: join(home, "e.jsonl") });
  assert.deepEqual(run.rows, direct.rows);
  assert.equal(created, 4, "one batch an item");
});

test("a budget holds for a whole batch before it is sent", async () => {
  const provider = slowService({ now: false });
  const prices = { [model]: { input: 1000, output: 1000, batch: 0.5 } };
  await assert.rejects(
    simulation.run(people, {
      model,
      provider,
      template: "compact",
      home,
      batch: true,
      prices,
      budgetUSD: 0.01,
      ledger: join(home, "c.jsonl"),
      onProgress: () => undefined,
    }),
    /budget of \$0.01 would be exceeded.*next batch/,
  );
});
