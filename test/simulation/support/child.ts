/** A simulation in a process of its own, to be killed: node child.js URL LEDGER PEOPLE CONCURRENCY ELICITATION. */
import { loadStudy } from "#src/study/node/index.js";
import { compatible } from "#src/provider/node/index.js";
import * as simulation from "#src/simulation/node/index.js";

const [url, ledger, n, concurrency, elicitation] = process.argv.slice(2);
const people = (await loadStudy("anes96")).take(Array.from({ length: Number(n) }, (_, i) => i));
const provider = compatible({
  baseURL: url!,
  capabilities: { topLogprobs: 20, jsonSchema: true, seed: true },
  limits: { concurrency: Number(concurrency) },
});
const run = await simulation.run(people, {
  model: "some-model",
  provider,
  seed: 3,
  ledger: ledger!,
  elicitation: elicitation as "sampled" | "logprobs",
});
console.log(JSON.stringify(run.rows));
