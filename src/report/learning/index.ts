// What more people buy: a model finetuned on pilots of growing size, beside what it has to beat.
export { learningCurve, allVariants, metricTitles } from "./curve.js";
export type { CurveOptions, CurveRecord, CurveRow, CurveStore, LearningCurve, Measurement, Variant } from "./curve.js";
export { regressionChain } from "./chain.js";
export type { RegressionChain } from "./chain.js";
export { heldOutLikelihood, marginLikelihood } from "./likelihood.js";
export { measures } from "./measures.js";
export type { Measures } from "./measures.js";
