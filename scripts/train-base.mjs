/**
 * Trains the built-in model: `npm run train-base` makes data/base-model again. Options: --out FOLDER, --threads N,
 * --seed N, --set KEY=JSON (any setting of scripts/train-base/presets.mjs), and --from FOLDER --phase N to start with a
 * later phase from a model already trained.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setup } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    threads: { type: "string", default: "1" },
    seed: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
    from: { type: "string" },
    phase: { type: "string", default: "1" },
  },
});
await setup();
const { base, card } = await import("./train-base/presets.mjs");
const { pretrain } = await import("./train-base/train.mjs");
const { exportModel } = await import("./train-base/export.mjs");
const { nativeRuntime } = await import("#src/engine/node/runtime.js");
const { inMemory, openSafetensors } = await import("#src/engine/safetensors.js");
const { parseConfig } = await import("#src/engine/model/config.js");
const { readWeights } = await import("#src/engine/model/weights.js");

const options = { ...base };
if (values.seed) options.seed = Number(values.seed);
for (const pair of values.set) options[pair.split("=", 1)[0]] = JSON.parse(pair.slice(pair.indexOf("=") + 1));
if (values.from) {
  const config = parseConfig(readFileSync(join(values.from, "config.json"), "utf8"));
  const file = await openSafetensors(
    inMemory("model", new Uint8Array(readFileSync(join(values.from, "model.safetensors")))),
  );
  options.from = { weights: await readWeights(config, [file]), phase: Number(values.phase) };
}
const out = values.out ?? options.folder;
const started = performance.now();
const runtime = await nativeRuntime({ threads: Number(values.threads) });
let phase = options.from?.phase ?? 0;
const model = await pretrain(runtime, options, async ({ step, steps, loss, tokens, ...model }) => {
  if (step % 100 && step !== steps && model.phase === phase) return;
  phase = model.phase;
  const seconds = (performance.now() - started) / 1000;
  const left = (seconds / step) * (steps - step);
  console.log(
    `step ${step}/${steps}  loss ${loss.toFixed(3)}  ${(tokens / 1e6).toFixed(2)} M tokens  ${seconds.toFixed(0)} s, about ${left.toFixed(0)} s left`,
  );
});
await exportModel(out, { ...model, card });
console.log(`written to ${out}`);
