// For adapters.py: what the engine makes of an adapter that peft trained, and of the same training steps.
//   node _score.mjs adapter request.json
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readAdapter } from "../../../dist/engine/model/adapter.js";
import { openFolder } from "../../../dist/engine/model/folder.js";
import { readWeights } from "../../../dist/engine/model/weights.js";
import { diskFiles, nativeRuntime, openModel } from "../../../dist/engine/node/index.js";
import { createTrainer, sequenceRow } from "../../../dist/engine/training/trainer.js";

const base = join(dirname(fileURLToPath(import.meta.url)), "../../../data/base-model");
const [adapter, requestFile] = process.argv.slice(2);
const request = JSON.parse(readFileSync(requestFile, "utf8"));
const files = diskFiles();
const { config, tensors, tokenizer } = await openFolder(files, base);
const out = {};
if (request.steps) {
  const { lora, weights } = await readAdapter(files, adapter, config);
  const model = await readWeights(config, tensors);
  const runtime = await nativeRuntime({ threads: 2 });
  const { learningRate, optimizer } = request;
  const trainer = await createTrainer(runtime, {
    config,
    weights: model,
    trained: "lora",
    lora,
    adapter: weights,
    optimizer,
  });
  const rows = request.ids.map((ids) => sequenceRow(ids));
  // Two microbatches a step, accumulated.
  out.losses = [];
  for (let i = 0; i < request.steps; i++)
    out.losses.push((await trainer.step([rows.slice(0, 1), rows.slice(1)], { learningRate })).loss);
  out.weights = Object.fromEntries([...trainer.weights].map(([name, { data }]) => [name, [...data]]));
  await trainer.release();
} else {
  const engine = await openModel(base);
  const questions = request.questions.map((content) => [{ role: "user", content }]);
  const scores = await engine.score(
    questions.map((messages) => ({ messages, options: request.options })),
    { adapter },
  );
  await engine.close();
  out.cases = questions.flatMap((messages, i) =>
    request.options.map((option, o) => {
      const prompt = tokenizer.prompt(messages),
        answer = tokenizer.answer(option);
      return { ids: [...prompt, ...answer], prompt: prompt.length, answer, total: scores[i][o] };
    }),
  );
}
process.stdout.write(JSON.stringify(out), () => process.exit(0));
