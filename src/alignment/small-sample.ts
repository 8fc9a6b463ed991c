/**
 * The upward bias of the plug-in divergence, and the estimate without it.
 */
import { jsDivergence } from "./distances.js";
import { UnseenCorrection } from "./unseen.js";

/**
 * Base-2 Jensen–Shannon divergence less its small-sample bias: the entropies it is made of (mixture − ½ each side) with
 * what unseen options add to them (Chao, Wang & Jost 2013). For pairs (a person and their simulation) the covariance of
 * the two sides counts, to second order: give `same`, the number of pairs that both chose an option. With unequal
 * numbers, or counts that are not whole, the bias is taken to second order throughout (after Miller 1955):
 * −½ Σ var(mixture)/mixture + ¼ Σ var(p)/p + ¼ Σ var(q)/q in nats. Not below 0.
 *
 * @param p counts of the first sample, @param q counts of the second, over the same options
 */
export function correctedDivergence(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  options: { same?: ArrayLike<number> } = {},
): number {
  const plugin = jsDivergence(p, q);
  let n = 0,
    m = 0;
  for (let i = 0; i < p.length; i++) {
    n += p[i]!;
    m += q[i]!;
  }
  const { same } = options;
  if (same && n !== m) throw new Error(`pairs need equally many answers on both sides, found ${n} and ${m}`);
  let whole = n === m && n < 65536,
    covariances = 0;
  for (let i = 0; i < p.length; i++) if (!Number.isInteger(p[i]) || !Number.isInteger(q[i])) whole = false;
  if (whole) {
    // Pairs that agree make the mixture less even than two samples would.
    if (same)
      for (let i = 0; i < p.length; i++) {
        const a = p[i]! / n,
          b = q[i]! / n;
        if (a + b > 0) covariances += (same[i]! / n - a * b) / n / (2 * (a + b));
      }
    const divergence = new UnseenCorrection(n).divergence(p, 0, q, 0, p.length);
    return notBelowZero(divergence + covariances / Math.LN2);
  }
  let bias = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i]! / n,
      b = q[i]! / m;
    const varA = (a * (1 - a)) / n,
      varB = (b * (1 - b)) / m,
      covariance = same ? (same[i]! / n - a * b) / n : 0;
    if (a > 0) bias += varA / a / 4;
    if (b > 0) bias += varB / b / 4;
    // The mixture (a + b) / 2 has variance (varA + varB + 2 cov) / 4.
    if (a + b > 0) bias -= (varA + varB + 2 * covariance) / 4 / (a + b);
  }
  return notBelowZero(plugin - bias / Math.LN2);
}

/** What rounding leaves of nothing would show as a distance, its root. */
const notBelowZero = (x: number) => (x < 1e-13 ? 0 : Math.min(x, 1));
