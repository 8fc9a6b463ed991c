// One file a picture, all Observable Plot. Rows (or results) in, an SVG element out.
export { beliefDistributions, beliefShares, jointBeliefs } from "./beliefs.js";
export type { BeliefOptions, BeliefShare, Sets } from "./beliefs.js";
export { divergenceByGroup } from "./divergence.js";
export type { DivergenceOptions, DivergenceRow } from "./divergence.js";
export { rarefaction } from "./rarefaction.js";
export type { RarefactionRow } from "./rarefaction.js";
export { beliefActionFlows } from "./flows.js";
export type { FlowRow } from "./flows.js";
export { forest, recoveryMarks } from "./forest.js";
export type { ForestOptions, ForestRow } from "./forest.js";
export { samplingCoverage } from "./coverage.js";
export type { CoverageRow } from "./coverage.js";
export { trainingCurves } from "./training.js";
export type { TrainingOptions, TrainingRow } from "./training.js";
export { learningCurve } from "./learning.js";
export type { LearningOptions, LearningRow } from "./learning.js";
export { costAndTime, duration, money } from "./cost.js";
export type { CostRow } from "./cost.js";
// Around them: the frame, the theme, the table of any result.
export { toSvg } from "./frame.js";
export type { FigureOptions } from "./frame.js";
export { palette } from "./theme.js";
export type { Theme } from "./theme.js";
export { attachDisplays, figureOf, rowKeyOf } from "./displays.js";
export { escapeHtml, htmlTable } from "./table.js";
export type { TableOptions } from "./table.js";
export { useDocument } from "./document.js";
export type { FigureInput } from "./input.js";
