// Run by llama_server.py: simulations by base URL alone, by every elicitation the server allows.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadStudy } from "proband/study";
import { llamacpp } from "proband/provider";
import { run } from "proband/simulation";

const [, , baseURL, folder] = process.argv;
const anes = await loadStudy("anes96");
const people = anes.take(Array.from({ length: 6 }, (_, i) => i));
const provider = llamacpp({ baseURL });
let ledgers = 0;
const simulate = (options) =>
  run(people, {
    model: "tiny",
    provider,
    seed: 5,
    home: folder,
    ledger: join(folder, `${++ledgers}.jsonl`),
    timeout: 120_000,
    onProgress: () => {},
    ...options,
  });

for (const elicitation of ["auto", "logprobs", "sampled"]) {
  const silico = await simulate({ elicitation });
  console.log(String(silico.report));
  for (const name of ["selfLR", "ClinLR", "DoleLR", "vote"])
    assert.ok(
      silico.column(name).every((v) => v !== null),
      `${elicitation}: ${name} has missing answers`,
    );
  assert.equal(silico.report.requests, 24);
}
const [a, b] = [await simulate({ elicitation: "logprobs" }), await simulate({ elicitation: "logprobs" })];
assert.deepEqual(a.rows, b.rows, "drawn on our side with the same seed: the same table");
const again = await run(people, {
  model: "tiny",
  provider,
  seed: 5,
  home: folder,
  ledger: join(folder, "1.jsonl"),
  onProgress: () => {},
});
assert.equal(again.report.requests, 0);
const streamed = await simulate({ elicitation: "sampled", stream: true });
assert.ok(streamed.column("vote").every((v) => v !== null));
await assert.rejects(simulate({ batch: true }), /no Batch API/);
const two = people.take([0, 1]);
const few = (options) =>
  run(two, {
    model: "tiny",
    provider,
    seed: 5,
    items: ["vote"],
    home: folder,
    ledger: join(folder, `${++ledgers}.jsonl`),
    timeout: 120_000,
    malformed: 0,
    onProgress: () => {},
    ...options,
  });
const stated = await few({ elicitation: "verbalised" });
const [{ missing: unstated, malformed: unread }] = stated.report.rows;
assert.equal(unstated, unread, "a stated distribution is read, or counted as malformed");
assert.ok(stated.column("vote").every((v) => v === null || v === 0 || v === 1));
// A coder under a schema always names an answer or none; what random weights say means nothing.
// The tiny model writes a byte a token: room for the whole object.
const coded = await few({ elicitation: "text", coder: true, answerTokens: 200 });
assert.equal(coded.report.requests, 4, "each is asked and coded");
const entries = readFileSync(join(folder, `${ledgers}.jsonl`), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => JSON.parse(line));
assert.deepEqual(entries.map((e) => e.elicitation).sort(), ["coding", "coding", "text", "text"]);
for (const { reply } of entries.filter((e) => e.elicitation === "coding"))
  assert.ok(["Bill Clinton", "Bob Dole", "none of these"].includes(JSON.parse(reply.content).answer), reply.content);
const text = await simulate({ elicitation: "text", malformed: 0 });
const { malformed, missing } = text.report.rows[0];
assert.equal(malformed, missing, "gibberish is counted, not guessed at");
console.log(`llama.cpp's server: log-probabilities, schema, streams and text work by base URL alone (${baseURL}).`);
