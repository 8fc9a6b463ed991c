/** A finetuning in a process of its own, to be killed: node child.js HOME BASE. */
import { loadStudy } from "#src/study/node/index.js";
import * as finetuning from "#src/finetuning/node/index.js";

const [home, base] = process.argv.slice(2);
const pilot = (await loadStudy("anes96")).take([0, 1, 2, 3, 4, 5]);
await finetuning.run(pilot, {
  base: base!,
  home: home!,
  template: "compact",
  seed: 7,
  epochs: 60,
  learningRate: 0.005,
  batchSize: 1,
  onProgress: (event) => console.log(event.done),
});
