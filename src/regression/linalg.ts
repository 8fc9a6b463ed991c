/**
 * The linear algebra of estimators, on column-major Float64Arrays. ml-matrix keeps rows as objects and has no
 * weighted cross-product, no pivot tolerance and no access to the pieces; it serves where a decomposition of a
 * small symmetric matrix is needed (eigenvalues).
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Rows taken at a time, so that a block of all columns stays in the processor's cache. */
const BLOCK = 512;

/** Weighted columns of one block; kept, because thousands of refits would otherwise each make one. */
let scratch = new Float64Array(0);

function dot(a: Float64Array, ai: number, b: Float64Array, bi: number, length: number): number {
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += a[ai + i]! * b[bi + i]!;
    s1 += a[ai + i + 1]! * b[bi + i + 1]!;
    s2 += a[ai + i + 2]! * b[bi + i + 2]!;
    s3 += a[ai + i + 3]! * b[bi + i + 3]!;
  }
  for (; i < length; i++) s0 += a[ai + i]! * b[bi + i]!;
  return s0 + s1 + (s2 + s3);
}

/** X′ diag(w) X of n × k columns (w omitted: ones), as a k × k array. */
export function crossProduct(x: Float64Array, n: number, k: number, w?: Float64Array): Float64Array {
  const out = new Float64Array(k * k);
  if (w && scratch.length < BLOCK * k) scratch = new Float64Array(BLOCK * k);
  const block = scratch;
  for (let start = 0; start < n; start += BLOCK) {
    const m = Math.min(BLOCK, n - start);
    if (w)
      for (let j = 0; j < k; j++) {
        const at = j * n + start;
        for (let i = 0; i < m; i++) block[j * BLOCK + i] = x[at + i]! * w[start + i]!;
      }
    // Two columns against two others at a time: half the reads of single dot products.
    const [left, at, stride] = w ? [block, 0, BLOCK] : [x, start, n];
    for (let a = 0; a < k; a += 2)
      for (let b = a; b < k; b += 2) {
        if (a + 1 === k || b + 1 === k) {
          for (let i = a; i < Math.min(a + 2, k); i++)
            for (let j = Math.max(b, i); j < Math.min(b + 2, k); j++)
              out[i * k + j]! += dot(left, i * stride + at, x, j * n + start, m);
          continue;
        }
        const a0 = a * stride + at;
        const a1 = a0 + stride;
        const b0 = b * n + start;
        const b1 = b0 + n;
        let s00 = 0,
          s01 = 0,
          s10 = 0,
          s11 = 0;
        for (let i = 0; i < m; i++) {
          const p = left[a0 + i]!;
          const q = left[a1 + i]!;
          const u = x[b0 + i]!;
          const v = x[b1 + i]!;
          s00 += p * u;
          s01 += p * v;
          s10 += q * u;
          s11 += q * v;
        }
        out[a * k + b]! += s00;
        out[a * k + b + 1]! += s01;
        out[(a + 1) * k + b + 1]! += s11;
        if (b > a) out[(a + 1) * k + b]! += s10;
      }
  }
  for (let a = 0; a < k; a++) for (let b = 0; b < a; b++) out[a * k + b] = out[b * k + a]!;
  return out;
}

/** X′ v. */
export function transposeTimes(x: Float64Array, n: number, k: number, v: Float64Array): Float64Array {
  const out = new Float64Array(k);
  for (let j = 0; j < k; j += 2) {
    const at = j * n;
    if (j + 1 === k || n > 4096) {
      for (let c = j; c < Math.min(j + 2, k); c++) out[c] = dot(x, c * n, v, 0, n);
      continue;
    }
    let s = 0;
    let t = 0;
    for (let i = 0; i < n; i++) {
      const a = v[i]!;
      s += a * x[at + i]!;
      t += a * x[at + n + i]!;
    }
    out[j] = s;
    out[j + 1] = t;
  }
  return out;
}

/** X b. */
export function times(x: Float64Array, n: number, k: number, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(n);
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(n, start + BLOCK);
    for (let j = 0; j < k; j++) {
      const c = b[j]!;
      const at = j * n;
      if (c !== 0) for (let i = start; i < end; i++) out[i]! += c * x[at + i]!;
    }
  }
  return out;
}

/** x_i′ A x_i for each row i, with symmetric A. */
export function quadraticForms(x: Float64Array, n: number, k: number, a: Float64Array): Float64Array {
  const l = cholesky(a, k) ?? undefined;
  const out = new Float64Array(n);
  const work = new Float64Array(BLOCK);
  for (let start = 0; start < n; start += BLOCK) {
    const m = Math.min(BLOCK, n - start);
    for (let c = 0; c < k; c++) {
      // With A = L L′ the form is ‖L′x‖²: half the work, and never negative.
      work.fill(0);
      for (let r = l ? c : 0; r < k; r++) {
        const f = l ? l[r * k + c]! : a[r * k + c]!;
        const at = r * n + start;
        for (let i = 0; i < m; i++) work[i]! += f * x[at + i]!;
      }
      if (l) for (let i = 0; i < m; i++) out[start + i]! += work[i]! * work[i]!;
      else {
        const at = c * n + start;
        for (let i = 0; i < m; i++) out[start + i]! += work[i]! * x[at + i]!;
      }
    }
  }
  return out;
}

/** Lower Cholesky factor of a symmetric k × k matrix, or null where it is not positive definite. */
export function cholesky(a: Float64Array, k: number): Float64Array | null {
  const l = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    let d = a[j * k + j]!;
    for (let s = 0; s < j; s++) d -= l[j * k + s]! ** 2;
    if (!(d > 0)) return null;
    const root = Math.sqrt(d);
    l[j * k + j] = root;
    for (let i = j + 1; i < k; i++) {
      let v = a[i * k + j]!;
      for (let s = 0; s < j; s++) v -= l[i * k + s]! * l[j * k + s]!;
      l[i * k + j] = v / root;
    }
  }
  return l;
}

/** Solves L L′ z = b. */
export function choleskySolve(l: Float64Array, k: number, b: ArrayLike<number>): Float64Array {
  const z = Float64Array.from({ length: k }, (_, i) => b[i]!);
  for (let i = 0; i < k; i++) {
    let v = z[i]!;
    for (let s = 0; s < i; s++) v -= l[i * k + s]! * z[s]!;
    z[i] = v / l[i * k + i]!;
  }
  for (let i = k - 1; i >= 0; i--) {
    let v = z[i]!;
    for (let s = i + 1; s < k; s++) v -= l[s * k + i]! * z[s]!;
    z[i] = v / l[i * k + i]!;
  }
  return z;
}

/** (L L′)⁻¹, symmetric. */
export function choleskyInverse(l: Float64Array, k: number): Float64Array {
  const inverse = new Float64Array(k * k);
  const unit = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    unit.fill(0);
    unit[j] = 1;
    const column = choleskySolve(l, k, unit);
    for (let i = 0; i < k; i++) inverse[i * k + j] = column[i]!;
  }
  for (let i = 0; i < k; i++)
    for (let j = 0; j < i; j++)
      inverse[i * k + j] = inverse[j * k + i] = (inverse[i * k + j]! + inverse[j * k + i]!) / 2;
  return inverse;
}

/** Inverse of a symmetric positive definite matrix, or null. */
export function inverse(a: Float64Array, k: number): Float64Array | null {
  // Scaled to a unit diagonal, so that units of columns do not decide what counts as singular.
  const d = Float64Array.from({ length: k }, (_, i) => 1 / Math.sqrt(a[i * k + i]!));
  const scaled = a.map((v, at) => v * d[Math.floor(at / k)]! * d[at % k]!);
  const l = cholesky(scaled, k);
  if (!l) return null;
  return choleskyInverse(l, k).map((v, at) => v * d[Math.floor(at / k)]! * d[at % k]!);
}

/** A B for k × k matrices. */
export function multiply(a: Float64Array, b: Float64Array, k: number): Float64Array {
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let s = 0; s < k; s++) {
      const v = a[i * k + s]!;
      if (v !== 0) for (let j = 0; j < k; j++) out[i * k + j]! += v * b[s * k + j]!;
    }
  return out;
}

/** A M A for symmetric A and M: the sandwich. */
export function sandwich(bread: Float64Array, meat: Float64Array, k: number): Float64Array {
  const out = multiply(multiply(bread, meat, k), bread, k);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < i; j++) out[i * k + j] = out[j * k + i] = (out[i * k + j]! + out[j * k + i]!) / 2;
  return out;
}

/** T V T′ for square T and symmetric V. */
export function congruence(t: Float64Array, v: Float64Array, k: number): Float64Array {
  const half = multiply(t, v, k);
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let j = i; j < k; j++) {
      let s = 0;
      for (let c = 0; c < k; c++) s += half[i * k + c]! * t[j * k + c]!;
      out[i * k + j] = out[j * k + i] = s;
    }
  return out;
}

/** Eigenvalues (ascending) and vectors (columns) of a symmetric matrix. */
export function symmetricEigen(
  a: Float64Array,
  k: number,
): { values: number[]; vectors: (i: number, j: number) => number } {
  const e = new EigenvalueDecomposition(Matrix.from1DArray(k, k, [...a]), { assumeSymmetric: true });
  return { values: e.realEigenvalues, vectors: (i, j) => e.eigenvectorMatrix.get(i, j) };
}

/** b′ A⁺ b and the rank used; A symmetric positive semidefinite, eigenvalues below `tolerance` × the largest left out. */
export function pseudoQuadratic(
  a: Float64Array,
  k: number,
  b: ArrayLike<number>,
  tolerance = 1e-10,
): { value: number; rank: number } {
  const d = Float64Array.from({ length: k }, (_, i) => (a[i * k + i]! > 0 ? 1 / Math.sqrt(a[i * k + i]!) : 0));
  const { values, vectors } = symmetricEigen(
    a.map((v, at) => v * d[Math.floor(at / k)]! * d[at % k]!),
    k,
  );
  const top = Math.max(...values);
  let value = 0;
  let rank = 0;
  for (let e = 0; e < k; e++) {
    if (!(values[e]! > tolerance * top)) continue;
    let s = 0;
    for (let i = 0; i < k; i++) s += vectors(i, e) * b[i]! * d[i]!;
    value += (s * s) / values[e]!;
    rank++;
  }
  return { value, rank };
}

export interface QR {
  /** Reflectors below the diagonal and R's upper triangle above it, n × k column-major. */
  a: Float64Array;
  /** R's diagonal. */
  diagonal: Float64Array;
  /** For each column, the share of its length not explained by the columns before it. */
  independence: Float64Array;
  n: number;
  k: number;
}

/** Householder QR of n × k columns (`x` is copied). Golub & Van Loan (2013), algorithm 5.2.1. */
export function qr(x: Float64Array, n: number, k: number): QR {
  const a = x.slice(0, n * k);
  const diagonal = new Float64Array(k);
  const independence = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    const at = j * n;
    const length = norm(a, at, n);
    const rest = norm(a, at + j, n - j);
    independence[j] = length > 0 ? rest / length : 0;
    if (rest === 0) continue;
    const d = a[at + j]! > 0 ? -rest : rest;
    diagonal[j] = d;
    const v0 = a[at + j]! - d;
    a[at + j] = v0;
    const scale = -1 / (d * v0); // 2 / ‖v‖²
    for (let c = j + 1; c < k; c++) {
      const f = scale * dot(a, at + j, a, c * n + j, n - j);
      for (let i = j; i < n; i++) a[c * n + i]! -= f * a[at + i]!;
    }
  }
  return { a, diagonal, independence, n, k };
}

/** Q′ y. */
export function qrTransposeTimes({ a, diagonal, n, k }: QR, y: Float64Array): Float64Array {
  const q = y.slice();
  for (let j = 0; j < k; j++) reflect(a, diagonal[j]!, j, n, q);
  return q;
}

/** Q y. */
export function qrTimes({ a, diagonal, n, k }: QR, y: Float64Array): Float64Array {
  const q = y.slice();
  for (let j = k - 1; j >= 0; j--) reflect(a, diagonal[j]!, j, n, q);
  return q;
}

function reflect(a: Float64Array, d: number, j: number, n: number, q: Float64Array): void {
  if (d === 0) return;
  const at = j * n;
  const f = (-1 / (d * a[at + j]!)) * dot(a, at + j, q, j, n - j);
  for (let i = j; i < n; i++) q[i]! -= f * a[at + i]!;
}

/** R⁻¹ q of the first k values of q. */
export function qrBack({ a, diagonal, n, k }: QR, q: Float64Array): Float64Array {
  const b = new Float64Array(k);
  for (let j = k - 1; j >= 0; j--) {
    let v = q[j]!;
    for (let c = j + 1; c < k; c++) v -= a[c * n + j]! * b[c]!;
    b[j] = v / diagonal[j]!;
  }
  return b;
}

/** R⁻ᵀ g. */
export function qrForward({ a, diagonal, n, k }: QR, g: Float64Array): Float64Array {
  const h = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    let v = g[j]!;
    for (let c = 0; c < j; c++) v -= a[j * n + c]! * h[c]!;
    h[j] = v / diagonal[j]!;
  }
  return h;
}

/** The least squares coefficients of y. */
export const qrSolve = (f: QR, y: Float64Array): Float64Array => qrBack(f, qrTransposeTimes(f, y));

/** (X′X)⁻¹ = R⁻¹ R⁻ᵀ. */
export function qrInverse({ a, diagonal, n, k }: QR): Float64Array {
  const r = new Float64Array(k * k); // R⁻¹, upper
  for (let j = 0; j < k; j++) {
    r[j * k + j] = 1 / diagonal[j]!;
    for (let i = j - 1; i >= 0; i--) {
      let v = 0;
      for (let s = i + 1; s <= j; s++) v += a[s * n + i]! * r[s * k + j]!;
      r[i * k + j] = -v / diagonal[i]!;
    }
  }
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let j = i; j < k; j++) {
      let v = 0;
      for (let s = j; s < k; s++) v += r[i * k + s]! * r[j * k + s]!;
      out[i * k + j] = out[j * k + i] = v;
    }
  return out;
}

function norm(a: Float64Array, at: number, length: number): number {
  let largest = 0;
  for (let i = 0; i < length; i++) largest = Math.max(largest, Math.abs(a[at + i]!));
  if (largest === 0) return 0;
  let s = 0;
  for (let i = 0; i < length; i++) s += (a[at + i]! / largest) ** 2;
  return largest * Math.sqrt(s);
}
