/** k · log2 k for k = 0 … 2n: with it the divergence of two histograms of up to n answers needs no logarithm. */
export function countLogs(n: number): Float64Array {
  const out = new Float64Array(2 * n + 1);
  for (let k = 1; k <= 2 * n; k++) out[k] = k * Math.log2(k);
  return out;
}

/** What is left of equal histograms is rounding, about 1e-15 times the terms' size. */
export const clean = (divergence: number) => (divergence < 1e-12 ? 0 : divergence > 1 ? 1 : divergence);

/**
 * Jensen–Shannon divergence (bits) of two histograms of integer counts that lie in arrays at `from` and `fromQ`.
 * With equally many answers N on both sides it is 1 + Σ (k log k of each side − k log k of both together) / 2N; with
 * unequal numbers the logarithms are taken. NaN when a side is empty.
 */
export function countDivergence(
  p: Int32Array,
  from: number,
  q: Int32Array,
  fromQ: number,
  size: number,
  logs: Float64Array,
): number {
  let sum = 0,
    n = 0,
    m = 0;
  for (let i = 0; i < size; i++) {
    const x = p[from + i]!,
      y = q[fromQ + i]!;
    n += x;
    m += y;
    sum += logs[x]! + logs[y]! - logs[x + y]!;
  }
  if (n === 0 || m === 0) return NaN;
  if (n === m) return clean(1 + sum / (2 * n));
  sum = 0;
  for (let i = 0; i < size; i++) {
    const x = p[from + i]! / n,
      y = q[fromQ + i]! / m,
      both = x + y;
    if (x > 0) sum += x * Math.log1p((x - y) / both);
    if (y > 0) sum += y * Math.log1p((y - x) / both);
  }
  return clean(sum / 2 / Math.LN2);
}
