/** The functions of Cephes that are used (names and arguments as in Moshier's C library). */
export interface Cephes {
  /** Resolves once the functions exist; in Node they exist at once. */
  compiled: Promise<void>;
  ndtr(z: number): number;
  ndtri(p: number): number;
  incbet(a: number, b: number, x: number): number;
  igamc(a: number, x: number): number;
  lgam(x: number): number;
}
