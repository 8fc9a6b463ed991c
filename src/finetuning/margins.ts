/**
 * What all people would answer, estimated from the few that were asked. A share of thirty answers is a poor estimate of
 * a share of everybody's; but how people spread over a scale is not arbitrary, and a prior over such shapes says so.
 */
import { random } from "../study/index.js";
import type { Random } from "../study/index.js";

/** Ways in which a study's people may answer, and shapes of single items drawn for each; more change estimates in the third decimal. */
const WAYS = 150,
  SHAPES = 40;

/**
 * Strengths of belief in a shape, in people: how many answers it would take to outweigh it (the concentration of a Dirichlet
 * distribution around the shape). Which one holds is inferred with the shape.
 */
const STRENGTHS = [10, 30, 100, 400, 1500];

/**
 * Shares of options among all people, for ordered items of one questionnaire with as many options each, estimated from counts: the
 * posterior mean under a mixture of Dirichlet distributions (Antoniak 1974, Annals of Statistics 2) around shapes drawn
 * from a prior, each weighted by the Dirichlet-multinomial probability of the counts. How far people spread and how they
 * round is common to the items, where their centre lies is each item's own (empirical Bayes; Efron & Morris 1973, Journal of
 * the American Statistical Association 68). With many answers the estimate becomes their relative frequency.
 *
 * @param counts for each item how many chose each of its 3 or more options in order, whole numbers
 * @returns for each item as many shares, each above 0, of sum 1
 */
export function estimateMargins(counts: readonly (readonly number[])[]): number[][] {
  const steps = estimatingMargins(counts);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps of a few milliseconds at most (a quarter of a second in all), so that others can have their turn. */
export function* estimatingMargins(counts: readonly (readonly number[])[]): Generator<undefined, number[][]> {
  if (!counts.length) return [];
  const ways = yield* waysFor(counts[0]!.length);
  let margins = yield* posterior(counts, ways);
  for (let round = 0; round < APPEAL_ROUNDS; round++) {
    const appeal = appealOf(counts, margins.shapes);
    const appealing: Float64Array[][] = [];
    for (const shapes of ways) {
      appealing.push(shapes.map((shape) => weighted(shape, appeal)));
      yield;
    }
    margins = yield* posterior(counts, appealing, appeal);
  }
  return margins.estimates;
}

interface Posterior {
  /** What everybody is estimated to answer. */
  estimates: number[][];
  /** The part of it that is not the items' own frequencies, nor the appeal of single options. */
  shapes: number[][];
}

function* posterior(
  counts: readonly (readonly number[])[],
  ways: readonly (readonly Float64Array[])[],
  appeal?: readonly number[],
): Generator<undefined, Posterior> {
  // By way and item: log-probability of the counts for each shape and, within it, strength. In flat arrays: as lists of lists
  // they were garbage that stopped the thread for tens of milliseconds.
  const logs: Float64Array[][] = [];
  const byItem: number[][] = [];
  for (const shapes of ways) {
    const items = counts.map((of) => {
      const found = new Float64Array(shapes.length * STRENGTHS.length);
      shapes.forEach((shape, s) => evidence(of, shape, found, s * STRENGTHS.length));
      return found;
    });
    logs.push(items);
    byItem.push(items.map(logSumExp));
    yield;
  }
  const byWay = byItem.map((of) => of.reduce((a, b) => a + b, 0));
  const all = logSumExp(byWay);
  const items: { estimate: number[]; shape: number[] }[] = [];
  for (const [i, of] of counts.entries()) {
    const n = of.reduce((a, b) => a + b, 0);
    const estimate = of.map(() => 0);
    const mean = of.map(() => 0);
    for (const [w, shapes] of ways.entries()) {
      if (w % 10 === 0) yield;
      const way = byWay[w]! - all - byItem[w]![i]!;
      const found = logs[w]![i]!;
      for (let at = 0; at < found.length; at++) {
        const weight = Math.exp(way + found[at]!);
        if (weight < 1e-9) continue;
        const strength = STRENGTHS[at % STRENGTHS.length]!;
        const shape = shapes[Math.floor(at / STRENGTHS.length)]!;
        for (let k = 0; k < of.length; k++) {
          estimate[k]! += (weight * (of[k]! + strength * shape[k]!)) / (n + strength);
          mean[k]! += weight * shape[k]!;
        }
      }
    }
    items.push({ estimate: normalised(estimate), shape: normalised(mean.map((v, k) => v / (appeal?.[k] ?? 1))) });
  }
  return { estimates: items.map((i) => i.estimate), shapes: items.map((i) => i.shape) };
}

const normalised = (values: readonly number[]) => {
  const total = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / total);
};

function weighted(shape: Float64Array, appeal: readonly number[]): Float64Array {
  const values = shape.map((value, k) => value * appeal[k]!);
  const total = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / total);
}

/** Shapes and appeals are estimated in turn so many times. */
const APPEAL_ROUNDS = 2;

/** How even options may be in appeal: its variance is the inverse of these. */
const EVENNESS = [0.5, 2, 6, 20, 1000];

/**
 * How much more often than their place on the scale alone explains people choose each option, whatever the item: the wording of an option attracts
 * or repels (Schwarz et al. 1991, Public Opinion Quarterly 55). Observed over expected answers of all items, shrunk towards 1
 * by a gamma prior whose strength is inferred (Clayton & Kaldor 1987, Biometrics 43).
 */
function appealOf(counts: readonly (readonly number[])[], shapes: readonly (readonly number[])[]): number[] {
  const observed = counts[0]!.map((_, k) => counts.reduce((sum, of) => sum + of[k]!, 0));
  const expected = observed.map((_, k) =>
    counts.reduce((sum, of, i) => sum + shapes[i]![k]! * of.reduce((a, b) => a + b, 0), 0),
  );
  // Negative binomial: Poisson counts with a gamma-distributed appeal.
  const logs = EVENNESS.map((even) =>
    observed.reduce(
      (log, seen, k) =>
        log +
        rising(even, seen) +
        even * Math.log(even) -
        (even + seen) * Math.log(even + expected[k]!) +
        seen * Math.log(expected[k]!),
      0,
    ),
  );
  const all = logSumExp(logs);
  return observed.map((seen, k) =>
    EVENNESS.reduce((sum, even, e) => sum + (Math.exp(logs[e]! - all) * (seen + even)) / (expected[k]! + even), 0),
  );
}

/** Log-probability of the counts for each strength of belief in the shape, written into `found` from `at` on. */
function evidence(counts: readonly number[], shape: Float64Array, found: Float64Array, at: number): void {
  const n = counts.reduce((a, b) => a + b, 0);
  for (const [t, strength] of STRENGTHS.entries()) {
    let log = -rising(strength, n);
    for (let k = 0; k < counts.length; k++) if (counts[k]) log += rising(strength * shape[k]!, counts[k]!);
    found[at + t] = log;
  }
}

function logSumExp(logs: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < logs.length; i++) top = Math.max(top, logs[i]!);
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i]! - top);
  return top + Math.log(sum);
}

/** log of x (x + 1) … (x + n − 1), that is log Γ(x + n) − log Γ(x). */
function rising(x: number, n: number): number {
  let product = 1,
    log = 0,
    i = 0;
  // Term by term while x is small, then by Stirling's series (error below 1e-6 from 5 on).
  for (; i < n && (n < 12 || x + i < 5); i++) {
    product *= x + i;
    if (product > 1e200) {
      log += Math.log(product);
      product = 1;
    }
  }
  log += Math.log(product);
  return i < n ? log + stirling(x + n) - stirling(x + i) : log;
}

const stirling = (x: number) => (x - 0.5) * Math.log(x) - x + 1 / (12 * x) - 1 / (360 * x ** 3);

const waysOf = new Map<number, Float64Array[][]>();

function* waysFor(options: number): Generator<undefined, Float64Array[][]> {
  const known = waysOf.get(options);
  if (known) return known;
  const draw = random(1, "margins", options);
  const ways: Float64Array[][] = [];
  while (ways.length < WAYS) {
    ways.push(way(draw, options));
    yield;
  }
  waysOf.set(options, ways);
  return ways;
}

/**
 * One way in which people may answer: how far they spread over the scale (one or two normal groups cut at equal steps;
 * McKelvey & Zavoina 1975, Journal of Mathematical Sociology 4), what share of them says round numbers on long scales
 * (Manski & Molinari 2010, Journal of Business & Economic Statistics 28) and the middle (Bruine de Bruin et al. 2000,
 * Organizational Behavior and Human Decision Processes 81). Returned are shapes of items that they might answer so.
 */
function way(draw: Random, options: number): Float64Array[] {
  const between = (low: number, high: number) => low + (high - low) * draw();
  const spread = 0.22 * Math.exp(0.5 * draw.normal());
  // Who does not round is anything from one in a thousand to one in twenty on scales that long.
  const precise = options > 50 ? 10 ** -between(1.3, 3) : draw() < 0.75 ? draw() : 1;
  const round = options < 11 ? 0 : 1 - precise;
  const grids = [0.3, 1, 0.2, 0.1].map((weight) => weight * Math.exp(1.2 * draw.normal()));
  const middle = options % 2 && draw() < 0.6 ? between(0, 0.25) : 0;
  return Array.from({ length: SHAPES }, () => {
    const sd = spread * Math.exp(0.1 * draw.normal());
    const centre = 0.5 + 0.25 * draw.normal();
    const apart = draw() < 0.25 ? 0.25 * Math.abs(draw.normal()) : 0;
    const group = draw() < 0.8 ? logitNormal : normal;
    let shares = group(options, centre - apart, apart ? 0.8 * sd : sd);
    if (apart) {
      const first = between(0.3, 0.7);
      const second = group(options, centre + apart, 0.8 * sd);
      shares = shares.map((value, k) => first * value + (1 - first) * second[k]!);
    }
    if (round) shares = rounded(shares, round, grids);
    const add = (at: number, share: number) => {
      shares = shares.map((value, k) => value * (1 - share) + (k === at ? share : 0));
    };
    if (middle) add((options - 1) / 2, middle * between(0.5, 1.5));
    if (options > 4 && draw() < 0.1) add(draw() < 0.5 ? 0 : options - 1, between(0, 0.15));
    // No answer is impossible.
    return shares.map((value) => 0.999 * value + 0.001 / options);
  });
}

/** A normal distribution over the scale (0 … 1) cut halfway between its options. */
function normal(options: number, mean: number, sd: number): Float64Array {
  const below = (k: number) => (k === options ? 1 : k ? normalShare(((k - 0.5) / (options - 1) - mean) / sd) : 0);
  return Float64Array.from({ length: options }, (_, k) => below(k + 1) - below(k));
}

/** A normal distribution over the log-odds of the place on the scale: skewed towards the end it is near. */
function logitNormal(options: number, mean: number, sd: number): Float64Array {
  const logit = (p: number) => Math.log(p / (1 - p)) / 1.702;
  const below = (k: number) =>
    k === options ? 1 : k ? normalShare((logit(k / options) - 3.2 * (mean - 0.5)) / (3.4 * sd)) : 0;
  return Float64Array.from({ length: options }, (_, k) => below(k + 1) - below(k));
}

/** A share of people says the nearest multiple of 5, 10, 25 or 50 percent of the scale; `weights` go with these. */
function rounded(shares: Float64Array, share: number, weights: readonly number[]): Float64Array {
  const total = weights.reduce((a, b) => a + b, 0);
  const last = shares.length - 1;
  const out = shares.map((value) => value * (1 - share));
  [0.05, 0.1, 0.25, 0.5].forEach((grid, g) =>
    shares.forEach((value, k) => {
      const at = Math.min(last, Math.round(Math.round(k / last / grid) * grid * last));
      out[at]! += (value * share * weights[g]!) / total;
    }),
  );
  return out;
}

const normalShare = (x: number) => 1 / (1 + Math.exp(-1.702 * x));

/**
 * Where people would stand if their answers had the margin `to` instead of `from`, moved no further than need be: for
 * each option of `from` that somebody chose, shares over all options, so that the mean over people is `to`.
 * Optimal transport with squared distance, made smooth by entropy (Cuturi 2013, Advances in Neural Information Processing Systems 26).
 *
 * @param from shares of n options in order, of sum 1
 * @param to shares of the same options, each above 0, of sum 1
 * @param width of the smoothing, in parts of the scale (0.1: a tenth)
 * @returns n rows of n shares; undefined where `from` is 0
 */
export function spreadAnswers(
  from: readonly number[],
  to: readonly number[],
  width: number,
): (readonly number[] | undefined)[] {
  const n = from.length;
  const seen = from.flatMap((share, k) => (share > 0 ? [k] : []));
  const kernel = seen.map((k) =>
    Array.from({ length: n }, (_, o) => Math.exp(-0.5 * ((k - o) / (n - 1) / width) ** 2) + 1e-12),
  );
  const right = new Array<number>(n).fill(1);
  let left: number[] = [];
  // Sinkhorn's iterations; the last step makes the rows exact.
  for (let step = 0; step < 300; step++) {
    if (step)
      for (let o = 0; o < n; o++) {
        let sum = 0;
        for (let i = 0; i < kernel.length; i++) sum += kernel[i]![o]! * left[i]!;
        right[o] = to[o]! / sum;
      }
    left = seen.map((k, i) => {
      const row = kernel[i]!;
      let sum = 0;
      for (let o = 0; o < n; o++) sum += row[o]! * right[o]!;
      return from[k]! / sum;
    });
  }
  const rows: number[][] = [];
  seen.forEach((k, i) => (rows[k] = kernel[i]!.map((value, o) => (value * right[o]! * left[i]!) / from[k]!)));
  return Array.from({ length: n }, (_, k) => rows[k]);
}
