import type { Respondents } from "../study/index.js";
import { byValue, type Margins } from "./coverage.js";
import { rake } from "./rake.js";
import { simpleRandom } from "./simple-random.js";
import { checkSize, split, type SamplingOptions, type Split } from "./split.js";

/**
 * A simple random sample whose weights are raked to margins: those given, or those of everyone it was drawn from (by
 * the items `by`). The people are those of `simpleRandom` with the same seed, so it is nested; the weights are not.
 */
export function raked(
  respondents: Respondents,
  options: SamplingOptions & { n: number; margins?: Margins; by?: readonly string[] },
): Split {
  checkSize(respondents, options.n);
  if (!options.margins && !options.by?.length)
    throw new Error("raked: expected margins (item → level → share), or by (items whose shares are those of everyone)");
  const margins = options.margins ?? ownMargins(respondents, options.by!);
  const { pilot } = simpleRandom(respondents, { n: options.n, seed: options.seed ?? 1 });
  // A small pilot often lacks a rare level.
  const { weights, designEffect, merged } = rake(pilot, { margins, mergeEmpty: true });
  const position = new Map(respondents.ids.map((id, i) => [id, i]));
  return split(
    respondents,
    pilot.ids.map((id) => position.get(id)!),
    {
      ...options,
      method: `simple random sample of ${options.n}, raked on ${Object.keys(margins).join(", ")}`,
      weights,
      notes: [...merged, `design effect of weighting ${designEffect.toFixed(2)}`],
    },
  );
}

/** The respondents' own shares, as margins. */
export function ownMargins(respondents: Respondents, by: readonly string[]): Margins {
  return Object.fromEntries(
    by.map((item) => {
      const { labels, counts } = byValue(respondents, item, new Map());
      return [item, Object.fromEntries(labels.map((label, k) => [label, counts[k]! / respondents.n]))];
    }),
  );
}
