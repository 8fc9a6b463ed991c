/** What `npm run train-base` makes by default, and what the model's folder says of it. */
import { join } from "node:path";
import { root } from "../setup.mjs";
import { defaultMix } from "./corpus/index.mjs";

// First looking up and comparing, then opinions.
const exercises = { drill: 0.4, spatial: 0.3, extreme: 0.3 };

export const base = {
  hidden: 192,
  layers: 4,
  heads: 6,
  intermediate: 512,
  pointers: 5,
  batch: 16,
  learningRate: 8e-4,
  weightDecay: 0.1,
  collapsed: 0.35,
  actionWeight: 3,
  world: 0.9,
  seed: 1,
  phases: [
    { steps: 1600, warmup: 100, decay: false, curriculum: [{ until: 720, mix: exercises }, { mix: defaultMix }] },
    {
      steps: 600,
      warmup: 20,
      decay: true,
      curriculum: [{ mix: { spatial: 0.28, extreme: 0.3, threshold: 0.1, attitudes: 0.22, drill: 0.1 } }],
    },
  ],
  folder: join(root, "data", "base-model"),
};

/** Finetuning defaults, chosen on the development studies (docs/base-model.md). */
export const finetuning = {
  lora: { rank: 4, alpha: 8, dropout: 0.1 },
  learningRate: 1e-3,
  batchSize: 8,
  warmupSteps: 4,
  schedule: "linear",
  weightDecay: 10,
  clipNorm: 1,
  loss: "cross-entropy",
  smoothing: 0.3,
  epochs: 20,
  epochsByExamples: [
    { examples: 0, epochs: 20 },
    { examples: 60, epochs: 16 },
    { examples: 100, epochs: 12 },
    { examples: 250, epochs: 8 },
    { examples: 600, epochs: 5 },
  ],
};

/** Epochs by number of people: the entry with the largest `examples` not above it. */
export const epochsFor = ({ epochsByExamples, epochs }, n) =>
  epochsByExamples.filter((e) => e.examples <= n).at(-1)?.epochs ?? epochs;

export const card = {
  id: "proband-base",
  created: 1795392000,
  description:
    "Built-in, trained on generated survey transcripts only. It knows how questionnaires are answered and nothing of any real study; without finetuning its answers are uniform stereotypes.",
  template: "compact",
  finetuning,
};
