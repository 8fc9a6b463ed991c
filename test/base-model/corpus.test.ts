/** The corpus and the compact template are one language, and the corpus holds nothing of a shipped study. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { dataFolder, readCodebook, shippedStudies } from "#src/study/node/index.js";
import { shortLabel } from "#src/simulation/position.js";
import { renderInterview } from "#src/simulation/prompt.js";
import { compact } from "#src/simulation/templates/compact.js";
import type { Codebook } from "#src/study/index.js";

const script = (name: string) =>
  import(pathToFileURL(join(dataFolder(), "..", "scripts", "train-base", name)).href) as Promise<any>;

const ordinal = (count: number) => ({
  kind: "ordinal" as const,
  options: Array.from({ length: count }, (_, k) => ({ value: k + 1, label: `option ${k + 1}` })),
});

test("a questionnaire of the corpus reads as the compact template writes it", async () => {
  const { encode } = await script("corpus/index.mjs");
  const words = (text: string) => text.split(" ");
  const item = (name: string, role: "attribute" | "belief" | "action", label: string, scale: object) => ({
    name,
    role,
    label,
    text: label,
    scale,
  });
  const codebook = {
    items: [
      item("age", "attribute", "age", { kind: "interval", min: 18, max: 98, step: 1 }),
      item("self", "belief", "own left–right position", ordinal(7)),
      item("other", "belief", "Harun's left–right position", ordinal(7)),
      item("vote", "action", "vote", {
        kind: "nominal",
        options: [
          { value: 0, label: "a" },
          { value: 1, label: "b" },
        ],
      }),
    ],
  } as unknown as Codebook;
  const messages = renderInterview(compact, codebook, { id: "1", age: 38 }, [
    { item: "self", value: 3 },
    { item: "other", value: 6 },
    { item: "vote", value: 1 },
  ]);
  // As the chat template joins them.
  const text = messages.map((m) => m.content + (m.role === "assistant" ? ";" : "")).join(" ");
  const { ids } = encode(
    "<model>",
    {
      attributes: [["age", "25"]],
      items: [
        { label: "own left right position", size: "<7>", answer: "33" },
        { label: "harun left right position", size: "<7>", answer: "83" },
        { label: "vote", size: "<2>", answer: "100" },
      ],
    },
    words,
  );
  assert.equal(text.replaceAll(";", " ;").replace(/ +/g, " "), ids.join(" "));
});

test("no item of a shipped study is in the corpus", async () => {
  const { study, interview } = await script("corpus/index.mjs");
  const { generator } = await script("corpus/measure.mjs");
  const random = generator(11);
  const questionnaires = new Set<string>();
  for (let i = 0; i < 5_000; i++) {
    const drawn = i % 2 ? study(random) : study(random, { mix: { choice: 1, threshold: 1 }, round: true });
    const { items } = interview(random, "<survey>", drawn());
    questionnaires.add(items.map((item: { label: string }) => item.label).join("|"));
  }
  for (const name of shippedStudies()) {
    const codebook = readCodebook(join(dataFolder(), name, "codebook.json"));
    const items = codebook.items.filter((item) => item.role === "belief" || item.role === "action");
    const asked = items.map((item) => shortLabel(item.label)).join("|");
    assert.ok(!questionnaires.has(asked), `${name}: the corpus holds its questionnaire (${asked})`);
  }
});

test("the corpus also asks a whole questionnaire at once and has it answered in JSON", async () => {
  const { study, interview } = await script("corpus/index.mjs");
  const { encodeJSON } = await script("corpus/json.mjs");
  const { generator } = await script("corpus/measure.mjs");
  const random = generator(8);
  const words = (text: string) => text.split(" ");
  for (let i = 0; i < 200; i++) {
    const asked = interview(random, "<survey>", study(random, { round: true })());
    const { ids } = encodeJSON("<survey>", asked, words);
    const [prompt, answer] = ids.join(" ").split(" json = ");
    const object = JSON.parse(answer.replace(/;$/, "").replaceAll(" ", ""));
    for (const { label, answer } of asked.items) {
      assert.ok(prompt.includes(label));
      assert.ok(label.replaceAll(" ", "") in object);
      if (asked.items.filter((item: { label: string }) => item.label === label).length === 1)
        assert.equal(String(object[label.replaceAll(" ", "")]), answer);
    }
  }
});

test("people answer long scales in round numbers", async () => {
  const { habit, heaped, generator } = await script("corpus/measure.mjs");
  const random = generator(2);
  let round = 0;
  for (let i = 0; i < 2_000; i++) {
    const k = heaped(random, Math.floor(101 * random()), 101, habit(random, 101));
    if (k % 5 === 0) round++;
  }
  // Uniform answers are multiples of five in 21 of 101 cases; reported probabilities in about nine of ten (Manski & Molinari 2010).
  assert.ok(round > 1_700 && round < 1_990, `${round} of 2000`);
});

test("names of shipped studies' people and places are unknown to the tokenizer's word list", async () => {
  const { vocabulary } = await script("vocabulary.mjs");
  for (const name of ["clinton", "dole", "bill", "bob", "china", "jiangxi", "pirate", "queen"])
    assert.ok(!vocabulary.includes(name), name);
});

test("the generator repeats itself for a seed", async () => {
  const { study, interview } = await script("corpus/index.mjs");
  const { generator } = await script("corpus/measure.mjs");
  const draw = () => {
    const random = generator(5);
    return JSON.stringify(Array.from({ length: 50 }, () => interview(random, "<model>", study(random)())));
  };
  assert.equal(draw(), draw());
});
