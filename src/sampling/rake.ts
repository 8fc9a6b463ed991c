import { isOrdered, result, type Respondents, type Result } from "../study/index.js";
import { byValue, resolveMargin, type Margins } from "./coverage.js";

export interface RakeOptions {
  /** Shares to meet: item → level → share. */
  margins: Margins;
  /** Weights to start from (default: the respondents' own, else 1). */
  weights?: readonly number[];
  /** Largest allowed difference of a weighted share from its margin (default 1e-10). */
  tolerance?: number;
  /**
   * Give the share of a level that nobody has to the nearest level of an ordered item that somebody has (default
   * false: an error). It is said in the notes. Nominal items have no nearest level and are always refused.
   */
  mergeEmpty?: boolean;
  /** Rounds over all margins (default 1000). */
  maxIterations?: number;
}

export interface RakedRow {
  item: string;
  level: string;
  count: number;
  before: number;
  after: number;
  margin: number;
}

export interface Raked extends Result<RakedRow> {
  /** The people with the raked weights, which sum to what the starting weights sum to. */
  respondents: Respondents;
  weights: number[];
  iterations: number;
  /** Levels whose share was given to another (`mergeEmpty`). */
  merged: string[];
  /** Kish's design effect of weighting, 1 + CV² of the weights. */
  designEffect: number;
  /** n over the design effect. */
  effectiveN: number;
}

/**
 * Raking (iterative proportional fitting; Deming & Stephan 1940): adjusts weights until the weighted share of every
 * level equals its margin, item by item. Throws where a level of a margin has nobody, and where it cannot converge.
 */
export function rake(respondents: Respondents, options: RakeOptions): Raked {
  const { tolerance = 1e-10, maxIterations = 1000 } = options;
  const start = options.weights ?? respondents.weights ?? respondents.ids.map(() => 1);
  checkWeights(start, respondents.ids);
  const total = start.reduce((a, b) => a + b, 0);
  const merged: string[] = [];
  const margins = Object.entries(options.margins).map(([item, margin]) =>
    prepare(respondents, item, margin, options.mergeEmpty ?? false, merged, start),
  );
  if (margins.length === 0) throw new Error("rake: expected margins for at least one item, found none");
  const weights = Float64Array.from(start);
  const shares = ({ codes, labels }: Margin, of: ArrayLike<number>) => {
    const sums = new Float64Array(labels.length);
    for (let i = 0; i < codes.length; i++) sums[codes[i]!]! += of[i]! / total;
    return sums;
  };
  let iterations = 0;
  for (;;) {
    const off = Math.max(
      ...margins.map((m) => shares(m, weights).reduce((w, s, k) => Math.max(w, Math.abs(s - m.target[k]!)), 0)),
    );
    if (off <= tolerance) break;
    if (iterations++ === maxIterations)
      throw new Error(
        `raking has not converged after ${maxIterations} rounds (a share is off by ${off.toExponential(1)}): the margins contradict each other among these people; use fewer, or merge levels`,
      );
    for (const m of margins) {
      const now = shares(m, weights);
      for (let i = 0; i < weights.length; i++) weights[i]! *= m.target[m.codes[i]!]! / now[m.codes[i]!]!;
    }
  }
  const out = [...weights];
  const mean = total / out.length;
  const least = out.reduce((a, b) => Math.min(a, b)),
    most = out.reduce((a, b) => Math.max(a, b));
  const designEffect = out.reduce((s, w) => s + w * w, 0) / out.length / mean ** 2;
  const rows = margins.flatMap((m) => {
    const before = shares(m, start),
      after = shares(m, weights);
    return m.labels.map((level, k) => ({
      item: m.item,
      level,
      count: m.counts[k]!,
      before: before[k]!,
      after: after[k]!,
      margin: m.target[k]!,
    }));
  });
  const everyone = respondents.ids.map((_, i) => i);
  return result(
    {
      kind: "sampling.rake",
      title: `Raking of ${respondents.n} respondents`,
      rows,
      columns: [
        { name: "item" },
        { name: "level" },
        { name: "count", format: "integer" },
        { name: "before", format: "percent" },
        { name: "after", format: "percent" },
        { name: "margin", format: "percent" },
      ],
      notes: [
        ...merged,
        `converged in ${iterations} rounds; weights from ${least.toPrecision(3)} to ${most.toPrecision(3)}`,
        `design effect of weighting ${designEffect.toFixed(2)}: the ${respondents.n} count as ${(respondents.n / designEffect).toFixed(0)}`,
      ],
      provenance: respondents.provenance === "human" ? [] : [`${respondents.provenance} data`],
    },
    {
      respondents: respondents.take(everyone, {}, out),
      weights: out,
      iterations,
      merged,
      designEffect,
      effectiveN: respondents.n / designEffect,
    },
  );
}

interface Margin {
  item: string;
  codes: Int32Array;
  labels: string[];
  counts: number[];
  target: number[];
}

function prepare(
  respondents: Respondents,
  item: string,
  margin: Record<string, number>,
  mergeEmpty: boolean,
  merged: string[],
  start: readonly number[],
): Margin {
  const shares = new Map([...resolveMargin(respondents, item, margin)].filter(([, share]) => share > 0));
  const seen = byValue(respondents, item, shares);
  if (mergeEmpty && isOrdered(respondents.item(item))) mergeInto(shares, seen, item, merged);
  const { codes, labels, counts } = byValue(respondents, item, shares);
  labels.forEach((label, k) => {
    if (counts[k] && !codes.some((c, i) => c === k && start[i]! > 0))
      throw new Error(
        `margins.${item}: all ${counts[k]} respondents who are ${label} have weight zero, so no weights can give it its share`,
      );
    if (counts[k] === 0)
      throw new Error(
        `margins.${item}: nobody is ${label}, so no weights can give it its share; add it to another level's${isOrdered(respondents.item(item)) ? ", or pass mergeEmpty: true" : ""}`,
      );
    if (!shares.has(label))
      throw new Error(
        `margins.${item}: ${counts[k]} respondents are ${label}, which has no share in the margin; leave them out or add it`,
      );
  });
  return { item, codes, labels, counts, target: labels.map((l) => shares.get(l)!) };
}

/** Moves shares of levels that nobody has to the nearest level that somebody has; levels are in the codebook's order. */
function mergeInto(
  shares: Map<string, number>,
  seen: { labels: string[]; counts: number[] },
  item: string,
  merged: string[],
): void {
  const filled = seen.labels.map((_, k) => k).filter((k) => seen.counts[k]! > 0 && shares.has(seen.labels[k]!));
  if (filled.length === 0) return;
  seen.labels.forEach((label, k) => {
    if (seen.counts[k]! > 0) return;
    const nearest = filled.reduce((best, f) => (Math.abs(f - k) < Math.abs(best - k) ? f : best));
    const into = seen.labels[nearest]!;
    shares.set(into, shares.get(into)! + shares.get(label)!);
    shares.delete(label);
    merged.push(`${item}: nobody is ${label}; its share is given to ${into}`);
  });
}

/** Throws unless there is one weight a respondent, none negative and not all of them zero. */
export function checkWeights(weights: readonly number[], ids: readonly string[]): void {
  if (weights.length !== ids.length)
    throw new Error(`weights: expected one a respondent (${ids.length}), found ${weights.length}`);
  const wrong = weights.findIndex((w) => !(w >= 0 && Number.isFinite(w)));
  if (wrong >= 0)
    throw new Error(
      `weights: expected numbers of 0 or more, found ${weights[wrong]} at respondent ${wrong + 1} (${ids[wrong]})`,
    );
  if (!weights.some((w) => w > 0)) throw new Error("weights: all are zero; expected some above zero");
}
