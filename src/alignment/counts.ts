/** Answers counted, or summed by their weights. */
export type Counts = Int32Array | Float64Array;

/** What a comparison measures: distances between the distributions of answers. The last three need an order. */
export type Measure = "jensenShannon" | "totalVariation" | "wasserstein" | "kolmogorovSmirnov" | "energy";

export const measures: Record<Measure, { title: string; short: string; ordered: boolean; bounded: boolean }> = {
  jensenShannon: {
    title: "Jensen–Shannon distance, the root of the base-2 divergence; 0 the same distribution, 1 no answer in common",
    short: "JSD",
    ordered: false,
    bounded: true,
  },
  totalVariation: {
    title: "total variation distance; 0 the same distribution, 1 no answer in common",
    short: "TV",
    ordered: false,
    bounded: true,
  },
  wasserstein: {
    title: "Wasserstein-1 distance, in the items' units",
    short: "W1",
    ordered: true,
    bounded: false,
  },
  kolmogorovSmirnov: {
    title: "Kolmogorov–Smirnov statistic, the largest difference of cumulative shares",
    short: "KS",
    ordered: true,
    bounded: true,
  },
  energy: {
    title: "energy distance, in the root of the items' units",
    short: "energy",
    ordered: true,
    bounded: false,
  },
};

/** Distance of two histograms of counts that lie in arrays at `from` and `fromQ`; `positions` says where each place is. NaN when a side is empty. */
export type CountDistance = (
  p: Counts,
  from: number,
  q: Counts,
  fromQ: number,
  size: number,
  positions: Float64Array,
) => number;

/** The distance of histograms of up to n answers (weighted or not) by this measure. Places must be in ascending order of position. */
export function countDistance(measure: Measure, n: number, weighted = false): CountDistance {
  const total = (counts: Counts, from: number, size: number) => {
    let sum = 0;
    for (let i = from; i < from + size; i++) sum += counts[i]!;
    return sum;
  };
  if (measure === "jensenShannon" && weighted)
    return (p, from, q, fromQ, size) =>
      Math.sqrt(shareDivergence(p, from, total(p, from, size), q, fromQ, total(q, fromQ, size), size));
  if (measure === "jensenShannon") {
    const logs = countLogs(n);
    return (p, from, q, fromQ, size) =>
      Math.sqrt(countDivergence(p as Int32Array, from, q as Int32Array, fromQ, size, logs));
  }
  if (measure === "totalVariation")
    return (p, from, q, fromQ, size) => {
      const a = total(p, from, size),
        b = total(q, fromQ, size);
      let sum = 0;
      for (let i = 0; i < size; i++) sum += Math.abs(p[from + i]! / a - q[fromQ + i]! / b);
      return a && b ? sum / 2 : NaN;
    };
  return (p, from, q, fromQ, size, positions) => {
    const a = total(p, from, size),
      b = total(q, fromQ, size);
    if (!a || !b) return NaN;
    let below = 0,
      belowQ = 0,
      result = 0;
    for (let i = 0; i < size - 1; i++) {
      below += p[from + i]!;
      belowQ += q[fromQ + i]!;
      const difference = Math.abs(below / a - belowQ / b);
      if (measure === "kolmogorovSmirnov") result = Math.max(result, difference);
      else
        result +=
          (measure === "wasserstein" ? difference : difference * difference) * (positions[i + 1]! - positions[i]!);
    }
    return measure === "energy" ? Math.sqrt(2 * result) : result;
  };
}

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
  return shareDivergence(p, from, n, q, fromQ, m, size);
}

/** The divergence of two histograms with totals n and m, by logarithms; NaN when a total is 0. */
function shareDivergence(
  p: Counts,
  from: number,
  n: number,
  q: Counts,
  fromQ: number,
  m: number,
  size: number,
): number {
  if (!(n > 0) || !(m > 0)) return NaN;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const x = p[from + i]! / n,
      y = q[fromQ + i]! / m,
      both = x + y;
    if (x > 0) sum += x * Math.log1p((x - y) / both);
    if (y > 0) sum += y * Math.log1p((y - x) / both);
  }
  return clean(sum / 2 / Math.LN2);
}
