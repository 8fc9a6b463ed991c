/**
 * Iterative refinement of a least squares solution in doubled precision (Björck 1967; Golub & Van Loan 2013, §5.3.8):
 * coefficients and residuals are corrected together, so that large residuals do not spoil small coefficients.
 */
import { qrBack, qrForward, qrTimes, qrTransposeTimes, type QR } from "./linalg.js";
import type { Standardised } from "./standardise.js";

/** Σ a_i b_i + c as if in twice the precision (Ogita, Rump & Oishi 2005, algorithm Dot2). */
class Sum {
  high = 0;
  low = 0;
  add(v: number): void {
    const s = this.high + v;
    const t = s - this.high;
    this.low += this.high - (s - t) + (v - t);
    this.high = s;
  }
  addProduct(a: number, b: number): void {
    const p = a * b;
    // Dekker's product: the rounding error of a b, exactly.
    const ca = 134217729 * a;
    const ah = ca - (ca - a);
    const al = a - ah;
    const cb = 134217729 * b;
    const bh = cb - (cb - b);
    const bl = b - bh;
    this.low += al * bl - (p - ah * bh - al * bh - ah * bl);
    this.add(p);
  }
  get value(): number {
    return this.high + this.low;
  }
}

/** Refines b and r of min ‖y − X b‖, given the QR factors of the standardised columns of X. */
export function refine(
  x: Float64Array,
  n: number,
  k: number,
  y: Float64Array,
  factor: QR,
  space: Standardised,
  b: Float64Array,
  r: Float64Array,
): { b: Float64Array; r: Float64Array } {
  let before = Infinity;
  for (let round = 0; round < 6; round++) {
    // What the two normal conditions r + X b = y and X′r = 0 still lack.
    const f = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const s = new Sum();
      s.add(y[i]!);
      s.add(-r[i]!);
      for (let j = 0; j < k; j++) s.addProduct(-x[j * n + i]!, b[j]!);
      f[i] = s.value;
    }
    const g = new Float64Array(k);
    for (let j = 0; j < k; j++) {
      const s = new Sum();
      for (let i = 0; i < n; i++) s.addProduct(-x[j * n + i]!, r[i]!);
      g[j] = s.value;
    }
    const gz = Float64Array.from({ length: k }, (_, j) => {
      const s = new Sum();
      for (let i = 0; i < k; i++)
        if (space.transform[i * k + j] !== 0) s.addProduct(space.transform[i * k + j]!, g[i]!);
      return s.value;
    });
    const h = qrForward(factor, gz);
    const d = qrTransposeTimes(factor, f);
    const db = space.coefficients(
      qrBack(
        factor,
        d.map((v, j) => (j < k ? v - h[j]! : v)),
      ),
    );
    d.set(h);
    const dr = qrTimes(factor, d);
    let size = 0;
    for (let j = 0; j < k; j++) size = Math.max(size, b[j] === 0 ? 0 : Math.abs(db[j]! / b[j]!));
    // Corrections that no longer shrink are rounding; the last one is not taken.
    if (!(size < before)) break;
    before = size;
    b = b.map((v, j) => v + db[j]!);
    r = r.map((v, i) => v + dr[i]!);
    if (size < 1e-16) break;
  }
  return { b, r };
}
