/** The named models: `regression.ols(data, "y ~ x")` is `fit` with the family filled in. */
import type { Data } from "./frame.js";
import { fit, type Fit, type FitOptions } from "./fit.js";

type Options = Omit<FitOptions, "formula" | "family">;

/** Ordinary least squares. */
export const ols = (data: Data, formula?: string, options: Options = {}): Fit =>
  fit(data, { ...options, ...named(formula), family: "ols" });

/** Weighted least squares; `weights` are inverse variances (up to a factor). */
export const wls = (
  data: Data,
  formula: string | undefined,
  options: Options & Required<Pick<FitOptions, "weights">>,
): Fit => fit(data, { ...options, ...named(formula), family: "wls" });

/** Least squares of a 0/1 outcome, with HC3 errors unless another covariance is named (its errors cannot be homoskedastic). */
export const linearProbability = (data: Data, formula?: string, options: Options = {}): Fit =>
  fit(data, {
    ...(options.cluster === undefined ? { covariance: "HC3" } : {}),
    ...options,
    ...named(formula),
    family: "lpm",
  });

/** Logistic regression of a 0/1 (or two-answer) outcome. */
export const logit = (data: Data, formula?: string, options: Options = {}): Fit =>
  fit(data, { ...options, ...named(formula), family: "logit" });

/** Probit regression of a 0/1 (or two-answer) outcome. */
export const probit = (data: Data, formula?: string, options: Options = {}): Fit =>
  fit(data, { ...options, ...named(formula), family: "probit" });

/** Poisson regression of a count, log link. */
export const poisson = (data: Data, formula?: string, options: Options = {}): Fit =>
  fit(data, { ...options, ...named(formula), family: "poisson" });

/** Multinomial logit; the first answer (in the codebook's order) is the reference. */
export const multinomial = (data: Data, formula?: string, options: Options = {}): Fit =>
  fit(data, { ...options, ...named(formula), family: "mlogit" });

/** Proportional-odds logit, or ordered probit with `link: "probit"`. */
export const ordered = (data: Data, formula?: string, options: Options & { link?: "logit" | "probit" } = {}): Fit => {
  const { link = "logit", ...rest } = options;
  return fit(data, { ...rest, ...named(formula), family: link === "logit" ? "ologit" : "oprobit" });
};

const named = (formula: string | undefined) => (formula === undefined ? {} : { formula });
