/**
 * Differences between the coefficients of people and of simulations of the same people. The two samples share the
 * persons, so their estimates are correlated: the covariance is taken jointly, over persons.
 */
import { random } from "../study/index.js";
import { checkReplicates, drawsCovariance, refitter } from "./bootstrap.js";
import { influence } from "./covariance.js";
import { EstimationError } from "./errors.js";
import type { Model } from "./model.js";

export interface Differences {
  /** Simulated (mean over seeds) minus human, one a term; NaN where no seed has the term. */
  difference: Float64Array;
  /** Covariance of the differences, terms × terms. */
  v: Float64Array;
}

/** Index of each term among a model's parameters, −1 where it lacks it. */
const places = (model: Model, terms: readonly string[]): number[] => terms.map((t) => model.estimate.names.indexOf(t));

/** Simulated minus human for each term. Rows of all models must be the same persons in the same order (before omissions). */
function pointDifferences(human: Model, simulated: readonly Model[], terms: readonly string[]): Float64Array {
  const at = places(human, terms);
  return Float64Array.from(terms, (_, t) => {
    const found = simulated
      .map((s) => s.estimate.names.indexOf(terms[t]!))
      .flatMap((j, m) => (j < 0 ? [] : [simulated[m]!.estimate.beta[j]!]));
    return found.length ? found.reduce((a, v) => a + v, 0) / found.length - human.estimate.beta[at[t]!]! : NaN;
  });
}

/**
 * Joint sandwich covariance: each person's influence on the simulated coefficients (mean over seeds) minus their
 * influence on the human ones, squared and summed over persons or clusters (stacked estimating equations; Weesie 1999,
 * Stata's suest), with the n / (n − k) correction of HC1. With several seeds the variance between them over their
 * number is added, so that the finetuning's own luck counts.
 */
export function jointDifferences(
  human: Model,
  simulated: readonly Model[],
  terms: readonly string[],
  persons: number,
): Differences {
  const q = terms.length;
  const u = new Float64Array(persons * q);
  const add = (model: Model, share: (t: number) => number) => {
    const { estimate: e, rows } = model;
    const f = influence(e);
    const correction = Math.sqrt(e.n / Math.max(1, e.n - e.p));
    places(model, terms).forEach((j, t) => {
      if (j < 0) return;
      const weight = share(t) * correction;
      for (let i = 0; i < e.n; i++) u[t * persons + rows[i]!]! += weight * f[j * e.n + i]!;
    });
  };
  const having = terms.map((t) => simulated.filter((s) => s.estimate.names.includes(t)).length);
  add(human, () => -1);
  for (const s of simulated) add(s, (t) => 1 / having[t]!);
  const group = human.clusters[0];
  let rowsOf = u;
  let n = persons;
  if (group) {
    const code = new Map([...human.rows].map((r, i) => [r, group.codes[i]!]));
    n = group.count;
    rowsOf = new Float64Array(n * q);
    for (let t = 0; t < q; t++)
      for (let i = 0; i < persons; i++)
        if (code.has(i)) rowsOf[t * n + code.get(i)!]! += u[t * persons + i]! * Math.sqrt(n / (n - 1));
  }
  const v = new Float64Array(q * q);
  for (let a = 0; a < q; a++)
    for (let b = a; b < q; b++) {
      let s = 0;
      for (let i = 0; i < n; i++) s += rowsOf[a * n + i]! * rowsOf[b * n + i]!;
      v[a * q + b] = v[b * q + a] = s;
    }
  if (simulated.length > 1) addBetween(v, simulated, terms);
  return { difference: pointDifferences(human, simulated, terms), v };
}

function addBetween(v: Float64Array, simulated: readonly Model[], terms: readonly string[]): void {
  const q = terms.length;
  const betas = simulated.map((s) => places(s, terms).map((j) => (j < 0 ? NaN : s.estimate.beta[j]!)));
  for (let a = 0; a < q; a++)
    for (let b = a; b < q; b++) {
      const both = betas.filter((x) => !Number.isNaN(x[a]!) && !Number.isNaN(x[b]!));
      if (both.length < 2) continue;
      const mean = (t: number) => both.reduce((s, x) => s + x[t]!, 0) / both.length;
      const [ma, mb] = [mean(a), mean(b)];
      const s = both.reduce((sum, x) => sum + (x[a]! - ma) * (x[b]! - mb), 0) / (both.length - 1) / both.length;
      v[a * q + b]! += s;
      if (a !== b) v[b * q + a]! += s;
    }
}

/** The same by bootstrap: persons and their simulations are drawn together, and seeds with replacement. */
export function bootstrapDifferences(
  human: Model,
  simulated: readonly Model[],
  terms: readonly string[],
  persons: number,
  options: { replicates: number; seed: number },
): Differences & { failed: number } {
  checkReplicates(options.replicates);
  const next = random(options.seed, "paired bootstrap");
  const models = [human, ...simulated];
  const refit = models.map(refitter);
  const at = models.map((m) => places(m, terms));
  const counts = models.map((m) => new Float64Array(m.problem.n));
  const q = terms.length;
  const out = new Float64Array(options.replicates * q);
  let done = 0;
  for (let r = 0; r < options.replicates; r++) {
    const times = new Float64Array(persons);
    const group = human.clusters[0];
    if (group) {
      const drawn = new Float64Array(group.count);
      for (let i = 0; i < group.count; i++) drawn[next.integer(group.count)]!++;
      human.rows.forEach((row, i) => (times[row] = drawn[group.codes[i]!]!));
    } else for (let i = 0; i < persons; i++) times[next.integer(persons)]!++;
    const seeds = new Float64Array(simulated.length);
    for (let i = 0; i < simulated.length; i++) seeds[next.integer(simulated.length)]!++;
    const betas = models.map((m, k) => {
      if (k > 0 && seeds[k - 1] === 0) return undefined;
      m.rows.forEach((row, i) => (counts[k]![i] = times[row]!));
      return refit[k]!(counts[k]!);
    });
    if (betas.some((b) => b === null)) continue;
    for (let t = 0; t < q; t++) {
      let sum = 0;
      let weight = 0;
      for (let k = 1; k < models.length; k++)
        if (seeds[k - 1]! > 0 && at[k]![t]! >= 0) {
          sum += seeds[k - 1]! * betas[k]![at[k]![t]!]!;
          weight += seeds[k - 1]!;
        }
      out[done * q + t] = sum / weight - betas[0]![at[0]![t]!]!;
    }
    done++;
  }
  if (done < 10)
    throw new EstimationError(
      "separation",
      `only ${done} of ${options.replicates} paired bootstrap refits had an estimate; use difference: "joint"`,
    );
  const v = drawsCovariance({ estimates: out.subarray(0, done * q), replicates: done, p: q, failed: 0 });
  return { difference: pointDifferences(human, simulated, terms), v, failed: options.replicates - done };
}
