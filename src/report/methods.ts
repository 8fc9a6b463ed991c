import type { Coherence, Comparison } from "../alignment/index.js";
import { estimated } from "./rectification.js";
import { Simulated } from "../study/index.js";
import type { Ppi } from "../inference/index.js";
import type { Recovered } from "../regression/index.js";
import type { Respondents } from "../study/index.js";

export interface MethodsInput {
  human: Respondents;
  simulated: readonly Respondents[];
  comparison: Comparison;
  pilot?: Respondents;
  coherence?: Coherence;
  recover?: Recovered;
  ppi?: readonly Ppi[];
}

/** A methods section of what was done, in Markdown; citations as [@key], found again by `citedIn`. */
export function methods(input: MethodsInput): string {
  return (
    [
      data(input),
      model(input),
      distances(input),
      diversity(),
      gap(input),
      regression(input),
      rectification(input),
      software(),
    ]
      .filter(Boolean)
      .join("\n\n") + "\n"
  );
}

function data({ human, pilot }: MethodsInput): string {
  const { codebook } = human;
  const kind =
    codebook.provenance === "synthetic" ? "synthetic respondents (a stand-in for data, not people)" : "respondents";
  const drawn = [
    ...(pilot?.origin.method ? [pilot.origin.method] : []),
    ...(pilot?.origin.seed === undefined ? [] : [`seed ${pilot.origin.seed}`]),
  ];
  const origin = human.origin.dataHash ? ` (SHA-256 ${human.origin.dataHash.slice(0, 16)}…)` : "";
  return (
    `**Data.** ${human.n} ${kind} of ${codebook.title}${origin}. ${codebook.citation.replace(/\.?$/, ".")}` +
    (pilot
      ? ` The pilot that baselines and model may learn from is ${pilot.n} others, disjoint from them` +
        (drawn.length ? ` (${drawn.join("; ")}).` : ".")
      : "") +
    (codebook.caveats ?? []).map((c) => ` ${c[0]!.toUpperCase()}${c.slice(1).replace(/\.?$/, ".")}`).join("")
  );
}

function model({ simulated }: MethodsInput): string {
  const described = simulated.map((s) => {
    if (!(s instanceof Simulated)) return `${s.n} respondents of ${s.origin.study}`;
    const { model, provider, seed, finetuningSeed, trainedOn, elicitation } = s.simulation;
    const learned = trainedOn.length
      ? provider === "baseline"
        ? `made from ${trainedOn.length} pilot members without a model`
        : `finetuned on or shown ${trainedOn.length} people`
      : "not finetuned";
    return (
      `${model} (${provider}; ${learned}` +
      (finetuningSeed === undefined ? "" : `, finetuning seed ${finetuningSeed}`) +
      (elicitation === "none" ? "" : `; answers elicited by ${elicitation}`) +
      `, seed ${seed})`
    );
  });
  return `**Simulation.** Each respondent was simulated from attributes and treatment only, by ${described.join("; ")}.`;
}

function distances({ comparison }: MethodsInput): string {
  const by = [...new Set(comparison.rows.map((r) => r.by))].filter((name) => name !== "");
  const { replicates, permutations, halves, level, interval, seed, correction, bins } = comparison.options;
  const adjusted = {
    maxT: " adjusted for their number by the step-down maximum [@westfall1993]",
    holm: " adjusted by Holm's procedure [@holm1979]",
    bh: " adjusted for the false discovery rate [@benjamini1995]",
    none: " without adjustment",
  }[correction];
  return (
    `**Alignment.** Simulated and human answers to each item were compared by the Jensen–Shannon distance, the root of ` +
    `the base-2 divergence [@lin1991; @endres2003], overall${by.length ? ` and by ${by.join(" and by ")}` : ""}; ` +
    `a corrected distance is free of small-sample bias, made of entropies with what unseen options add [@chao2013]. Intervals (${(100 * level).toFixed(0)}%) are ` +
    `${interval === "percentile" ? "percentiles" : "around the corrected distance, from the deviations (of squared distances)"} of ` +
    `${replicates} bootstrap resamples [@efron1993] of people together with their simulations` +
    (comparison.simulations > 1 ? " and of finetuning seeds" : "") +
    `. As floor, random halves of the people were compared with each other ${halves} times, beside the same with simulations ` +
    `in place of one half. Tests exchanged answers within pairs (${permutations} permutations),${adjusted}. ` +
    `Interval items of more than 41 steps were taken in ${bins} bins. Seed ${seed}.`
  );
}

const diversity = () =>
  "**Heterogeneity.** Belief structures (combinations of answers to all beliefs) were counted, rarefied to equal n " +
  "[@hurlbert1971], and summarised by Hill numbers [@hill1973] and the Chao1 estimate [@chao1984].";

const gap = ({ coherence }: MethodsInput) =>
  coherence
    ? `**Coherence.** The belief–action gap is the share of respondents with a definite implied action who acted otherwise [@wang2025]; ` +
      `implied action: ${coherence.rule}. The indifferent were counted beside it.`
    : "";

function regression({ recover }: MethodsInput): string {
  if (!recover) return "";
  const formulas = [...new Set(recover.rows.map((r) => r.formula))].map((f) => `\`${f}\``).join(", ");
  return (
    `**Regression.** ${formulas} was estimated in people and in simulations of them; each coefficient but the intercept ` +
    `was classed as positive, negative or not significant at ${recover.alpha}, and simulated classes were scored against ` +
    `human ones (an opposite sign counts as both a false positive and a false negative). ` +
    `Differences were tested with the covariance of the two estimates from the same people, and for equivalence by two ` +
    `one-sided tests [@schuirmann1987]. Standard errors: ${[...new Set(recover.notes.flatMap((n) => /^Standard errors: (.*)\.$/.exec(n)?.[1] ?? []))].join(", ")}.` +
    (recover.seeds.length > new Set(recover.seeds.map((s) => s.formula)).size
      ? " Coefficients of several simulations were combined as partially synthetic data [@reiter2003]; signs were scored one simulation at a time."
      : "")
  );
}

function rectification({ ppi }: MethodsInput): string {
  if (!ppi?.length) return "";
  const of = ppi.map((p) => `${estimated(p)} (${p.method}, ${p.n} people, ${p.N} simulations)`).join("; ");
  return (
    `**Rectification.** Prediction-powered estimates [@angelopoulos2023; @angelopoulos2023pp] of ${of}; the rectifying ` +
    `people were not among those the model learned from.`
  );
}

const software = () => "**Software.** Proband [@proband].";
