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
  /** Variants of the paper that this study has no data for, and why; what stands for what. */
  notes: string[];
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
    by && !options.full ? sampling.stratified(from, { by, n, seed }) : sampling.simpleRandom(from, { n, seed });
  const first = draw(study, options.n);
  const { finetune, rectify } = divide(first.pilot, { finetune: 0.5, seed });
  const variants: Variant[] = [
    { name: "base", label: "base model, not finetuned", kind: "base", seeds: [seed] },
    { name: "few-shot", label: "base model, examples in the prompt", kind: "few-shot", pilot: finetune, seeds: [seed] },
    {
      name: `finetuned-${finetune.n}`,
      label: `finetuned on ${finetune.n} people${options.full ? " drawn at random" : ""}`,
      kind: "finetuned",
      pilot: finetune,
      seeds,
    },
  ];
  const notes: string[] = [];
  let rest = first.rest;
  if (options.full) {
    // A second pool, so that the grid's larger pilots leave the same people untouched.
    const pool = draw(rest, Math.min(Math.floor(rest.n * 0.4), 400));
    rest = pool.rest;
    variants.push(...gridOf(study, pool.pilot, finetune, seeds, seed, notes));
  }
  if (options.people && options.people < rest.n)
    rest = rest.take(random(seed, "people").permutation(rest.n).slice(0, options.people), { part: "rest" });
  return { study, rest, pilot: finetune, rectify, sampling: first, variants, notes, seed };
}

/** The paper's variants that a study allows: balanced by ethnicity (or the first grouping), one treatment group and all groups, a large pilot, no demographics. */
function gridOf(
  study: Study,
  pool: Respondents,
  small: Respondents,
  seeds: number[],
  seed: number,
  notes: string[],
): Variant[] {
  const variants: Variant[] = [];
  const finetuned = (name: string, label: string, pilot: Respondents, more: Partial<Variant> = {}) =>
    variants.push({ name, label, kind: "finetuned", pilot, seeds, ...more });

  const { items, defaults } = study.codebook;
  const ethnicity = items.find((i) => /ethnic|race/i.test(i.name))?.name;
  const balanceBy = ethnicity ?? defaults.groups[0];
  if (balanceBy) {
    const { label } = study.item(balanceBy);
    const balanced = sampling.stratified(pool, { by: balanceBy, n: small.n, seed, allocation: "equal" }).pilot;
    finetuned("balanced", `finetuned on ${balanced.n}, equally many by ${label}`, balanced);
    if (!ethnicity) notes.push(`no ethnicity in this study: balanced by ${label} instead`);
  } else notes.push("no ethnicity and no other grouping in this study: no balanced variant");

  if (items.some((i) => i.role === "treatment")) {
    const one = sampling.oneGroup(pool, { n: small.n, seed }).pilot;
    const all = sampling.allGroups(pool, { n: one.n, seed }).pilot;
    finetuned("one-group", `finetuned on ${one.n} of one treatment group${shareOf(study, one)}`, one);
    finetuned("all-groups", `finetuned on ${all.n} over all treatment groups`, all);
  } else notes.push("no treatment in this study: no variants of one group and of all groups");

  const large = Math.min(pool.n, 300);
  finetuned(
    `finetuned-${large}`,
    `finetuned on ${large} people`,
    sampling.simpleRandom(pool, { n: large, seed }).pilot,
  );
  finetuned("no-demographics", `finetuned on ${small.n}, demographics left out`, small, { demographics: false });
  return variants;
}

/** Which share of its treatment group a pilot of one group is, where the codebook's first grouping tells groups apart. */
function shareOf(study: Study, pilot: Respondents): string {
  const by = study.codebook.defaults.groups[0];
  const values = by === undefined ? [] : [...new Set(pilot.column(by))];
  if (values.length !== 1) return "";
  const size = study.column(by!).filter((v) => v === values[0]).length;
  return ` (${Math.round((100 * pilot.n) / size)}% of it)`;
}
