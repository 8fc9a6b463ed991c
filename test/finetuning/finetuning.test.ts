/** People to examples to a finetuned model, on a tiny random model in the real engine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Respondents, type ProgressEvent } from "#src/study/index.js";
import { loadStudy } from "#src/study/node/index.js";
import * as finetuning from "#src/finetuning/node/index.js";
import { estimateMargins } from "#src/finetuning/margins.js";
import * as simulation from "#src/simulation/node/index.js";
import { closeModels, compatible, embedded } from "#src/provider/node/index.js";
import { writeTinyModel } from "../engine/tiny.js";

let home: string, base: string;
const anes = await loadStudy("anes96");
const pilot = anes.take([0, 1, 2, 3, 4, 5, 6, 7]);

before(async () => {
  home = await mkdtemp(join(tmpdir(), "finetuning-"));
  base = join(home, "tiny");
  await writeTinyModel(base, { context: 512 });
});
after(async () => {
  await closeModels();
  await rm(home, { recursive: true });
});
const settings = () => ({ base, home, template: "compact", epochs: 3, learningRate: 0.01 });

describe("examples", () => {
  test("are OpenAI's JSONL: one interview a person, roles in turn, all answers in it", () => {
    const lines = finetuning
      .exportJSONL(pilot, { template: "plain", permute: false })
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    assert.equal(lines.length, 8);
    for (const [i, { messages, ...rest }] of lines.entries()) {
      assert.deepEqual(rest, {});
      assert.deepEqual(
        messages.map((m: { role: string }) => m.role),
        ["system", ..."user assistant user assistant user assistant user assistant".split(" ")],
      );
      assert.ok(messages.every((m: object) => Object.keys(m).join() === "role,content"));
      const answers = messages
        .filter((m: { role: string }) => m.role === "assistant")
        .map((m: { content: string }) => m.content);
      const row = pilot.row(i);
      assert.deepEqual(answers, [
        String(row["selfLR"]),
        String(row["ClinLR"]),
        String(row["DoleLR"]),
        row["vote"] === 0 ? "A" : "B",
      ]);
    }
  });

  test("a permuted option is learned under the letter it was shown with", () => {
    const lines = finetuning
      .exportJSONL(anes.take(Array.from({ length: 30 }, (_, i) => i)), { seed: 3 })
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    let swapped = 0;
    for (const [i, { messages }] of lines.entries()) {
      const shown = [...messages.at(-2).content.matchAll(/^([AB])\. (.*)$/gm)].map((m) => [m[1], m[2]]);
      const said = shown.find(([letter]) => letter === messages.at(-1).content)![1];
      assert.equal(said, anes.column("vote")[i] === 0 ? "Bill Clinton" : "Bob Dole");
      if (shown[0]![1] === "Bob Dole") swapped++;
    }
    assert.ok(swapped > 5 && swapped < 25, `${swapped} of 30 swapped`);
  });

  test("missing answers are left out, people without any are too", () => {
    const columns = Object.fromEntries(pilot.names.map((name) => [name, [...pilot.column(name)]]));
    columns["ClinLR"]![0] = null;
    for (const name of ["selfLR", "ClinLR", "DoleLR", "vote"]) columns[name]![1] = null;
    const gaps = new Respondents({ codebook: pilot.codebook, ids: pilot.ids, columns });
    const examples = finetuning.trainingExamples(gaps);
    assert.equal(examples.length, 7);
    assert.equal(examples[0]!.messages.filter((m) => m.role === "assistant").length, 3);
  });

  test("attribute dropout adds interviews of the same answers with fewer attributes", () => {
    const answered = (example: { messages: { role: string; content: string }[] }) =>
      example.messages.filter((m) => m.role === "assistant").map((m) => m.content);
    const plain = finetuning.trainingExamples(pilot);
    const more = finetuning.trainingExamples(pilot, { attributeDropout: { copies: 2, share: 0.5 }, seed: 0 });
    assert.equal(more.length, 3 * pilot.n);
    assert.deepEqual(more.slice(0, pilot.n), plain);
    more.forEach((example, i) => assert.deepEqual(answered(example), answered(plain[i % pilot.n]!)));
    // Each attribute is in about half of the 16 copies; with this seed and with nearly any other between 3 and 13.
    for (const label of ["party identification", "age: "]) {
      const kept = more.slice(pilot.n).filter((e) => e.messages.some((m) => m.content.includes(label))).length;
      assert.ok(kept >= 3 && kept <= 13, `${label} is in ${kept} of 16`);
    }
    const none = finetuning.trainingExamples(pilot, { attributeDropout: { copies: 1, share: 1 } }).at(-1)!;
    assert.doesNotMatch(JSON.stringify(none), /party identification|age:/);
    assert.deepEqual(
      more,
      finetuning.trainingExamples(pilot, { attributeDropout: { copies: 2, share: 0.5 }, seed: 0 }),
    );
  });

  test("below actionsFrom only the complete interviews teach actions, by OpenAI's weight", async () => {
    const attributeDropout = { copies: 1, share: 0.5, actionsFrom: pilot.n + 1 };
    for (const options of [false, true]) {
      const examples = finetuning.trainingExamples(pilot, { attributeDropout, options });
      assert.equal(examples.length, 2 * pilot.n);
      examples.forEach(({ messages }, i) => {
        const weights = messages.filter((m) => m.role === "assistant").map((m) => m.weight ?? 1);
        // Three beliefs, then the vote.
        assert.deepEqual(weights, i < pilot.n ? [1, 1, 1, 1] : [1, 1, 1, 0]);
        assert.equal(messages.at(-1)!.options !== undefined, options && i < pilot.n);
      });
    }
    const enough = { ...attributeDropout, actionsFrom: pilot.n };
    assert.doesNotMatch(finetuning.exportJSONL(pilot, { attributeDropout: enough }), /weight/);
    // Of somebody who only acted there is nothing to learn in a copy.
    const columns = Object.fromEntries(
      pilot.names.map((name) => [
        name,
        pilot.item(name).role === "belief" ? pilot.column(name).map(() => null) : [...pilot.column(name)],
      ]),
    );
    const acted = new Respondents({ codebook: pilot.codebook, ids: pilot.ids, columns });
    assert.equal(finetuning.trainingExamples(acted, { attributeDropout }).length, pilot.n);
  });

  test("smoothing by margins aims between a person's answer and everybody's, as if so many more had answered", () => {
    const added = { beliefs: 8, actions: 2 };
    const examples = finetuning.trainingExamples(pilot, {
      template: "compact",
      options: true,
      marginSmoothing: added,
    });
    // The engine takes them: targets sum to 1.
    finetuning.toJSONL(examples);
    const thirty = { options: true, template: "compact", marginSmoothing: { beliefs: 30, actions: 5 } };
    finetuning.toJSONL(finetuning.trainingExamples(anes.take(Array.from({ length: 30 }, (_, i) => i)), thirty));
    const item = pilot.item("selfLR");
    const said = pilot.column("selfLR");
    examples.forEach(({ messages }, i) => {
      const { options } = messages[1]! as { options: { text: string[]; target: number[] } };
      assert.equal(options.text.length, 7);
      // By hand: half the weight (8 added to 8 people) on the shares of the pilot, half on the answer given.
      options.target.forEach((t, k) => {
        const share = said.filter((v) => v === k + 1).length / pilot.n;
        assert.ok(Math.abs(t - (0.5 * share + (said[i] === k + 1 ? 0.5 : 0))) < 1e-3, `${item.name} of person ${i}`);
      });
      const { target } = (messages.at(-1)! as { options: { target: number[] } }).options;
      const voted = pilot.column("vote");
      const share = voted.filter((v) => v === 1).length / pilot.n;
      assert.ok(Math.abs(target[1]! - (0.2 * share + (voted[i] === 1 ? 0.8 : 0))) < 1e-3, `vote of person ${i}`);
    });
  });

  test("spread answers are together what everybody is estimated to answer, each near the person's own", () => {
    const examples = finetuning.trainingExamples(pilot, {
      template: "compact",
      options: true,
      marginSmoothing: { beliefs: 0, actions: 0, spread: 0.1 },
    });
    finetuning.toJSONL(examples);
    const beliefs = ["selfLR", "ClinLR", "DoleLR"];
    const counts = beliefs.map((name) =>
      [1, 2, 3, 4, 5, 6, 7].map((k) => pilot.column(name).filter((value) => value === k).length),
    );
    const expected = estimateMargins(counts);
    beliefs.forEach((name, b) => {
      const targets = examples.map((e) => (e.messages[2 * b + 1] as { options: { target: number[] } }).options.target);
      expected[b]!.forEach((share, k) => {
        const together = targets.reduce((sum, target) => sum + target[k]!, 0) / pilot.n;
        assert.ok(Math.abs(together - share) < 1e-4, `${name} ${k + 1}: ${together} instead of ${share}`);
      });
      // Everybody's own answer has more of their target than of the average one.
      targets.forEach((target, i) => {
        const own = Number(pilot.column(name)[i]) - 1;
        assert.ok(target[own]! > expected[b]![own]!);
      });
    });
    // Two options are not spread.
    const last = examples[0]!.messages.at(-1)! as { options: { target?: number[] } };
    assert.equal(last.options.target, undefined);
  });

  test("options that are written alike on a long scale are one answer", () => {
    const minutes = { kind: "interval" as const, min: 0, max: 150, step: 1 };
    const items = pilot.codebook.items.map((item) =>
      item.name === "selfLR" ? { ...item, scale: minutes, text: "How many minutes?" } : item,
    );
    const asked = new Respondents({
      codebook: { ...pilot.codebook, items },
      ids: pilot.ids,
      columns: new Map([
        ["age", pilot.column("age")],
        ["selfLR", pilot.ids.map((_, i) => 20 * i + 1)],
      ]),
    });
    for (const spread of [{}, { spread: 0.1 }])
      for (const { messages } of finetuning.trainingExamples(asked, {
        template: "compact",
        options: true,
        marginSmoothing: { beliefs: 30, actions: 5, ...spread },
      })) {
        const { options, content } = messages[1]! as { content: string; options: { text: string[]; target: number[] } };
        // 151 minutes in percent: 0 … 100, each once.
        assert.deepEqual(options.text, [...new Set(options.text)]);
        assert.equal(options.text.length, 101);
        assert.ok(options.text.includes(content));
        assert.ok(Math.abs(options.target.reduce((a, b) => a + b, 0) - 1) < 1e-9);
      }
  });

  test("without demographics nothing of the person is in the prompt", () => {
    const text = finetuning.exportJSONL(pilot, { demographics: false });
    assert.doesNotMatch(text, /party identification|age:/);
    assert.match(finetuning.exportJSONL(pilot), /party identification/);
  });
});

describe("a run", () => {
  test("tells its loss and steps, registers what it learned from, and is found again", async () => {
    const events: ProgressEvent[] = [];
    const model = await finetuning.run(pilot, { ...settings(), seed: 7, onProgress: (e) => events.push(e) });
    assert.equal(model.rows.length, 3);
    assert.ok(model.rows.at(-1)!.loss < model.rows[0]!.loss);
    assert.equal(events.at(-1)!.state, "done");
    assert.ok(events.some((e) => (e.metrics?.["loss"] ?? 0) > 0));
    assert.deepEqual([...new Set(events.flatMap((e) => e.metrics?.["epoch"] ?? []))].at(-1), model.rows.at(-1)!.epoch);
    assert.deepEqual(model.trainedOn.ids, pilot.ids);
    // What was found is told as done from the start, as a simulation tells of its ledger.
    const told: ProgressEvent[] = [];
    const again = await finetuning.run(pilot, { ...settings(), seed: 7, onProgress: (e) => told.push(e) });
    assert.deepEqual(
      told.map((e) => [e.done, e.total, e.state]),
      [
        [model.history.length, model.history.length, "running"],
        [model.history.length, model.history.length, "done"],
      ],
      "trained again",
    );
    assert.equal(again.id, model.id);
    assert.deepEqual(again.history, model.history);
    const [registered] = (await finetuning.list(home)).filter((m) => m.id === model.id);
    assert.deepEqual(registered!.trainedOn, pilot.ids);
    assert.equal(registered!.trainingHash, model.trainedOn.hash);
    assert.match(String(model), /finetuned on 8 respondents of anes96/);
  });

  test("is another model with another seed, other people or without demographics", async () => {
    const quiet = { ...settings(), epochs: 1, onProgress: () => undefined };
    const ids = [
      (await finetuning.run(pilot, { ...quiet, seed: 1 })).id,
      (await finetuning.run(pilot, { ...quiet, seed: 2 })).id,
      (await finetuning.run(pilot.take([0, 1, 2]), { ...quiet, seed: 1 })).id,
      (await finetuning.run(pilot, { ...quiet, seed: 1, demographics: false })).id,
      (await finetuning.run(pilot, { ...quiet, seed: 1, n: 5 })).id,
    ];
    assert.equal(new Set(ids).size, 5);
  });

  test("with a held-out share reports a validation loss", async () => {
    const model = await finetuning.run(pilot, { ...settings(), validation: 0.25, onProgress: () => undefined });
    assert.ok(model.rows.every((row) => row.validationLoss !== null && Number.isFinite(row.validationLoss)));
    // Who stops the training is learned from too.
    assert.equal(model.trainedOn.ids.length, 8);
  });

  test("can be stopped, and the job is cancelled", async () => {
    const stop = new AbortController();
    const running = finetuning.run(pilot, {
      ...settings(),
      epochs: 200,
      signal: stop.signal,
      onProgress: (e) => e.done > 3 && stop.abort(),
    });
    await assert.rejects(running, { name: "AbortError" });
    const jobs = (await embedded({ home }).client().fineTuning.jobs.list()).data;
    for (
      let i = 0;
      i < 100 && (await embedded({ home }).client().fineTuning.jobs.retrieve(jobs[0]!.id)).status !== "cancelled";
      i++
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await embedded({ home }).client().fineTuning.jobs.retrieve(jobs[0]!.id)).status, "cancelled");
  });

  test("settings for so many people come from the base's folder, one's own go first", async () => {
    const byPeople = [
      { people: 8, learningRate: 0.002, weightDecay: 0 },
      { people: 5, learningRate: 0.004 },
    ];
    const card = { finetuning: { learningRate: 0.001, weightDecay: 6, byPeople } };
    const base = join(home, "by-people");
    await cp(join(home, "tiny"), base, { recursive: true });
    await writeFile(join(base, "proband.json"), JSON.stringify(card));
    const used = async (options: finetuning.FinetuningOptions) => {
      const quiet = { base, home, template: "compact", epochs: 1, onProgress: () => undefined };
      const { learningRate, weightDecay } = (await finetuning.run(pilot, { ...quiet, ...options })).hyperparameters;
      return [learningRate, weightDecay];
    };
    assert.deepEqual(await used({ n: 4 }), [0.001, 6]);
    assert.deepEqual(await used({ n: 7 }), [0.004, 6]);
    assert.deepEqual(await used({}), [0.002, 0]);
    assert.deepEqual(await used({ learningRate: 0.01 }), [0.01, 0]);
    assert.deepEqual(await used({ lora: null }), [0.001, 6]);
  });

  test("full finetuning and distribution losses are the embedded engine's own", async () => {
    const quiet = { ...settings(), epochs: 2, onProgress: () => undefined };
    for (const own of [
      { lora: null },
      { loss: "kl" as const },
      { loss: "wasserstein" as const, smoothing: 0.3 },
      { lora: { rank: 2, alpha: 4, targets: ["q_proj", "v_proj"] } },
    ]) {
      const model = await finetuning.run(pilot, { ...quiet, ...own });
      assert.ok(Number.isFinite(model.rows.at(-1)!.loss), JSON.stringify(own));
    }
  });
});

describe("what cannot be learned from is said", () => {
  test("an empty pilot", () => assert.rejects(finetuning.run(pilot.take([]), settings()), /pilot is empty/));
  test("a pilot without answers", () =>
    assert.rejects(
      finetuning.run(pilot.omit(["selfLR", "ClinLR", "DoleLR", "vote"]), settings()),
      /no answers to learn from/,
    ));
  test("simulated people", () => {
    const columns = Object.fromEntries(pilot.names.map((n) => [n, pilot.column(n)]));
    const silico = new Respondents({ codebook: pilot.codebook, ids: pilot.ids, columns, provenance: "simulated" });
    return assert.rejects(finetuning.run(silico, settings()), /simulated/);
  });
  test("too large an n", () =>
    assert.rejects(finetuning.run(pilot, { ...settings(), n: 9 }), /n must be a whole number from 1 to 8/));
  test("an unknown base", () =>
    assert.rejects(finetuning.run(pilot, { ...settings(), base: "nowhere" }), /no model nowhere.*folder/s));
});

test("a grid trains every variant with every seed, and only what is missing", async () => {
  const variants = [
    { name: "all", pilot },
    { name: "four", pilot, n: 4 },
    { name: "no demographics", pilot, demographics: false },
  ];
  const quiet = { ...settings(), epochs: 1, seeds: [1, 2], onProgress: () => undefined };
  const grid = await finetuning.grid(variants, quiet);
  assert.deepEqual(
    grid.rows.map((r) => `${r.variant} ${r.seed} ${r.people}`),
    ["all 1 8", "all 2 8", "four 1 4", "four 2 4", "no demographics 1 8", "no demographics 2 8"],
  );
  assert.equal(new Set(grid.models.map((m) => m.model.id)).size, 6);
  const jobs = async () => (await embedded({ home }).client().fineTuning.jobs.list({ limit: 100 })).data.length;
  const before = await jobs();
  await finetuning.grid([...variants, { name: "three", pilot, n: 3 }], { ...quiet, seeds: [1] });
  assert.equal(await jobs(), before + 1);
});

test("a grid trains side by side where it may, and a failure begins nothing more", async () => {
  const quiet = { ...settings(), epochs: 1, onProgress: () => undefined };
  const apart = await finetuning.grid([{ name: "two", pilot, n: 2 }], { ...quiet, seeds: [1, 2, 3] });
  const other = await mkdtemp(join(tmpdir(), "side-by-side-"));
  const together = await finetuning.grid([{ name: "two", pilot, n: 2 }], {
    ...quiet,
    home: other,
    seeds: [1, 2, 3],
    atOnce: 3,
  });
  assert.deepEqual(together.rows, apart.rows);
  const wrong = [
    { name: "none", pilot: pilot.take([]) },
    { name: "one", pilot, n: 1 },
  ];
  const before = (await finetuning.list(other)).length;
  assert.match(String(await finetuning.list(other)), /^3 finetuned models[\s\S]* people [\s\S]* anes96 +2 /);
  await assert.rejects(finetuning.grid(wrong, { ...quiet, home: other, seeds: [1] }), /pilot is empty/);
  assert.equal((await finetuning.list(other)).length, before);
  await closeModels();
  await rm(other, { recursive: true });
});

test("a dry run counts people, answers and tokens", async () => {
  const estimate = await finetuning.estimate(pilot, { base, home, template: "plain", epochs: 4 });
  assert.equal(estimate.people, 8);
  assert.equal(estimate.answers, 32);
  assert.equal(estimate.trainedTokens, 4 * estimate.tokens);
  const priced = await finetuning.estimate(pilot, {
    provider: compatible({ baseURL: "https://models.example/v1", capabilities: { finetuning: true } }),
    base: "open-model",
    epochs: 3,
    prices: { "open-model": { training: 2 } },
  });
  assert.equal(priced.costUSD, (3 * priced.tokens * 2) / 1e6);
  assert.match(String(priced), /at the prices passed/);
});

test(
  "a training killed with SIGKILL goes on at its checkpoint and ends in the same model",
  { timeout: 60_000 },
  async () => {
    const child = fileURLToPath(new URL("./support/child.js", import.meta.url));
    const start = (place: string) =>
      spawn(process.execPath, [child, place, base], { stdio: ["ignore", "pipe", "inherit"] });
    const finish = (process_: ReturnType<typeof start>) =>
      new Promise<number | null>((resolve) => process_.once("close", resolve));
    const [calm, killed] = [join(home, "calm"), join(home, "killed")];
    const undisturbed = start(calm);
    undisturbed.stdout.resume();
    assert.equal(await finish(undisturbed), 0);
    const victim = start(killed);
    const ended = finish(victim);
    // In the middle of 360 steps.
    victim.stdout.on("data", (text) => Number(String(text).trim().split("\n").at(-1)) > 100 && victim.kill("SIGKILL"));
    assert.equal(await ended, null);
    const second = start(killed);
    second.stdout.resume();
    assert.equal(await finish(second), 0);
    const [[a], [b]] = [await finetuning.list(calm), await finetuning.list(killed)];
    assert.equal(b!.id, a!.id);
    const client = embedded({ home: killed }).client();
    const jobs = (await client.fineTuning.jobs.list()).data;
    assert.equal(jobs.length, 1, "the job was taken up, not made again");
    const events = (await client.fineTuning.jobs.listEvents(jobs[0]!.id, { limit: 1000 })).data.map((e) => e.message);
    assert.ok(events.includes("Fine-tuning job resumed"));
    const weights = async (place: string, id: string) =>
      readFile(join(place, "jobs", id, "adapter", "adapter_model.safetensors"));
    assert.deepEqual(await weights(killed, b!.job), await weights(calm, a!.job), "the same bits as without the kill");
  },
);

describe("an adapter trained elsewhere", () => {
  test("answers as where it was trained, and its people are known", async () => {
    const trained = await finetuning.run(pilot, { ...settings(), seed: 3, onProgress: () => undefined });
    const elsewhere = join(home, "elsewhere");
    await cp(join(home, "jobs", trained.job, "adapter"), elsewhere, { recursive: true });
    const adopted = await finetuning.adopt(elsewhere, { base, trainedOn: pilot, home, template: "compact" });
    assert.notEqual(adopted.id, trained.id);
    const people = anes.take([30, 31, 32]);
    const ask = (model: typeof adopted | typeof trained, ledger: string) =>
      simulation.run(people, {
        model,
        home,
        template: "compact",
        ledger: join(home, ledger),
        onProgress: () => undefined,
      });
    const [there, here] = [await ask(trained, "there.jsonl"), await ask(adopted, "here.jsonl")];
    assert.deepEqual(here.probabilities, there.probabilities);
    await assert.rejects(simulation.run(pilot, { model: adopted.id, home }), /finetuned on/);
  });
  test("that is none is named", async () => {
    await assert.rejects(
      finetuning.adopt(home, { base, trainedOn: pilot, home }),
      /no adapter_config.json.*peft's layout/,
    );
  });
});
