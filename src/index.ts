// Proband: how far a language model, finetuned on a few participants, can stand in for the rest.
// The composition root and table of contents. Rooms below return values and emit progress; here figures, tables,
// panels and progress are attached to them.
import * as alignmentRoom from "./alignment/index.js";
import { attachDisplays } from "./figures/node/index.js";
import * as finetuningRoom from "./finetuning/node/index.js";
import * as regressionRoom from "./regression/index.js";
import * as samplingRoom from "./sampling/index.js";
import * as simulationRoom from "./simulation/node/index.js";
import * as widgetRoom from "./widgets/node/index.js";

// Who was asked what.
export * from "./study/node/index.js";
// Whom the model may learn from.
export const sampling = { ...samplingRoom, explore: widgetRoom.exploreSampling };
// People → training examples → a finetuned model.
export const finetuning = { ...finetuningRoom, watch: widgetRoom.watchFinetuning };
// What it answers for people it has not seen.
export const simulation = { ...simulationRoom, watch: widgetRoom.watchSimulation };
// How far simulated answers are from people's.
export const alignment = { ...alignmentRoom, explore: widgetRoom.exploreAlignment };
// Estimators, and whether simulated people recover the human coefficients.
export const regression = { ...regressionRoom, explore: widgetRoom.exploreRegression };
// Estimates that stay valid though the model is biased.
export * as inference from "./inference/index.js";
// What may be concluded, in words and on paper.
export * as report from "./report/index.js";
// Pictures and controls.
export * as figures from "./figures/node/index.js";
export * as widgets from "./widgets/node/index.js";
// Where models are: the embedded engine, hosted and self-hosted servers.
export * as provider from "./provider/node/index.js";
// For teaching.
export { check, studentSeed } from "./classroom/index.js";

attachDisplays();
// Progress of long work in the cell that started it; does nothing outside a kernel.
widgetRoom.showProgress();
