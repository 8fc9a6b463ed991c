/** Trains in a process of its own that the resume test kills: `node train-child.js folder output checkpoints`. */
import { openModel } from "#src/engine/node/index.js";
import { conversations } from "./tiny.js";

const [folder, output, checkpoints] = process.argv.slice(2) as [string, string, string];
const engine = await openModel(folder, { threads: 1, checkpointSeconds: 0 });
const result = await engine.train(conversations(12), {
  lora: { rank: 4, alpha: 8, dropout: 0.1 },
  epochs: 30,
  batchSize: 4,
  learningRate: 1e-2,
  seed: 7,
  validation: conversations(4),
  output,
  checkpoints,
  onStep: ({ step }) => console.log(`step ${step}`),
});
console.log(`done ${result.history.length}`);
await engine.close();
