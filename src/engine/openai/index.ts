// The engine's OpenAI-shaped interface: a fetch handler for models, files, fine_tuning, chat completions and batches.
export { createHandler } from "./handler.js";
export type { Handler, HandlerOptions } from "./handler.js";
export { describeDevice } from "./job-runner.js";
export { memoryState } from "./state.js";
export type { State } from "./state.js";
export type { AdapterRecord, ExampleMaking, FinetuningDefaults, ModelCard, ModelHost } from "./models.js";
export { defaultEpochs, defaultsByPeople } from "./jobs.js";
export type { Job, JobEvent, ResolvedTraining } from "./jobs.js";
export { checkExample, describeProblems, parseTrainingFile } from "./training-file.js";
export type { TrainingFileProblem } from "./training-file.js";
