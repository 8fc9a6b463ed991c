/**
 * Distances between two samples of numbers, where the size of a difference between answers means something:
 * ordinal items by their scores, interval items and counts by their values. All are exact, O(n log n) in time and
 * O(n) in memory.
 */

export interface SampleWeights {
  /** One non-negative weight for each value of the first sample (default: all 1). */
  xWeights?: ArrayLike<number>;
  /** One non-negative weight for each value of the second sample (default: all 1). */
  yWeights?: ArrayLike<number>;
}

/**
 * Wasserstein-1 (earth mover's) distance: the area between the two cumulative distributions, in the units of the values.
 * Throws on empty samples, values that are not finite, and weights that are negative or all zero.
 */
export function wasserstein1(x: ArrayLike<number>, y: ArrayLike<number>, weights: SampleWeights = {}): number {
  return integrate(x, y, weights, (d) => Math.abs(d));
}

/**
 * Energy distance of two samples of numbers (Székely & Rizzo 2013): the root of 2 E|X−Y| − E|X−X′| − E|Y−Y′|, which for
 * numbers is the root of twice the integrated squared difference of the cumulative distributions.
 */
export function energyDistance(x: ArrayLike<number>, y: ArrayLike<number>, weights: SampleWeights = {}): number {
  return Math.sqrt(2 * integrate(x, y, weights, (d) => d * d));
}

/** Two-sample Kolmogorov–Smirnov statistic: the largest difference of the cumulative distributions, 0 … 1. */
export function kolmogorovSmirnov(x: ArrayLike<number>, y: ArrayLike<number>, weights: SampleWeights = {}): number {
  let largest = 0;
  walk(x, y, weights, (difference) => (largest = Math.max(largest, Math.abs(difference))));
  return largest;
}

/**
 * Energy distance of two samples of points, rows of equal length with Euclidean distance between them. Quadratic in
 * time, constant in extra memory. Scale the columns first where their units differ.
 */
export function energyDistancePoints(x: readonly ArrayLike<number>[], y: readonly ArrayLike<number>[]): number {
  const width = x[0]?.length;
  if (!width || !y.length)
    throw new Error(`expected at least one point on each side, found ${x.length} and ${y.length}`);
  for (const [side, points] of [
    ["first", x],
    ["second", y],
  ] as const)
    points.forEach((point, i) => {
      if (point.length !== width)
        throw new Error(`point ${i} of the ${side} sample has ${point.length} coordinates; expected ${width}`);
      for (let k = 0; k < width; k++)
        if (!Number.isFinite(point[k]))
          throw new Error(`point ${i} of the ${side} sample has ${point[k]} at coordinate ${k}`);
    });
  const a = Float64Array.from(x.flatMap((p) => Array.from(p))),
    b = Float64Array.from(y.flatMap((p) => Array.from(p)));
  const between = meanDistance(a, b, width);
  return Math.sqrt(Math.max(0, 2 * between - meanDistance(a, a, width) - meanDistance(b, b, width)));
}

function meanDistance(a: Float64Array, b: Float64Array, width: number): number {
  let total = 0;
  for (let i = 0; i < a.length; i += width) {
    let row = 0;
    for (let j = 0; j < b.length; j += width) {
      let square = 0;
      for (let k = 0; k < width; k++) {
        const d = a[i + k]! - b[j + k]!;
        square += d * d;
      }
      row += Math.sqrt(square);
    }
    total += row;
  }
  return total / ((a.length / width) * (b.length / width));
}

function integrate(x: ArrayLike<number>, y: ArrayLike<number>, weights: SampleWeights, f: (d: number) => number) {
  let area = 0;
  walk(x, y, weights, (difference, width) => (area += f(difference) * width));
  return area;
}

/** Walks the two cumulative distributions together: their difference, and for how long it lasts. */
function walk(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights: SampleWeights,
  step: (difference: number, width: number) => void,
): void {
  const a = sorted(x, weights.xWeights, "first"),
    b = sorted(y, weights.yWeights, "second");
  let i = 0,
    j = 0,
    below = 0,
    belowB = 0;
  while (i < a.values.length || j < b.values.length) {
    const at = Math.min(a.values[i] ?? Infinity, b.values[j] ?? Infinity);
    while (a.values[i] === at) below += a.weights ? a.weights[i++]! : (i++, 1);
    while (b.values[j] === at) belowB += b.weights ? b.weights[j++]! : (j++, 1);
    const next = Math.min(a.values[i] ?? Infinity, b.values[j] ?? Infinity);
    if (next === Infinity) return;
    step(below / a.total - belowB / b.total, next - at);
  }
}

function sorted(values: ArrayLike<number>, weights: ArrayLike<number> | undefined, which: string) {
  const n = values.length;
  if (!n) throw new Error(`the ${which} sample is empty`);
  for (let i = 0; i < n; i++)
    if (!Number.isFinite(values[i]))
      throw new Error(`the ${which} sample has ${values[i]} at position ${i}; leave missing values out first`);
  if (!weights) return { values: Float64Array.from(values).sort(), weights: undefined, total: n };
  if (weights.length !== n) throw new Error(`the ${which} sample has ${n} values and ${weights.length} weights`);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  let total = 0;
  for (let i = 0; i < n; i++) {
    if (!(weights[i]! >= 0) || weights[i] === Infinity)
      throw new Error(`the ${which} sample has weight ${weights[i]} at position ${i}; expected a non-negative number`);
    total += weights[i]!;
  }
  if (total === 0) throw new Error(`the weights of the ${which} sample are all zero`);
  return {
    values: Float64Array.from(order, (i) => values[i]!),
    weights: Float64Array.from(order, (i) => weights[i]!),
    total,
  };
}
