// One LoRA training in a process of its own, so that its peak memory can be read: node _lora.mjs '{"model": …}'
import { parseConfig } from "../../dist/engine/model/config.js";
import { baseParameters, elements, linearNames, parameterCount } from "../../dist/engine/model/parameters.js";
import { nativeRuntime } from "../../dist/engine/node/index.js";
import { createTrainer } from "../../dist/engine/training/trainer.js";

const { model, tokens, answer, examples, rank, threads, gradientCheckpointing = false } = JSON.parse(process.argv[2]);
const config = parseConfig(JSON.stringify(model));
let seed = 1;
const weights = new Map();
for (const { name, shape, init } of baseParameters(config)) {
  const data = new Float32Array(elements(shape));
  if (init === "ones") data.fill(1);
  else if (init === "normal")
    for (let i = 0; i < data.length; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      data[i] = (seed / 2147483648) * 0.035;
    }
  weights.set(name, { name, shape, data });
}
const runtime = await nativeRuntime({ threads });
const trainer = await createTrainer(runtime, {
  config,
  weights,
  trained: "lora",
  gradientCheckpointing,
  lora: { rank, alpha: 2 * rank, dropout: 0, targets: [...linearNames], rsLora: false },
});
const row = (k) => {
  const ids = Array.from({ length: tokens }, (_, i) => (i * 7919 + k * 104729) % 2000);
  const targets = Array.from({ length: answer }, (_, i) => {
    const at = tokens - 1 - answer + i;
    return { at, token: ids[at + 1], weight: 1 };
  });
  return { ids, targets };
};
for (let k = 0; k < 4; k += 2) await trainer.step([[row(k)], [row(k + 1)]], { learningRate: 1e-4 });
const started = performance.now(),
  before = process.cpuUsage();
// Batches of two examples, accumulated: as finetuning on few people is run.
for (let k = 0; k < examples; k += 2) await trainer.step([[row(k)], [row(k + 1)]], { learningRate: 1e-4 });
const seconds = (performance.now() - started) / 1000 / examples;
const used = process.cpuUsage(before);
const cpu = (used.user + used.system) / 1e6 / examples;
const peak = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ parameters: parameterCount(baseParameters(config)), seconds, cpu, peak }));
process.exit(0);
