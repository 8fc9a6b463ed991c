// Whom the model may learn from. Every strategy returns disjoint { pilot, rest, report }.
export { simpleRandom } from "./simple-random.js";
export { stratified } from "./stratified.js";
export type { StratifiedOptions } from "./stratified.js";
export { quota } from "./quota.js";
export { allGroups, oneGroup } from "./treatment-groups.js";
export type { TreatmentOptions } from "./treatment-groups.js";
export { cluster } from "./cluster.js";
export { coverage } from "./coverage.js";
export type { CoverageRow, Margins } from "./coverage.js";
export { allocate } from "./allocation.js";
export { levels, treatmentItems } from "./levels.js";
export type { Levels } from "./levels.js";
export type { SamplingOptions, Split } from "./split.js";
