// Regressions: formula, design matrix, estimators, covariances, and whether simulated people recover the human one.
export { fit } from "./fit.js";
export type { CoefficientRow, Fit, FitDetails, FitOptions } from "./fit.js";
export { linearProbability, logit, multinomial, ols, ordered, poisson, probit, wls } from "./verbs.js";
export { design } from "./design.js";
export type { DesignMatrix } from "./design.js";
export { parseFormula } from "./formula.js";
export type { Formula } from "./formula.js";
export { EstimationError } from "./errors.js";
export type { EstimationProblem } from "./errors.js";
export type { Data } from "./frame.js";
export type { Family } from "./estimate.js";
export type { CovarianceType } from "./covariance.js";
export { recover } from "./recover.js";
export type { Recovered, RecoverOptions, RecoveryDetails, RecoveryForestRow, RecoveryRow } from "./recover.js";
export type { Recovery, Sign, SignCounts, SignRates } from "./signs.js";
export { combine, tost, tostMeans } from "./equivalence.js";
export type { Combined, Tost } from "./equivalence.js";
