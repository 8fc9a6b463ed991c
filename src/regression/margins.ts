/** Average marginal effects with delta-method standard errors. */
import { result, type Result } from "../study/index.js";
import { logNormalCdf, normalDensity, normalQuantile, tQuantile, twoSided } from "./distributions.js";
import { EstimationError } from "./errors.js";
import type { Estimate } from "./estimate.js";
import { modelOf, type Fit } from "./fit.js";
import type { Frame } from "./frame.js";
import { times } from "./linalg.js";
import type { Model } from "./model.js";

export interface MarginalEffectRow {
  variable: string;
  /** "dy/dx", or the levels compared ("both − none"). */
  contrast: string;
  /** Answer whose probability changes, for models of several answers. */
  outcome: string;
  effect: number;
  se: number;
  statistic: number;
  p: number;
  low: number;
  high: number;
}

export interface MarginalEffectOptions {
  /** Columns of the data (default: all that the formula reads). */
  variables?: readonly string[];
  /** Treat 0/1 columns as a change from 0 to 1 (default false: as a slope, as statsmodels does). */
  discrete?: boolean;
  /** Intervals cover 1 − alpha (default: the fit's). */
  alpha?: number;
}

/**
 * By how much the expected outcome (a probability, a count) changes with a column, averaged over the rows used. A
 * column that enters in several terms (age, age², age × PID) has one effect. Categorical columns: each level against
 * the reference. Standard errors by the delta method from the fit's own covariance (Greene 2018, §17.3.2).
 */
export function marginalEffects(fit: Fit, options: MarginalEffectOptions = {}): Result<MarginalEffectRow> {
  const model = modelOf(fit);
  const { design: d } = model;
  const alpha = options.alpha ?? fit.alpha;
  const read = d.formula.columns.filter((c) =>
    d.formula.terms.some((t) => t.factors.some((f) => JSON.stringify(f).includes(`"name":${JSON.stringify(c)}`))),
  );
  const wanted = options.variables ?? read;
  for (const v of wanted)
    if (!read.includes(v))
      throw new EstimationError("column", `the model has no predictor ${v}; it has ${read.join(", ")}`, [v]);
  const v = Float64Array.from(fit.vcov.flat());
  const df = fit.dfInference;
  const critical = df === Infinity ? -normalQuantile(alpha / 2) : -tQuantile(alpha / 2, df);
  const rows = wanted
    .flatMap((variable) => effectsOf(model, variable, options.discrete ?? false))
    .map(({ gradient, ...e }): MarginalEffectRow => {
      const p = gradient.length;
      let variance = 0;
      for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) variance += gradient[i]! * v[i * p + j]! * gradient[j]!;
      const se = Math.sqrt(Math.max(0, variance));
      const statistic = e.effect / se;
      return {
        ...e,
        se,
        statistic,
        p: twoSided(statistic, df),
        low: e.effect - critical * se,
        high: e.effect + critical * se,
      };
    });
  const several = rows.some((r) => r.outcome !== "");
  return result({
    kind: "regression.marginalEffects",
    title: `Average marginal effects: ${fit.formula}`,
    rows,
    columns: [
      { name: "variable", title: "", format: "text" },
      { name: "contrast", title: "", format: "text" },
      ...(several ? [{ name: "outcome" as const, format: "text" as const }] : []),
      { name: "effect", digits: 4 },
      { name: "se", title: "std. err.", digits: 4 },
      { name: "p", format: "p" },
      { name: "low", title: "low", digits: 4 },
      { name: "high", digits: 4 },
    ],
    notes: [
      `Change of the expected outcome${fit.family === "ols" || fit.family === "wls" ? "" : fit.family === "poisson" ? " (counts)" : " (probability)"}, averaged over ${fit.n} rows; delta-method errors (${fit.covariance}).`,
    ],
    provenance: fit.provenance,
  });
}

interface Effect {
  variable: string;
  contrast: string;
  outcome: string;
  effect: number;
  gradient: Float64Array;
}

function effectsOf(model: Model, variable: string, discrete: boolean): Effect[] {
  const { design: d, rows } = model;
  const encoders = [...d.encoders.values()];
  const categorical = encoders.find((e) => e.kind === "categorical" && e.column === variable);
  const numbers = d.frame.numbers(variable);
  const columns = model.problem.names.map((name) => d.names.indexOf(name));
  const matrix = (values: (i: number) => number | string): Float64Array => {
    const x = d.apply(changed(d.frame, variable, values), rows).x;
    const n = rows.length;
    const out = new Float64Array(n * columns.length);
    columns.forEach((c, j) => out.set(x.subarray(c * n, (c + 1) * n), j * n));
    return out;
  };
  if (categorical?.kind === "categorical") {
    const reference = categorical.levels[categorical.reference]!;
    const base = matrix(() => reference.value);
    return categorical.levels
      .filter((l) => l !== reference)
      .flatMap((l) =>
        change(
          model,
          base,
          matrix(() => l.value),
        ).map((e) => ({ ...e, variable, contrast: `${l.label} − ${reference.label}` })),
      );
  }
  if (!numbers)
    throw new EstimationError("column", `${variable} is categorical and has no marginal effect of its own here`, [
      variable,
    ]);
  if (discrete && [...rows].every((r) => numbers[r] === 0 || numbers[r] === 1))
    return change(
      model,
      matrix(() => 0),
      matrix(() => 1),
    ).map((e) => ({ ...e, variable, contrast: "1 − 0" }));
  // The derivative of the columns by the variable: exact for products and squares, to 1e-9 for other smooth functions.
  let mean = 0;
  let square = 0;
  for (const r of rows) mean += numbers[r]! / rows.length;
  for (const r of rows) square += (numbers[r]! - mean) ** 2 / rows.length;
  const h = 1e-4 * (Math.sqrt(square) || 1);
  const up = matrix((i) => numbers[i]! + h);
  const down = matrix((i) => numbers[i]! - h);
  return slope(
    model,
    up.map((v, i) => (v - down[i]!) / (2 * h)),
  ).map((e) => ({ ...e, variable, contrast: "dy/dx" }));
}

/** A frame in which one column has other values. */
function changed(frame: Frame, name: string, value: (i: number) => number | string): Frame {
  const values = Array.from({ length: frame.n }, (_, i) => value(i));
  const original = frame.numbers(name);
  return {
    ...frame,
    values: (c) => (c === name ? values : frame.values(c)),
    numbers: (c) => (c === name && original ? Float64Array.from(values, Number) : frame.numbers(c)),
  };
}

type Bare = Omit<Effect, "variable" | "contrast">;

/** First and second derivative of the mean by the linear predictor. */
const links: Record<string, (eta: number, mu: number) => [number, number]> = {
  ols: () => [1, 0],
  wls: () => [1, 0],
  lpm: () => [1, 0],
  logit: (_, mu) => [mu * (1 - mu), mu * (1 - mu) * (1 - 2 * mu)],
  probit: (eta) => [normalDensity(eta), -eta * normalDensity(eta)],
  poisson: (_, mu) => [mu, mu],
};

function meansAt(e: Estimate, eta: Float64Array): Float64Array {
  if (e.family === "logit") return eta.map((v) => (v < 0 ? Math.exp(v) / (1 + Math.exp(v)) : 1 / (1 + Math.exp(-v))));
  if (e.family === "probit") return eta.map((v) => Math.exp(logNormalCdf(v)));
  return e.family === "poisson" ? eta.map(Math.exp) : eta;
}

const shares = (w: Float64Array | undefined, n: number): Float64Array => {
  if (!w) return new Float64Array(n).fill(1 / n);
  const total = w.reduce((a, v) => a + v, 0);
  return w.map((v) => v / total);
};

function slope(model: Model, dx: Float64Array): Bare[] {
  const { estimate: e, problem } = model;
  const { n, k, x } = problem;
  const share = shares(problem.w, n);
  if (!e.index) return severalOutcomes(model, (beta) => probabilitySlopes(model, beta, x, dx, share));
  const eta = e.linear;
  const mu = meansAt(e, eta);
  const direction = times(dx, n, k, e.beta);
  const gradient = new Float64Array(k);
  let effect = 0;
  for (let i = 0; i < n; i++) {
    const [first, second] = links[e.family]!(eta[i]!, mu[i]!);
    effect += share[i]! * first * direction[i]!;
    for (let j = 0; j < k; j++)
      gradient[j]! += share[i]! * (second * direction[i]! * x[j * n + i]! + first * dx[j * n + i]!);
  }
  return [{ outcome: "", effect, gradient }];
}

function change(model: Model, from: Float64Array, to: Float64Array): Bare[] {
  const { estimate: e, problem } = model;
  const { n, k } = problem;
  const share = shares(problem.w, n);
  if (!e.index)
    return severalOutcomes(model, (beta) => {
      const a = probabilities(model, beta, from);
      return probabilities(model, beta, to).map((p, l) => p.reduce((s, v, i) => s + share[i]! * (v - a[l]![i]!), 0));
    });
  const gradient = new Float64Array(k);
  let effect = 0;
  for (const [x, sign] of [
    [to, 1],
    [from, -1],
  ] as const) {
    const eta = times(x, n, k, e.beta);
    if (problem.offset) for (let i = 0; i < n; i++) eta[i]! += problem.offset[i]!;
    const mu = meansAt(e, eta);
    for (let i = 0; i < n; i++) {
      effect += sign * share[i]! * mu[i]!;
      const first = links[e.family]!(eta[i]!, mu[i]!)[0];
      for (let j = 0; j < k; j++) gradient[j]! += sign * share[i]! * first * x[j * n + i]!;
    }
  }
  return [{ outcome: "", effect, gradient }];
}

/** Effects on each answer, with gradients by fourth-order central differences in the coefficients. */
function severalOutcomes(model: Model, effects: (beta: Float64Array) => number[]): Bare[] {
  const { estimate: e } = model;
  const at = effects(e.beta);
  const gradients = at.map(() => new Float64Array(e.p));
  for (let j = 0; j < e.p; j++) {
    const column = e.columnOf[j]!;
    const size = column < 0 ? 1 : e.space.scale[Math.max(0, e.family === "mlogit" ? column : j + 1)] || 1;
    const h = 1e-3 / size;
    const shifted = (s: number) => effects(e.beta.map((b, i) => (i === j ? b + s * h : b)));
    const [a, b, c, d] = [shifted(-2), shifted(-1), shifted(1), shifted(2)];
    at.forEach((_, l) => (gradients[l]![j] = (a[l]! - 8 * b[l]! + 8 * c[l]! - d[l]!) / (12 * h)));
  }
  return at.map((effect, l) => ({ outcome: e.levels![l]!.label, effect, gradient: gradients[l]! }));
}

/** Probability of each answer, one array an answer. */
function probabilities(model: Model, beta: Float64Array, x: Float64Array): Float64Array[] {
  return parts(model, beta, x).map((a) => a.p);
}

function probabilitySlopes(
  model: Model,
  beta: Float64Array,
  x: Float64Array,
  dx: Float64Array,
  share: Float64Array,
): number[] {
  return parts(model, beta, x, dx).map((a) => a.slope!.reduce((s, v, i) => s + share[i]! * v, 0));
}

/** Probabilities and, with the columns' derivatives, their slopes. */
function parts(
  model: Model,
  beta: Float64Array,
  x: Float64Array,
  dx?: Float64Array,
): { p: Float64Array; slope?: Float64Array }[] {
  const { estimate: e, problem } = model;
  const { n, k } = problem;
  const levels = e.levels!.length;
  if (e.family === "mlogit") {
    const b = (l: number) => (l === 0 ? new Float64Array(k) : beta.subarray((l - 1) * k, l * k));
    const eta = Array.from({ length: levels }, (_, l) => times(x, n, k, b(l)));
    const d = dx && Array.from({ length: levels }, (_, l) => times(dx, n, k, b(l)));
    const out = eta.map(() => ({ p: new Float64Array(n), ...(d ? { slope: new Float64Array(n) } : {}) }));
    for (let i = 0; i < n; i++) {
      const top = Math.max(...eta.map((v) => v[i]!));
      const total = eta.reduce((s, v) => s + Math.exp(v[i]! - top), 0);
      out.forEach((o, l) => (o.p[i] = Math.exp(eta[l]![i]! - top) / total));
      if (!d) continue;
      const mean = out.reduce((s, o, l) => s + o.p[i]! * d[l]![i]!, 0);
      out.forEach((o, l) => (o.slope![i] = o.p[i]! * (d[l]![i]! - mean)));
    }
    return out;
  }
  const b = new Float64Array(k);
  let slopes = 0;
  e.columnOf.forEach((column, j) => {
    if (column >= 0) {
      b[column] = beta[j]!;
      slopes++;
    }
  });
  const eta = times(x, n, k, b);
  const d = dx && times(dx, n, k, b);
  const F = (t: number): number =>
    e.family === "oprobit"
      ? Math.exp(logNormalCdf(t))
      : t < 0
        ? Math.exp(t) / (1 + Math.exp(t))
        : 1 / (1 + Math.exp(-t));
  const f = (t: number): number => (e.family === "oprobit" ? normalDensity(t) : F(t) * (1 - F(t)));
  return Array.from({ length: levels }, (_, l) => {
    const p = new Float64Array(n);
    const slope = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const high = l < levels - 1 ? beta[slopes + l]! - eta[i]! : Infinity;
      const low = l > 0 ? beta[slopes + l - 1]! - eta[i]! : -Infinity;
      p[i] = (high === Infinity ? 1 : F(high)) - (low === -Infinity ? 0 : F(low));
      if (d) slope[i] = -d[i]! * ((high === Infinity ? 0 : f(high)) - (low === -Infinity ? 0 : f(low)));
    }
    return d ? { p, slope } : { p };
  });
}
