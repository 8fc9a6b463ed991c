/** `sampling.explore(people)`: whom each strategy would pick, and whom it would miss. */
import { allGroups, kCentre, kDpp, simpleRandom, stratified } from "../../sampling/index.js";
import type { Split } from "../../sampling/index.js";
import type { Respondents } from "../../study/index.js";
import { figureOf } from "../../figures/displays.js";
import { slider } from "../controls.js";
import { dropdown } from "../selection.js";
import { asCode, groupings, Panel } from "./panel.js";

export interface SamplingExploration {
  strategy: string;
  by: string;
  n: number;
  seed: number;
}

export interface ExploreSamplingOptions extends Partial<SamplingExploration> {
  /** What the people are called in the shown code (default "people"). */
  name?: string;
}

/** Each strategy: its options, from the controls' values, and the call. */
const strategies: Record<
  string,
  { options(v: SamplingExploration): Record<string, unknown>; draw(p: Respondents, o: never): Split }
> = {
  stratified: { options: ({ by, n, seed }) => ({ by, n, seed }), draw: stratified },
  simpleRandom: { options: ({ n, seed }) => ({ n, seed }), draw: simpleRandom },
  kCentre: { options: ({ n, seed }) => ({ n, seed }), draw: kCentre },
  kDpp: { options: ({ n, seed }) => ({ n, seed }), draw: kDpp },
  allGroups: { options: ({ n, seed }) => ({ n, seed }), draw: allGroups },
};

/** A panel over strategy, strata, size and seed, with the coverage of the pilot drawn. `panel.result` is the split. */
export function exploreSampling(
  people: Respondents,
  options: ExploreSamplingOptions = {},
): Panel<SamplingExploration, Split> {
  const attributes = groupings(people);
  const group = people.codebook.defaults.groups.find((g) => people.has(g)) ?? attributes[0]?.name;
  if (group === undefined) throw new Error(`${people.codebook.name} has no attributes to sample by`);
  const { name = "people" } = options;
  const treated = people.items("treatment").length > 0;
  const names = Object.keys(strategies).filter((s) => treated || s !== "allGroups");
  return new Panel<SamplingExploration, Split>({
    title: `Sampling from ${people.n.toLocaleString("en-US")} respondents of ${people.codebook.name}`,
    controls: {
      strategy: dropdown<string>({ description: "strategy", options: names, value: options.strategy ?? "stratified" }),
      by: dropdown<string>({
        description: "by",
        options: attributes.map((i) => [i.label, i.name] as const),
        value: options.by ?? group,
      }),
      n: slider({ description: "n", min: 1, max: Math.min(people.n, 400), value: options.n ?? Math.min(60, people.n) }),
      seed: slider({ description: "seed", min: 1, max: 50, value: options.seed ?? 7 }),
    },
    compute(values) {
      const { options, draw } = strategies[values.strategy]!;
      const value = draw(people, options(values) as never);
      const figure = figureOf(value.report);
      return { value, table: value.report, ...(figure ? { figures: [figure] } : {}) };
    },
    code: (values) =>
      `const { pilot, rest } = sampling.${values.strategy}(${name}, ${asCode(strategies[values.strategy]!.options(values))});`,
  });
}
