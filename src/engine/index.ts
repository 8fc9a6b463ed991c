/**
 * The embedded engine: open models finetuned and asked in process. This is the browser-safe part, which takes an ONNX
 * runtime and files; in Node `openModel(folder)` adds both and a worker thread.
 */
export * from "./types.js";
export { EngineError, type EngineErrorCode } from "./errors.js";
export { createEngine, type EngineOptions } from "./engine.js";
export { exportMerged as exportMergedFiles, type ExportOptions } from "./export.js";
export { memoryFiles, type FileSystem } from "./files.js";
export type { Ort, Runtime } from "./runtime.js";
export { chooseWebRuntime, webRuntime, type ChooseWebOptions, type WebOrt, type WebRuntimeOptions } from "./web.js";
export { inMemory, openSafetensors, readTensor, writeSafetensors, type NamedTensor } from "./safetensors.js";
export { parseConfig, writeConfig, type ModelConfig } from "./model/config.js";
export { baseParameters, parameterCount, type Parameter } from "./model/parameters.js";
export { initialWeights, type Weights } from "./model/weights.js";
export { createTrainer, sequenceRow, type Trainer, type TrainingRow } from "./training/trainer.js";
