/**
 * The upward bias of the plug-in divergence, and the estimate without it.
 */
import { jsDivergence } from "./distances.js";

/**
 * Base-2 Jensen–Shannon divergence less its bias to second order: the Miller–Madow idea (Miller 1955) carried from the
 * entropy to the divergence, −½ Σ var(mixture)/mixture + ¼ Σ var(p)/p + ¼ Σ var(q)/q in nats. For pairs (a person and
 * their simulation) the covariance of the two sides counts: give `same`, the number of pairs that both chose an option.
 * Options that nobody chose cannot be corrected for, so some bias is left when there are more options than answers.
 * Not below 0.
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
  // What rounding leaves of nothing would show as a distance, its root.
  const corrected = plugin - bias / Math.LN2;
  return corrected < 1e-15 ? 0 : corrected;
}
