// The built-in model on onnxruntime-web and onnxruntime-node: greedy answers, log-probabilities, time.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openModel } from "proband/engine";

const folder = mkdtempSync(join(tmpdir(), "bench-"));
const models = {
  native: await openModel("proband-base", { backend: "native", threads: 1 }),
  wasm: await openModel("proband-base", { backend: "wasm" }),
};
const rows = readFileSync(new URL("../../data/anes96/anes96.tsv", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .slice(1);
const people = rows.slice(0, 60).map((row) => row.split("\t").map(Number));
const ask = (p, item) => [{ role: "user", content: `<survey> PID ${p[5]} age ${p[6]} educ ${p[7]} ; ${item}` }];
const options = ["0", "17", "33", "50", "67", "83", "100"];
const questions = people.flatMap((p) => ["place yourself <7>", "vote"].map((item) => ask(p, item)));
const out = { score: {}, train: {}, same: 0, texts: 0, difference: 0 };
const found = {};
for (const [name, model] of Object.entries(models)) {
  const timed = async (what, run) => {
    const started = performance.now();
    const value = await run();
    if (what) out[what][name] = (performance.now() - started) / 1000;
    return value;
  };
  await model.score([{ messages: questions[0], options }]);
  found[name] = {
    scores: await timed("score", () => model.score(questions.map((messages) => ({ messages, options })))),
    texts: await model.generate(questions.map((messages) => ({ messages, temperature: 0, maxTokens: 4 }))),
  };
  const examples = people.slice(0, 16).map((p, i) => ({
    messages: [...ask(p, "place yourself <7>"), { role: "assistant", content: options[i % 7] }],
  }));
  const settings = { lora: { rank: 8, alpha: 16 }, epochs: 5, batchSize: 8, learningRate: 1e-3, seed: 1 };
  await timed("train", () => model.train(examples, { ...settings, output: join(folder, name) }));
}
found.native.scores.forEach((s, i) =>
  s.forEach((p, o) => (out.difference = Math.max(out.difference, Math.abs(p - found.wasm.scores[i][o])))),
);
found.native.texts.forEach(({ text, tokens }, i) => {
  out.texts++;
  const other = found.wasm.texts[i];
  if (other.text === text) out.same++;
  tokens.forEach((t, k) => {
    if (other.tokens[k]) out.difference = Math.max(out.difference, Math.abs(t.logprob - other.tokens[k].logprob));
  });
});
for (const model of Object.values(models)) await model.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify(out));
process.exit(0);
