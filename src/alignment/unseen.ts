/**
 * Shannon entropy with what the kinds not seen add (Chao, Wang & Jost 2013), in nats, from counts:
 * ψ(N) − Σ k ψ(k) / N, and a part that depends on how many kinds were seen once and twice. Nearly unbiased also where
 * there are about as many kinds as observations, where corrections to second order (Miller 1955) leave half of the bias.
 */

/** k ψ(k) for k = 0 … n, ψ the digamma function: a table that makes each entropy a sum. */
export function countDigammas(n: number): Float64Array {
  const out = new Float64Array(n + 1);
  // ψ(k + 1) = ψ(k) + 1/k from −γ.
  let digamma = -0.5772156649015329;
  for (let k = 1; k <= n; k++) {
    out[k] = k * digamma;
    digamma += 1 / k;
  }
  return out;
}

const kept = new Map<number, number>();

/** What unseen kinds add to the entropy (nats) of N observations with `once` kinds seen once and `twice` seen twice. */
export function unseenEntropy(N: number, once: number, twice: number): number {
  if (once === 0 || N < 2) return 0;
  // 1 where one kind was seen once and none twice: then nothing is added.
  const a = twice > 0 ? (2 * twice) / ((N - 1) * once + 2 * twice) : 2 / ((N - 1) * (once - 1) + 2);
  if (a >= 1) return 0;
  const key = (N * 131072 + once) * 131072 + twice;
  let value = kept.get(key);
  if (value === undefined) {
    // −log a − Σ_{r<N} (1 − a)^r / r is the rest of the series, Σ_{r≥N}; over (1 − a)^(N − 1) it is a hypergeometric
    // function, without the cancellation.
    value = (once / N) * ((1 - a) / N) * hypergeometric(N, 1 - a);
    if (kept.size > 100_000) kept.clear();
    kept.set(key, value);
  }
  return value;
}

/** ₂F₁(1, b; b + 1; z) for 0 < z < 1 by Gauss's continued fraction (modified Lentz). */
function hypergeometric(b: number, z: number): number {
  let c = 1,
    d = 0,
    f = 1;
  for (let i = 1; i < 1e6; i++) {
    const k = i >> 1;
    const term =
      i === 1
        ? b / (b + 1)
        : i % 2
          ? (b + k) ** 2 / ((b + 2 * k) * (b + 2 * k + 1))
          : k ** 2 / ((b + 2 * k - 1) * (b + 2 * k));
    d = 1 / (1 - term * z * d);
    c = 1 - (term * z) / c;
    const change = c * d;
    f *= change;
    if (Math.abs(change - 1) < 1e-14) break;
  }
  return 1 / f;
}

/** The entropy of counts, in nats. */
export function unseenCorrectedEntropy(counts: ArrayLike<number>): number {
  let N = 0,
    once = 0,
    twice = 0;
  for (let i = 0; i < counts.length; i++) {
    const k = counts[i]!;
    N += k;
    if (k === 1) once++;
    else if (k === 2) twice++;
  }
  const digammas = countDigammas(N);
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += digammas[counts[i]!]!;
  return (digammas[N]! - sum) / N + unseenEntropy(N, once, twice);
}

/**
 * Jensen–Shannon divergence (bits) of two histograms of N answers each, from the entropies of both and of all answers
 * together with what unseen options add; below 0 where chance has it. `digammas` from `countDigammas(2 N)`.
 */
export function unseenCorrectedDivergence(
  p: ArrayLike<number>,
  from: number,
  q: ArrayLike<number>,
  fromQ: number,
  size: number,
  digammas: Float64Array,
): number {
  let N = 0,
    sum = 0,
    // Kinds seen once count 1, kinds seen twice 65536.
    own = 0,
    other = 0,
    both = 0;
  for (let i = 0; i < size; i++) {
    const x = p[from + i]!,
      y = q[fromQ + i]!;
    N += x;
    sum += digammas[x]! + digammas[y]! - digammas[x + y]!;
    if (x < 3 && x > 0) own += x === 1 ? 1 : 65536;
    if (y < 3 && y > 0) other += y === 1 ? 1 : 65536;
    if (x + y < 3 && x + y > 0) both += x + y === 1 ? 1 : 65536;
  }
  if (N === 0) return NaN;
  const unseen = (n: number, seen: number) => unseenEntropy(n, seen & 65535, seen >>> 16);
  const plain = digammas[2 * N]! / (2 * N) - digammas[N]! / N + sum / (2 * N);
  return (plain + unseen(2 * N, both) - (unseen(N, own) + unseen(N, other)) / 2) / Math.LN2;
}
