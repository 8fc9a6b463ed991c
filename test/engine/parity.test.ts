import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { parseConfig, writeConfig, type ModelConfig, type Weights } from "#src/engine/index.js";
import { createNetworks, merged } from "#src/engine/inference/sessions.js";
import { readAdapter } from "#src/engine/model/adapter.js";
import { openWeights } from "#src/engine/model/folder.js";
import { readWeights } from "#src/engine/model/weights.js";
import { inverseFrequencies } from "#src/engine/model/rope.js";
import { diskFiles, nativeRuntime, wasmRuntime } from "#src/engine/node/index.js";
import { inMemory, openSafetensors, readTensor, type SafetensorsFile } from "#src/engine/safetensors.js";
import type { Runtime } from "#src/engine/index.js";
import { createTrainer, sequenceRow } from "#src/engine/training/trainer.js";

/**
 * Random-weight models against transformers and peft (test/reference/engine/fixtures.py): relative error at most 1e-5
 * for the loss, 1e-4 (of the tensor's largest) for logits and gradients.
 */
const fixtures = join(dirname(fileURLToPath(import.meta.url)), "fixtures");
const runtimes = [await nativeRuntime({ threads: 1 }), await wasmRuntime()];
const files = diskFiles();

interface Reference {
  ids: number[][];
  loss: number;
  loraLoss: number;
}

function close(actual: Float32Array, expected: Float32Array, tolerance: number, what: string) {
  assert.equal(actual.length, expected.length, what);
  const scale = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  assert.ok(worst <= tolerance * scale, `${what}: worst error ${worst / scale} of the largest value`);
}

async function load(name: string) {
  const folder = join(fixtures, name);
  const config = parseConfig(await readFile(join(folder, "config.json"), "utf8"));
  const weights = await readWeights(config, await openWeights(files, folder));
  const reference = JSON.parse(await readFile(join(folder, "reference.json"), "utf8")) as Reference;
  const path = join(folder, "reference.safetensors");
  const tensors = await openSafetensors(inMemory(path, await readFile(path)));
  return { folder, config, weights, reference, tensors };
}

/** Gradients of the mean next-token loss, read back from AdamW's first moment after one step from zero. */
async function gradients(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  reference: Reference,
  adapter?: Awaited<ReturnType<typeof readAdapter>>,
) {
  const copy = new Map([...weights].map(([k, w]) => [k, { ...w, data: w.data.slice() }]));
  const trainer = await createTrainer(runtime, {
    config,
    weights: copy,
    trained: adapter ? "lora" : "full",
    ...(adapter && { lora: adapter.lora!, adapter: adapter.weights }),
    optimizer: { beta1: 0, clipNorm: 0 },
  });
  const { loss } = await trainer.step(
    reference.ids.map((ids) => [sequenceRow(ids)]),
    { learningRate: 0 },
  );
  const found = new Map(trainer.optimizer.moments.map(({ name, m }) => [name, m]));
  await trainer.release();
  return { loss, found };
}

async function logits(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  reference: Reference,
  adapter?: Awaited<ReturnType<typeof readAdapter>>,
  mergeLimit?: number,
) {
  const networks = createNetworks(runtime, config, weights, mergeLimit === undefined ? {} : { mergeLimit });
  const network = await networks.logits(adapter);
  const rows = reference.ids.map((ids) => ({ ids }));
  const { feeds, time, predict } = network.layout(rows);
  for (let l = 0; l < config.layers; l++)
    for (const kind of ["key", "value"])
      feeds[`past.${kind}.${l}`] = new runtime.ort.Tensor("float32", new Float32Array(0), [
        2,
        config.keyValueHeads,
        0,
        config.headSize,
      ]);
  const wanted = [0, 1].flatMap((b) => [4, 3, 2, 1].map((back) => b * time + time - back));
  const out = await network.run({ ...feeds, ...predict(wanted) });
  const data = Float32Array.from(out["logits"]!.data as Float32Array);
  await networks.release();
  return data;
}

const expected = (tensors: SafetensorsFile, name: string) => readTensor(tensors, name);

const models = ["llama-tied", "llama-scaled", "qwen2"];
for (const [name, runtime] of models.flatMap((name) => runtimes.map((runtime) => [name, runtime] as const)))
  describe(`${name} (${runtime.kind}) against transformers and peft`, () => {
    test("logits", async () => {
      const { config, weights, reference, tensors } = await load(name);
      close(await logits(runtime, config, weights, reference), await expected(tensors, "logits"), 1e-5, "logits");
    });

    test("loss and gradients of full training", async () => {
      const { config, weights, reference, tensors } = await load(name);
      const { loss, found } = await gradients(runtime, config, weights, reference);
      assert.ok(Math.abs(loss - reference.loss) <= 1e-5 * reference.loss, `loss ${loss}, torch ${reference.loss}`);
      let compared = 0;
      for (const key of tensors.tensors.keys())
        if (key.startsWith("full.")) {
          close(found.get(key.slice(5))!, await expected(tensors, key), 1e-4, key);
          compared++;
        }
      assert.ok(compared >= 8);
    });

    test("an adapter by peft: loss, logits, gradients; merged or beside the weights", async () => {
      const { folder, config, weights, reference, tensors } = await load(name);
      const adapter = await readAdapter(files, join(folder, "adapter"), config);
      const { loss, found } = await gradients(runtime, config, weights, reference, adapter);
      assert.ok(
        Math.abs(loss - reference.loraLoss) <= 1e-5 * reference.loraLoss,
        `loss ${loss}, peft ${reference.loraLoss}`,
      );
      let compared = 0;
      for (const key of tensors.tensors.keys())
        if (key.includes("lora_")) {
          close(found.get(key)!, await expected(tensors, key), 1e-4, key);
          compared++;
        }
      assert.equal(compared, adapter.weights.size);
      close(
        await logits(runtime, config, weights, reference, adapter),
        await expected(tensors, "lora.logits"),
        1e-5,
        "logits",
      );
      // Large models keep the adapter beside the weights: the same, computed the other way.
      const beside = await logits(runtime, config, weights, reference, adapter, 0);
      close(beside, await expected(tensors, "lora.logits"), 1e-5, "logits, adapter beside the weights");
      const full = new Map([...weights, ...merged(config, weights, adapter)]);
      close(
        await logits(runtime, config, full, reference),
        await expected(tensors, "lora.logits"),
        1e-5,
        "merged logits",
      );
    });
  });

test("rotary scalings are those of transformers", async () => {
  const cases = JSON.parse(await readFile(join(fixtures, "rope.json"), "utf8")) as {
    config: object;
    length: number;
    attention: number;
    frequencies: number[];
  }[];
  for (const { config, length, attention, frequencies } of cases) {
    const parsed = parseConfig(JSON.stringify({ architectures: ["LlamaForCausalLM"], ...config }));
    const { rope } = parsed;
    const ours = inverseFrequencies(parsed, length);
    frequencies.forEach((f, i) => assert.ok(Math.abs(ours[i]! - f) <= 1e-5 * f, `${rope.type} ${i}: ${ours[i]} ${f}`));
    const factor = "attention" in rope ? rope.attention : 1;
    assert.ok(Math.abs(factor - attention) <= 1e-6, `${rope.type}: factor of attention ${factor}, ${attention}`);
    // What is written of it is read as the same.
    assert.deepEqual(parseConfig(writeConfig(parsed)).rope, rope);
  }
});

describe("variants (test/reference/engine/variants.py)", async () => {
  const folder = join(fixtures, "variants");
  const tensorsOf = async (name: string) => openSafetensors(inMemory(name, await readFile(join(folder, name))));
  const cases = JSON.parse(await readFile(join(folder, "rope.json"), "utf8")) as { name: string; config: object }[];
  for (const { name, config } of cases)
    test(`logits with rotary scaling ${name}`, async () => {
      const { weights, reference } = await load("llama-tied");
      const tensors = await tensorsOf("rope.safetensors");
      const parsed = parseConfig(JSON.stringify({ architectures: ["LlamaForCausalLM"], ...config }));
      const short = { ...reference, ids: reference.ids.map((ids) => ids.slice(0, 20)) };
      for (const [key, part] of [
        [`${name}.short`, short],
        [name, reference],
      ] as const)
        close(await logits(runtimes[0]!, parsed, weights, part), await expected(tensors, key), 1e-5, key);
    });
  for (const [name, what] of [
    ["llama-tied", "a regular expression, ranks and scales by pattern"],
    ["llama-scaled", "one layer, rank-stabilised, its own head"],
    ["qwen2", "a module left out, biases trained along"],
  ] as const)
    test(`an adapter by peft: ${what}`, async () => {
      const { config, weights, reference } = await load(name);
      const tensors = await tensorsOf("adapters.safetensors");
      const adapter = await readAdapter(files, join(folder, name), config);
      const wanted = await expected(tensors, name);
      close(await logits(runtimes[0]!, config, weights, reference, adapter), wanted, 1e-5, "merged");
      close(await logits(runtimes[0]!, config, weights, reference, adapter, 0), wanted, 1e-5, "beside the weights");
    });
});

for (const runtime of runtimes)
  test(`an adapter by peft on the output head too (${runtime.kind}): loss, logits, gradients`, async () => {
    const { config, weights, reference } = await load("llama-scaled");
    const folder = join(fixtures, "variants", "head");
    const path = join(folder, "reference.safetensors");
    const tensors = await openSafetensors(inMemory(path, await readFile(path)));
    const { loss: wanted } = JSON.parse(await readFile(join(folder, "reference.json"), "utf8")) as Reference;
    const adapter = await readAdapter(files, folder, config);
    assert.deepEqual(adapter.lora!.targets, ["q_proj", "down_proj", "lm_head"]);
    const { loss, found } = await gradients(runtime, config, weights, reference, adapter);
    assert.ok(Math.abs(loss - wanted) <= 1e-5 * wanted, `loss ${loss}, peft ${wanted}`);
    const names = [...tensors.tensors.keys()].filter((key) => key.includes("lora_"));
    assert.equal(names.length, 10);
    for (const key of names) close(found.get(key)!, await expected(tensors, key), 1e-4, key);
    const all = await expected(tensors, "logits");
    close(await logits(runtime, config, weights, reference, adapter), all, 1e-5, "merged");
    close(await logits(runtime, config, weights, reference, adapter, 0), all, 1e-5, "beside the weights");
    // A head that is the embedding cannot change without it.
    const tied = await load("llama-tied");
    await assert.rejects(
      readAdapter(files, folder, tied.config),
      /the tensor base_model\.model\.lm_head\.\S+ is not supported/,
    );
  });

test("shards in bfloat16 and half precision are read as torch reads them", async () => {
  const folder = join(fixtures, "sharded");
  const config = parseConfig(await readFile(join(folder, "config.json"), "utf8"));
  const weights = await readWeights(config, await openWeights(files, folder));
  const path = join(folder, "expected.safetensors");
  const tensors = await openSafetensors(inMemory(path, await readFile(path)));
  for (const [name, { data }] of weights) assert.deepEqual(data, await expected(tensors, name), name);
});
