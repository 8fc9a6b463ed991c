/**
 * Shares `n` seats out in proportion to `weights`, at most `capacity` each, by the divisor method of Sainte-Laguë
 * (Webster). A divisor method is house-monotone: with more seats no stratum loses one, so larger samples can
 * contain smaller ones, which rounding by largest remainders does not give. The first seats go one to each stratum
 * from the heaviest on (`minimum: 1`), so that every stratum has people whenever `n` allows.
 */
export function allocate(n: number, weights: readonly number[], capacity: readonly number[], minimum = 1): number[] {
  const total = capacity.reduce((a, b) => a + b, 0);
  if (n > total) throw new Error(`n is ${n}, but there are only ${total} respondents to draw from`);
  const seats = weights.map(() => 0);
  const order = weights.map((_, h) => h).sort((a, b) => weights[b]! - weights[a]! || a - b);
  let left = n;
  for (let round = 0; round < minimum; round++)
    for (const h of order)
      if (left > 0 && seats[h]! < capacity[h]!) {
        seats[h]!++;
        left--;
      }
  for (; left > 0; left--) {
    let best = -1,
      most = -1;
    for (const h of order) {
      const quotient = weights[h]! / (2 * seats[h]! + 1);
      if (seats[h]! < capacity[h]! && quotient > most) [best, most] = [h, quotient];
    }
    seats[best]!++;
  }
  return seats;
}
