/** Which targets `smoothing` makes: neighbours on a short scale, none on one that is answered in round numbers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openTokenizer } from "#src/engine/tokenizer.js";
import { trainingRows } from "#src/engine/training/examples.js";
import { dataFolder } from "#src/study/node/index.js";

const folder = join(dataFolder(), "base-model");
const read = (name: string) => readFileSync(join(folder, name), "utf8");

const tokenizer = openTokenizer({
  tokenizer: read("tokenizer.json"),
  config: read("tokenizer_config.json"),
  eosTokens: [],
  folder: "base-model",
});

test("neighbours have a share on scales of up to 21 options only", () => {
  const targets = (options: number, answer: number) => {
    const text = Array.from({ length: options }, (_, k) => String(Math.round((100 * k) / (options - 1))));
    const [row] = trainingRows(
      tokenizer,
      [
        {
          messages: [
            { role: "user", content: "<model> age 40 chance flood =" },
            { role: "assistant", content: text[answer]!, options: { text, ordered: true } },
          ],
        },
      ],
      { loss: "cross-entropy", smoothing: 0.3, contextLength: 64 },
    );
    return Object.fromEntries(
      row!.targets
        .filter(({ token }) => /^\d+$/.test(tokenizer.decode([token])))
        .map(({ token, weight }) => [tokenizer.decode([token]), Math.round(100 * weight) / 100]),
    );
  };
  assert.deepEqual(targets(5, 2), { 25: 0.15, 50: 0.7, 75: 0.15 });
  assert.deepEqual(targets(21, 8), { 35: 0.15, 40: 0.7, 45: 0.15 });
  assert.deepEqual(targets(101, 40), { 40: 1 });
});

test("of a long scale a row holds the tokens that tell options apart, not an end for each of them", () => {
  const rows = (text: string[], answers: string[]) => {
    const target = text.map(() => 1 / text.length);
    return trainingRows(
      tokenizer,
      answers.map((content) => ({
        messages: [
          { role: "user", content: "<model> age 40 chance flood =" },
          { role: "assistant", content, options: { text, target, ordered: true } },
        ],
      })),
      { loss: "cross-entropy", smoothing: 0, contextLength: 512 },
    );
  };
  const conversation = tokenizer.encode("<model> age 40 chance flood =").length;
  const [long] = rows(
    Array.from({ length: 101 }, (_, k) => String(k)),
    ["40"],
  );
  // The answer and its end; each number is aimed at once, all together as much as the end.
  assert.equal(long!.ids.length, conversation + 2);
  assert.equal(long!.targets.length, 102);
  const numbers = long!.targets.filter((t) => t.at === conversation - 1);
  assert.equal(numbers.length, 101);
  assert.ok(numbers.every((t) => Math.abs(t.weight - 1 / 101) < 1e-12));
  assert.deepEqual(long!.targets[101], { at: conversation, token: tokenizer.answer("40").at(-1)!, weight: 1 });
  // Of five options those that nobody gave show their end, those that somebody gave need not.
  const [five] = rows(["0", "25", "50", "75", "100"], ["25", "75"]);
  assert.equal(five!.ids.length, conversation + 2 + 3);
  // "40 50" goes on where "40" ends: there the end does tell them apart, and is aimed at behind either.
  const [nested] = rows(["40", "40 50", "60"], ["60", "40"]);
  const after40 = nested!.targets.filter((t) => nested!.ids[t.at] === tokenizer.answer("40")[0]);
  assert.deepEqual(
    after40.map((t) => t.weight),
    [1 / 3, 1 / 3],
  );
  assert.equal(new Set(after40.map((t) => t.token)).size, 2);
});
