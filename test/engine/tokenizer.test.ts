import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ChatMessage } from "#src/engine/index.js";
import { openTokenizer } from "#src/engine/tokenizer.js";
import { trainingRows } from "#src/engine/training/examples.js";

/** Conversations against transformers' tokenizers and templates (test/reference/engine/templates.py). */
const folder = join(dirname(fileURLToPath(import.meta.url)), "fixtures", "templates");
interface Case {
  name: string;
  config: object;
  eos: number;
  conversations: { messages: ChatMessage[]; prompts: Record<string, number[]>; full: number[]; text: string }[];
}
const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as Case[];

for (const { name, config, eos, conversations } of cases)
  describe(`${name}'s tokenizer and template`, () => {
    const tokenizer = openTokenizer({
      tokenizer: readFileSync(join(folder, `${name}.json`), "utf8"),
      config: JSON.stringify(config),
      eosTokens: [eos],
      folder: name,
    });

    test("prompts and answers are the tokens of transformers", () => {
      for (const { messages, prompts, full } of conversations)
        for (const [i, prompt] of Object.entries(prompts)) {
          const found = tokenizer.prompt(messages.slice(0, Number(i)));
          assert.deepEqual(found, prompt);
          const answer = tokenizer.answer(messages[Number(i)]!.content);
          assert.deepEqual([...found, ...answer], full.slice(0, found.length + answer.length));
          assert.equal(answer.at(-1), eos);
          assert.equal(tokenizer.decode(answer).trim(), messages[Number(i)]!.content);
        }
    });

    test("a training row is the conversation; only answers and their ends are learned", () => {
      for (const { messages, full } of conversations) {
        const [row] = trainingRows(tokenizer, [{ messages }], {
          loss: "cross-entropy",
          smoothing: 0,
          contextLength: 4096,
        });
        assert.deepEqual(row!.ids, full.slice(0, row!.ids.length));
        const learned = messages.filter((m) => m.role === "assistant").flatMap((m) => tokenizer.answer(m.content));
        assert.deepEqual(
          row!.targets.map((t) => t.token),
          learned,
        );
        for (const { at, token } of row!.targets) assert.equal(row!.ids[at + 1], token);
      }
    });
  });
