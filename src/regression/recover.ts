/** `regression.recover`: does a simulation of people give the regression that the people themselves give? */
import { marks, result, sourceName, type Respondents, type Result, type Simulated } from "../study/index.js";
import { normalQuantile, chiSquaredUpper, tQuantile, twoSided } from "./distributions.js";
import { combine, tost } from "./equivalence.js";
import { EstimationError } from "./errors.js";
import { covarianceOf, type FitOptions } from "./fit.js";
import { pseudoQuadratic } from "./linalg.js";
import { estimateModel, type Model } from "./model.js";
import { alignById } from "./align.js";
import { bootstrapDifferences, jointDifferences } from "./paired.js";
import { defaultMargin } from "./margin.js";
import {
  countSigns,
  rates,
  recoveryOf,
  sayRates,
  signOf,
  type Recovery,
  type Sign,
  type SignCounts,
  type SignRates,
} from "./signs.js";
import { verdictOf } from "./recovery-verdict.js";

export interface RecoverOptions extends Pick<FitOptions, "family" | "covariance" | "weights" | "replicates" | "seed"> {
  /** One formula or several; by default the codebook's. Sign counts are summed over formulas. */
  formula?: string | readonly string[];
  /** Level of significance and 1 − coverage of the intervals (default 0.05). */
  alpha?: number;
  /** Column of clusters of persons. */
  cluster?: string;
  /**
   * Equivalence margin: a number in coefficient units, one a term, or { standardised } (default { standardised: 0.1 }):
   * that many standard deviations of the outcome (logit: of the latent outcome, π/√3; probit: 1) for one standard
   * deviation of the column. 0.1 is Cohen's small correlation.
   */
  margin?: number | Readonly<Record<string, number>> | { standardised: number };
  /** Covariance of the paired differences: "joint" (stacked scores, default) or "bootstrap" (persons × seeds). */
  difference?: "joint" | "bootstrap";
}

/** One coefficient of the people's regression and what the simulation makes of it. */
export interface RecoveryRow {
  formula: string;
  term: string;
  human: number;
  humanSe: number;
  humanLow: number;
  humanHigh: number;
  humanP: number;
  humanSign: Sign;
  /** Mean over seeds, with an interval by Rubin's rules; NaN where it cannot be estimated. */
  simulated: number;
  simulatedSe: number;
  simulatedLow: number;
  simulatedHigh: number;
  simulatedP: number;
  simulatedSign: Sign;
  estimable: boolean;
  recovery: Recovery;
  humanInterval: [number, number];
  simulatedInterval: [number, number];
  /** Overlap of the two intervals as a share of their lengths, mean of the two shares (Karr et al. 2006); 0 when apart. */
  overlap: number;
  /** The simulated interval holds the human estimate. */
  covers: boolean;
  /** Simulated minus human, with the standard error of persons shared by both. */
  difference: number;
  differenceSe: number;
  differenceP: number;
  /** Equivalence margin and TOST p: below alpha the two are equal up to the margin. */
  margin: number;
  equivalenceP: number;
  equivalent: boolean;
  /** Simulated over human. */
  ratio: number;
}

/** What figures.forest draws. */
export interface RecoveryForestRow {
  term: string;
  source: string;
  estimate: number;
  low: number;
  high: number;
  recovery?: Recovery;
}

export interface RecoveryDetails extends SignRates {
  alpha: number;
  /** Signs of each simulation alone, summed over formulas and seeds; the rates above are of these. */
  signs: SignCounts;
  /** Signs of the rows: simulations of several seeds combined first. */
  combinedSigns: SignCounts & SignRates;
  /** Each formula and simulation by itself. */
  seeds: ({ source: string; formula: string } & SignCounts & SignRates)[];
  /** The rates with their counts, in words. */
  counts: string;
  /** Mean interval overlap; share of human estimates inside the simulated interval; share of coefficients equivalent. */
  meanOverlap: number;
  coverage: number;
  equivalentShare: number;
  /** Median of |simulated / human| over the coefficients significant in the people; null where there are none. */
  magnitudeRatio: number | null;
  /** Joint Wald test that all slopes are equal, one a formula. */
  wald: { formula: string; statistic: number; df: number; p: number }[];
  forest: RecoveryForestRow[];
  /** In a few sentences, by stated rules. */
  verdict: string;
  warnings: string[];
}

export type Recovered = Result<RecoveryRow> & RecoveryDetails;

/**
 * Fits the same regression to people and to simulations of them, matched by id, and compares coefficient by coefficient.
 *
 * Errors default to HC3 for least squares and to the classical ones for maximum likelihood. Simulated coefficients
 * that cannot be estimated (all answers alike, separation, a column that never varies) are reported and count as not
 * significant. Throws where the people's own regression cannot be estimated.
 */
export function recover(
  human: Respondents,
  simulated: Simulated | readonly Simulated[],
  options: RecoverOptions = {},
): Recovered {
  const alpha = options.alpha ?? 0.05;
  if (!(alpha > 0 && alpha < 1))
    throw new EstimationError("formula", `alpha is ${alpha}; expected a number between 0 and 1`);
  const seeds = (Array.isArray(simulated) ? simulated : [simulated]) as Simulated[];
  if (!seeds.length)
    throw new EstimationError("too-few", "there is no simulation to compare with; give one or several");
  const pairs = alignById(human, seeds);
  const formulas =
    options.formula === undefined
      ? [human.codebook.defaults.formula]
      : typeof options.formula === "string"
        ? [options.formula]
        : options.formula;
  const parts = formulas.map((formula) => one(pairs.human, pairs.simulated, formula, alpha, options));
  const rows = parts.flatMap((p) => p.rows);
  const perSeed = parts.flatMap((p) => p.seeds);
  const signs = countSigns(perSeed.flatMap((s) => s.rows));
  const combined = countSigns(rows);
  const significant = rows.filter((r) => r.humanSign !== "0" && r.estimable);
  const estimable = rows.filter((r) => r.estimable);
  const warnings = [...new Set([...pairs.notes, ...parts.flatMap((p) => p.warnings)])];
  const mean = (v: number[]) => (v.length ? v.reduce((a, b) => a + b, 0) / v.length : NaN);
  const simulatedName =
    seeds.length === 1
      ? sourceName(seeds[0]!)
      : `${[...new Set(seeds.map((s) => s.simulation.model))].join(", ")} (${seeds.length} simulations)`;
  const details: RecoveryDetails = {
    ...rates(signs),
    alpha,
    signs,
    combinedSigns: { ...combined, ...rates(combined) },
    seeds: perSeed.map((s) => ({
      source: s.source,
      formula: s.formula,
      ...countSigns(s.rows),
      ...rates(countSigns(s.rows)),
    })),
    counts: sayRates(signs),
    meanOverlap: mean(estimable.map((r) => r.overlap)),
    coverage: mean(estimable.map((r) => +r.covers)),
    equivalentShare: mean(rows.map((r) => +r.equivalent)),
    magnitudeRatio: significant.length ? median(significant.map((r) => Math.abs(r.ratio))) : null,
    wald: parts.map((p) => p.wald),
    forest: rows.flatMap((r) => [
      { term: r.term, source: sourceName(human), estimate: r.human, low: r.humanLow, high: r.humanHigh },
      ...(r.estimable
        ? [
            {
              term: r.term,
              source: simulatedName,
              estimate: r.simulated,
              low: r.simulatedLow,
              high: r.simulatedHigh,
              recovery: r.recovery,
            },
          ]
        : []),
    ]),
    verdict: "",
    warnings,
  };
  details.verdict = verdictOf(rows, details);
  const families = [...new Set(parts.map((p) => p.family))].join(", ");
  return result<RecoveryRow, RecoveryDetails>(
    {
      kind: "regression.recover",
      title: `Regression recovery: ${formulas.join(" | ")} (${families}, n = ${parts.map((p) => p.n).join(", ")}${seeds.length > 1 ? `, ${seeds.length} simulations` : ""})`,
      rows,
      columns: [
        ...(formulas.length > 1 ? [{ name: "formula" as const, format: "text" as const }] : []),
        { name: "term", title: "", format: "text" },
        { name: "human", title: "human" },
        { name: "humanInterval", title: `${percent(1 - alpha)}`, format: "interval" },
        { name: "simulated", title: "simulated" },
        { name: "simulatedInterval", title: `${percent(1 - alpha)}`, format: "interval" },
        { name: "recovery", format: "text" },
        { name: "overlap", format: "number", digits: 2 },
        { name: "differenceP", title: "p(diff.)", format: "p" },
        { name: "equivalenceP", title: "p(TOST)", format: "p" },
        { name: "ratio", title: "sim./human", digits: 2 },
      ],
      notes: notes(details, rows, parts, seeds.length, options),
      provenance: marks(human, ...seeds),
    },
    details,
  );
}

interface SeedSigns {
  source: string;
  formula: string;
  rows: { recovery: Recovery; estimable: boolean }[];
}

function one(
  human: Respondents,
  simulated: readonly Simulated[],
  formula: string,
  alpha: number,
  options: RecoverOptions,
) {
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
      const m = estimateModel(s, { ...base, collinear: "drop", family: model.family });
      const c = covarianceOf(m, errors);
      fit = { model: m, v: c.v, df: c.dfInference };
      fits.push(fit);
      for (const d of m.dropped) warnings.push(`${source}: ${d.reason}; its coefficient cannot be estimated.`);
      for (const w of [...m.estimate.warnings, ...c.warnings]) warnings.push(`${source}: ${w}`);
      if (m.estimate.n < e.n)
        warnings.push(`${source}: ${e.n - m.estimate.n} of ${e.n} persons have a missing simulated answer.`);
    } catch (error) {
      if (!(error instanceof EstimationError)) throw error;
      warnings.push(
        `${source}: the simulated regression cannot be estimated (${error.message}); its coefficients count as not significant.`,
      );
    }
    seeds.push({
      source,
      formula,
      rows: terms.map((j) => {
        const [low, high] = interval(e.beta[j]!, Math.sqrt(h.v[j * e.p + j]!), h.dfInference);
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
  const dfDifference = least ? model.estimate.dfResidual : Infinity;
  const rows: RecoveryRow[] = terms.map((j, t) => {
    const humanSe = Math.sqrt(h.v[j * e.p + j]!);
    const humanInterval = interval(e.beta[j]!, humanSe, h.dfInference);
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
      humanP: twoSided(e.beta[j]! / humanSe, h.dfInference),
      humanSign,
      simulated: c.estimate,
      simulatedSe: c.se,
      simulatedLow: simulatedInterval[0],
      simulatedHigh: simulatedInterval[1],
      simulatedP: twoSided(c.estimate / c.se, c.df),
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
    : { value: NaN, rank: 0 };
  return {
    rows,
    seeds,
    warnings,
    n: e.n,
    family: model.family,
    covariance,
    humanNotes: model.notes,
    wald: { formula, statistic: w.value, df: w.rank, p: w.rank ? chiSquaredUpper(w.value, w.rank) : NaN },
  };
}

function overlap(a: readonly [number, number], b: readonly [number, number]): number {
  const common = Math.min(a[1], b[1]) - Math.max(a[0], b[0]);
  if (Number.isNaN(common)) return NaN;
  return Math.max(0, 0.5 * (common / (a[1] - a[0]) + common / (b[1] - b[0])));
}

const percent = (v: number): string => `${Number((100 * v).toPrecision(4))}%`;

function median(v: number[]): number {
  const s = [...v].sort((a, b) => a - b);
  const m = Math.floor(s.length / 2);
  return s.length % 2 ? s[m]! : (s[m - 1]! + s[m]!) / 2;
}

function notes(
  d: RecoveryDetails,
  rows: readonly RecoveryRow[],
  parts: ReturnType<typeof one>[],
  seeds: number,
  options: RecoverOptions,
): string[] {
  const several = seeds > 1 || parts.length > 1;
  const tested = d.wald.filter((w) => w.df > 0);
  return [
    d.verdict,
    `Signs at α = ${d.alpha}, ${d.signs.terms} coefficients${several ? ` (${parts.length > 1 ? `${parts.length} formulas × ` : ""}${seeds} simulation${seeds > 1 ? "s" : ""}, each judged alone)` : ""}, intercept excluded: ${d.counts}. TP ${d.signs.truePositives}, FP ${d.signs.falsePositives}, FN ${d.signs.falseNegatives}, TN ${d.signs.trueNegatives}; ${d.signs.flipped} of opposite sign, counted as FP and FN.`,
    ...(several ? [`Rows: simulations combined by Rubin's rules; ${sayRates(d.combinedSigns)}.`] : []),
    ...(rows.some((r) => r.estimable)
      ? [
          `Mean interval overlap ${d.meanOverlap.toFixed(2)}; ${rows.filter((r) => r.covers).length} of ${rows.length} human estimates lie inside the simulated interval; ${rows.filter((r) => r.equivalent).length} of ${rows.length} equivalent within the margin (TOST${options.margin === undefined ? ", ±0.1 standardised" : ""}); ${d.magnitudeRatio === null ? "size ratio undefined: no human coefficient is significant" : `median size ${d.magnitudeRatio.toFixed(2)} × the human one where that is significant`}.`,
        ]
      : []),
    ...tested.map(
      (w) =>
        `All slopes equal${parts.length > 1 ? ` (${w.formula})` : ""}: Wald χ²(${w.df}) = ${w.statistic.toFixed(2)}, p ${w.p < 0.001 ? "< .001" : `= ${w.p.toFixed(3).replace(/^0/, "")}`} (persons are shared: ${options.difference === "bootstrap" ? "paired bootstrap of persons × seeds" : "joint covariance"}).`,
    ),
    `Standard errors: ${[...new Set(parts.map((p) => p.covariance))].join(", ")}.`,
    ...new Set(parts.flatMap((p) => p.humanNotes)),
    ...d.warnings,
  ];
}
