// @ts-ignore: jstat ships no types
import jstat from "jstat";

/** Cumulative distribution of the standard normal. */
export const normalCdf: (z: number) => number = (z) => jstat.normal.cdf(z, 0, 1);

/** Quantile of the standard normal. */
export const normalQuantile: (p: number) => number = (p) => jstat.normal.inv(p, 0, 1);
