/** Threads, memory and device: chosen by measurement, overridable, said. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile, readFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createEngine, memoryFiles, writeSafetensors } from "#src/engine/index.js";
import { environmentSettings, nativeRuntime, openModel, webgpuRuntime } from "#src/engine/node/index.js";
import { candidates, fewestOf, measureDevice } from "#src/engine/node/measure.js";
import { webThreads } from "#src/engine/web.js";
import { tinyModel, writeTinyModel } from "./tiny.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "device-"));
});
after(() => rm(folder, { recursive: true }));

describe("threads", () => {
  test("the fewest within 8% of the fastest", () => {
    const of = (...ms: number[]) => fewestOf(ms.map((m, i) => ({ threads: 2 ** i, ms: m })));
    assert.equal(of(10, 6, 5.8, 6.5), 2);
    assert.equal(of(10, 6, 3, 2), 8);
    assert.equal(of(1, 1.2, 3), 1);
  });
  test("candidates are no more than there are cores", () => {
    assert.deepEqual(candidates(2), [1, 2]);
    assert.deepEqual(candidates(6), [1, 2, 4, 6]);
    assert.deepEqual(candidates(64), [1, 2, 4, 8, 16]);
  });

  test("are measured once and remembered; a busy machine is not measured", async (t) => {
    if (availableParallelism() < 2) return t.skip("one core: nothing to choose");
    const file = join(folder, "cache", "devices.json");
    const { config } = tinyModel();
    let made = 0;
    const measure = (load: number) =>
      measureDevice(config, "1", (threads) => (made++, nativeRuntime({ threads })), webgpuRuntime, { file, load });
    const busy = await measure(1000);
    assert.equal(made, 0);
    assert.match(busy.why, /busy/);
    const first = await measure(0);
    assert.ok(made >= 2);
    assert.match(first.why, /measured a layer's step by threads: 1: [\d.]+ ms, 2: [\d.]+ ms/);
    const before_ = made;
    assert.deepEqual(await measure(1000), first);
    assert.equal(made, before_);
    assert.ok(Object.keys(JSON.parse(await readFile(file, "utf8")))[0]!.includes("onnxruntime 1"));
    // A file that is not what it should be is measured anew.
    await writeFile(file, "{");
    await measure(0);
    assert.ok(made > before_);
  });
});

describe("settings", () => {
  test("of the environment", () => {
    const env = { PROBAND_BACKEND: "wasm", PROBAND_THREADS: "3", PROBAND_MEMORY: "1.5 GB" };
    assert.deepEqual(environmentSettings(env), { backend: "wasm", threads: 3, memoryBudget: 1.5e9 });
    assert.deepEqual(environmentSettings({}), {});
    for (const [name, value] of [
      ["PROBAND_THREADS", "many"],
      ["PROBAND_MEMORY", "1"],
      ["PROBAND_BACKEND", "cuda"],
    ] as const)
      assert.throws(() => environmentSettings({ [name]: value }), { code: "bad_option", message: new RegExp(name) });
  });

  test("an opened model says where it computes and why", async () => {
    await writeTinyModel(join(folder, "tiny"));
    const engine = await openModel(join(folder, "tiny"), { threads: 1, memoryBudget: 1e8 });
    assert.deepEqual(engine.device, { runtime: "native", threads: 1, memoryBudget: 1e8, why: "asked for" });
    await engine.close();
  });

  test("the memory budget is a quarter of what is free, at most 512 MB", async () => {
    const { texts, weights } = tinyModel();
    const encode = (text: string) => new TextEncoder().encode(text);
    const files = memoryFiles({
      "m/config.json": encode(texts["config.json"]),
      "m/tokenizer.json": encode(texts["tokenizer.json"]),
      "m/tokenizer_config.json": encode(texts["tokenizer_config.json"]),
      "m/model.safetensors": writeSafetensors([...weights.values()]),
    });
    const runtime = await nativeRuntime({ threads: 1 });
    for (const [free, budget] of [
      [8e9, 512e6],
      [1e9, 250e6],
    ] as const) {
      const engine = await createEngine(runtime, files, "m", { availableMemory: () => free });
      assert.equal(engine.device!.memoryBudget, budget);
      await engine.close();
    }
  });

  test("outside a cross-origin isolated page WebAssembly has one thread", () => {
    assert.deepEqual(webThreads(), { threads: 1, why: "one thread, for the page is not cross-origin isolated" });
  });
});
