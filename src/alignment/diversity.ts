/**
 * Diversity of kinds from how often each occurs, as in ecology: kinds here are belief structures. All take the counts
 * of the kinds (zeros allowed) and throw on counts that are negative, not whole, or all zero.
 */
import { unseenCorrectedEntropy } from "./unseen.js";

/** Hill number of order q (Hill 1973): the effective number of kinds. q = 0 counts them, 1 is exp(entropy), 2 the inverse Simpson index, ∞ one over the largest share. */
export function hillNumber(counts: ArrayLike<number>, q: number): number {
  const p = shares(counts);
  if (Number.isNaN(q) || q < 0) throw new Error(`order q: expected 0 or more, found ${q}`);
  if (q === 0) return p.length;
  if (q === Infinity) return 1 / p.reduce((a, b) => Math.max(a, b), 0);
  if (q === 1) return Math.exp(p.reduce((sum, x) => sum - x * Math.log(x), 0));
  return p.reduce((sum, x) => sum + x ** q, 0) ** (1 / (1 - q));
}

/** Shannon entropy of the kinds, in bits; `unseen` adds what kinds that were not seen contribute (Chao, Wang & Jost 2013). */
export function entropy(counts: ArrayLike<number>, options: { unseen?: boolean } = {}): number {
  if (options.unseen) return unseenCorrectedEntropy(checkedCounts(counts)) / Math.LN2;
  return shares(counts).reduce((sum, x) => sum - x * Math.log2(x), 0) + 0;
}

/**
 * Chao's (1984) estimate of how many kinds there are, seen and unseen, from those seen once (f1) and twice (f2):
 * bias-corrected by default, S + f1 (f1 − 1) / 2 (f2 + 1); classic S + f1² / 2 f2 (bias-corrected where f2 is 0).
 */
export function chao1(counts: ArrayLike<number>, options: { biasCorrected?: boolean } = {}): number {
  const { biasCorrected = true } = options;
  const seen = checkedCounts(counts);
  const once = seen.filter((c) => c === 1).length,
    twice = seen.filter((c) => c === 2).length;
  if (!biasCorrected && twice > 0) return seen.length + once ** 2 / (2 * twice);
  return seen.length + (once * (once - 1)) / (2 * (twice + 1));
}

/** Expected number of kinds in a random subset, and its standard deviation. */
export interface Rarefied {
  n: number;
  expected: number;
  /** Standard deviation over subsets of these very answers; 0 at their full number. */
  sd: number;
  /** Standard deviation over samples of this size from the population these answers come from. */
  populationSd: number;
}

/**
 * Rarefaction (Hurlbert 1971; variance Heck, van Belle & Simberloff 1975): exact hypergeometric expectation and
 * standard deviation of the number of kinds among `n` drawn without replacement, for each `n` asked for. The standard
 * deviation over samples of the population is that of Colwell et al. (2012, equation 5), with Chao1 for the number of
 * kinds in it.
 */
export function rarefy(counts: ArrayLike<number>, sizes: ArrayLike<number>): Rarefied[] {
  const seen = checkedCounts(counts);
  const total = seen.reduce((a, b) => a + b, 0);
  const logFactorial = new Float64Array(total + 1);
  for (let k = 2; k <= total; k++) logFactorial[k] = logFactorial[k - 1]! + Math.log(k);
  // Kinds of equal count behave alike, so each different count is worked out once.
  const frequencies = new Map<number, number>();
  for (const c of seen) frequencies.set(c, (frequencies.get(c) ?? 0) + 1);
  const distinct = [...frequencies];
  const inPopulation = chao1(seen);
  return Array.from(sizes, (n) => {
    if (!Number.isInteger(n) || n < 0 || n > total)
      throw new Error(`rarefaction to n = ${n}: expected a whole number from 0 to the ${total} answers there are`);
    /** Chance that none of `c` given people is drawn: C(total − c, n) / C(total, n). */
    const missed = (c: number) =>
      total - c < n
        ? 0
        : Math.exp(
            logFactorial[total - c]! - logFactorial[total - c - n]! - logFactorial[total]! + logFactorial[total - n]!,
          );
    let expected = 0,
      variance = 0,
      squares = 0;
    for (const [c, f] of distinct) {
      const a = missed(c);
      squares += f * (1 - a) ** 2;
      expected += f * (1 - a);
      variance += f * a * (1 - a) + f * (f - 1) * (missed(2 * c) - a * a);
      for (const [d, g] of distinct) if (d < c) variance += 2 * f * g * (missed(c + d) - a * missed(d));
    }
    return {
      n,
      expected,
      sd: Math.sqrt(Math.max(0, variance)),
      populationSd: Math.sqrt(Math.max(0, squares - expected ** 2 / inPopulation)),
    };
  });
}

function checkedCounts(counts: ArrayLike<number>): number[] {
  const out: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    const c = counts[i]!;
    if (!Number.isInteger(c) || c < 0) throw new Error(`count ${c} of kind ${i}: expected a whole number of 0 or more`);
    if (c > 0) out.push(c);
  }
  if (!out.length) throw new Error("all counts are zero: there is nothing to measure the diversity of");
  return out;
}

function shares(counts: ArrayLike<number>): number[] {
  const seen = checkedCounts(counts);
  const total = seen.reduce((a, b) => a + b, 0);
  return seen.map((c) => c / total);
}
