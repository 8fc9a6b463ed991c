import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { after, before, describe, test } from "node:test";
import { generateBatch } from "#src/engine/inference/generate.js";
import { logSumExp } from "#src/engine/inference/sample.js";
import { createNetworks } from "#src/engine/inference/sessions.js";
import { openTokenizer } from "#src/engine/tokenizer.js";
import { exportMerged, nativeRuntime, openModel } from "#src/engine/node/index.js";
import type { ChatMessage, Engine, TrainingExample } from "#src/engine/index.js";
import { conversations, tinyModel, writeTinyModel } from "./tiny.js";

const ask = (text: string): ChatMessage[] => [{ role: "user", content: text }];
const options = ["0", "1", "10", "Clinton", "Dole"];
let folder: string, engine: Engine;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-"));
  await writeTinyModel(join(folder, "tiny"));
  engine = await openModel(join(folder, "tiny"), { threads: 1 });
});
after(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

describe("scoring", () => {
  test("gives the same log-probabilities alone and in a batch with longer prompts", async () => {
    const requests = ["how do you vote", "where do you place the party of a person left right", "vote"].map((t) => ({
      messages: ask(t),
      options,
    }));
    const together = await engine.score(requests);
    for (const [i, request] of requests.entries()) {
      const [alone] = await engine.score([request]);
      alone!.forEach((p, o) => assert.ok(Math.abs(p - together[i]![o]!) < 1e-4, `${p} ${together[i]![o]}`));
    }
  });

  test("a second question on top of a first one reuses its tokens and gives the same answer", async () => {
    const first: ChatMessage[] = [
      { role: "system", content: "a person age 4 5 left party 7 where are the questions how do you vote" },
      { role: "user", content: "where do you place the party left moderate right of the person" },
    ];
    const second: ChatMessage[] = [...first, { role: "assistant", content: "left" }, ...ask("how do you vote")];
    const fresh = await openModel(join(folder, "tiny"), { threads: 1 });
    const [alone] = await fresh.score([{ messages: second, options }]);
    await fresh.close();
    await engine.score([{ messages: first, options }]);
    const calls = [second, first, second].map((messages) => engine.score([{ messages, options }]));
    const [[again], , [twice]] = (await Promise.all(calls)) as [Float64Array[], Float64Array[], Float64Array[]];
    for (const [o, p] of alone!.entries()) {
      assert.ok(Math.abs(again![o]! - p) < 1e-4);
      assert.ok(Math.abs(twice![o]! - p) < 1e-4);
    }
  });

  test("an option's log-probability is that of its tokens, one after the other", async () => {
    // All one-token answers together with all longer ones have probability 1; the ones given here less.
    const [scores] = await engine.score([{ messages: ask("how do you vote"), options }]);
    const total = [...scores!].reduce((sum, p) => sum + Math.exp(p), 0);
    assert.ok(total > 0 && total < 1);
  });
});

describe("training", () => {
  const examples: TrainingExample[] = Array.from({ length: 12 }, (_, i) => ({
    messages: [
      { role: "user", content: `how do you vote ${i}` },
      { role: "assistant", content: i % 2 ? "Dole" : "Clinton" },
    ],
  }));
  const train = (output: string) =>
    engine.train(examples, {
      lora: { rank: 4, alpha: 8 },
      epochs: 12,
      batchSize: 4,
      learningRate: 2e-2,
      seed: 7,
      output: join(folder, output),
    });

  test("the loss falls, the adapter changes the answers, the same seed gives the same bits", async () => {
    const first = await train("a");
    assert.ok(
      first.history.at(-1)!.loss < 0.6 * first.history[0]!.loss,
      JSON.stringify(first.history.map((h) => h.loss)),
    );
    const second = await train("b");
    assert.deepEqual(first.history, second.history);
    const request = [{ messages: ask("how do you vote 3"), options: ["Clinton", "Dole"] }];
    const [base] = await engine.score(request);
    const [a] = await engine.score(request, { adapter: first.adapter });
    const [b] = await engine.score(request, { adapter: second.adapter });
    assert.deepEqual(a, b);
    assert.ok(Math.exp(a![0]!) + Math.exp(a![1]!) > 0.5);
    assert.ok(a![1]! > base![1]! + 1);
  });

  test("the calling thread stays free", async () => {
    const before_ = performance.eventLoopUtilization();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const started = performance.now();
    await train("free");
    const seconds = (performance.now() - started) / 1000;
    clearInterval(timer);
    // How late timers are depends on what else the machine does (bench/engine.mjs measures it); that the loop waits
    // most of the time does not.
    const { utilization } = performance.eventLoopUtilization(before_);
    assert.ok(utilization < 0.5, `busy ${utilization} of the time`);
    assert.ok(ticks > 20 * seconds, `${ticks} ticks in ${seconds} s`);
  });

  test("stops when told to", async () => {
    const controller = new AbortController();
    const work = engine.train(examples, {
      lora: { rank: 4, alpha: 8 },
      epochs: 1000,
      batchSize: 4,
      learningRate: 1e-3,
      seed: 1,
      output: join(folder, "c"),
      signal: controller.signal,
      onStep: ({ step }) => step === 3 && controller.abort(),
    });
    await assert.rejects(work, { name: "AbortError" });
  });
});

describe("generation", () => {
  test("greedy tokens are those that scoring finds most likely", async () => {
    const messages = ask("how do you vote");
    const [made] = await engine.generate([{ messages, temperature: 0, maxTokens: 5, topLogprobs: 3 }]);
    assert.equal(made!.tokens.length, 5);
    assert.ok(made!.tokens.every((t) => Math.abs(t.logprob - t.top![0]!.logprob) < 1e-6));
  });

  test("cached decoding gives each token the probability that a run over the whole text gives it", async () => {
    const { config, weights, texts } = tinyModel();
    const tokenizer = openTokenizer({
      tokenizer: texts["tokenizer.json"],
      config: texts["tokenizer_config.json"],
      eosTokens: [2],
      folder: "tiny",
    });
    const runtime = await nativeRuntime({ threads: 1 });
    const networks = createNetworks(runtime, config, weights);
    const network = await networks.logits();
    const texts_ = ["vote", "how do you vote Clinton Dole left right moderate age party question", "left right"];
    const waiting = Array.from({ length: 12 }, (_, i) => {
      const messages = ask(texts_[i % 3]!);
      return { job: { prompt: tokenizer.prompt(messages), request: { messages, seed: i, maxTokens: 50 + 10 * i } } };
    });
    let compared = 0;
    // Twice: the second time on prompts whose beginnings are cached.
    for (let round = 0; round < 2; round++) {
      const made = await generateBatch(runtime, network, tokenizer, waiting);
      const idOf = new Map(tokenizer.tokenTexts().map((text, id) => [text, id]));
      for (const [i, { tokens }] of made.entries()) {
        // A special token has no text to know it by: up to there.
        const special = tokens.findIndex((t) => !t.text);
        const ids = (special < 0 ? tokens : tokens.slice(0, special)).map((t) => idOf.get(t.text)!);
        compared = Math.max(compared, ids.length);
        const { prompt } = waiting[i]!.job;
        const { feeds, predict } = network.layout([{ ids: [...prompt, ...ids] }]);
        const rows = Int32Array.from(ids, (_, k) => prompt.length - 1 + k);
        const out = await network.run({
          ...feeds,
          ...network.cache.feeds([[]]).feeds,
          ...predict(rows),
        });
        const logits = out["logits"]!.data as Float32Array,
          size = config.vocabularySize;
        tokens.slice(0, ids.length).forEach(({ logprob }, k) => {
          const row = logits.subarray(k * size, (k + 1) * size);
          assert.ok(Math.abs(row[ids[k]!]! - logSumExp(row) - logprob) < 1e-4, `row ${i}, token ${k}`);
        });
      }
    }
    assert.ok(compared > 64, `${compared}`);
    await networks.release();
  });

  test("a stop string ends the answer before it, in the stream too", async () => {
    const messages = ask("how do you vote");
    const [whole] = await engine.generate([{ messages, seed: 3, maxTokens: 30 }]);
    const words = whole!.tokens.map((t) => t.text);
    // A stop string that begins within one token and ends in another.
    const stop = words.slice(6, 9).join("").slice(1);
    const at = whole!.text.indexOf(stop);
    assert.ok(at > 0);
    let streamed = "";
    const onToken = (_: number, { text }: { text: string }) => (streamed += text);
    const [cut] = await engine.generate([{ messages, seed: 3, maxTokens: 30, stop: [stop] }], { onToken });
    assert.equal(cut!.text, whole!.text.slice(0, at));
    assert.equal(cut!.finish, "stop");
    assert.equal(streamed, cut!.text);
    assert.equal(cut!.tokens.map((t) => t.text).join(""), cut!.text);
  });

  test("a row's tokens do not depend on the others in its batch", async () => {
    const requests = ["vote", "how do you vote Clinton Dole", "left right"].map((t, i) => ({
      messages: ask(t),
      temperature: 1,
      seed: i,
      maxTokens: 4 + 4 * i,
    }));
    const together = await engine.generate(requests);
    for (const [i, request] of requests.entries())
      assert.equal((await engine.generate([request]))[0]!.text, together[i]!.text);
  });
});

describe("adapters", () => {
  test("merged weights, as a model of their own, answer as base and adapter do", async () => {
    const base = join(folder, "tiny"),
      adapter = join(folder, "d"),
      output = join(folder, "merged");
    await engine.train(conversations(6), {
      lora: { rank: 4, alpha: 8, rsLora: true },
      epochs: 5,
      batchSize: 2,
      learningRate: 1e-2,
      seed: 3,
      output: adapter,
    });
    await exportMerged({ base, adapter, output });
    const own = await openModel(output, { threads: 1 });
    const request = [{ messages: ask("how do you vote"), options }];
    const [expected] = await engine.score(request, { adapter });
    const [found] = await own.score(request);
    expected!.forEach((p, o) => assert.ok(Math.abs(p - found![o]!) < 1e-4));
    assert.notEqual(own.fingerprint, engine.fingerprint);
    await own.close();
  });

  test("full finetuning writes a model of its own, and leaves the base as it was", async () => {
    const request = [{ messages: ask("how do you vote 3"), options: ["Clinton", "Dole"] }];
    const [before_] = await engine.score(request);
    const { adapter, history } = await engine.train(conversations(6), {
      lora: null,
      epochs: 10,
      batchSize: 3,
      learningRate: 5e-3,
      seed: 3,
      output: join(folder, "full"),
    });
    assert.ok(history.at(-1)!.loss < history[0]!.loss / 2);
    const [after_] = await engine.score(request, { adapter });
    assert.ok(after_![1]! > before_![1]! + 1);
    assert.deepEqual((await engine.score(request))[0], before_);
    const own = await openModel(adapter, { threads: 1 });
    const [alone] = await own.score(request);
    alone!.forEach((p, o) => assert.ok(Math.abs(p - after_![o]!) < 1e-5));
    await own.close();
  });

  test("validation loss decides which state is kept, and patience when to stop", async () => {
    const { history } = await engine.train(conversations(10), {
      lora: { rank: 4, alpha: 8 },
      epochs: 50,
      batchSize: 5,
      learningRate: 3e-2,
      seed: 3,
      validation: conversations(20)
        .slice(10)
        .map(({ messages: [user] }) => ({ messages: [user!, { role: "assistant", content: "yes" }] })),
      patience: 2,
      output: join(folder, "e"),
    });
    const losses = history.flatMap((h) => h.validationLoss ?? []);
    assert.ok(losses.length < 50 && losses.length >= 3);
    const best = losses.indexOf(Math.min(...losses));
    assert.equal(losses.length, best + 3);
  });
});

describe("distribution losses", () => {
  // Every person is asked the same and the target is given: what the model says must come to it.
  const target = [0.1, 0.2, 0.4, 0.2, 0.1];
  const text = ["1", "2", "3", "4", "5"];
  for (const loss of ["kl", "wasserstein"] as const)
    test(`${loss}: option probabilities come to the target`, async () => {
      const examples = Array.from({ length: 4 }, (): TrainingExample => ({
        messages: [
          ...ask("where do you place the party"),
          { role: "assistant", content: "3", options: { text, target, ordered: true } },
        ],
      }));
      const { adapter } = await engine.train(examples, {
        lora: { rank: 4, alpha: 8 },
        epochs: 60,
        batchSize: 4,
        learningRate: loss === "kl" ? 1e-2 : 5e-3,
        loss,
        seed: 1,
        output: join(folder, loss),
      });
      const [scores] = await engine.score([{ messages: ask("where do you place the party"), options: text }], {
        adapter,
      });
      const p = [...scores!].map(Math.exp),
        total = p.reduce((a, b) => a + b);
      target.forEach((t, o) =>
        assert.ok(Math.abs(p[o]! / total - t) < 0.03, `${p.map((x) => (x / total).toFixed(3))}`),
      );
    });

  test("options without an order have no Wasserstein distance: they keep KL", async () => {
    const parties = ["Clinton", "Dole", "party"];
    const examples = Array.from({ length: 4 }, (): TrainingExample => ({
      messages: [
        ...ask("how do you vote"),
        { role: "assistant", content: "Dole", options: { text: parties, target: [0.2, 0.5, 0.3] } },
      ],
    }));
    const trained = async (loss: "kl" | "wasserstein") => {
      const settings = { lora: { rank: 2, alpha: 4 }, epochs: 5, batchSize: 4, learningRate: 1e-2, seed: 1, loss };
      const { history } = await engine.train(examples, { ...settings, output: join(folder, `nominal-${loss}`) });
      return history.map((h) => h.loss);
    };
    const [kl, wasserstein] = [await trained("kl"), await trained("wasserstein")];
    kl.forEach((loss, i) => assert.ok(Math.abs(loss - wasserstein[i]!) <= 1e-5 * loss, `${kl} ${wasserstein}`));
  });

  test("smoothing gives neighbours of an ordered answer their share", async () => {
    const examples = Array.from({ length: 4 }, (): TrainingExample => ({
      messages: [
        ...ask("where do you place the party"),
        { role: "assistant", content: "3", options: { text, ordered: true } },
      ],
    }));
    const { adapter } = await engine.train(examples, {
      lora: { rank: 4, alpha: 8 },
      epochs: 60,
      batchSize: 4,
      learningRate: 1e-2,
      smoothing: 0.3,
      seed: 1,
      output: join(folder, "smooth"),
    });
    const [scores] = await engine.score([{ messages: ask("where do you place the party"), options: text }], {
      adapter,
    });
    const p = [...scores!].map(Math.exp),
      total = p.reduce((a, b) => a + b);
    // A random model's logits are bounded, so that an end of turn is never certain: 0.1.
    [0, 0.15, 0.7, 0.15, 0].forEach((t, o) =>
      assert.ok(Math.abs(p[o]! / total - t) < 0.1, `${p.map((x) => (x / total).toFixed(3))}`),
    );
  });
});
