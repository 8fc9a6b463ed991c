// What a replication compares, as data: variants of whom the model learns from and what it is told.
import type { Study } from "../../study/index.js";
import { random, type Respondents } from "../../study/index.js";
import { divide } from "../../inference/index.js";
import * as sampling from "../../sampling/index.js";

export interface Variant {
  /** Short name in tables and file names. */
  name: string;
  /** What it is, for people. */
  label: string;
  kind: "base" | "few-shot" | "finetuned";
  /** The people the model learns from or is shown. */
  pilot?: Respondents;
  /** False leaves attributes out of the prompts. */
  demographics?: boolean;
  /** Finetuning seeds; one simulation each. */
  seeds: number[];
}

export interface Plan {
  study: Study;
  /** People never used for training, whom every variant answers for. */
  rest: Respondents;
  /** The people of the main variant: baselines resample them. */
  pilot: Respondents;
  /** People kept to rectify with. */
  rectify: Respondents;
  sampling: sampling.Split;
  variants: Variant[];
  seed: number;
}

export interface PlanOptions {
  seed: number;
  /** People drawn; half of them finetune, half rectify. */
  n: number;
  /** Finetuning seeds of each finetuned variant. */
  seeds: number;
  /** The paper's grid instead of base, few-shot and one finetuned variant. */
  full: boolean;
  /** Answer for so many people only (for a quick look). */
  people?: number;
}

/** Draws the people and lists the variants. Every variant answers for the same people, none of whom any variant learned from. */
export function makePlan(study: Study, options: PlanOptions): Plan {
  const { seed } = options;
  const by = study.codebook.defaults.groups[0];
  const seeds = Array.from({ length: options.seeds }, (_, i) => seed + i);
  if (options.n < 4 || options.n > study.n / 2)
    throw new Error(
      `n = ${options.n}: expected 4 to ${Math.floor(study.n / 2)} people of ${study.n}, so that enough are left to compare with`,
    );
  const draw = (from: Respondents, n: number) =>
    by ? sampling.stratified(from, { by, n, seed }) : sampling.simpleRandom(from, { n, seed });
  const first = draw(study, options.n);
  const { finetune, rectify } = divide(first.pilot, { finetune: 0.5, seed });
  const variants: Variant[] = [
    { name: "base", label: "base model, not finetuned", kind: "base", seeds: [seed] },
    { name: "few-shot", label: "base model, examples in the prompt", kind: "few-shot", pilot: finetune, seeds: [seed] },
    {
      name: `finetuned-${finetune.n}`,
      label: `finetuned on ${finetune.n} people`,
      kind: "finetuned",
      pilot: finetune,
      seeds,
    },
  ];
  let rest = first.rest;
  if (options.full) {
    // A second pool, so that the grid's larger pilots leave the same people untouched.
    const pool = draw(rest, Math.min(Math.floor(rest.n * 0.4), 400));
    rest = pool.rest;
    variants.push(...gridOf(study, pool.pilot, finetune, seeds, seed));
  }
  if (options.people && options.people < rest.n)
    rest = rest.take(random(seed, "people").permutation(rest.n).slice(0, options.people), { part: "rest" });
  return { study, rest, pilot: finetune, rectify, sampling: first, variants, seed };
}

/** The paper's variants that a study allows: balanced by ethnicity (or the first grouping), one treatment group and all groups, a large pilot, no demographics. */
function gridOf(study: Study, pool: Respondents, small: Respondents, seeds: number[], seed: number): Variant[] {
  const variants: Variant[] = [];
  const balanceBy =
    study.codebook.items.find((i) => /ethnic|race/i.test(i.name))?.name ?? study.codebook.defaults.groups[0];
  if (balanceBy) {
    const balanced = sampling.stratified(pool, { by: balanceBy, n: small.n, seed, allocation: "equal" }).pilot;
    variants.push({
      name: "balanced",
      label: `finetuned on ${balanced.n}, equally many by ${study.item(balanceBy).label}`,
      kind: "finetuned",
      pilot: balanced,
      seeds,
    });
  }
  const treatments = study.codebook.items.filter((i) => i.role === "treatment");
  if (treatments.length) {
    const one = sampling.oneGroup(pool, { n: small.n, seed }).pilot;
    const all = sampling.allGroups(pool, { n: one.n, seed }).pilot;
    variants.push(
      {
        name: "one-group",
        label: `finetuned on ${one.n} of one treatment group`,
        kind: "finetuned",
        pilot: one,
        seeds,
      },
      {
        name: "all-groups",
        label: `finetuned on ${all.n} over all treatment groups`,
        kind: "finetuned",
        pilot: all,
        seeds,
      },
    );
  }
  const large = Math.min(pool.n, 300);
  variants.push({
    name: `finetuned-${large}`,
    label: `finetuned on ${large} people`,
    kind: "finetuned",
    pilot: sampling.simpleRandom(pool, { n: large, seed }).pilot,
    seeds,
  });
  variants.push({
    name: "no-demographics",
    label: `finetuned on ${small.n}, demographics left out`,
    kind: "finetuned",
    pilot: small,
    demographics: false,
    seeds,
  });
  return variants;
}
