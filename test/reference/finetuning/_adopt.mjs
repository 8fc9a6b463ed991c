// For trl.py: brings the adapter that TRL trained back to the engine, and writes what the engine answers with it.
//   node _adopt.mjs adapter folder
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compare } from "proband/alignment";
import { adopt } from "proband/finetuning";
import { run } from "proband/simulation";
import { stratified } from "proband/sampling";
import { loadStudy } from "proband/study";
import { openFolder } from "../../../dist/engine/model/folder.js";
import { diskFiles, openModel } from "../../../dist/engine/node/index.js";

const [, , adapter, folder] = process.argv;
const base = join(dirname(fileURLToPath(import.meta.url)), "../../../data/base-model");
const { pilot, rest } = stratified(await loadStudy("anes96"), { by: "PID", n: 40, seed: 7 });
const people = rest.take(Array.from({ length: 200 }, (_, i) => i));

// The engine's log-probabilities with the adapter, for peft to compare.
const { tokenizer } = await openFolder(diskFiles(), base);
const engine = await openModel(base);
const questions = ["vote <2> 33 =", "<model> age 33 party identification 50 own left right position <7> ="].map(
  (content) => [{ role: "user", content }],
);
const options = ["0", "17", "50", "100"];
const scores = await engine.score(
  questions.map((messages) => ({ messages, options })),
  { adapter },
);
await engine.close();
writeFileSync(
  join(folder, "expected.json"),
  JSON.stringify(
    questions.flatMap((messages, i) =>
      options.map((option, o) => ({
        messages,
        option,
        prompt: tokenizer.prompt(messages),
        answer: tokenizer.answer(option),
        total: scores[i][o],
      })),
    ),
  ),
);

// Whom the model learned from is known, and it answers for others nearer to them than its base does.
const home = join(folder, "home");
const model = await adopt(adapter, { base: "proband-base", trainedOn: pilot, template: "compact", home });
const common = { seed: 7, home, onProgress: () => {} };
await assert.rejects(run(pilot, { ...common, model }), /finetuned on/);
const far = compare(people, await run(people, { ...common, model: "proband-base" }), {
  replicates: 0,
  permutations: 0,
});
const near = compare(people, await run(people, { ...common, model }), { replicates: 0, permutations: 0 });
const [before, after] = [far.row().distance, near.row().distance];
console.log(
  `Jensen–Shannon distance to ${people.n} people not learned from: base ${before.toFixed(3)}, finetuned by TRL on ${pilot.n} others ${after.toFixed(3)}`,
);
assert.ok(after < before - 0.05, "the adapter brought the answers nearer to the people");
process.exit(0);
