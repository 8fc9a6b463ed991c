import { checkCounts, random, type Respondents } from "../study/index.js";
import { split, type SamplingOptions, type Split } from "./split.js";

/**
 * Cluster sampling: draws whole clusters (villages, classes) at random, or `perCluster` people from each drawn one
 * (two stages). Inclusion probability: clusters drawn over clusters, times people drawn over people. Nested.
 */
export function cluster(
  respondents: Respondents,
  options: SamplingOptions & {
    /** Item that says which cluster a person belongs to. */
    by: string;
    /** Number of clusters to draw. */
    clusters: number;
    /** People from each; everyone by default. */
    perCluster?: number;
  },
): Split {
  const { by, clusters, perCluster } = options;
  const item = respondents.item(by);
  if (item.scale.kind === "interval")
    throw new Error(`by: ${by} is a measurement; expected an item that names clusters`);
  const values = respondents.column(by);
  const groups = new Map<unknown, number[]>();
  values.forEach((v, i) => (groups.get(v) ?? groups.set(v, []).get(v)!).push(i));
  if (!Number.isInteger(clusters) || clusters < 1 || clusters > groups.size)
    throw new Error(
      `clusters: expected a whole number from 1 to ${groups.size} (the clusters of ${by}), found ${clusters}`,
    );
  if (perCluster !== undefined) checkCounts({ perCluster }, 1);
  const all = [...groups.keys()].sort((a, b) => (String(a) < String(b) ? -1 : 1));
  const chosen = random(options.seed ?? 1, "clusters")
    .permutation(all.length)
    .slice(0, clusters);
  const drawn: number[] = [],
    inclusion: number[] = [];
  for (const k of chosen) {
    const members = groups.get(all[k])!;
    const take = Math.min(perCluster ?? members.length, members.length);
    const order = random(options.seed ?? 1, "cluster", String(all[k])).permutation(members.length);
    for (const j of order.slice(0, take)) {
      drawn.push(members[j]!);
      inclusion.push((clusters / all.length) * (take / members.length));
    }
  }
  return split(respondents, drawn, {
    ...options,
    method: `${clusters} of ${all.length} clusters by ${by}${perCluster ? `, ${perCluster} people from each` : ""}`,
    inclusion,
    notes: [`people of one ${item.label} resemble each other: standard errors must be clustered by ${by}`],
  });
}
