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

test("neighbours have a share on scales of up to 21 options only", () => {
  const tokenizer = openTokenizer({
    tokenizer: read("tokenizer.json"),
    config: read("tokenizer_config.json"),
    eosTokens: [],
    folder: "base-model",
  });
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
