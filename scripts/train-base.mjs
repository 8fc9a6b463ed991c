/**
 * Trains the built-in model: `npm run train-base`. Options: --preset base|small, --steps N, --seed N, --threads N,
 * --out FOLDER. With the defaults it makes data/base-model again.
 */
import { parseArgs } from "node:util";
import { setup } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    preset: { type: "string", default: "base" },
    steps: { type: "string" },
    seed: { type: "string" },
    threads: { type: "string", default: "2" },
    out: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
  },
});
await setup?.();
const { presets, card } = await import("./train-base/presets.mjs");
const { pretrain } = await import("./train-base/train.mjs");
const { exportModel } = await import("./train-base/export.mjs");
const { nativeRuntime } = await import("#src/engine/node/runtime.js");

const preset = presets[values.preset];
if (!preset) {
  console.error(`no preset ${values.preset}; there are ${Object.keys(presets).join(", ")}`);
  process.exit(1);
}
const options = { ...preset };
if (values.steps) options.steps = Number(values.steps);
if (values.seed) options.seed = Number(values.seed);
for (const pair of values.set) {
  const [key, text] = pair.split("=");
  options[key] = JSON.parse(text);
}
const out = values.out ?? options.folder;
const started = performance.now();
const runtime = await nativeRuntime({ threads: Number(values.threads) });
const model = await pretrain(runtime, options, ({ step, steps, loss, tokens }) => {
  if (step % 100 && step !== steps) return;
  const seconds = (performance.now() - started) / 1000;
  const left = (seconds / step) * (steps - step);
  console.log(
    `step ${step}/${steps}  loss ${loss.toFixed(3)}  ${(tokens / 1e6).toFixed(2)} M tokens  ${seconds.toFixed(0)} s, about ${left.toFixed(0)} s left`,
  );
});
await exportModel(out, { ...model, card: card(values.preset) });
console.log(`written to ${out}`);
