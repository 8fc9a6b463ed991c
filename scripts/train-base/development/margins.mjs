/**
 * How near an estimate of everybody's answers comes to them, beside relative frequencies: node
 * scripts/train-base/development/margins.mjs [PEOPLE] [PILOTS], on the groups that groups.py has fetched. Mean
 * Jensen–Shannon distance by number of options, and the mean of the ratios.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, setup } from "../../setup.mjs";
import { generator } from "../corpus/measure.mjs";

await setup();
const { jsDistance } = await import("#src/alignment/distances.js");
const { estimateMargins } = await import("#src/finetuning/margins.js");
const [people = "30", pilots = "4"] = process.argv.slice(2);
const groups = JSON.parse(readFileSync(join(root, "build", "development", "groups.json"), "utf8"));
const counted = (rows, options) =>
  rows[0].map((_, q) => {
    const counts = new Array(options).fill(0);
    for (const row of rows) counts[row[q]]++;
    return counts;
  });
const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;

const found = new Map();
groups.forEach(({ options, rows }, g) => {
  const random = generator(77 + 13 * g);
  const truth = counted(rows, options);
  for (let pilot = 0; pilot < Number(pilots); pilot++) {
    const counts = counted(
      Array.from({ length: Number(people) }, () => random.pick(rows)),
      options,
    );
    const distance = (margins) => mean(margins.map((margin, q) => jsDistance(margin, truth[q])));
    found.set(options, [...(found.get(options) ?? []), [distance(estimateMargins(counts)), distance(counts)]]);
  }
});
const ratios = [];
for (const [options, pairs] of [...found].sort(([a], [b]) => a - b)) {
  const [estimate, frequencies] = [0, 1].map((i) => mean(pairs.map((pair) => pair[i])));
  ratios.push(estimate / frequencies);
  console.log(
    `${String(options).padStart(3)} options  estimate ${estimate.toFixed(3)}  frequencies ${frequencies.toFixed(3)}`,
  );
}
console.log(`mean ratio ${mean(ratios).toFixed(3)}`);
