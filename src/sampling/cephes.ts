/** The special functions that power needs, from Cephes (Moshier), compiled to WebAssembly. */
import library from "#cephes";

export const cephes = library as unknown as {
  /** Standard normal distribution function. */
  ndtr(z: number): number;
  /** Logarithm of the gamma function. */
  lgam(x: number): number;
  /** Inverse of the regularised incomplete beta function. */
  incbi(a: number, b: number, p: number): number;
};
