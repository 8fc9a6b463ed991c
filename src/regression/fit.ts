/** `regression.fit` and the named verbs: a model estimated and described. */
import { marks, result, type Column, type Result } from "../study/index.js";
import { bootstrapDraws, drawsCovariance, drawsQuantile, type BootstrapOptions } from "./bootstrap.js";
import { biasReduced, type BiasReduced } from "./bias-reduced.js";
import { classical, clustered, covarianceTypes, heteroskedastic, type CovarianceType } from "./covariance.js";
import { chiSquaredUpper, fUpper, normalQuantile, tQuantile, twoSided } from "./distributions.js";
import { EstimationError } from "./errors.js";
import type { Family } from "./estimate.js";
import type { Data } from "./frame.js";
import { pseudoQuadratic } from "./linalg.js";
import { estimateModel, withClusters, type Model, type ModelOptions } from "./model.js";

export interface FitOptions extends ModelOptions, BootstrapOptions {
  /** Covariance of the coefficients: "classical" (default), "HC0" … "HC4", "cluster" (default where `cluster` is given), "CR2" (clustered, for few clusters), "bootstrap". */
  covariance?: CovarianceType;
  /** Degrees of freedom of t: "residual" (default), or "satterthwaite" (Bell & McCaffrey 2002; with CR2, its default, and HC2). */
  degreesOfFreedom?: "residual" | "satterthwaite";
  /** Intervals cover 1 − alpha (default 0.05). */
  alpha?: number;
}

/** One coefficient. A column that was dropped has NaN throughout. */
export interface CoefficientRow {
  term: string;
  estimate: number;
  se: number;
  /** t for least squares and CR2, z for maximum likelihood. */
  statistic: number;
  /** Degrees of freedom of the statistic; Infinity for z. */
  df: number;
  p: number;
  low: number;
  high: number;
}

export interface FitDetails {
  family: Family;
  formula: string;
  covariance: CovarianceType;
  alpha: number;
  /** Rows used. */
  n: number;
  /** Names of the parameters, as in `rows`. */
  names: string[];
  coefficients: number[];
  /** Covariance matrix of the coefficients (p × p). */
  vcov: number[][];
  dfResidual: number;
  /** Degrees of freedom of the statistics; Infinity for z. With Satterthwaite's each row has its own (`df`), and this is the smallest. */
  dfInference: number;
  logLikelihood: number;
  aic: number;
  bic: number;
  /** Least squares: R², adjusted, residual standard deviation. */
  rSquared?: number;
  rSquaredAdjusted?: number;
  sigma?: number;
  /** Maximum likelihood with an intercept: McFadden's pseudo-R². */
  pseudoRSquared?: number;
  /** Test that all slopes are zero: F for least squares (Wald with the chosen covariance), likelihood ratio else. */
  overall?: { statistic: number; df: number; dfResidual?: number; p: number; name: "F" | "likelihood ratio" };
  dropped: { name: string; reason: string }[];
  /** Index, in the data, of each row used. */
  rowsUsed: Int32Array;
  /** Expected outcome of each row used; for several outcomes one array a level. */
  fitted: Float64Array;
  /** Raw residuals (least squares, logit, probit, Poisson). */
  residuals?: Float64Array;
  warnings: string[];
}

/** A fitted model: one row a coefficient, and everything a summary has. */
export type Fit = Result<CoefficientRow> & FitDetails;

const titles: Record<Family, string> = {
  ols: "OLS",
  wls: "Weighted least squares",
  lpm: "Linear probability model",
  logit: "Logit",
  probit: "Probit",
  poisson: "Poisson",
  mlogit: "Multinomial logit",
  ologit: "Ordered logit",
  oprobit: "Ordered probit",
};

const models = new WeakMap<object, Model>();

/** The model behind a fit (design matrix, scores), for tests and plots of other modules. */
export function modelOf(fit: object): Model {
  const model = models.get(fit);
  if (!model) throw new EstimationError("formula", "expected a fit as regression.fit returns it (not a copy)");
  return model;
}

/**
 * Fits a regression. The formula, family and clusters default to the codebook's.
 *
 * Statistics are t with n − k degrees of freedom for least squares (G − 1 where errors are clustered in G groups, the
 * smaller of two ways) and z for maximum likelihood. Bootstrap intervals are percentile intervals.
 */
export function fit(data: Data, options: FitOptions = {}): Fit {
  const asked = withClusters(data, options);
  return describe(estimateModel(data, asked), asked);
}

/** The covariance that options ask for. */
export function covarianceOf(
  model: Model,
  options: Pick<FitOptions, "covariance" | "cluster" | "replicates" | "seed" | "degreesOfFreedom">,
): {
  type: CovarianceType;
  v: Float64Array;
  dfInference: number;
  /** Degrees of freedom of each coefficient, where they differ. */
  df?: Float64Array;
  warnings: string[];
  draws?: ReturnType<typeof bootstrapDraws>;
} {
  const { estimate: e, clusters } = model;
  const type = options.covariance ?? (clusters.length ? "cluster" : "classical");
  if (!covarianceTypes.includes(type))
    throw new EstimationError("formula", `unknown covariance "${type}"; known are ${covarianceTypes.join(", ")}`);
  const least = e.rss !== undefined;
  const dfInference = least ? e.dfResidual : Infinity;
  if (least && e.n === e.p && type !== "bootstrap")
    throw new EstimationError(
      "too-few",
      `${e.n} rows for ${e.p} coefficients: the fit is exact and no residual is left to estimate errors from`,
    );
  const own = options.degreesOfFreedom ?? (type === "CR2" ? "satterthwaite" : "residual");
  if (own !== "residual" && own !== "satterthwaite")
    throw new EstimationError(
      "formula",
      `degreesOfFreedom: expected "residual" or "satterthwaite", found "${String(own)}"`,
    );
  if (own === "satterthwaite" && type !== "CR2" && type !== "HC2")
    throw new EstimationError("formula", `Satterthwaite's degrees of freedom go with CR2 and HC2, not with ${type}`);
  if (type === "CR2") {
    if (clusters.length !== 1)
      throw new EstimationError(
        "cluster",
        `covariance "CR2" needs one way of clustering (option \`cluster\`: a column), found ${clusters.length}; two ways are possible with "cluster"`,
      );
    const { codes, count, name } = clusters[0]!;
    if (count < 2)
      throw new EstimationError("cluster", `column ${name} has one cluster only; clustered errors need at least two`, [
        name,
      ]);
    return withDf(biasReduced(e, codes, count), own, count - 1, least);
  }
  if (type === "HC2" && own === "satterthwaite") {
    const rows = Int32Array.from({ length: e.n }, (_, i) => i);
    return { ...withDf(biasReduced(e, rows, e.n), own, dfInference, true), type };
  }
  if (type === "classical") return { type, v: classical(e), dfInference, warnings: [] };
  if (type === "cluster") {
    if (!clusters.length)
      throw new EstimationError(
        "cluster",
        'covariance "cluster" needs the option `cluster`: the column that holds the clusters',
      );
    const { v, warnings } = clustered(e, clusters);
    const groups = Math.min(...clusters.map((c) => c.count));
    if (groups < 30)
      warnings.push(
        `Only ${groups} clusters: clustered errors are too small on average below about 30${clusters.length === 1 && e.index ? '; covariance: "CR2" is made for few' : ""}.`,
      );
    return { type, v, dfInference: least ? groups - 1 : Infinity, warnings };
  }
  if (type === "bootstrap") {
    const draws = bootstrapDraws(model, options);
    const warnings = draws.failed
      ? [`${draws.failed} bootstrap refits had no estimate (separated or collinear draws) and are left out.`]
      : [];
    return { type, v: drawsCovariance(draws), dfInference, warnings, draws };
  }
  return { type, v: heteroskedastic(e, type), dfInference, warnings: [] };
}

/** CR2 or HC2 with Satterthwaite's degrees of freedom, or with those of the number of clusters. */
function withDf({ v, df }: BiasReduced, own: "residual" | "satterthwaite", residual: number, least: boolean) {
  const type = "CR2" as CovarianceType;
  const warnings: string[] = [];
  if (own === "residual") return { type, v, dfInference: least ? residual : Infinity, warnings };
  const smallest = Math.min(...df);
  if (smallest < 4)
    warnings.push(
      `Satterthwaite's degrees of freedom fall to ${smallest.toFixed(1)}: below 4 p-values are not to be trusted (Tipton 2015); there are too few clusters for this term.`,
    );
  return { type, v, dfInference: smallest, df, warnings };
}

function describe(model: Model, options: FitOptions): Fit {
  const { estimate: e, design: d, problem } = model;
  const alpha = options.alpha ?? 0.05;
  if (!(alpha > 0 && alpha < 1))
    throw new EstimationError("formula", `alpha is ${alpha}; expected a number between 0 and 1`);
  const cov = covarianceOf(model, options);
  const { v, type } = cov;
  const df = cov.dfInference;
  const criticalAt = (d: number) => (d === Infinity ? -normalQuantile(alpha / 2) : -tQuantile(alpha / 2, d));
  const common = criticalAt(df);
  const rows: CoefficientRow[] = e.names.map((term, j) => {
    const estimate = e.beta[j]!;
    const se = Math.sqrt(Math.max(0, v[j * e.p + j]!));
    // In an exact fit, which is warned about, errors are zero.
    const statistic = se > 0 ? estimate / se : estimate === 0 ? 0 : Math.sign(estimate) * Infinity;
    const own = cov.df?.[j] ?? df;
    const critical = cov.df ? criticalAt(own) : common;
    const interval = cov.draws
      ? [drawsQuantile(cov.draws, j, alpha / 2), drawsQuantile(cov.draws, j, 1 - alpha / 2)]
      : [estimate - critical * se, estimate + critical * se];
    return {
      term,
      estimate,
      se,
      statistic,
      df: own,
      p: twoSided(statistic, own),
      low: interval[0]!,
      high: interval[1]!,
    };
  });
  for (const { name } of model.dropped)
    rows.push({ term: name, estimate: NaN, se: NaN, statistic: NaN, df: NaN, p: NaN, low: NaN, high: NaN });
  const least = e.rss !== undefined;
  const parameters = e.p + (least ? 0 : 0);
  const details: FitDetails = {
    family: model.family,
    formula: d.formula.source,
    covariance: type,
    alpha,
    n: e.n,
    names: e.names,
    coefficients: [...e.beta],
    vcov: Array.from({ length: e.p }, (_, i) => Array.from(v.subarray(i * e.p, (i + 1) * e.p))),
    dfResidual: e.dfResidual,
    dfInference: df,
    logLikelihood: e.logLikelihood,
    aic: -2 * e.logLikelihood + 2 * parameters,
    bic: -2 * e.logLikelihood + Math.log(e.n) * parameters,
    dropped: model.dropped,
    rowsUsed: model.rows,
    fitted: e.fitted,
    ...(e.index ? { residuals: problem.y.map((y, i) => y - e.fitted[i]!) } : {}),
    warnings: [...e.warnings, ...cov.warnings],
  };
  const hasIntercept = e.space.intercept >= 0;
  if (least) {
    details.rSquared = 1 - e.rss! / e.tss!;
    details.rSquaredAdjusted = 1 - ((1 - details.rSquared) * (e.n - (hasIntercept ? 1 : 0))) / e.dfResidual;
    details.sigma = Math.sqrt(e.dispersion);
    const slopes = [...Array(e.p).keys()].filter((j) => j !== e.space.intercept);
    if (slopes.length) {
      const test = wald(e.beta, v, e.p, slopes);
      const f = test.statistic / test.df;
      details.overall = { name: "F", statistic: f, df: test.df, dfResidual: df, p: fUpper(f, test.df, df) };
    }
  } else {
    if (!Number.isNaN(e.nullLogLikelihood)) details.pseudoRSquared = 1 - e.logLikelihood / e.nullLogLikelihood;
    const q = e.levels
      ? model.family === "mlogit"
        ? e.p - (e.levels.length - 1)
        : e.p - (e.levels.length - 1)
      : e.p - 1;
    const lr = 2 * (e.logLikelihood - e.nullLogLikelihood);
    if (q > 0 && !Number.isNaN(lr))
      details.overall = { name: "likelihood ratio", statistic: lr, df: q, p: chiSquaredUpper(lr, q) };
  }
  const made = result(
    {
      kind: "regression.fit",
      title: `${titles[model.family]}: ${d.formula.source}`,
      rows,
      columns: columns(least || cov.df !== undefined, alpha, cov.df !== undefined),
      notes: notesOf(model, details, options),
      provenance: d.frame.respondents ? marks(d.frame.respondents) : [],
    },
    details,
  );
  models.set(made, model);
  return made;
}

/** Wald statistic of the hypothesis that these coefficients are zero: chi-squared with `df` degrees of freedom. */
export function wald(
  beta: ArrayLike<number>,
  v: Float64Array,
  p: number,
  which: readonly number[],
): { statistic: number; df: number } {
  const k = which.length;
  const part = Float64Array.from({ length: k * k }, (_, at) => v[which[Math.floor(at / k)]! * p + which[at % k]!]!);
  const { value, rank } = pseudoQuadratic(
    part,
    k,
    which.map((j) => beta[j]!),
  );
  return { statistic: value, df: rank };
}

const columns = (least: boolean, alpha: number, df: boolean): Column<CoefficientRow>[] => [
  { name: "term", title: "", format: "text" },
  { name: "estimate", title: "coef.", format: "number", digits: 4 },
  { name: "se", title: "std. err.", format: "number", digits: 4 },
  { name: "statistic", title: least ? "t" : "z", format: "number", digits: 2 },
  ...(df ? [{ name: "df" as const, format: "number" as const, digits: 1 }] : []),
  { name: "p", title: least ? "P>|t|" : "P>|z|", format: "p" },
  { name: "low", title: `${percent(1 - alpha)} low`, format: "number", digits: 4 },
  { name: "high", title: "high", format: "number", digits: 4 },
];

const percent = (v: number): string => `${Number((100 * v).toPrecision(4))}%`;

const covarianceNames: Record<CovarianceType, string> = {
  classical: "classical",
  HC0: "heteroskedasticity-robust (HC0)",
  HC1: "heteroskedasticity-robust (HC1)",
  HC2: "heteroskedasticity-robust (HC2)",
  HC3: "heteroskedasticity-robust (HC3)",
  HC4: "heteroskedasticity-robust (HC4)",
  cluster: "clustered",
  CR2: "clustered, bias-reduced (CR2)",
  bootstrap: "bootstrap",
};

function notesOf(model: Model, f: FitDetails, options: FitOptions): string[] {
  const number = (v: number, digits = 4) =>
    Math.abs(v) >= 1e5 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(3) : v.toFixed(digits);
  const clusters = model.clusters.map((c) => `${c.count} clusters of ${c.name}`).join(" and ");
  const notes = [
    `n = ${f.n}, residual degrees of freedom ${f.dfResidual}; standard errors ${covarianceNames[f.covariance]}${clusters && f.covariance !== "classical" ? ` by ${clusters}` : ""}${f.covariance === "bootstrap" ? `, ${options.replicates ?? 1999} replicates, seed ${options.seed ?? 1}, percentile intervals` : ""}${f.covariance === "CR2" || (f.covariance === "HC2" && options.degreesOfFreedom === "satterthwaite") ? `; t with ${options.degreesOfFreedom === "residual" ? "G − 1" : "Satterthwaite's"} degrees of freedom` : ""}.`,
  ];
  const test = f.overall;
  const overall = test
    ? test.name === "F"
      ? ` F(${test.df}, ${test.dfResidual}) = ${number(test.statistic, 2)}, p ${p(test.p)}.`
      : ` Likelihood ratio χ²(${test.df}) = ${number(test.statistic, 2)}, p ${p(test.p)}.`
    : "";
  if (f.rSquared !== undefined)
    notes.push(
      `R² = ${number(f.rSquared)} (adjusted ${number(f.rSquaredAdjusted!)}), residual SD ${number(f.sigma!)}.${overall}`,
    );
  else
    notes.push(
      `Log-likelihood ${number(f.logLikelihood, 3)}, AIC ${number(f.aic, 1)}, BIC ${number(f.bic, 1)}${f.pseudoRSquared === undefined ? "" : `, McFadden R² = ${number(f.pseudoRSquared)}`}.${overall}`,
    );
  if (f.family === "lpm" && f.covariance === "classical")
    notes.push("Errors of a linear probability model are heteroskedastic by construction; HC3 is the usual choice.");
  if (model.problem.w && f.covariance === "classical" && options.weights === "inclusion")
    notes.push(
      "Classical errors treat weights as precisions; with inclusion weights use HC1–HC3, cluster or bootstrap.",
    );
  for (const d of model.dropped) notes.push(`${d.name} was dropped: ${d.reason}.`);
  return [...notes, ...model.notes, ...f.warnings.map((w) => `Warning: ${w}`)];
}

const p = (v: number): string => (v < 0.001 ? "< .001" : `= ${v.toFixed(3).replace(/^0/, "")}`);
