// What may be concluded about people from few of them and many simulations: prediction-powered inference.
export { divide } from "./divide.js";
export type { DivideOptions } from "./divide.js";
export { logit, mean, ols, proportion, quantile } from "./estimands.js";
export type { Estimand } from "./estimands.js";
export { ppi } from "./ppi.js";
export type { Ppi, PpiDetails, PpiMethod, PpiOptions, PpiRow } from "./ppi.js";
export { effectiveN, optimalSplit } from "./budget.js";
export type { SplitOptions, SplitRow } from "./budget.js";
export { InferenceError } from "./errors.js";
export type { InferenceProblem } from "./errors.js";
