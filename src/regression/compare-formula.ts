/** One regression on people and on simulations of the same people, coefficient by coefficient. */
import { sourceName, type Respondents, type Simulated } from "../study/index.js";
import { chiSquaredUpper, normalQuantile, tQuantile, twoSided } from "./distributions.js";
import { combine, tost } from "./equivalence.js";
import { EstimationError } from "./errors.js";
import { covarianceOf } from "./fit.js";
import { pseudoQuadratic } from "./linalg.js";
import { defaultMargin } from "./margin.js";
import { estimateModel, withClusters, type Model } from "./model.js";
import { bootstrapDifferences, jointDifferences } from "./paired.js";
import type { RecoverOptions, RecoveryRow } from "./recovery-types.js";
import { recoveryOf, signOf, type Recovery } from "./signs.js";

/** Signs of one simulation under one formula. */
export interface SeedSigns {
  source: string;
  formula: string;
  rows: { recovery: Recovery; estimable: boolean }[];
}

/** What happens to simulations that people's data survive; anything else is a mistake in the call. */
const collapsed = new Set(["too-few", "constant", "collinear", "separation", "convergence", "level"]);

/** Clusters are the people's own, who stand in the same order: simulations need not carry hidden items. */
const clustersOf = (human: Respondents, { cluster }: RecoverOptions) =>
  cluster === undefined ? {} : { cluster: human.column(cluster) };

/** One formula on people and on each simulation of them: rows, signs of each simulation, joint test. */
export function compareFormula(
  human: Respondents,
  simulated: readonly Simulated[],
  formula: string,
  alpha: number,
  wanted: RecoverOptions,
) {
  const options = withClusters(human, wanted);
  const base = {
    formula,
    ...(options.family ? { family: options.family } : {}),
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    ...(options.weights === undefined ? {} : { weights: options.weights }),
  };
  const model = estimateModel(human, base);
  const least = model.estimate.rss !== undefined;
  const covariance = options.covariance ?? (options.cluster !== undefined ? "cluster" : least ? "HC3" : "classical");
  const errors = {
    covariance,
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    ...(options.replicates === undefined ? {} : { replicates: options.replicates }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  };
  const h = covarianceOf(model, errors);
  const warnings: string[] = h.warnings.map((w) => `people: ${w}`);
  const interval = (estimate: number, se: number, df: number): [number, number] => {
    const c = df === Infinity ? -normalQuantile(alpha / 2) : -tQuantile(alpha / 2, df);
    return [estimate - c * se, estimate + c * se];
  };
  const e = model.estimate;
  const terms = e.names.map((_, j) => j).filter((j) => e.columnOf[j]! >= 0);
  if (!terms.length)
    throw new EstimationError("formula", `formula "${formula}" has no slope to recover; add a predictor`);
  const fits: { model: Model; v: Float64Array; df: number }[] = [];
  const seeds: SeedSigns[] = [];
  for (const s of simulated) {
    const source = sourceName(s);
    let fit: (typeof fits)[0] | undefined;
    try {
      // Simulations collapse more often than people: a belief that is the same for all is dropped, said and counted.
      const m = estimateModel(s, { ...base, ...clustersOf(human, options), collinear: "drop", family: model.family });
      sameReferences(model, m);
      const c = covarianceOf(m, errors);
      fit = { model: m, v: c.v, df: c.dfInference };
      fits.push(fit);
      for (const d of m.dropped) warnings.push(`${source}: ${d.reason}; its coefficient cannot be estimated.`);
      for (const w of [...m.estimate.warnings, ...c.warnings]) warnings.push(`${source}: ${w}`);
      if (m.estimate.n < e.n)
        warnings.push(`${source}: ${e.n - m.estimate.n} of ${e.n} persons have a missing simulated answer.`);
    } catch (error) {
      if (!(error instanceof EstimationError) || !collapsed.has(error.problem)) throw error;
      warnings.push(
        `${source}: the simulated regression cannot be estimated (${error.message}); its coefficients count as not significant.`,
      );
    }
    seeds.push({
      source,
      formula,
      rows: terms.map((j) => {
        const [low, high] = interval(e.beta[j]!, Math.sqrt(h.v[j * e.p + j]!), h.df?.[j] ?? h.dfInference);
        const at = fit ? fit.model.estimate.names.indexOf(e.names[j]!) : -1;
        const sim: [number, number] =
          at < 0
            ? [NaN, NaN]
            : interval(fit!.model.estimate.beta[at]!, Math.sqrt(fit!.v[at * fit!.model.estimate.p + at]!), fit!.df);
        return { recovery: recoveryOf(signOf(low, high), signOf(...sim)), estimable: at >= 0 };
      }),
    });
  }
  const names = terms.map((j) => e.names[j]!);
  const models = fits.map((f) => f.model);
  const joint = models.length
    ? options.difference === "bootstrap"
      ? bootstrapDifferences(model, models, names, human.n, {
          replicates: options.replicates ?? 999,
          seed: options.seed ?? 1,
        })
      : jointDifferences(model, models, names, human.n)
    : undefined;
  const dfDifference = !least ? Infinity : model.clusters.length ? h.dfInference : model.estimate.dfResidual;
  const rows: RecoveryRow[] = terms.map((j, t) => {
    const humanSe = Math.sqrt(h.v[j * e.p + j]!);
    const humanInterval = interval(e.beta[j]!, humanSe, h.df?.[j] ?? h.dfInference);
    const having = fits.map((f) => ({ f, at: f.model.estimate.names.indexOf(names[t]!) })).filter(({ at }) => at >= 0);
    const c = having.length
      ? combine(
          having.map(({ f, at }) => f.model.estimate.beta[at]!),
          having.map(({ f, at }) => f.v[at * f.model.estimate.p + at]!),
          Math.min(...having.map(({ f }) => f.df)),
        )
      : { estimate: NaN, se: NaN, df: Infinity };
    const simulatedInterval = having.length ? interval(c.estimate, c.se, c.df) : ([NaN, NaN] as [number, number]);
    const humanSign = signOf(...humanInterval);
    const simulatedSign = signOf(...simulatedInterval);
    const difference = joint ? joint.difference[t]! : NaN;
    const differenceSe = having.length && joint ? Math.sqrt(Math.max(0, joint.v[t * terms.length + t]!)) : NaN;
    const margin = defaultMargin(model, j, names[t]!, options.margin);
    const equivalenceP = having.length ? tost(difference, differenceSe, dfDifference, margin).p : NaN;
    return {
      formula,
      term: names[t]!,
      human: e.beta[j]!,
      humanSe,
      humanLow: humanInterval[0],
      humanHigh: humanInterval[1],
      humanP: pOf(e.beta[j]!, humanSe, h.df?.[j] ?? h.dfInference),
      humanSign,
      simulated: c.estimate,
      simulatedSe: c.se,
      simulatedLow: simulatedInterval[0],
      simulatedHigh: simulatedInterval[1],
      simulatedP: pOf(c.estimate, c.se, c.df),
      simulatedSign,
      estimable: having.length > 0,
      recovery: recoveryOf(humanSign, simulatedSign),
      humanInterval,
      simulatedInterval,
      overlap: overlap(humanInterval, simulatedInterval),
      covers: simulatedInterval[0] <= e.beta[j]! && e.beta[j]! <= simulatedInterval[1],
      difference,
      differenceSe,
      differenceP: differenceSe > 0 ? twoSided(difference / differenceSe, dfDifference) : difference === 0 ? 1 : NaN,
      margin,
      equivalenceP,
      equivalent: equivalenceP < alpha,
      ratio: c.estimate / e.beta[j]!,
    };
  });
  const tested = rows.map((r, t) => (r.estimable ? t : -1)).filter((t) => t >= 0);
  const k = tested.length;
  const v = Float64Array.from(
    { length: k * k },
    (_, at) => joint!.v[tested[Math.floor(at / k)]! * terms.length + tested[at % k]!]!,
  );
  const w = k
    ? pseudoQuadratic(
        v,
        k,
        tested.map((t) => rows[t]!.difference),
      )
    : { value: 0, rank: 0 };
  return {
    rows,
    seeds,
    warnings,
    n: e.n,
    family: model.family,
    covariance,
    humanNotes: model.notes,
    // Nothing tested, or no difference at all, rejects nothing.
    wald: { formula, statistic: w.value, df: w.rank, p: w.rank ? chiSquaredUpper(w.value, w.rank) : 1 },
  };
}

/** Coefficients of levels compare only where both sides measure them from the same reference. */
function sameReferences(human: Model, simulated: Model): void {
  const differ = (name: string, a: { label: string } | undefined, b: { label: string } | undefined) => {
    if (a && b && a.label !== b.label)
      throw new EstimationError(
        "level",
        `${name}: the reference ${a.label} does not occur in the simulation, so its coefficients would be measured from ${b.label}`,
        [name],
      );
  };
  if (human.family === "mlogit") differ(human.outcome.name, human.estimate.levels?.[0], simulated.estimate.levels?.[0]);
  for (const [code, e] of human.design.encoders) {
    const other = simulated.design.encoders.get(code);
    if (e.kind === "categorical" && other?.kind === "categorical")
      differ(e.column, e.levels[e.reference], other.levels[other.reference]);
  }
}

/** Two-sided p of an estimate; in an exact fit, where the error is zero, 1 for an estimate of zero and else 0. */
const pOf = (estimate: number, se: number, df: number): number =>
  twoSided(se === 0 ? (estimate === 0 ? 0 : Infinity) : estimate / se, df);

function overlap(a: readonly [number, number], b: readonly [number, number]): number {
  const common = Math.min(a[1], b[1]) - Math.max(a[0], b[0]);
  if (Number.isNaN(common)) return NaN;
  // An interval without width (an exact fit) lies inside the other or not.
  if (a[0] === a[1] || b[0] === b[1]) return common >= 0 ? 1 : 0;
  return Math.max(0, 0.5 * (common / (a[1] - a[0]) + common / (b[1] - b[0])));
}
