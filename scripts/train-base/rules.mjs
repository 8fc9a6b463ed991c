/**
 * Whether a model knows the rules from beliefs to actions: node scripts/train-base/rules.mjs MODEL_FOLDER [COUNT]. For
 * respondents of the corpus whose law is strong (one action has probability .9 or more given the beliefs written): the
 * share whose action the untuned model finds likeliest, by family and number of alternatives.
 */
import { setup } from "../setup.mjs";
import { interview, study } from "./corpus/index.mjs";
import { generator } from "./corpus/measure.mjs";
import { letters } from "./vocabulary.mjs";

await setup();
const { openModel } = await import("#src/engine/node/index.js");
const [folder, count = "300"] = process.argv.slice(2);
const engine = await openModel(folder, { threads: 1 });
const DRAWS = 60;

const cases = [];
for (const family of ["spatial", "extreme", "choice", "drill"]) {
  const random = generator(99);
  for (let found = 0; found < Number(count);) {
    const drawn = study(random, { mix: { [family]: 1 }, world: true, round: true })();
    const actions = drawn.actions ?? [drawn.action];
    const { items } = interview(random, "<survey>", drawn, true);
    const beliefs = drawn.beliefs.map(({ answer }) => answer);
    actions.forEach(({ scale, size, label, act }, a) => {
      if (scale) return;
      const tally = Array.from({ length: size }, () => 0);
      for (let draw = 0; draw < DRAWS; draw++) tally[act(beliefs)]++;
      const best = tally.indexOf(Math.max(...tally));
      if (tally[best] < 0.9 * DRAWS) return;
      const asked = items.slice(0, beliefs.length + a + 1);
      const opening = `<model> ${drawn.attributes.map((pair) => pair.join(" ")).join(" ")} `;
      const messages = asked.flatMap((item, i) => {
        const earlier = asked.slice(0, i).reverse();
        const content = `${i ? "" : opening}${item.label} ${item.size} ${earlier.map((e) => `${e.answer} `).join("")}=`;
        const question = { role: "user", content };
        return i < asked.length - 1 ? [question, { role: "assistant", content: item.answer }] : [question];
      });
      const options = size > 2 ? letters.slice(0, size) : ["0", "100"];
      cases.push({ messages, options, best, kind: `${family}${family === "drill" ? ` ${label}` : ""}, ${size}` });
      cases.push({ ...cases.at(-1), kind: family });
      found++;
    });
  }
}
const scores = await engine.score(cases.map(({ messages, options }) => ({ messages, options })));
const shares = new Map();
cases.forEach(({ kind, best }, i) => {
  const logs = [...scores[i]];
  const entry = shares.get(kind) ?? { right: 0, of: 0 };
  shares.set(kind, entry);
  entry.of++;
  if (logs.indexOf(Math.max(...logs)) === best) entry.right++;
});
for (const [kind, { right, of }] of [...shares].sort())
  console.log(
    `${kind.padEnd(24)} ${(right / of).toFixed(2)} ± ${Math.sqrt(((right / of) * (1 - right / of)) / of).toFixed(2)}  (${of})`,
  );
await engine.close();
