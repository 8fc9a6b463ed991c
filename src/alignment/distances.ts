/**
 * Distances between two distributions over the same options, given as counts or probabilities. Each is normalised
 * first, so counts of different samples may be compared as they are.
 */

/** Non-negative numbers over the same options, in the same order: counts or probabilities. */
export type Distribution = ArrayLike<number>;

/**
 * Jensen–Shannon divergence of two distributions (Lin 1991), in bits (base 2, the default) or in units of another base.
 * Range 0 … log_base(2); with base 2, 0 … 1. Throws when lengths differ, a value is negative or not finite, or all are zero.
 */
export function jsDivergence(p: Distribution, q: Distribution, options: { base?: number } = {}): number {
  const { base = 2 } = options;
  if (!(base > 1)) throw new Error(`base: expected a number above 1, found ${base}`);
  const [a, b] = normalised(p, q);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += halfTerm(a[i]!, b[i]!) + halfTerm(b[i]!, a[i]!);
  return Math.min(Math.max(sum / 2 / Math.log(base), 0), Math.LN2 / Math.log(base));
}

/** Jensen–Shannon distance: the square root of the divergence, a metric (Endres & Schindelin 2003). With base 2, 0 … 1. */
export function jsDistance(p: Distribution, q: Distribution, options: { base?: number } = {}): number {
  return Math.sqrt(jsDivergence(p, q, options));
}

/** Total variation distance: half the sum of absolute differences of probabilities, 0 … 1. */
export function totalVariation(p: Distribution, q: Distribution): number {
  const [a, b] = normalised(p, q);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / 2;
}

/** x · ln(x / mean of x and y). Close to equality the difference of logarithms cancels, so log1p takes it there. */
function halfTerm(x: number, y: number): number {
  if (x === 0) return 0;
  const relative = (x - y) / (x + y);
  return x * Math.log1p(relative);
}

/** Both as probabilities, or an error that says which one is unusable and where. */
function normalised(p: Distribution, q: Distribution): [Float64Array, Float64Array] {
  if (p.length !== q.length)
    throw new Error(
      `mismatched supports: the first distribution has ${p.length} options, the second ${q.length}; ` +
        `give both over the same options in the same order, with 0 where nobody chose one`,
    );
  return [probabilities(p, "first"), probabilities(q, "second")];
}

function probabilities(p: Distribution, which: string): Float64Array {
  const out = Float64Array.from(p);
  let total = 0;
  out.forEach((x, i) => {
    if (!(x >= 0) || x === Infinity)
      throw new Error(`the ${which} distribution has ${x} at option ${i}; expected a non-negative finite number`);
    total += x;
  });
  if (total === 0) throw new Error(`the ${which} distribution is all zeros (no answers); a distance is not defined`);
  for (let i = 0; i < out.length; i++) out[i]! /= total;
  return out;
}
