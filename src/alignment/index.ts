// How far simulated answers are from people's: distances with intervals, floors and baselines.
export { compare } from "./compare.js";
export type { Comparison, CompareOptions, CompareRow } from "./compare.js";
export type { Measure } from "./counts.js";
export type { BaselineDistances } from "./baseline-distances.js";
export type { IntervalKind, ItemComparison } from "./compare-group.js";
// How varied beliefs are, and whether actions follow them.
export { heterogeneity } from "./heterogeneity.js";
export type { Heterogeneity, HeterogeneityOptions, HeterogeneityRow, RarefactionPoint } from "./heterogeneity.js";
export { coherence } from "./coherence.js";
export type { Coherence, CoherenceOptions, CoherenceRow, ImpliedFlow } from "./coherence.js";
export { beliefStructures } from "./structures.js";
export type { Structure } from "./structures.js";
export { chao1, entropy, hillNumber, rarefy } from "./diversity.js";
export type { Rarefied } from "./diversity.js";
// Sensitive items, and groups that are served worse.
export { bias } from "./bias.js";
export type { BiasOptions, BiasRow } from "./bias.js";
export { doubleListExperiment, forcedChoiceContrast, listExperiment, randomisedResponse } from "./sensitive.js";
export type { ShareEstimate } from "./sensitive.js";
export { groupGaps } from "./group-gaps.js";
export type { GroupGapOptions, GroupGapRow } from "./group-gaps.js";
// Can a classifier tell people from simulations?
export { classifierTest } from "./classifier.js";
export type { ClassifierOptions, ClassifierRow } from "./classifier.js";
// What a model has to beat.
export * as baselines from "./baselines.js";
// Distances between distributions, and between samples of numbers.
export { jsDistance, jsDivergence, totalVariation } from "./distances.js";
export { energyDistance, energyDistancePoints, kolmogorovSmirnov, wasserstein1 } from "./ordered.js";
export { correctedDivergence } from "./small-sample.js";
// p-values of many comparisons.
export { adjust } from "./multiplicity.js";
export type { Correction } from "./multiplicity.js";
export type { By, Group } from "./groups.js";
export type { Simulations } from "./pairs.js";
