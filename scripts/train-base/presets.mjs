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
    // Then words that say which way the best lies, doing nothing, and long scales in round numbers.
    {
      steps: 2400,
      warmup: 40,
      decay: true,
      round: true,
      json: 0.05,
      curriculum: [
        {
          until: 1000,
          mix: { choice: 0.55, spatial: 0.14, threshold: 0.07, attitudes: 0.16, drillLow: 0.04, drill: 0.04 },
        },
        { mix: { spatial: 0.22, choice: 0.27, extreme: 0.06, threshold: 0.14, attitudes: 0.26, drillLow: 0.05 } },
      ],
    },
  ],
  folder: join(root, "data", "base-model"),
};

/** Finetuning defaults, chosen on the development studies (docs/base-model.md). */
export const finetuning = {
  lora: {
    rank: 16,
    alpha: 32,
    dropout: 0.2,
    // The head too: which of a scale's numbers people say is a matter of single tokens.
    targets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"],
  },
  learningRate: 1.5e-3,
  batchSize: 8,
  warmupSteps: 4,
  schedule: "linear",
  weightDecay: 6,
  clipNorm: 1,
  loss: "cross-entropy",
  examples: {
    attributeDropout: { copies: 2, share: 0.5, below: 250, actionsFrom: 250 },
    marginSmoothing: { beliefs: 20, actions: 3, spread: 0.1 },
  },
  epochs: 8,
  // Of interviews: below 250 people there are three of each.
  epochsByExamples: [
    { examples: 0, epochs: 8 },
    { examples: 200, epochs: 6 },
    { examples: 350, epochs: 5 },
    { examples: 600, epochs: 4 },
  ],
  // More people teach more than the weights' decay leaves: chosen on the development studies with 120, 300 and 900 people.
  byPeople: [
    { people: 100, weightDecay: 3 },
    { people: 250, learningRate: 2.5e-3, weightDecay: 0 },
  ],
};

export const card = {
  id: "proband-base",
  created: 1795392000,
  description:
    "Built-in, trained on generated survey transcripts only. It knows how questionnaires are answered and nothing of any real study; without finetuning its answers are uniform stereotypes.",
  template: "compact",
  finetuning,
};
