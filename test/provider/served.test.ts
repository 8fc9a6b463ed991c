/** The whole path against a server in another process (`proband serve`): finetuning and simulation by base URL alone. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadStudy } from "#src/study/node/index.js";
import * as finetuning from "#src/finetuning/node/index.js";
import * as simulation from "#src/simulation/node/index.js";
import { closeModels, compatible, proband, type Provider } from "#src/provider/node/index.js";
import { writeTinyModel } from "../engine/tiny.js";

const cli = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
const anes = await loadStudy("anes96");
const pilot = anes.take(Array.from({ length: 12 }, (_, i) => i));
const people = anes.take([30, 31, 32, 33]);
let home: string, base: string, server: ChildProcess, baseURL: string, printed: string;

before(async () => {
  home = await mkdtemp(join(tmpdir(), "served-"));
  base = join(home, "tiny");
  await writeTinyModel(base, { context: 512 });
  process.env["PROBAND_POLL_MS"] = "20";
  const env: NodeJS.ProcessEnv = { ...process.env };
  delete env["PROBAND_API_KEY"];
  server = spawn(process.execPath, [cli, "serve", "--port", "0", "--model", base, "--home", join(home, "server")], {
    env,
  });
  printed = "";
  await new Promise<void>((resolve) =>
    server.stdout!.on("data", (text) => {
      printed += text;
      if (printed.includes("Stop with")) resolve();
    }),
  );
  baseURL = / at (http:\S+)/.exec(printed)![1]!;
  process.env["PROBAND_API_KEY"] = /Key: (\S+)/.exec(printed)![1]!;
});
after(async () => {
  const ended = new Promise((resolve) => server.once("close", resolve));
  server.kill("SIGTERM");
  assert.equal(await ended, 0, "the server ends cleanly");
  delete process.env["PROBAND_API_KEY"];
  delete process.env["PROBAND_POLL_MS"];
  await closeModels();
  await rm(home, { recursive: true });
});

const settings = () => ({ base, home, template: "compact", seed: 7, epochs: 2, onProgress: () => undefined });
const quiet = { seed: 7, onProgress: () => undefined };

describe("proband serve", () => {
  test("prints its address on loopback and a key of its own", () => {
    assert.match(baseURL, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    assert.ok(process.env["PROBAND_API_KEY"]!.length >= 32);
  });

  test("finetunes and answers as the engine in process does, to the bit", async () => {
    const provider = proband({ baseURL });
    const there = await finetuning.run(pilot, { ...settings(), provider });
    const here = await finetuning.run(pilot, settings());
    assert.equal(there.id, here.id);
    assert.deepEqual(there.history, here.history);
    const far = await simulation.run(people, { model: there, ...quiet, home, ledger: join(home, "far.jsonl") });
    const near = await simulation.run(people, { model: here, ...quiet, home, ledger: join(home, "near.jsonl") });
    assert.equal(far.simulation.provider, "proband");
    assert.deepEqual(far.rows, near.rows);
    assert.deepEqual(far.probabilities, near.probabilities);
  });

  test("a server without our extensions is sent OpenAI's fields only", async () => {
    const bodies: string[] = [];
    const capabilities: Partial<Provider["capabilities"]> = {
      finetuning: true,
      topLogprobs: 20,
      jsonSchema: true,
      seed: true,
    };
    const provider = compatible({
      baseURL,
      keyName: "PROBAND_API_KEY",
      capabilities,
      fetch: async (input, init) => {
        if (typeof init?.body === "string") bodies.push(init.body);
        else if (init?.body instanceof FormData) bodies.push(await (init.body.get("file") as File).text());
        return fetch(input, init);
      },
    });
    const model = await finetuning.run(pilot, { ...settings(), provider });
    const run = await simulation.run(people, {
      model,
      ...quiet,
      home,
      template: "plain",
      elicitation: "logprobs",
      items: ["vote"],
      ledger: join(home, "plain.jsonl"),
    });
    assert.equal(run.n, 4);
    assert.ok(bodies.length >= 6);
    for (const body of bodies) assert.doesNotMatch(body, /"proband"|"options"/);
    await assert.rejects(
      finetuning.run(pilot, { ...settings(), provider, smoothing: 0.3 }),
      /no distributionLoss.*embedded/s,
    );
    await assert.rejects(
      finetuning.run(pilot.take([0, 1, 2]), { ...settings(), provider }),
      /at least 10 training examples, these people give 3/,
    );
  });

  describe("as a hosted service sees it: OpenAI's fields alone", () => {
    const created: string[] = [];
    let requests = 0;
    /** Without our own fields in jobs, and with every third look at a job failing. */
    const hosted = () =>
      compatible({
        baseURL,
        keyName: "PROBAND_API_KEY",
        capabilities: { finetuning: true, topLogprobs: 20, seed: true },
        fetch: async (input, init) => {
          const url = String(input);
          const method = init?.method ?? "GET";
          if (method.toUpperCase() === "GET" && url.includes("/fine_tuning/jobs/") && ++requests % 3 === 0)
            return Response.json(
              { error: { message: "internal" } },
              { status: 500, headers: { "retry-after-ms": "1" } },
            );
          const response = await fetch(input, init);
          if (!url.includes("/fine_tuning/jobs") || url.includes("/events")) return response;
          const body = (await response.json()) as { id: string; proband?: unknown };
          if (method.toUpperCase() === "POST" && url.endsWith("/jobs")) created.push(body.id);
          delete body.proband;
          return Response.json(body, { status: response.status });
        },
      });
    const long = () => ({ ...settings(), epochs: 60, provider: hosted(), learningRateMultiplier: 1 });

    test("loss and steps come from the job's events while it runs; checkpoints are listed", async () => {
      const events: { done: number; total: number; loss: number | undefined }[] = [];
      const model = await finetuning.run(pilot, {
        ...long(),
        onProgress: ({ done, total, metrics }) => events.push({ done, total, loss: metrics?.["loss"] }),
      });
      const live = events.filter((e) => e.loss !== undefined && e.done > 0 && e.done < e.total);
      assert.ok(live.length > 0, "told while it ran");
      assert.ok(live.every((e) => e.loss! > 0 && e.total === model.history.length));
      const [last, ...earlier] = model.checkpoints;
      assert.deepEqual([last!.model, last!.step], [model.id, model.history.length]);
      assert.ok(earlier.every((c) => c.step < last!.step));
    });

    test("a process that ends leaves the job going; the next takes it up, and a finished one is not bought again", async () => {
      const before = created.length;
      const died = new Error("the process ended");
      const dying = {
        ...long(),
        seed: 21,
        onProgress: (event: { done: number }) => {
          if (event.done > 0) throw died;
        },
      };
      await assert.rejects(finetuning.run(pilot, dying), died);
      const model = await finetuning.run(pilot, { ...long(), seed: 21, onProgress: () => undefined });
      assert.deepEqual(created.slice(before), [model.job], "one job was created, and it was taken up");
      // The registry's entry is lost as if the process had ended before writing it.
      await rm(join(home, "registry"), { recursive: true });
      const again = await finetuning.run(pilot, { ...long(), seed: 21, onProgress: () => undefined });
      assert.equal(again.id, model.id);
      assert.equal(created.length, before + 1);
    });

    test("aborting cancels the job on the server", async () => {
      const abort = new AbortController();
      const run = finetuning.run(pilot, {
        ...long(),
        seed: 22,
        signal: abort.signal,
        onProgress: (event) => event.done > 0 && abort.abort(),
      });
      await assert.rejects(run, { name: "AbortError" });
      const client = hosted().client();
      for (;;) {
        const { status } = await client.fineTuning.jobs.retrieve(created.at(-1)!, { maxRetries: 5 });
        if (status === "cancelled") break;
        assert.equal(status, "running", "not finished in spite of it");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  });

  test("a wrong key is refused with the variable's name", async () => {
    const right = process.env["PROBAND_API_KEY"];
    process.env["PROBAND_API_KEY"] = "wrong";
    await assert.rejects(
      simulation.run(people, { model: base, provider: proband({ baseURL }), home }),
      /refuses the key in PROBAND_API_KEY/,
    );
    process.env["PROBAND_API_KEY"] = right;
  });
});
