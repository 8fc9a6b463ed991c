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

/** What unseen kinds add to the entropy (nats) of N observations with `once` kinds seen once and `twice` seen twice. */
function unseenEntropy(N: number, once: number, twice: number): number {
  if (once === 0 || N < 2) return 0;
  // 1 where one kind was seen once and none twice: then nothing is added.
  const a = twice > 0 ? (2 * twice) / ((N - 1) * once + 2 * twice) : 2 / ((N - 1) * (once - 1) + 2);
  if (a >= 1) return 0;
  // −log a − Σ_{r<N} (1 − a)^r / r is the rest of the series, Σ_{r≥N}; over (1 − a)^(N − 1) it is a hypergeometric
  // function, without the cancellation.
  return (once / N) * ((1 - a) / N) * hypergeometric(N, 1 - a);
}

/** `unseenEntropy` for one N, with the values found kept: resamples ask for the same few again and again. */
class UnseenEntropies {
  static readonly #kept = new Map<number, UnseenEntropies>();
  readonly #near = new Float64Array(128 * 64).fill(NaN);
  readonly #far = new Map<number, number>();

  private constructor(readonly n: number) {}

  static of(n: number): UnseenEntropies {
    let found = this.#kept.get(n);
    if (!found) {
      if (this.#kept.size > 200) this.#kept.clear();
      this.#kept.set(n, (found = new UnseenEntropies(n)));
    }
    return found;
  }

  /** Of `seen` = number of kinds seen once + 65536 · number seen twice. */
  of(seen: number): number {
    const once = seen & 65535,
      twice = seen >>> 16;
    if (once < 128 && twice < 64) {
      const at = once * 64 + twice;
      let value = this.#near[at]!;
      if (value !== value) this.#near[at] = value = unseenEntropy(this.n, once, twice);
      return value;
    }
    let value = this.#far.get(seen);
    if (value === undefined) {
      if (this.#far.size > 20_000) this.#far.clear();
      this.#far.set(seen, (value = unseenEntropy(this.n, once, twice)));
    }
    return value;
  }
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

/** What divergences of histograms of up to n answers each are made of. */
export class UnseenCorrection {
  readonly #digammas: Float64Array;
  /** For each count, 1 where it is one and 65536 where it is two. */
  readonly #rare: Int32Array;
  #side: UnseenEntropies;
  #both: UnseenEntropies;

  constructor(n: number) {
    this.#digammas = countDigammas(2 * n);
    this.#rare = new Int32Array(2 * n + 1);
    if (n > 0) {
      this.#rare[1] = 1;
      this.#rare[2] = 65536;
    }
    this.#side = UnseenEntropies.of(n);
    this.#both = UnseenEntropies.of(2 * n);
  }

  /**
   * Jensen–Shannon divergence (bits) of two histograms with as many answers each, from the entropies of both and of all
   * answers together with what unseen options add; below 0 where chance has it, NaN without answers. From place `shared`
   * on only p has answers, from `ownEnd` on only q: there the entropies' main terms cancel.
   */
  divergence(
    p: ArrayLike<number>,
    from: number,
    q: ArrayLike<number>,
    fromQ: number,
    size: number,
    shared = size,
    ownEnd = size,
  ): number {
    const digammas = this.#digammas,
      rare = this.#rare;
    let n = 0,
      sum = 0,
      own = 0,
      other = 0;
    for (let i = shared; i < ownEnd; i++) {
      const x = p[from + i]!;
      n += x;
      own += rare[x]!;
    }
    for (let i = ownEnd; i < size; i++) other += rare[q[fromQ + i]!]!;
    let together = own + other;
    for (let i = 0; i < shared; i++) {
      const x = p[from + i]!,
        y = q[fromQ + i]!;
      n += x;
      sum += digammas[x]! + digammas[y]! - digammas[x + y]!;
      own += rare[x]!;
      other += rare[y]!;
      together += rare[x + y]!;
    }
    if (n === 0) return NaN;
    if (this.#side.n !== n) {
      this.#side = UnseenEntropies.of(n);
      this.#both = UnseenEntropies.of(2 * n);
    }
    const plain = digammas[2 * n]! / (2 * n) - digammas[n]! / n + sum / (2 * n);
    const unseen = this.#both.of(together) - (this.#side.of(own) + this.#side.of(other)) / 2;
    return (plain + unseen) / Math.LN2;
  }
}
