// For adapters.py: trains adapters with the engine, merges them, and writes what the engine answers with them.
//   node _adapters.mjs folder
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFolder } from "../../../dist/engine/model/folder.js";
import { diskFiles, exportMerged, openModel } from "../../../dist/engine/node/index.js";

const base = join(dirname(fileURLToPath(import.meta.url)), "../../../data/base-model");
const folder = process.argv[2];
const { tokenizer } = await openFolder(diskFiles(), base);
for (const rsLora of [false, true]) {
  const place = join(folder, rsLora ? "rslora" : "lora");
  const adapter = join(place, "adapter");
  await mkdir(place, { recursive: true });
  const engine = await openModel(base);
  const questions = ["where do you stand", "how old are you", "vote"].map((content) => [{ role: "user", content }]);
  const options = ["0", "17", "50", "100"];
  await engine.train(
    questions.map((messages, i) => ({ messages: [...messages, { role: "assistant", content: options[i] }] })),
    // One of them on the head too.
    {
      lora: { rank: 4, alpha: 16, rsLora, ...(rsLora && { targets: ["q_proj", "up_proj", "lm_head"] }) },
      epochs: 20,
      batchSize: 1,
      learningRate: 5e-3,
      seed: 1,
      output: adapter,
    },
  );
  const scores = await engine.score(
    questions.map((messages) => ({ messages, options })),
    { adapter },
  );
  await engine.close();
  await exportMerged({ base, adapter, output: join(place, "merged") });
  const cases = questions.flatMap((messages, i) =>
    options.map((option, o) => {
      const prompt = tokenizer.prompt(messages),
        answer = tokenizer.answer(option);
      return { ids: [...prompt, ...answer], prompt: prompt.length, answer, total: scores[i][o] };
    }),
  );
  await writeFile(join(place, "expected.json"), JSON.stringify(cases));
}
