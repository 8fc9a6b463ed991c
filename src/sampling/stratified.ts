import { checkChoice, random, type Respondents } from "../study/index.js";
import { allocate } from "./allocation.js";
import { levels, type Levels } from "./levels.js";
import { checkSize, split, type SamplingOptions, type Split } from "./split.js";

export interface StratifiedOptions extends SamplingOptions {
  /** Item or items (crossed) that define the strata; numeric items with many values are cut at their quartiles. */
  by: string | readonly string[];
  n: number;
  /**
   * How many people each stratum gives. "proportional" (default): as in the population. "equal": the same number.
   * "neyman": proportional to size × standard deviation of `outcome` (Neyman 1934), the allocation with the
   * smallest variance of a mean.
   */
  allocation?: "proportional" | "equal" | "neyman";
  /** Neyman: the item whose spread counts (default: the codebook's outcome), read from these respondents. */
  outcome?: string;
  /** Neyman: standard deviation by stratum label, from an earlier study or a simulation, in place of `outcome`. */
  sd?: Record<string, number>;
}

/**
 * Draws at random within strata. Every stratum has someone where `n` allows. Nested: with the same seed and
 * allocation, 60 contain the 30.
 */
export function stratified(respondents: Respondents, options: StratifiedOptions): Split {
  const { n, by, allocation = "proportional" } = options;
  checkSize(respondents, n);
  checkChoice("allocation", allocation, ["proportional", "equal", "neyman"]);
  const strata = levels(respondents, by);
  const sizes = allocate(n, allocationWeights(respondents, strata, options), strata.counts);
  const names = typeof by === "string" ? by : by.join(" × ");
  const empty = strata.labels.filter((_, h) => sizes[h] === 0);
  return drawWithin(respondents, strata, sizes, {
    ...options,
    method: `stratified by ${names}, ${allocation === "neyman" ? "Neyman" : allocation} allocation, n = ${n}`,
    ...(empty.length ? { notes: [`n is too small for all strata; nobody from: ${empty.join(", ")}`] } : {}),
  });
}

function allocationWeights(respondents: Respondents, strata: Levels, options: StratifiedOptions): number[] {
  if (options.allocation === "equal") return strata.counts.map(() => 1);
  if (options.allocation !== "neyman") return strata.counts;
  const sd = options.sd
    ? strata.labels.map((label) => {
        const s = options.sd![label];
        if (s === undefined || !(s >= 0))
          throw new Error(`sd.${label}: expected a standard deviation of 0 or more, found ${s}`);
        return s;
      })
    : spread(respondents, strata, options.outcome ?? respondents.codebook.defaults.outcome);
  if (!sd.some((s) => s > 0))
    throw new Error("Neyman allocation: the outcome does not vary in any stratum; use proportional allocation");
  return strata.counts.map((count, h) => count * sd[h]!);
}

/** Standard deviation of an item in each stratum; for a nominal one the root of the summed variances of its indicators. */
function spread(respondents: Respondents, strata: Levels, outcome: string): number[] {
  if (!respondents.has(outcome))
    throw new Error(
      `Neyman allocation needs the spread of ${outcome}, which these respondents have no answers to; give sd by stratum`,
    );
  const values = respondents.column(outcome);
  const nominal = respondents.item(outcome).scale.kind === "nominal";
  return strata.labels.map((_, h) => {
    const own = values.filter((v, i) => v !== null && strata.codes[i] === h);
    if (own.length < 2) return 0;
    if (nominal) {
      const counts = new Map<unknown, number>();
      for (const v of own) counts.set(v, (counts.get(v) ?? 0) + 1);
      return Math.sqrt([...counts.values()].reduce((s, c) => s + (c / own.length) * (1 - c / own.length), 0));
    }
    const numbers = own.map(Number);
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
    return Math.sqrt(numbers.reduce((s, v) => s + (v - mean) ** 2, 0) / (numbers.length - 1));
  });
}

/** Draws `sizes[h]` people at random from each stratum h; strata of which nobody is drawn make weights undefined. */
export function drawWithin(
  respondents: Respondents,
  strata: Levels,
  sizes: readonly number[],
  init: SamplingOptions & { method: string; notes?: string[] },
): Split {
  const drawn: number[] = [],
    inclusion: number[] = [];
  strata.labels.forEach((label, h) => {
    const members = [...strata.codes.keys()].filter((i) => strata.codes[i] === h);
    // The stream is the stratum's own, so that what is drawn in one does not depend on the others.
    const order = random(init.seed ?? 1, "stratum", label).permutation(members.length);
    for (let k = 0; k < sizes[h]!; k++) {
      drawn.push(members[order[k]!]!);
      inclusion.push(sizes[h]! / members.length);
    }
  });
  return split(respondents, drawn, { ...init, ...(sizes.every((s) => s > 0) ? { inclusion } : {}) });
}
