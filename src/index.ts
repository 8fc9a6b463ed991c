// Proband: how far a language model, finetuned on a few participants, can stand in for the rest.
// The composition root and table of contents. Rooms below return values and emit progress; here figures and
// tables are attached to what they return.
import { htmlTable } from "./figures/node/index.js";
import "./provider/node/index.js";
import { registerDisplay } from "./study/index.js";

// Who was asked what.
export * from "./study/node/index.js";
// Whom the model may learn from.
export * as sampling from "./sampling/index.js";
// People → training examples → a finetuned model.
export * as finetuning from "./finetuning/node/index.js";
// What it answers for people it has not seen.
export * as simulation from "./simulation/node/index.js";
// How far simulated answers are from people's.
export * as alignment from "./alignment/index.js";
// Estimators, and whether simulated people recover the human coefficients.
export * as regression from "./regression/index.js";
// Estimates that stay valid though the model is biased.
export * as inference from "./inference/index.js";
// What may be concluded, in words and on paper.
export * as report from "./report/index.js";
// Pictures.
export * as figures from "./figures/node/index.js";
// For teaching.
export { check, studentSeed } from "./classroom/index.js";

registerDisplay("*", (result) => ({ "text/plain": result.toString(), "text/html": htmlTable(result) }));
