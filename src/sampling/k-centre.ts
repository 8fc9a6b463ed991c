import { random, type Respondents } from "../study/index.js";
import { features, squaredDistance } from "./features.js";
import { checkSize, split, type SamplingOptions, type Split } from "./split.js";

/**
 * k-centre: starts with a seeded person and adds, again and again, the one farthest from all chosen (Gonzalez 1985;
 * as a core-set for learning Sener & Savarese 2018). The farthest anyone is from the pilot is at most twice the best
 * possible. It favours unusual people. Nested; no inclusion weights.
 */
export function kCentre(
  respondents: Respondents,
  options: SamplingOptions & {
    n: number;
    /** Items to compare people by (default: attributes and treatments). */
    by?: readonly string[];
  },
): Split {
  const { n } = options;
  checkSize(respondents, n);
  const { points, items } = features(respondents, options.by);
  const drawn = [random(options.seed ?? 1, "k-centre").integer(respondents.n)];
  const distance = Float64Array.from(points, (p) => squaredDistance(p, points[drawn[0]!]!));
  const taken = new Uint8Array(respondents.n);
  taken[drawn[0]!] = 1;
  while (drawn.length < n) {
    let far = -1;
    for (let i = 0; i < distance.length; i++) if (!taken[i] && (far < 0 || distance[i]! > distance[far]!)) far = i;
    taken[far] = 1;
    drawn.push(far);
    points.forEach((p, i) => (distance[i] = Math.min(distance[i]!, squaredDistance(p, points[far]!))));
  }
  const radius = Math.sqrt(distance.reduce((a, b) => Math.max(a, b), 0));
  return split(respondents, drawn, {
    ...options,
    method: `k-centre on ${items.join(", ")}, n = ${n}`,
    notes: [
      `nobody is farther than ${radius.toFixed(3)} from someone in the pilot (root mean square over items, 0 to 1)`,
    ],
  });
}
