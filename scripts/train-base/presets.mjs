/** What `npm run train-base` makes by default, and what the model's folder says of it. */
import { join } from "node:path";
import { root } from "../setup.mjs";
import { defaultMix } from "./corpus/index.mjs";

const common = {
  batch: 32,
  learningRate: 2e-3,
  collapsed: 0.35,
  actionWeight: 2,
  world: 0.75,
  mix: defaultMix,
  seed: 1,
};

export const presets = {
  base: {
    ...common,
    hidden: 192,
    layers: 4,
    heads: 6,
    intermediate: 512,
    steps: 3600,
    folder: join(root, "data", "base-model"),
  },
  small: {
    ...common,
    hidden: 128,
    layers: 3,
    heads: 4,
    intermediate: 352,
    steps: 3600,
    folder: join(root, "data", "base-model-small"),
  },
};

/** Finetuning defaults, chosen on the development studies (docs/base-model.md). */
export const finetuning = {
  lora: { rank: 8, alpha: 16 },
  learningRate: 2e-3,
  batchSize: 8,
  warmupSteps: 4,
  schedule: "linear",
  weightDecay: 0,
  clipNorm: 1,
  loss: "cross-entropy",
  smoothing: 0.3,
  epochs: 25,
  epochsByExamples: [
    { examples: 0, epochs: 25 },
    { examples: 60, epochs: 16 },
    { examples: 100, epochs: 12 },
    { examples: 250, epochs: 8 },
    { examples: 600, epochs: 5 },
  ],
};

/** Epochs by number of people: the entry with the largest `examples` not above it. */
export const epochsFor = ({ epochsByExamples, epochs }, n) =>
  epochsByExamples.filter((e) => e.examples <= n).at(-1)?.epochs ?? epochs;

export const card = (preset) => ({
  id: preset === "base" ? "proband-base" : `proband-${preset}`,
  created: 1795392000,
  description:
    "Built-in, trained on generated survey transcripts only. It knows how questionnaires are answered and nothing of any real study; without finetuning its answers are uniform stereotypes.",
  template: "compact",
  finetuning,
});
