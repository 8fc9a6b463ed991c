import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
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
import { trainingBytes } from "#src/engine/model/memory.js";
import { linearNames } from "#src/engine/model/parameters.js";
import { diskFiles, exportMerged, nativeRuntime, openModel } from "#src/engine/node/index.js";
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
  const json = JSON.parse(new TextDecoder().decode((await files.read(`m/${name}`)) ?? encode("{}")));
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
      message: /no model folder .*no-such-model.*"hf download/,
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
  test("the right family, but no language model", () =>
    assert.rejects(
      open((files) => edit(files, "config.json", (c) => (c["architectures"] = ["Qwen2ForRewardModel"]))),
      { code: "unknown_architecture", message: /Qwen2ForRewardModel/ },
    ));
  test("an unknown rotary scaling", () =>
    assert.rejects(
      open((files) => edit(files, "config.json", (c) => (c["rope_scaling"] = { rope_type: "longrope", factor: 2 }))),
      { code: "unsupported_setting", message: /longrope needs factor|longrope needs short_factor/ },
    ));
  test("a rotary scaling that nobody knows, or of single layers", async () => {
    for (const rope of [{ rope_type: "mrope" }, { full_attention: { rope_type: "default" } }, { rope_type: "llama3" }])
      await assert.rejects(
        open((files) => edit(files, "config.json", (c) => (c["rope_scaling"] = rope))),
        { code: "unsupported_setting", file: "m/config.json" },
      );
  });
  test("a config.json whose values are of the wrong kind", async () => {
    for (const [key, value, message] of [
      ["num_hidden_layers", 2.5, /num_hidden_layers must be a whole number, not 2.5/],
      ["hidden_size", "32", /hidden_size must be a positive number, not "32"/],
      ["num_attention_heads", 5, /do not fit together/],
    ] as const)
      await assert.rejects(
        open((files) => edit(files, "config.json", (c) => (c[key] = value))),
        { code: "bad_file", file: "m/config.json", message },
      );
  });
  test("another model's tokenizer", () =>
    assert.rejects(
      open((files) =>
        edit(files, "tokenizer.json", (t) => ((t["model"] as { vocab: Record<string, number> }).vocab["more"] = 5000)),
      ),
      { code: "tokenizer_mismatch", file: "m/tokenizer.json" },
    ));
  test("a tokenizer without the token that ends an answer", async () => {
    await assert.rejects(
      open((files) => edit(files, "tokenizer_config.json", (c) => (c["eos_token"] = "</s>"))),
      { code: "tokenizer_mismatch", file: "m/tokenizer.json", message: /"<\/s>"/ },
    );
    await assert.rejects(
      open((files) => edit(files, "generation_config.json", (c) => (c["eos_token_id"] = [2, 128009]))),
      { code: "tokenizer_mismatch", file: "m/tokenizer.json", message: /128009/ },
    );
  });
  test("a chat template that cannot write a question", () =>
    assert.rejects(
      open((files) =>
        edit(files, "tokenizer_config.json", (c) => (c["chat_template"] = "{{ raise_exception('tools only') }}")),
      ),
      { code: "bad_file", file: "m/tokenizer_config.json", message: /tools only/ },
    ));
  test("a tokenizer that is not JSON", () =>
    assert.rejects(
      open((files) => files.write("m/tokenizer.json", encode("<html>"))),
      { code: "bad_file", file: "m/tokenizer.json" },
    ));
  for (const name of ["config.json", "tokenizer_config.json", "generation_config.json"])
    test(`a ${name} that is not JSON, or no object`, async () => {
      for (const text of ["<html>", "null", "[]"])
        await assert.rejects(
          open((files) => files.write(`m/${name}`, encode(text))),
          { code: "bad_file", file: `m/${name}`, message: /is not valid JSON/ },
        );
    });
  test("an index of shards that names none, or leads elsewhere", async () => {
    for (const map of [[], { a: 5 }, { a: "../other/model.safetensors" }])
      await assert.rejects(
        open(async (files) => {
          await files.remove("m/model.safetensors");
          await files.write("m/model.safetensors.index.json", encode(JSON.stringify({ weight_map: map })));
        }),
        { code: "bad_file", file: "m/model.safetensors.index.json", message: /weight_map/ },
      );
  });
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

describe("an adapter that cannot be used says which file and tensor", () => {
  const settings = { peft_type: "LORA", r: 2, lora_alpha: 4, target_modules: ["q_proj"] };
  async function score(config: object, change: (tensors: Map<string, number[]>) => void = () => {}) {
    const { config: shape } = tinyModel();
    const tensors = new Map<string, number[]>();
    for (let l = 0; l < shape.layers; l++) {
      const name = `base_model.model.model.layers.${l}.self_attn.q_proj`;
      tensors.set(`${name}.lora_A.weight`, [2, shape.hiddenSize]);
      tensors.set(`${name}.lora_B.weight`, [shape.heads * shape.headSize, 2]);
    }
    change(tensors);
    const named = [...tensors].map(([name, s]) => ({
      name,
      shape: s,
      data: new Float32Array(s.reduce((a, b) => a * b)),
    }));
    const engine = await open(async (files) => {
      await files.write("a/adapter_config.json", encode(JSON.stringify({ ...settings, ...config })));
      await files.write("a/adapter_model.safetensors", writeSafetensors(named));
    });
    const [logprobs] = await engine.score([{ messages: [{ role: "user", content: "vote" }], options: ["yes"] }], {
      adapter: "a",
    });
    return logprobs;
  }
  const file = "a/adapter_model.safetensors";

  test("whole, it can", async () => assert.equal((await score({}))!.length, 1));
  test("settings that change what the tensors mean", async () => {
    for (const more of [
      { use_dora: true },
      { peft_type: "IA3" },
      { init_lora_weights: "pissa_niter_4" },
      { target_modules: ["c_attn"] },
      { trainable_token_indices: [1] },
    ])
      await assert.rejects(score(more), { code: "unsupported_setting", file: "a/adapter_config.json" });
    await assert.rejects(score({ r: 0 }), { code: "bad_file", message: /: r must be a positive number/ });
  });
  test("a missing tensor, another shape, a tensor that would be left out", async () => {
    const first = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    await assert.rejects(
      score({}, (t) => t.delete(first)),
      { code: "missing_tensor", file, tensor: first },
    );
    await assert.rejects(
      score({}, (t) => t.set(first, [3, 32])),
      { code: "wrong_shape", file, tensor: first },
    );
    const head = "base_model.model.lm_head.lora_A.weight";
    await assert.rejects(
      score({}, (t) => t.set(head, [2, 32])),
      { code: "unsupported_setting", file, tensor: head },
    );
    // The tiny model's head is its embedding: replaced alone it would be two.
    const embedding = "base_model.model.model.embed_tokens.weight";
    await assert.rejects(
      score({}, (t) => t.set(embedding, [10, 32])),
      { code: "unsupported_setting", tensor: embedding },
    );
  });
});

describe("what is there stays", () => {
  let folder: string, model: string, engine: Engine;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "engine-"));
    model = join(folder, "tiny");
    await writeTinyModel(model);
    await writeFile(join(model, "generation_config.json"), '{ "eos_token_id": [2] }');
    engine = await openModel(model, { threads: 1 });
  });
  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });
  const settings = { epochs: 1, batchSize: 2, learningRate: 1e-3, seed: 1 };
  const train = (output: string, lora: null | { rank: number; alpha: number }) =>
    engine.train(conversations(2), { ...settings, lora, output });
  const lora = { rank: 2, alpha: 4 };

  test("nothing is written over the base, by whatever name", async () => {
    const before_ = await readFile(join(model, "model.safetensors"));
    await symlink(model, join(folder, "link"));
    for (const output of [model, join(model, "..", "tiny"), join(folder, "link"), `${model}/`])
      for (const kind of [null, lora])
        await assert.rejects(train(output, kind), { code: "bad_option", message: /base model's own folder/ });
    await train(join(folder, "adapter"), lora);
    const adapter = join(folder, "adapter");
    await assert.rejects(exportMerged({ base: model, adapter, output: join(folder, "link") }), {
      code: "bad_option",
      message: /base model's own folder/,
    });
    assert.deepEqual(await readFile(join(model, "model.safetensors")), before_);
    assert.ok(!(await readdir(model)).includes("adapter_config.json"));
  });

  test("a model gets no adapter in its folder, an adapter no model", async () => {
    await train(join(folder, "whole"), null);
    await assert.rejects(train(join(folder, "whole"), lora), { code: "bad_option", message: /holds a model/ });
    await train(join(folder, "small"), lora);
    await assert.rejects(train(join(folder, "small"), null), { code: "bad_option", message: /holds an adapter/ });
    // The same training again may replace what it wrote.
    await train(join(folder, "whole"), null);
    await train(join(folder, "small"), lora);
    assert.equal(await readFile(join(folder, "whole", "generation_config.json"), "utf8"), '{ "eos_token_id": [2] }');
  });
});

describe("an output that cannot be written", () => {
  test("is said before training, not after it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "engine-"));
    await writeTinyModel(join(folder, "tiny"));
    await writeFile(join(folder, "file"), "x");
    const engine = await openModel(join(folder, "tiny"), { threads: 1 });
    let steps = 0;
    const settings = { epochs: 1, batchSize: 2, learningRate: 1e-3, seed: 1, onStep: () => steps++ };
    await assert.rejects(engine.train(conversations(2), { ...settings, output: join(folder, "file", "out") }), {
      code: "disk",
      message: /cannot write .*file/,
    });
    assert.equal(steps, 0);
    await engine.close();
    await rm(folder, { recursive: true });
  });
});

describe("options that cannot be meant are refused by name", () => {
  let engine: Engine;
  before(async () => {
    engine = await open(() => {});
  });
  after(() => engine.close());

  test("of training", async () => {
    const good = { epochs: 1, batchSize: 2, learningRate: 1e-3, seed: 1, output: "out" };
    for (const [more, message] of [
      [{ learning_rate: 1e-3 }, /no option learning_rate/],
      [{ loss: "mse" }, /loss must be one of cross-entropy, kl, wasserstein, not mse/],
      [{ schedule: "linaer" }, /schedule must be one of/],
      [{ epochs: 0 }, /epochs must be a number greater than 0, not 0/],
      [{ batchSize: 1.5 }, /batchSize must be a whole number of at least 1/],
      [{ learningRate: NaN }, /learningRate/],
      [{ seed: undefined }, /seed is missing/],
      [{ smoothing: 5 }, /smoothing must be a number of at least 0 and at most 1, not 5/],
      [{ warmupSteps: -1 }, /warmupSteps/],
      [{ patience: 2 }, /patience .* needs validation examples/],
      [{ lora: { rank: 2 } }, /lora\.alpha is missing/],
      [{ lora: { rank: 2, alpha: 4, dropout: 1 } }, /lora\.dropout .* below 1, not 1/],
      [{ lora: { rank: 2, alpha: 4, rs_lora: true } }, /no option lora\.rs_lora/],
      [{ lora: { rank: 2, alpha: 4, targets: [] } }, /lora\.targets: none given/],
      [{ output: undefined }, /output must name a folder/],
      [{ loss: "kl" }, /no answer carries its options/],
    ] as const)
      await assert.rejects(engine.train(conversations(2), { ...good, ...more } as never), {
        code: "bad_option",
        message,
      });
  });

  test("of a request", async () => {
    const messages = [{ role: "user" as const, content: "vote" }];
    for (const [more, message] of [
      [{ max_tokens: 3 }, /request 1: there is no option max_tokens/],
      [{ temperature: -1 }, /temperature must be a number of at least 0, not -1/],
      [{ topP: 2 }, /topP/],
      [{ stop: [""] }, /stop/],
      [{ stop: "x" }, /stop/],
      [{ maxTokens: -3 }, /maxTokens/],
      [{ frequencyPenalty: "a" }, /frequencyPenalty/],
    ] as const)
      await assert.rejects(engine.generate([{ messages, ...more } as never]), { code: "bad_option", message });
    for (const options of [undefined, [], [5]])
      await assert.rejects(engine.score([{ messages, options } as never]), { code: "bad_option", line: 1 });
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
  test("no object", () => assert.rejects(train([good, null]), { code: "bad_example", line: 2, message: /example 2/ }));
  test("options that are the same", () =>
    assert.rejects(train([{ messages: [user, { role: "assistant", content: "x", options: { text: ["x", "x"] } }] }]), {
      code: "bad_example",
      line: 1,
      message: /must be different answers/,
    }));
  test("of the validation set", () =>
    assert.rejects(train([good], { validation: [good, { messages: [{ role: "tool", content: "x" }] }] }), {
      code: "bad_example",
      line: 2,
      set: "validation",
      message: /^validation example 2: /,
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
  test("LoRA on a head that is the embedding", () =>
    assert.rejects(train([good], { lora: { rank: 2, alpha: 4, targets: ["q_proj", "lm_head"] } }), {
      code: "bad_option",
      message: /lm_head is the embedding in this model \(tie_word_embeddings\)/,
    }));
  test("a learning rate that diverges", () =>
    assert.rejects(train(conversations(4), { learningRate: 1e30, epochs: 20 }), {
      code: "diverged",
      message: /learning rate/,
    }));
});

describe("a training that does not fit in memory", () => {
  test("is refused before it starts, with what would fit", async () => {
    const { config, texts, weights } = tinyModel();
    const files = memoryFiles();
    for (const [name, text] of Object.entries(texts)) await files.write(`m/${name}`, encode(text));
    await files.write("m/model.safetensors", writeSafetensors([...weights.values()]));
    let available = 1e9;
    const engine = await createEngine(runtime, files, "m", { availableMemory: () => available });
    const lora = { rank: 4, alpha: 8, dropout: 0, rsLora: false, targets: [...linearNames] };
    available = trainingBytes(config, lora, 100, 20, true);
    const long = {
      messages: [
        { role: "user" as const, content: " vote".repeat(200) },
        { role: "assistant" as const, content: "yes" },
      ],
    };
    const settings = { epochs: 1, batchSize: 1, learningRate: 1e-3, seed: 1, output: "out", lora };
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
