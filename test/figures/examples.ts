/** One small example a figure, with numbers a reader can check by eye. */
import { Respondents, Simulated } from "#src/study/index.js";
import type { Codebook } from "#src/study/types.js";
import { random } from "#src/study/index.js";
import * as figures from "#src/figures/node/index.js";
import type { FigureOptions } from "#src/figures/index.js";

const steps = { kind: "interval", min: 0, max: 100, step: 5 } as const;
export const codebook: Codebook = {
  name: "toy",
  title: 'Two targets <toy> & "co"',
  description: "made up",
  version: "1",
  provenance: "synthetic",
  sharing: "allowed",
  licence: "CC0-1.0",
  citation: "none",
  items: [
    { name: "t1", role: "belief", label: "target 1 defended", text: "How likely?", scale: steps },
    { name: "t2", role: "belief", label: "target 2 defended", text: "How likely?", scale: steps },
    {
      name: "lr",
      role: "belief",
      label: "left–right",
      text: "Where?",
      scale: {
        kind: "ordinal",
        options: Array.from({ length: 7 }, (_, i) => ({ value: i + 1, label: `point ${i + 1}` })),
      },
    },
  ],
  defaults: { groups: [], outcome: "t1", formula: "t1 ~ lr", family: "ols" },
};

export function people(seed: number, n: number, spread: number): Record<string, (number | null)[]> {
  const r = random(seed, "figures");
  const on = (lo: number, hi: number, step: number, x: number) =>
    Math.max(lo, Math.min(hi, Math.round(x / step) * step));
  return {
    t1: Array.from({ length: n }, (_, i) => (i === 0 ? null : on(0, 100, 5, 50 + 25 * spread * r.normal()))),
    t2: Array.from({ length: n }, () => on(0, 100, 5, 60 + 25 * spread * r.normal())),
    lr: Array.from({ length: n }, () => on(1, 7, 1, 4 + 1.6 * spread * r.normal())),
  };
}

const ids = Array.from({ length: 400 }, (_, i) => `p${i}`);
export const humans = new Respondents({ codebook, ids, columns: people(1, 400, 1) });
export const simulated = (model: string, seed: number, spread: number) =>
  new Simulated({
    codebook,
    ids,
    columns: people(seed, 400, spread),
    simulation: {
      model,
      provider: "embedded",
      seed,
      trainedOn: [],
      ledgerKey: "k",
      elicitation: "logprobs",
    },
  });
export const base = simulated("proband-base", 2, 0.2);
export const tuned = simulated("proband-base:tuned", 3, 0.8);

const groups = ["White", "Black", "Asian", "Mixed", "Other <b>"];
export const divergenceRows: figures.DivergenceRow[] = groups.flatMap((group, g) =>
  ["base", "finetuned 30", "finetuned 120"].map((variant, v) => {
    const value = [0.62, 0.28, 0.2][v]! + g * 0.03;
    return {
      group,
      variant,
      value,
      low: value - 0.05,
      high: value + 0.06,
      floor: 0.08 + 0.02 * g,
      floorLow: 0.05 + 0.02 * g,
      floorHigh: 0.12 + 0.02 * g,
      n: 400 - 80 * g,
    };
  }),
);

export const rarefactionRows: figures.RarefactionRow[] = [
  ["human", 340],
  ["base", 19],
  ["finetuned", 280],
].flatMap(([source, s]) =>
  Array.from({ length: 30 }, (_, i) => {
    const n = (i + 1) * 31 - 1;
    const structures = Number(s) * (1 - Math.exp((-3 * n) / 929));
    return { source: String(source), n, structures, low: structures * 0.95, high: structures * 1.05 };
  }),
);

export const flowRows: figures.FlowRow[] = ["human", "base"].flatMap((source, s) =>
  ["attack 1", "attack 2", "refrain", "indifferent"].flatMap((implied, i) =>
    ["attack 1", "attack 2", "refrain"].map((action, a) => ({
      source,
      implied,
      action,
      count: i === a ? (s ? 20 : 220) : s ? 100 : 30 + 10 * a,
    })),
  ),
);

export const forestRows: figures.ForestRow[] = [
  "age",
  "educ",
  "message[both]",
  "message[target 1] × valuations",
  "risk",
].flatMap((term, t) => [
  { term, source: "human", estimate: [0.4, -0.2, 1.1, 0.05, 0.3][t]!, low: 0.1 - 0.1 * t, high: 0.7 + 0.2 * t },
  {
    term,
    source: "finetuned",
    estimate: [0.3, 0.25, 0.9, 0.5, 0.02][t]!,
    low: -0.1,
    high: t === 3 ? 40 : 1.2,
    recovery: ["recovered", "sign flipped", "recovered", "false positive", "false negative"][t]!,
  },
]);

export const coverageRows: figures.CoverageRow[] = [
  ["party", "strong Democrat", 0.18, 0.2],
  ["party", "independent", 0.3, 0.1],
  ["party", "strong Republican", 0, 0.16],
  ["education", "grade school", 0.05, 0.12],
  ["education", "college", 0.6, 0.4],
].map(([attribute, category, sample, everyone]) => ({
  attribute: String(attribute),
  category: String(category),
  sample: Number(sample),
  everyone: Number(everyone),
  n: Math.round(60 * Number(sample)),
}));

export const trainingRows: figures.TrainingRow[] = Array.from({ length: 60 }, (_, i) => [
  { step: i + 1, loss: 0.8 + 1.6 * Math.exp(-i / 10), series: "training" },
  ...(i % 5 === 4 ? [{ step: i + 1, loss: 1.1 + 1.3 * Math.exp(-i / 8) + i * 0.003, series: "validation" }] : []),
]).flat();

export const learningRows: figures.LearningRow[] = [
  ["finetuned", 0.123, 0.11, 0.101],
  ["pilot bootstrap", 0.223, 0.14, 0.095],
  ["ordinal ridge chain", 0.211, 0.13, 0.097],
].flatMap(([variant, ...values]) =>
  [30, 60, 120].map((n, i) => ({
    n,
    variant: String(variant),
    value: Number(values[i]),
    low: Number(values[i]) - 0.02,
    high: Number(values[i]) + 0.02,
  })),
);

export const costRows: figures.CostRow[] = [
  { step: "finetuning", seconds: 44, costUSD: 1.2, n: 30 },
  { step: "simulation", seconds: 310, costUSD: 0.034, n: 884 },
  { step: "comparison", seconds: 1.2, costUSD: 0, n: 884 },
];

/** Every figure, drawn from its example. */
export const gallery: Record<string, (options?: FigureOptions) => SVGSVGElement> = {
  beliefs: (o) => figures.beliefDistributions([humans, base, tuned], o),
  "joint-beliefs": (o) => figures.jointBeliefs([humans, base, tuned], ["t1", "t2"], o),
  divergence: (o) => figures.divergenceByGroup(divergenceRows, o),
  rarefaction: (o) => figures.rarefaction(rarefactionRows, o),
  flows: (o) => figures.beliefActionFlows(flowRows, o),
  forest: (o) =>
    figures.forest(
      { rows: forestRows, provenance: ["synthetic data", "simulated by proband-base"] },
      { scale: "log-odds", n: { human: 400, finetuned: 400 }, ...o },
    ),
  coverage: (o) => figures.samplingCoverage(coverageRows, o),
  training: (o) => figures.trainingCurves(trainingRows, { kept: 25, n: 30, ...o }),
  learning: (o) => figures.learningCurve(learningRows, { floor: 0.066, ...o }),
  cost: (o) => figures.costAndTime(costRows, o),
};
