/** What every estimator returns, before it is described: coefficients, and what covariances are made of. */
import type { Standardised } from "./standardise.js";

export type Family = "ols" | "wls" | "lpm" | "logit" | "probit" | "poisson" | "mlogit" | "ologit" | "oprobit";

export interface Estimate {
  family: Family;
  /** Names of the p parameters. */
  names: string[];
  /** Estimates, of the original columns. */
  beta: Float64Array;
  p: number;
  n: number;
  /** Column of the design each parameter belongs to; −1 for intercepts and thresholds. */
  columnOf: number[];
  /** Parameters on the standardised columns, from which `transform` (p × p) makes `beta`. */
  inner: Float64Array;
  transform: Float64Array;
  /** Inverse information on the standardised columns; (Z′WZ)⁻¹ for least squares, whose scale is `dispersion`. */
  bread: Float64Array;
  /** Residual variance for least squares, else 1. */
  dispersion: number;
  /**
   * Single-index models: the derivative of each row's log-likelihood by its linear predictor (times the weight), and
   * minus the second derivative; a row's score is `slope[i]` times its columns.
   */
  index?: { slope: Float64Array; curvature: Float64Array };
  /** Models of several equations: the n × p scores on the standardised columns, column after column. */
  scores?: Float64Array;
  space: Standardised;
  logLikelihood: number;
  /** Log-likelihood of the model with a constant only; NaN where there is no intercept. */
  nullLogLikelihood: number;
  dfResidual: number;
  /** Expected outcome of each row; for several outcomes n × J, column after column. */
  fitted: Float64Array;
  linear: Float64Array;
  iterations: number;
  warnings: string[];
  /** Least squares only. */
  rss?: number;
  tss?: number;
  /** Levels of a categorical outcome, in order. */
  levels?: { value: number | string; label: string }[];
}

/** What an estimator gets. */
export interface Problem {
  x: Float64Array;
  n: number;
  k: number;
  intercept: number;
  names: readonly string[];
  y: Float64Array;
  /** Name of the outcome, for messages. */
  outcome: string;
  /** Weights with their zeros removed; undefined where all are one. */
  w?: Float64Array;
  offset?: Float64Array;
  levels?: { value: number | string; label: string }[];
}
