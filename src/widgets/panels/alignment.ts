/** `alignment.explore(human, simulated)`: where the model agrees with people and where not. */
import { coherence, compare, heterogeneity } from "../../alignment/index.js";
import type { Respondents, Result, Simulated } from "../../study/index.js";
import { beliefDistributions } from "../../figures/beliefs.js";
import { figureOf } from "../../figures/displays.js";
import { dropdown } from "../selection.js";
import { asCode, groupings, Panel } from "./panel.js";

export interface AlignmentExploration {
  view: "compare" | "heterogeneity" | "coherence";
  by: string;
  item: string;
}

export interface ExploreAlignmentOptions extends Partial<AlignmentExploration> {
  /** What the two sets are called in the shown code (default "rest" and "silico"). */
  names?: readonly [human: string, simulated: string];
}

/** A panel over what is compared, by which groups and on which items. `panel.result` is the result of the shown call. */
export function exploreAlignment(
  human: Respondents,
  simulated: Simulated,
  options: ExploreAlignmentOptions = {},
): Panel<AlignmentExploration, Result<any>> {
  const items = human.items("belief", "action").filter((i) => simulated.has(i.name));
  const grouping = groupings(human);
  const views = [
    ["how far the answers are", "compare"],
    ["how varied beliefs are", "heterogeneity"],
    ...(human.codebook.rule ? [["whether actions follow beliefs", "coherence"] as const] : []),
  ] as const;
  const [h, s] = options.names ?? ["rest", "silico"];
  const call = (v: AlignmentExploration, quick: boolean) => ({
    by: v.by ? [v.by] : [],
    ...(v.view === "compare" && v.item ? { items: [v.item] } : {}),
    ...(quick && v.view === "compare" ? { replicates: 0, permutations: 0, halves: 20, baselineDraws: 0 } : {}),
    ...(quick && v.view === "coherence" ? { replicates: 20 } : {}),
  });
  const compute = { compare, heterogeneity, coherence };
  return new Panel<AlignmentExploration, Result<any>>({
    title: `Alignment of ${simulated.simulation.model} with people`,
    controls: {
      view: dropdown<string>({ description: "question", options: views as never, value: options.view ?? "compare" }),
      by: dropdown<string>({
        description: "by",
        options: [["everyone", ""], ...grouping.map((i) => [i.label, i.name] as const)] as [string, string][],
        value: options.by ?? human.codebook.defaults.groups.find((g) => human.has(g)) ?? "",
      }),
      item: dropdown<string>({
        description: "item",
        options: [["all, mean over beliefs", ""], ...items.map((i) => [i.label, i.name] as const)] as [
          string,
          string,
        ][],
        value: options.item ?? "",
      }),
    },
    previews: true,
    compute(values, preview) {
      const value = compute[values.view](human, simulated, call(values, preview) as never) as Result<any>;
      const figures = [figureOf(value)].filter((f) => f !== undefined);
      if (values.view === "compare" && values.item && human.item(values.item).role === "belief")
        figures.push(beliefDistributions([human, simulated], { items: [values.item] }));
      return { value, figures, table: value };
    },
    code: (values) => `alignment.${values.view}(${h}, ${s}, ${asCode(call(values, false))});`,
  });
}
