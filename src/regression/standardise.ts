/**
 * Columns centred (where there is an intercept) and scaled to unit length, and the way back. Estimators work on
 * these, because the rounding error of a solution grows with the condition of the columns it is computed from.
 */
import { EstimationError } from "./errors.js";
import { qr, qrTimes, type QR } from "./linalg.js";

/** A column is refused as a combination of the others below this share of its own length … */
export const COLLINEAR = 1e-12;
/** … and warned about below this one. */
export const NEAR_COLLINEAR = 1e-7;
/** Below this share estimators work on orthonormal columns, since cross-products square the condition. */
const LEANING = 1e-4;

export interface Standardised {
  /** n × k, column-major; the intercept's column stays as it is. Combinations of the columns where they nearly depend (`independent`). */
  z: Float64Array;
  /** The columns centred and scaled, and nothing else. */
  columns: Float64Array;
  n: number;
  k: number;
  intercept: number;
  mean: Float64Array;
  scale: Float64Array;
  /** Coefficients of the original columns from those of the standardised ones. */
  coefficients(b: ArrayLike<number>): Float64Array;
  /** The k × k matrix T of that map; a covariance V of the standardised coefficients is T V T′ of the original ones. */
  transform: Float64Array;
  /** Coefficients of the standardised columns from those of the original ones. */
  inverse(b: ArrayLike<number>): Float64Array;
}

/** Standardises columns; `w` weights the means and lengths. Throws for a column of zeros and for a second constant. */
export function standardise(
  x: Float64Array,
  n: number,
  k: number,
  intercept: number,
  names: readonly string[],
  w?: Float64Array,
): Standardised {
  const mean = new Float64Array(k);
  const scale = new Float64Array(k).fill(1);
  const z = new Float64Array(n * k);
  let total = n;
  if (w) {
    total = 0;
    for (let i = 0; i < n; i++) total += w[i]!;
  }
  for (let j = 0; j < k; j++) {
    const at = j * n;
    if (j === intercept) {
      z.fill(1, at, at + n);
      continue;
    }
    let largest = 0;
    if (intercept >= 0) {
      let s = 0;
      if (w) for (let i = 0; i < n; i++) s += w[i]! * x[at + i]!;
      else for (let i = 0; i < n; i++) s += x[at + i]!;
      const first = s / total;
      // The mean of the deviations is the rounding error of the mean.
      let c = 0;
      if (w) for (let i = 0; i < n; i++) c += w[i]! * (x[at + i]! - first);
      else for (let i = 0; i < n; i++) c += x[at + i]! - first;
      mean[j] = first + c / total;
    }
    const m = mean[j]!;
    let s = 0;
    for (let i = 0; i < n; i++) {
      const raw = x[at + i]!;
      const v = raw - m;
      z[at + i] = v;
      s += (w ? w[i]! : 1) * v * v;
      const size = raw < 0 ? -raw : raw;
      if (size > largest) largest = size;
    }
    if (largest > 0 && !(largest > 1e-140 && largest < 1e140))
      throw new EstimationError(
        "column",
        `column ${names[j]} has numbers up to ${largest.toExponential(1)}, beyond what can be squared; give it another unit`,
        [names[j]!],
      );
    const length = Math.sqrt(s / total);
    if (!(length > 1e-13 * largest))
      throw new EstimationError(
        intercept >= 0 && largest > 0 ? "constant" : "collinear",
        largest === 0
          ? `column ${names[j]} is zero in every row; it cannot be estimated, leave it out`
          : `column ${names[j]} is ${x[at]} in every row; beside the intercept it cannot be estimated, leave it out`,
        [names[j]!],
      );
    scale[j] = length;
    const inv = 1 / length;
    for (let i = 0; i < n; i++) z[at + i]! *= inv;
  }
  const coefficients = (b: ArrayLike<number>): Float64Array => {
    const out = Float64Array.from({ length: k }, (_, j) => b[j]! / scale[j]!);
    if (intercept >= 0) for (let j = 0; j < k; j++) if (j !== intercept) out[intercept]! -= out[j]! * mean[j]!;
    return out;
  };
  const transform = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    transform[j * k + j] = 1 / scale[j]!;
    if (intercept >= 0 && j !== intercept) transform[intercept * k + j] = -mean[j]! / scale[j]!;
  }
  return {
    z,
    columns: z,
    n,
    k,
    intercept,
    mean,
    scale,
    coefficients,
    transform,
    inverse: (b) => {
      const out = Float64Array.from({ length: k }, (_, j) => b[j]! * scale[j]!);
      if (intercept >= 0) for (let j = 0; j < k; j++) if (j !== intercept) out[intercept]! += b[j]! * mean[j]!;
      return out;
    },
  };
}

/**
 * The same columns, or where some nearly depend on others an orthonormal basis of them: covariances and Newton steps then
 * lose no digits that the data have. `f` is the QR of the columns times the root of `w`.
 */
export function independent(s: Standardised, f: QR, w?: Float64Array): Standardised {
  if (!(Math.min(...f.independence) < LEANING)) return s;
  const { n, k } = s;
  const length = Math.sqrt(n);
  const z = new Float64Array(n * k);
  for (let j = 0; j < k; j++) {
    const unit = new Float64Array(n);
    unit[j] = length;
    z.set(w ? qrTimes(f, unit).map((v, i) => v / Math.sqrt(w[i]!)) : qrTimes(f, unit), j * n);
  }
  // R over the root of n: columns are z R.
  const r = (i: number, j: number) => (i === j ? f.diagonal[i]! : f.a[j * n + i]!) / length;
  const back = (b: ArrayLike<number>): Float64Array => {
    const out = new Float64Array(k);
    for (let i = k - 1; i >= 0; i--) {
      let v = b[i]!;
      for (let c = i + 1; c < k; c++) v -= r(i, c) * out[c]!;
      out[i] = v / r(i, i);
    }
    return out;
  };
  const transform = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    const column = s.coefficients(back(Float64Array.from({ length: k }, (_, i) => +(i === j))));
    for (let i = 0; i < k; i++) transform[i * k + j] = column[i]!;
  }
  return {
    ...s,
    z,
    transform,
    coefficients: (b) => s.coefficients(back(b)),
    inverse: (b) => {
      const inner = s.inverse(b);
      return inner.map((_, i) => {
        let v = 0;
        for (let c = i; c < k; c++) v += r(i, c) * inner[c]!;
        return v;
      });
    },
  };
}

/** QR of the standardised columns times the root of their weights. */
export const weightedQr = ({ z, n, k }: Standardised, w?: Float64Array): QR =>
  qr(w ? z.map((v, at) => v * Math.sqrt(w[at % n]!)) : z, n, k);

/** Throws where columns are linearly dependent, naming the column and those it is made of; returns warnings where they nearly are. */
export function checkIndependence(
  independence: Float64Array,
  names: readonly string[],
  s: Standardised,
  w?: Float64Array,
): string[] {
  const warnings: string[] = [];
  for (let j = 0; j < independence.length; j++) {
    const share = independence[j]!;
    if (share < COLLINEAR) {
      const made = combination(s, j, names, w);
      throw new EstimationError(
        "collinear",
        `column ${names[j]} is a linear combination of ${made.length ? made.join(", ") : "the columns before it"}; leave one of them out (columns are never dropped silently; \`collinear: "drop"\` drops and says so)`,
        [names[j]!, ...made],
      );
    }
    if (share < NEAR_COLLINEAR)
      warnings.push(
        `${names[j]} is nearly a linear combination of the columns before it: ${share.toExponential(1)} of its length is its own (warned below ${NEAR_COLLINEAR}); about ${Math.max(0, Math.floor(16 + Math.log10(share)))} digits of its coefficient can be trusted.`,
      );
  }
  return warnings;
}

/** Names of the earlier columns that column j is made of. */
function combination(s: Standardised, j: number, names: readonly string[], w?: Float64Array): string[] {
  const root = w?.map(Math.sqrt);
  const part = s.z.slice(0, s.n * (j + 1));
  if (root) for (let at = 0; at < part.length; at++) part[at]! *= root[at % s.n]!;
  const f = qr(part, s.n, j + 1);
  const b = new Float64Array(j);
  for (let i = j - 1; i >= 0; i--) {
    let v = f.a[j * s.n + i]!;
    for (let c = i + 1; c < j; c++) v -= f.a[c * s.n + i]! * b[c]!;
    b[i] = f.diagonal[i] ? v / f.diagonal[i]! : 0;
  }
  return [...b.keys()].filter((i) => Math.abs(b[i]!) > 1e-8).map((i) => names[i]!);
}
