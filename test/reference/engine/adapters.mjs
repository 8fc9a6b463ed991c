// An adapter trained by the engine, and the weights merged with it, opened in Python by peft and transformers.
//   node test/reference/engine/adapters.mjs [python]        (after npm run build; python has torch, transformers, peft)
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { diskFiles, exportMerged, openModel } from "../../../dist/engine/node/index.js";
import { openFolder } from "../../../dist/engine/model/folder.js";

const here = dirname(fileURLToPath(import.meta.url));
const base = join(here, "../../../data/base-model");
const python = process.argv[2] ?? process.env.PYTHON ?? "python3";
const folder = await mkdtemp(join(tmpdir(), "engine-"));
const { tokenizer } = await openFolder(diskFiles(), base);
let failed = false;
for (const rsLora of [false, true]) {
  const [adapter, merged] = [join(folder, `adapter-${rsLora}`), join(folder, `merged-${rsLora}`)];
  const engine = await openModel(base);
  const questions = ["where do you stand", "how old are you", "vote"].map((content) => [{ role: "user", content }]);
  const options = ["0", "17", "50", "100"];
  await engine.train(
    questions.map((messages, i) => ({ messages: [...messages, { role: "assistant", content: options[i] }] })),
    { lora: { rank: 4, alpha: 16, rsLora }, epochs: 20, batchSize: 1, learningRate: 5e-3, seed: 1, output: adapter },
  );
  const scores = await engine.score(
    questions.map((messages) => ({ messages, options })),
    { adapter },
  );
  await engine.close();
  await exportMerged({ base, adapter, output: merged });
  const cases = questions.flatMap((messages, i) =>
    options.map((option, o) => {
      const prompt = tokenizer.prompt(messages),
        answer = tokenizer.answer(option);
      return { ids: [...prompt, ...answer], prompt: prompt.length, answer, total: scores[i][o] };
    }),
  );
  const file = join(folder, `expected-${rsLora}.json`);
  await writeFile(file, JSON.stringify(cases));
  const run = spawnSync(python, [join(here, "adapters.py"), base, adapter, merged, file], { stdio: "inherit" });
  failed ||= run.status !== 0;
}
await rm(folder, { recursive: true });
process.exit(failed ? 1 : 0);
