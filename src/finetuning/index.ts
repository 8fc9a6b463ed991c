// People → training examples → a job → a finetuned model. Runs wherever the provider is; the embedded engine by default.
export { run } from "./run.js";
export { grid } from "./grid.js";
export type { Grid, GridModel, GridOptions, GridRow, Variant } from "./grid.js";
export { estimate } from "./estimate.js";
export { exportJSONL, toJSONL, trainingExamples } from "./examples.js";
export type { ExampleOptions } from "./examples.js";
export { findModel } from "../provider/index.js";
export { list } from "./list.js";
export type { RegisteredModel } from "../provider/index.js";
export type { Checkpoint, EpochRow, FinetunedModel, FinetuningOptions, TrainingStepRow } from "./types.js";
