import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  createEngine,
  memoryFiles,
  writeSafetensors,
  type Engine,
  type FileSystem,
  type TrainingExample,
} from "#src/engine/index.js";
import { diskFiles, nativeRuntime, openModel } from "#src/engine/node/index.js";
import { conversations, tinyModel, writeTinyModel } from "./tiny.js";

const runtime = await nativeRuntime({ threads: 1 });
const encode = (text: string) => new TextEncoder().encode(text);

/** A tiny model in memory, spoilt by `change`, opened. */
async function open(change: (files: FileSystem, model: ReturnType<typeof tinyModel>) => void | Promise<void>) {
  const model = tinyModel();
  const files = memoryFiles();
  for (const [name, text] of Object.entries(model.texts)) await files.write(`m/${name}`, encode(text));
  await files.write("m/model.safetensors", writeSafetensors([...model.weights.values()]));
  await change(files, model);
  return createEngine(runtime, files, "m");
}

const edit = async (files: FileSystem, name: string, change: (json: Record<string, unknown>) => void) => {
  const json = JSON.parse(new TextDecoder().decode(await files.read(`m/${name}`)));
  change(json);
  await files.write(`m/${name}`, encode(JSON.stringify(json)));
};

describe("a folder that cannot be used says which file and tensor", () => {
  const norm = "model.layers.1.input_layernorm.weight";
  const spoil = (name: string, data: Float32Array, shape = [data.length]) =>
    open(async (files, { weights }) => {
      weights.set(name, { name, shape, data });
      await files.write("m/model.safetensors", writeSafetensors([...weights.values()]));
    });

  test("no folder", () =>
    assert.rejects(openModel(join(tmpdir(), "no-such-model")), {
      name: "EngineError",
      code: "missing_file",
      message: /config\.json/,
    }));
  test("a missing tensor", () =>
    assert.rejects(
      open(async (files, { weights }) => {
        weights.delete(norm);
        await files.write("m/model.safetensors", writeSafetensors([...weights.values()]));
      }),
      { code: "missing_tensor", file: "m/model.safetensors", tensor: norm },
    ));
  test("a wrong shape", () =>
    assert.rejects(spoil(norm, new Float32Array(31).fill(1)), {
      code: "wrong_shape",
      tensor: norm,
      message: /\[31\].*\[32\]/,
    }));
  test("NaN in a weight", () =>
    assert.rejects(spoil(norm, new Float32Array(32).fill(NaN)), { code: "not_finite", tensor: norm }));
  test("infinity in a weight", () =>
    assert.rejects(spoil(norm, new Float32Array(32).fill(1).with(3, Infinity)), {
      code: "not_finite",
      message: /element 3/,
    }));
  test("a missing shard", () =>
    assert.rejects(
      open(async (files, { weights }) => {
        const names = [...weights.keys()];
        await files.remove("m/model.safetensors");
        const shard = (i: number) => `model-0000${i}-of-00002.safetensors`;
        const map = Object.fromEntries(names.map((name, i) => [name, shard(1 + (i % 2))]));
        await files.write("m/model.safetensors.index.json", encode(JSON.stringify({ weight_map: map })));
        await files.write(
          `m/${shard(1)}`,
          writeSafetensors(names.filter((_, i) => i % 2 === 0).map((n) => weights.get(n)!)),
        );
      }),
      { code: "missing_file", file: "m/model-00002-of-00002.safetensors" },
    ));
  test("an unknown architecture", () =>
    assert.rejects(
      open((files) => edit(files, "config.json", (c) => (c["architectures"] = ["GPT2LMHeadModel"]))),
      { code: "unknown_architecture", message: /GPT2LMHeadModel.*LlamaForCausalLM/ },
    ));
  test("an unknown rotary scaling", () =>
    assert.rejects(
      open((files) => edit(files, "config.json", (c) => (c["rope_scaling"] = { rope_type: "longrope", factor: 2 }))),
      { code: "unsupported_setting", message: /longrope/ },
    ));
  test("another model's tokenizer", () =>
    assert.rejects(
      open((files) =>
        edit(files, "tokenizer.json", (t) => ((t["model"] as { vocab: Record<string, number> }).vocab["more"] = 5000)),
      ),
      { code: "tokenizer_mismatch", file: "m/tokenizer.json" },
    ));
  test("a tokenizer that is not JSON", () =>
    assert.rejects(
      open((files) => files.write("m/tokenizer.json", encode("<html>"))),
      { code: "bad_file", file: "m/tokenizer.json" },
    ));
  for (const name of ["config.json", "tokenizer_config.json", "generation_config.json"])
    test(`a ${name} that is not JSON`, () =>
      assert.rejects(
        open((files) => files.write(`m/${name}`, encode("<html>"))),
        { code: "bad_file", file: `m/${name}`, message: /is not valid JSON/ },
      ));
  test("a Git LFS pointer in place of the weights", () =>
    assert.rejects(
      open((files) =>
        files.write("m/model.safetensors", encode("version https://git-lfs.github.com/spec/v1\noid x\n")),
      ),
      { code: "bad_file", file: "m/model.safetensors", message: /git lfs pull/ },
    ));
  test("a model larger than memory, before it is read", async () => {
    const { texts } = tinyModel();
    const files = memoryFiles({
      "m/config.json": encode(texts["config.json"]),
      "m/tokenizer.json": encode(texts["tokenizer.json"]),
      "m/tokenizer_config.json": encode(texts["tokenizer_config.json"]),
      "m/model.safetensors": writeSafetensors([]),
    });
    await assert.rejects(createEngine(runtime, files, "m", { availableMemory: () => 50_000 }), {
      code: "out_of_memory",
      message: /parameters fits/,
    });
  });

  test("a truncated file on disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "engine-"));
    await writeTinyModel(folder);
    await truncate(join(folder, "model.safetensors"), 20_000);
    await assert.rejects(openModel(folder), { code: "bad_file", message: /model\.safetensors.*truncated/ });
    await rm(folder, { recursive: true });
  });
});

describe("examples that cannot be learned say which line", () => {
  let engine: Engine;
  before(async () => {
    engine = await open(() => {});
  });
  after(() => engine.close());
  const train = (examples: unknown[], more = {}) =>
    engine.train(examples as TrainingExample[], {
      lora: { rank: 2, alpha: 4 },
      epochs: 1,
      batchSize: 2,
      learningRate: 1e-3,
      seed: 1,
      output: "out",
      ...more,
    });
  const good = conversations(1)[0]!;
  const user = { role: "user", content: "vote" };

  test("none at all", () => assert.rejects(train([]), { code: "bad_example" }));
  test("an unknown role", () =>
    assert.rejects(train([good, { messages: [{ role: "tool", content: "x" }] }]), {
      code: "bad_example",
      line: 2,
      message: /"tool"/,
    }));
  test("no messages", () => assert.rejects(train([{ messages: [] }]), { code: "bad_example", line: 1 }));
  test("nothing to learn", () =>
    assert.rejects(train([good, good, { messages: [user] }]), { code: "bad_example", line: 3 }));
  test("an empty answer", () =>
    assert.rejects(train([{ messages: [user, { role: "assistant", content: "" }] }]), {
      code: "bad_example",
      line: 1,
    }));
  test("an answer outside its options", () =>
    assert.rejects(
      train([{ messages: [user, { role: "assistant", content: "x", options: { text: ["yes", "no"] } }] }]),
      {
        code: "bad_example",
        line: 1,
        message: /none of its options/,
      },
    ));
  test("too long", () =>
    assert.rejects(
      train([
        good,
        {
          messages: [
            { role: "user", content: "vote ".repeat(300) },
            { role: "assistant", content: "yes" },
          ],
        },
      ]),
      {
        code: "too_long",
        line: 2,
        message: /256/,
      },
    ));
  test("an unknown target of LoRA", () =>
    assert.rejects(train([good], { lora: { rank: 2, alpha: 4, targets: ["c_attn"] } }), {
      code: "bad_option",
      message: /c_attn.*q_proj/,
    }));
  test("a learning rate that diverges", () =>
    assert.rejects(train(conversations(4), { learningRate: 1e30, epochs: 20 }), {
      code: "diverged",
      message: /learning rate/,
    }));
});

describe("a training that does not fit in memory", () => {
  test("is refused before it starts, with what would fit", async () => {
    const { texts, weights } = tinyModel();
    const files = memoryFiles();
    for (const [name, text] of Object.entries(texts)) await files.write(`m/${name}`, encode(text));
    await files.write("m/model.safetensors", writeSafetensors([...weights.values()]));
    let available = 1e9;
    const engine = await createEngine(runtime, files, "m", { availableMemory: () => available });
    available = 400_000;
    const long = {
      messages: [
        { role: "user" as const, content: " vote".repeat(200) },
        { role: "assistant" as const, content: "yes" },
      ],
    };
    const settings = { epochs: 1, batchSize: 1, learningRate: 1e-3, seed: 1, output: "out" };
    await assert.rejects(engine.train([long], settings), {
      code: "out_of_memory",
      message: /needs about \d+ MB .* examples of at most \d+ tokens \(the longest has \d+\)/,
    });
    // What the message says fits, fits.
    await engine.train(conversations(1), settings);
    await engine.close();
  });
});

describe("a full disk", () => {
  test("at a checkpoint: the training fails, what was there before stays, the model still answers", async () => {
    const model = tinyModel();
    const files = memoryFiles();
    for (const [name, text] of Object.entries(model.texts)) await files.write(`m/${name}`, encode(text));
    await files.write("m/model.safetensors", writeSafetensors([...model.weights.values()]));
    const full: FileSystem = {
      ...files,
      write: async () => {
        throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      },
    };
    const engine = await createEngine(runtime, full, "m", { checkpointSeconds: 0 });
    const request = [{ messages: [{ role: "user" as const, content: "vote" }], options: ["yes", "no"] }];
    const before_ = await engine.score(request);
    await assert.rejects(
      engine.train(conversations(4), {
        epochs: 3,
        batchSize: 2,
        learningRate: 1e-2,
        seed: 1,
        output: "out",
        checkpoints: "state",
      }),
      /no space/,
    );
    assert.deepEqual(await engine.score(request), before_);
    await engine.close();
  });

  test("on disk: the error names the file, and no half-written file stays", async () => {
    const folder = await mkdtemp(join(tmpdir(), "engine-"));
    await writeFile(join(folder, "file"), "x");
    await assert.rejects(diskFiles().write(join(folder, "file", "below"), encode("y")), {
      code: "disk",
      message: /cannot write .*below/,
    });
    assert.equal(await readFile(join(folder, "file"), "utf8"), "x");
    await rm(folder, { recursive: true });
  });
});
