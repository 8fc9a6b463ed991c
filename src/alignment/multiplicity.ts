/** How p-values are adjusted for their number, from the p-values alone: Holm's step-down, Benjamini–Hochberg's false discovery rate, or not. */
export type Correction = "holm" | "bh" | "none";

/**
 * Adjusted p-values in the order given; missing (NaN) ones stay missing and do not count.
 * Holm (1979) bounds the chance of any false rejection, Benjamini–Hochberg (1995) the expected share of false ones.
 */
export function adjust(p: readonly number[], correction: Correction): number[] {
  if (correction === "none") return [...p];
  if (correction !== "holm" && correction !== "bh")
    throw new Error(`invalid correction: ${correction}; expected "holm", "bh" or "none"`);
  p.forEach((x, i) => {
    if (x < 0 || x > 1) throw new Error(`p-value ${x} at position ${i} lies outside 0 … 1`);
  });
  const order = p
    .map((x, i) => [x, i] as const)
    .filter(([x]) => !Number.isNaN(x))
    .sort((a, b) => a[0] - b[0]);
  const m = order.length,
    out = p.map(() => NaN);
  let running = correction === "holm" ? 0 : 1;
  if (correction === "holm")
    order.forEach(([x, i], rank) => (out[i] = running = Math.max(running, Math.min(1, x * (m - rank)))));
  else
    for (let rank = m - 1; rank >= 0; rank--) {
      const [x, i] = order[rank]!;
      out[i] = running = Math.min(running, (x * m) / (rank + 1));
    }
  return out;
}

/**
 * Adjusted p-values of distances by the step-down maximum of Westfall and Young (1993, algorithm 4.1; "maxT"): of a joint
 * permutation distribution, how often the largest standardised distance among the rows not yet rejected reaches the
 * observed one. Bounds the chance of any false rejection, and loses nothing where rows overlap. A distance enters as
 * its power 2/3 less its mean over its standard deviation (over permutations and what was observed): the cube root of
 * a squared distance is close to normal (Wilson and Hilferty 1931), so that rows of few and of many options weigh alike.
 *
 * @param observed distance of each row; NaN where there is none, which stays NaN
 * @param permuted `permuted[row][permutation]`, the same permutations in every row
 */
export function stepDownMaximum(observed: readonly number[], permuted: readonly Float64Array[]): number[] {
  const times = permuted[0]?.length ?? 0;
  const out = observed.map(() => NaN);
  const standard = observed.map((x, j) => standardised(x, permuted[j]!));
  const order = observed.map((_, j) => j).filter((j) => !Number.isNaN(observed[j]!));
  // Rows that no exchange changes cannot be rejected, and do not count.
  for (const j of order) if (!standard[j]) out[j] = 1;
  const rows = order.filter((j) => standard[j]).sort((a, b) => standard[b]!.observed - standard[a]!.observed);
  const largest = new Float64Array(times).fill(-Infinity);
  const share = new Float64Array(rows.length);
  for (let k = rows.length - 1; k >= 0; k--) {
    const { observed: own, permuted: z } = standard[rows[k]!]!;
    let reached = 0;
    for (let r = 0; r < times; r++) {
      if (z[r]! > largest[r]!) largest[r] = z[r]!;
      if (largest[r]! >= own - 1e-9) reached++;
    }
    share[k] = (1 + reached) / (1 + times);
  }
  let running = 0;
  rows.forEach((j, k) => (out[j] = running = Math.max(running, share[k]!)));
  return out;
}

function standardised(observed: number, permuted: Float64Array): { observed: number; permuted: Float64Array } | null {
  if (Number.isNaN(observed)) return null;
  const root = (x: number) => Math.cbrt(x * x);
  const z = permuted.map(root),
    own = root(observed);
  const n = z.length + 1;
  let mean = own / n,
    squares = 0;
  for (const x of z) mean += x / n;
  for (const x of z) squares += (x - mean) ** 2;
  const sd = Math.sqrt((squares + (own - mean) ** 2) / n);
  if (!(sd > 1e-12)) return null;
  return { observed: (own - mean) / sd, permuted: z.map((x) => (x - mean) / sd) };
}
