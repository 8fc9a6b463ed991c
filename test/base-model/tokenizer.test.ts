import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { dataFolder } from "#src/study/node/index.js";

const folder = pathToFileURL(`${join(dataFolder(), "base-model")}/`);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
const tokenizer = new Tokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;

test("each number of a scale is one token", () => {
  for (let n = 0; n <= 100; n++) assert.equal(encode(String(n)).length, 1, String(n));
});

test("token ids are those of Hugging Face's own tokenizers library", () => {
  // Source: tokenizers 0.23 (Rust) on data/base-model/tokenizer.json, test/reference/base-model/make.py.
  const fixture = JSON.parse(readFileSync(new URL("fixtures/tokenizer.json", import.meta.url), "utf8")) as {
    text: string;
    ids: number[];
  }[];
  for (const { text, ids } of fixture) assert.deepEqual(encode(text), ids, text);
});

test("any script becomes tokens and comes back", () => {
  for (const text of ["доверие", "信頼", "überraschung", "🙂"])
    assert.equal(tokenizer.decode(encode(text), { skip_special_tokens: false }), text);
});
