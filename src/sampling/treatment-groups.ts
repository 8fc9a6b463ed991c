import { checkCounts, random, type Respondents } from "../study/index.js";
import { allocate } from "./allocation.js";
import { levels, treatmentItems } from "./levels.js";
import { checkSize, split, type SamplingOptions, type Split } from "./split.js";
import { drawWithin } from "./stratified.js";

export interface TreatmentOptions extends SamplingOptions {
  /** How many people in all. One of `n` and `share` is needed. */
  n?: number;
  /** Share of the group (`oneGroup`) or of everyone (`allGroups`), 0 to 1. */
  share?: number;
  /** Items that define the groups (default: the codebook's treatments). */
  by?: string | readonly string[];
}

/**
 * Draws from one treatment group only, as a pilot that ran one arm. The group is named by its label or number (from
 * 1); without one the seed chooses it. Nested for the same group. People of other groups cannot be drawn, so there
 * are no inclusion weights.
 */
export function oneGroup(respondents: Respondents, options: TreatmentOptions & { group?: string | number }): Split {
  const by = options.by ?? treatmentItems(respondents);
  const groups = levels(respondents, by);
  const g = chooseGroup(groups.labels, options);
  const members = [...groups.codes.keys()].filter((i) => groups.codes[i] === g);
  const n = sizeOf(options, members.length);
  checkCounts({ n }, 1);
  if (n > members.length)
    throw new Error(`n is ${n}, but the group ${groups.labels[g]} has only ${members.length} respondents`);
  const order = random(options.seed ?? 1, "stratum", groups.labels[g]!).permutation(members.length);
  return split(
    respondents,
    order.slice(0, n).map((k) => members[k]!),
    {
      ...options,
      method: `${n} of the treatment group ${groups.labels[g]}`,
      notes: ["what holds in this group need not hold in the others: their treatment was never seen"],
    },
  );
}

/** Draws the same number from every treatment group. Nested. */
export function allGroups(respondents: Respondents, options: TreatmentOptions): Split {
  const groups = levels(respondents, options.by ?? treatmentItems(respondents));
  const n = sizeOf(options, respondents.n);
  checkSize(respondents, n);
  const sizes = allocate(
    n,
    groups.counts.map(() => 1),
    groups.counts,
  );
  return drawWithin(respondents, groups, sizes, {
    ...options,
    method: `${n} over all ${groups.labels.length} treatment groups`,
  });
}

function chooseGroup(labels: readonly string[], options: { group?: string | number; seed?: number }): number {
  const { group } = options;
  if (group === undefined) return random(options.seed ?? 1, "group").integer(labels.length);
  const g = typeof group === "number" ? group - 1 : labels.indexOf(group);
  if (labels[g] === undefined)
    throw new Error(
      `group: there is no ${JSON.stringify(group)}; expected one of ${labels.join("; ")}, or its number from 1`,
    );
  return g;
}

function sizeOf(options: TreatmentOptions, of: number): number {
  if ((options.n === undefined) === (options.share === undefined))
    throw new Error("expected n (a number of people) or share (of 1), and not both");
  if (options.n !== undefined) return options.n;
  const share = options.share!;
  if (!(share > 0 && share <= 1)) throw new Error(`share: expected a share above 0 and up to 1, found ${share}`);
  return Math.max(1, Math.round(share * of));
}
