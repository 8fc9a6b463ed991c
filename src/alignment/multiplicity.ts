/** How p-values are adjusted for their number: Holm's step-down, Benjamini–Hochberg's false discovery rate, or not. */
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
