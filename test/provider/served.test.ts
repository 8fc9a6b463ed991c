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
