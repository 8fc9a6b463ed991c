/** How a latent quantity becomes an answer: scales, positions in percent, heaping, and the random numbers behind them. */

/** mulberry32 and Box–Muller: fast, and enough for drawing a corpus. */
export function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return Object.assign(next, {
    normal: () => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next()),
    between: (low, high) => low + (high - low) * next(),
    pick: (list) => list[Math.floor(next() * list.length)],
    chance: (p) => next() < p,
    shuffle: (list) => {
      const out = [...list];
      for (let i = out.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1));
        [out[i], out[j]] = [out[j], out[i]];
      }
      return out;
    },
  });
}

export const clamp = (x, low, high) => Math.max(low, Math.min(high, x));
export const logistic = (x) => 1 / (1 + Math.exp(-x));
/** Standard normal distribution function by its logistic approximation. */
export const normalShare = (x) => logistic(1.702 * x);
export const probit = (p) => Math.log(p / (1 - p)) / 1.702;

/** Position of option k of n in percent of the scale: the number token that stands for it. */
export const percent = (k, n) => (n === 1 ? 50 : Math.round((100 * k) / (n - 1)));

/** The option whose share of the population a standard-normal latent falls into; `mean` and `spread` shape the marginal. */
export const ordered = (x, n, mean = 0, spread = 1) => clamp(Math.floor(n * normalShare(spread * x + mean)), 0, n - 1);

/** People answer in round numbers: on long scales some go to the nearest 10, 25 or 50 percent. */
export function heaped(random, k, n, heap) {
  if (!heap || n < 5) return k;
  const u = random();
  if (u < heap.middle && n % 2) return (n - 1) / 2;
  if (n >= 11 && u < heap.middle + heap.round) {
    const grid = (heap.grids ? heap.grids[weighted(random, heap.shares)] : heap.grid) / 100;
    return Math.round(Math.round(k / (n - 1) / grid) * grid * (n - 1));
  }
  return k;
}

/**
 * A study's habit of rounding. Given the length of a long scale (more than 50 points), nearly everybody rounds, each to
 * a grid of their own, most to tens (Manski & Molinari 2010).
 */
export const habit = (random, n = 0) =>
  n > 50
    ? {
        middle: random.between(0, 0.25),
        round: random.between(0.75, 1),
        grids: [5, 10, 25, 50],
        shares: [random.between(0.1, 1), random.between(0.5, 2), random.between(0, 0.5), random.between(0, 0.25)],
      }
    : {
        middle: random.chance(0.5) ? random.between(0, 0.3) : 0,
        round: random.chance(0.6) ? random.between(0.2, 0.95) : 0,
        grid: random.pick([5, 10, 10, 25]),
      };

/** One step up or down now and then: what little the collapsed mode varies. */
export const jitter = (random, k, n, share = 0.06) =>
  random.chance(share) ? clamp(k + (random.chance(0.5) ? -1 : 1), 0, n - 1) : k;

/** An index drawn with these weights. */
export function weighted(random, weights) {
  let u = random() * weights.reduce((a, b) => a + b);
  for (let i = 0; i < weights.length - 1; i++) if ((u -= weights[i]) < 0) return i;
  return weights.length - 1;
}
