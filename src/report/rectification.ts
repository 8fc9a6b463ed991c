import type { Ppi } from "../inference/index.js";
import { effectiveN } from "../inference/index.js";
import { isOrdered, optionsOf, scoreOf } from "../study/index.js";
import type { Item, Respondents, Value } from "../study/index.js";

/** What simulations gain when people rectify them: effective number of people over the real number, one an estimate. */
export interface RectificationGain {
  what: string;
  gain: number;
}

export interface RectificationEvidence {
  gains: readonly RectificationGain[];
  /** Middle of the gains. */
  median: number;
  finding: string;
}

/** What was estimated, in words. */
export const estimated = (found: Ppi): string => found.title.replace(/, [\d,]+ people and .*$/, "");

/** The design that gains are stated for where no PPI result is given. */
const design = { n: 100, N: 1000 };

/** Gains that PPI results found: effective n of the method over the number of people, for each coefficient that has one. */
export function foundGains(results: readonly Ppi[]): RectificationEvidence | undefined {
  const gains = results.flatMap((found) =>
    found.rows.flatMap((r) =>
      r.method !== "people only" && r.method !== "simulation only" && Number.isFinite(r.effectiveN)
        ? [{ what: `${estimated(found)} ${r.term}`.trim(), gain: r.effectiveN / found.n }]
        : [],
    ),
  );
  if (!gains.length) return undefined;
  const median = middle(gains.map((g) => g.gain));
  const n = results.map((r) => r.n);
  return {
    gains,
    median,
    finding: `inference.ppi with ${[...new Set(n)].join(", ")} people: effective n ${median.toFixed(2)} × as many${gains.length > 1 ? ` (median of ${gains.length})` : ""}`,
  };
}

/**
 * Gains to expect of PPI++ for the mean of each belief and action, from how answers of people and of their simulations
 * correlate: n (n + N) / (n + (1 − ρ²) N) people for n = 100 and N = 1,000 (`inference.effectiveN`). ρ² is adjusted for
 * the number of people, a negative correlation is of no use, and items of several unordered answers are left out. With several simulations
 * their mean gain is taken.
 */
export function expectedGains(
  human: Respondents,
  simulated: readonly Respondents[],
): RectificationEvidence | undefined {
  const gains = human.items("belief", "action").flatMap((item) => {
    const of = simulated.filter((s) => s.has(item.name)).flatMap((s) => gainOf(item, human, s));
    return of.length ? [{ what: item.name, gain: of.reduce((a, b) => a + b, 0) / of.length }] : [];
  });
  if (!gains.length) return undefined;
  const median = middle(gains.map((g) => g.gain));
  const people = (gain: number) => (design.n * gain).toFixed(0);
  return {
    gains,
    median,
    finding:
      `${design.n} people with ${design.N.toLocaleString("en-US")} simulated count as ${people(median)}` +
      (gains.length > 1
        ? ` (median; ${gains.map((g) => `${g.what} ${people(g.gain)}`).join(", ")})`
        : ` (${gains[0]!.what})`),
  };
}

function gainOf(item: Item, human: Respondents, simulated: Respondents): number[] {
  const number = numeric(item);
  if (!number) return [];
  const at = new Map(simulated.ids.map((id, i) => [id, i]));
  const a = human.column(item.name),
    b = simulated.column(item.name);
  const pairs = human.ids.flatMap((id, i) => {
    const j = at.get(id);
    if (j === undefined || a[i] === null || b[j] === null) return [];
    return [[number(a[i]!), number(b[j]!)] as const];
  });
  const n = pairs.length;
  if (n < 4) return [];
  const mean = (k: 0 | 1) => pairs.reduce((sum, p) => sum + p[k], 0) / n;
  const [x, y] = [mean(0), mean(1)];
  let xx = 0,
    yy = 0,
    xy = 0;
  for (const [p, q] of pairs) {
    xx += (p - x) ** 2;
    yy += (q - y) ** 2;
    xy += (p - x) * (q - y);
  }
  if (!(xx > 0)) return [];
  const r = yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
  const square = r > 0 ? Math.max(0, 1 - ((1 - r * r) * (n - 1)) / (n - 2)) : 0;
  return [effectiveN({ ...design, correlation: Math.sqrt(square) }) / design.n];
}

/** An answer as a number: its score, or 0 and 1 for two answers. */
function numeric(item: Item): ((v: Exclude<Value, null>) => number) | undefined {
  if (isOrdered(item)) return (v) => scoreOf(item, v);
  const options = item.scale.kind === "nominal" ? optionsOf(item) : [];
  return options.length === 2 ? (v) => Number(String(v) === String(options[1]!.value)) : undefined;
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b),
    k = sorted.length >> 1;
  return sorted.length % 2 ? sorted[k]! : (sorted[k - 1]! + sorted[k]!) / 2;
}
