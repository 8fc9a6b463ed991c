// Run by ray_cluster.py: a simulation over two replicas behind one base URL, as that of one.
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadStudy } from "proband/study";
import { llamacpp } from "proband/provider";
import { run } from "proband/simulation";

const [, , baseURL, folder] = process.argv;
const anes = await loadStudy("anes96");
const people = anes.take(Array.from({ length: 30 }, (_, i) => i));
const replicas = new Map();
const provider = llamacpp({
  baseURL,
  limits: { concurrency: 8 },
  fetch: async (input, init) => {
    const response = await fetch(input, init);
    const replica = response.headers.get("x-replica");
    if (replica) replicas.set(replica, (replicas.get(replica) ?? 0) + 1);
    return response;
  },
});
const common = { model: "tiny", provider, seed: 5, home: folder, timeout: 120_000, onProgress: () => {} };
const many = await run(people, { ...common, elicitation: "logprobs", ledger: join(folder, "many.jsonl") });
console.log(String(many.report));
assert.equal(
  many.report.rows.reduce((sum, row) => sum + row.missing, 0),
  0,
);
assert.equal(replicas.size, 2, "both replicas answered");
const one = await run(people, {
  ...common,
  limits: { concurrency: 1 },
  elicitation: "logprobs",
  ledger: join(folder, "one.jsonl"),
});
// Answers are drawn here, with one seed; but llama.cpp's own sums depend on what it computes at once (half precision), and
// so its probabilities by some 3e-4: an answer whose draw falls into that gap differs, and what is asked after it may.
const worst = Math.max(
  ...one.probabilities
    .get("selfLR")
    .flatMap((p, i) => p.map((v, k) => Math.abs(v - many.probabilities.get("selfLR")[i][k]))),
);
assert.ok(worst < 5e-3, `probabilities of the first item differ by ${worst}`);
const differ = one.rows.filter((row, i) => JSON.stringify(row) !== JSON.stringify(many.rows[i])).length;
assert.ok(differ <= 3, `${differ} of ${people.n} people differ`);
console.log(
  `${differ} of ${people.n} people differ; probabilities of the first item by at most ${worst.toExponential(1)}.`,
);
console.log(`Ray Serve: ${[...replicas.values()].join(" and ")} requests answered by two replicas behind ${baseURL}.`);
