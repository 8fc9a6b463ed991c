// Run by litellm_proxy.py: simulations through a LiteLLM proxy, and what it says of wrong keys and models.
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadStudy } from "proband/study";
import { litellm } from "proband/provider";
import { run } from "proband/simulation";

const [, , baseURL, folder] = process.argv;
const people = (await loadStudy("anes96")).take([0, 1, 2, 3]);
let ledgers = 0;
const simulate = (options, provider = litellm({ baseURL, reach: "local" })) =>
  run(people, {
    model: "tiny",
    provider,
    seed: 5,
    items: ["selfLR", "vote"],
    home: folder,
    ledger: join(folder, `${++ledgers}.jsonl`),
    timeout: 120_000,
    onProgress: () => {},
    ...options,
  });

for (const options of [
  { elicitation: "logprobs" },
  { elicitation: "sampled" },
  { elicitation: "sampled", stream: true },
]) {
  const { report } = await simulate(options);
  assert.ok(report.rows.every((row) => row.answers === 4 && row.missing === 0));
  assert.match(String(report), /what they cost is unknown/, "what is behind a proxy is not known to be free");
}
const [a, b] = [await simulate({ elicitation: "logprobs" }), await simulate({ elicitation: "logprobs" })];
assert.deepEqual(a.rows, b.rows);
await assert.rejects(simulate({}, litellm({ baseURL })), /confirmSharing/, "never taken for this machine");
await assert.rejects(simulate({ model: "nothing" }), /Invalid model name.* litellm has tiny\./s);
process.env.LITELLM_API_KEY = "sk-wrong";
await assert.rejects(simulate({}), /LITELLM_API_KEY/);
console.log(`LiteLLM: log-probabilities, schema and streams work by base URL alone (${baseURL}).`);
process.exit(0);
