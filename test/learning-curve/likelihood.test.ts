import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openModel } from "#src/engine/node/index.js";
import { closeModels } from "#src/provider/node/index.js";
import { heldOutLikelihood, marginLikelihood } from "#src/report/learning/index.js";
import { renderConversation } from "#src/simulation/prompt.js";
import { templateOf } from "#src/simulation/templates/index.js";
import { Respondents } from "#src/study/index.js";
import { dataFolder, loadStudy } from "#src/study/node/index.js";

const home = await mkdtemp(join(tmpdir(), "likelihood-"));
after(async () => {
  await closeModels();
  await rm(home, { recursive: true, force: true });
});
const anes = await loadStudy("anes96");

test("held-out likelihood is the mean over answers of the engine's own option log-probabilities, however many are asked at once", async () => {
  const people = anes.take([0, 1, 2]);
  const positions = ["0", "17", "33", "50", "67", "83", "100"];
  const engine = await openModel(join(dataFolder(), "base-model"));
  let total = 0;
  for (let i = 0; i < people.n; i++) {
    const row = people.row(i);
    const percent = (x: number) => String(Math.round(100 * x));
    // The conversation written out by hand: attributes, then each question with the answers before it.
    const who =
      `<model> population place ${percent(Math.log1p(Number(row["popul"])) / Math.log1p(10000))} ` +
      `age ${percent((Number(row["age"]) - 18) / 81)} education ${percent((Number(row["educ"]) - 1) / 6)} ` +
      `household income ${percent((Number(row["income"]) - 1) / 23)} tv news ${percent(Number(row["TVnews"]) / 7)} ` +
      `party identification ${percent(Number(row["PID"]) / 6)} `;
    const answers = ["selfLR", "ClinLR", "DoleLR"].map((name) => positions[Number(row[name]) - 1]!);
    const labels = [
      "own left right position",
      "clinton left right position",
      "dole left right position",
      "expected vote",
    ];
    const vote = row["vote"] === 0 ? "0" : "100";
    const messages: { role: "user" | "assistant"; content: string }[] = [];
    for (const [k, label] of labels.entries()) {
      const earlier = answers
        .slice(0, k)
        .toReversed()
        .map((a) => `${a} `)
        .join("");
      messages.push({ role: "user", content: `${k ? "" : who}${label} ${k < 3 ? "<7>" : "<2>"} ${earlier}=` });
      const options = k < 3 ? positions : ["0", "100"];
      const [scores] = await engine.score([{ messages: [...messages], options }]);
      const answer = k < 3 ? answers[k]! : vote;
      total += scores![options.indexOf(answer)]! - Math.log(scores!.reduce((sum, v) => sum + Math.exp(v), 0));
      messages.push({ role: "assistant", content: answer });
    }
  }
  await engine.close();
  for (const concurrency of [1, 32]) {
    const found = await heldOutLikelihood(people, { model: "proband-base", home, concurrency });
    assert.ok(Math.abs(found - total / 12) < 1e-4, `${found} instead of ${total / 12}`);
  }
});

test("the likelihood of margins adds half an answer to each option", () => {
  // By hand: one pilot member who answered option 1 of 7; someone else gave the same answer, or another one.
  const one = anes.take([0]).omit(["ClinLR", "DoleLR", "vote"]);
  const expected = Math.log((1 + 0.5) / (1 + 0.5 * 7));
  assert.ok(Math.abs(marginLikelihood(one, one) - expected) < 1e-12);
});

test("options of a long scale that read alike in percent share the probability of their text", async () => {
  const scale = { kind: "interval" as const, min: 0, max: 130, step: 1 };
  const items = anes.codebook.items.map((item) =>
    item.name === "selfLR" ? { ...item, scale, text: "How many minutes?" } : item,
  );
  const who = (value: number) =>
    new Respondents({
      codebook: { ...anes.codebook, items },
      ids: anes.ids.slice(0, 1),
      columns: new Map([
        ["age", anes.column("age").slice(0, 1)],
        ["selfLR", [value]],
      ]),
    });
  const probabilities: number[] = [];
  for (let value = 0; value <= 130; value++)
    probabilities.push(Math.exp(await heldOutLikelihood(who(value), { model: "proband-base", home })));
  assert.ok(Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-5);
  // The engine asked for each text once.
  const asked = who(0);
  const messages = renderConversation(
    templateOf("compact"),
    asked.codebook,
    asked.row(0),
    [],
    asked.item("selfLR"),
    {},
  );
  const texts = Array.from({ length: 101 }, (_, k) => String(k));
  const engine = await openModel(join(dataFolder(), "base-model"));
  const [scores] = await engine.score([{ messages, options: texts }]);
  await engine.close();
  const total = scores!.reduce((sum, v) => sum + Math.exp(v), 0);
  texts.forEach((text, k) => {
    const alike = probabilities.filter((_, value) => Math.round((100 * value) / 130) === Number(text));
    const found = alike.reduce((a, b) => a + b, 0);
    const expected = Math.exp(scores![k]!) / total;
    assert.ok(Math.abs(found - expected) < 1e-4, `${text} (${alike.length} options): ${found} instead of ${expected}`);
  });
});
