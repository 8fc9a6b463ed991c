/** The engine in Node: models in folders, in worker threads. */
export * from "../index.js";
export { openModel, type OpenOptions } from "./open.js";
export { chooseRuntime, nativeRuntime, wasmRuntime, type RuntimeOptions } from "./runtime.js";
export { diskFiles } from "./files.js";
export { exportMerged } from "./export.js";
