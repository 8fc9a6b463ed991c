/** Two regressions with a ridge penalty, fitted by gradient steps with momentum (Adam): proportional odds, multinomial logit. */

/** Probabilities of the options for one row of features. */
export type Predictor = (x: Float64Array) => number[];

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Shares of the options with half an observation added to each. */
function smoothed(y: readonly number[], options: number): Float64Array {
  const shares = new Float64Array(options).fill(0.5);
  for (const k of y) shares[k]! += 1;
  const total = y.length + 0.5 * options;
  return shares.map((s) => s / total);
}

/** Minimises a function of parameters by its gradient. */
function descend(parameters: Float64Array, gradient: (at: Float64Array, out: Float64Array) => void, steps = 250): void {
  const n = parameters.length;
  const g = new Float64Array(n),
    first = new Float64Array(n),
    second = new Float64Array(n);
  for (let step = 1; step <= steps; step++) {
    g.fill(0);
    gradient(parameters, g);
    const a = 1 - 0.9 ** step,
      b = 1 - 0.98 ** step;
    for (let j = 0; j < n; j++) {
      first[j] = 0.9 * first[j]! + 0.1 * g[j]!;
      second[j] = 0.98 * second[j]! + 0.02 * g[j]! ** 2;
      parameters[j]! -= (0.05 * (first[j]! / a)) / (Math.sqrt(second[j]! / b) + 1e-8);
    }
  }
}

/**
 * Proportional odds: P(y ≤ k) = σ(threshold_k − x·β). Thresholds are held near those of the smoothed margin, β near
 * zero by `penalty`. `y` are option indices 0 … options − 1.
 */
export function fitOrdered(x: Float64Array[], y: number[], options: number, penalty: number): Predictor {
  const features = x[0]?.length ?? 0,
    cuts = options - 1;
  const margin = smoothed(y, options);
  const start = new Float64Array(cuts);
  let sum = 0;
  for (let k = 0; k < cuts; k++) start[k] = Math.log((sum += margin[k]!) / (1 - sum));
  const parameters = new Float64Array(cuts + features);
  parameters.set(start);
  const score = (row: Float64Array, at: Float64Array) => {
    let eta = 0;
    for (let j = 0; j < features; j++) eta += at[cuts + j]! * row[j]!;
    return eta;
  };
  descend(parameters, (at, out) => {
    for (let i = 0; i < x.length; i++) {
      const eta = score(x[i]!, at),
        k = y[i]!;
      const upper = k < cuts ? sigmoid(at[k]! - eta) : 1,
        lower = k > 0 ? sigmoid(at[k - 1]! - eta) : 0;
      const p = Math.max(1e-4, upper - lower);
      const du = k < cuts ? upper * (1 - upper) : 0,
        dl = k > 0 ? lower * (1 - lower) : 0;
      if (k < cuts) out[k]! -= du / p;
      if (k > 0) out[k - 1]! += dl / p;
      for (let j = 0; j < features; j++) out[cuts + j]! += ((du - dl) / p) * x[i]![j]!;
    }
    for (let k = 0; k < cuts; k++) out[k]! += at[k]! - start[k]!;
    for (let j = cuts; j < at.length; j++) out[j]! += penalty * at[j]!;
  });
  return (row) => {
    const eta = score(row, parameters);
    let below = 0;
    return Array.from({ length: options }, (_, k) => {
      const next = k < cuts ? Math.max(below, sigmoid(parameters[k]! - eta)) : 1;
      const p = next - below;
      below = next;
      return p;
    });
  };
}

/** Multinomial logit with intercepts free and slopes penalised. */
export function fitMultinomial(x: Float64Array[], y: number[], options: number, penalty: number): Predictor {
  const features = x[0]?.length ?? 0,
    width = features + 1;
  const parameters = new Float64Array(options * width);
  smoothed(y, options).forEach((share, k) => (parameters[k * width + features] = Math.log(share)));
  const shares = (row: Float64Array, at: Float64Array) => {
    const weights = Array.from({ length: options }, (_, k) => {
      let eta = at[k * width + features]!;
      for (let j = 0; j < features; j++) eta += at[k * width + j]! * row[j]!;
      return eta;
    });
    const top = Math.max(...weights);
    const exp = weights.map((w) => Math.exp(w - top));
    const total = exp.reduce((a, b) => a + b, 0);
    return exp.map((w) => w / total);
  };
  descend(parameters, (at, out) => {
    for (let k = 0; k < options; k++)
      for (let j = 0; j < features; j++) out[k * width + j] = penalty * at[k * width + j]!;
    for (let i = 0; i < x.length; i++) {
      const p = shares(x[i]!, at);
      for (let k = 0; k < options; k++) {
        const d = p[k]! - (y[i] === k ? 1 : 0);
        for (let j = 0; j < features; j++) out[k * width + j]! += d * x[i]![j]!;
        out[k * width + features]! += d;
      }
    }
  });
  return (row) => shares(row, parameters);
}
