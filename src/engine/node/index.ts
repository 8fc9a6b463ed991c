/** The engine in Node: models in folders, in worker threads. */
export * from "../index.js";
export { openModel, type OpenOptions } from "./open.js";
export {
  chooseRuntime,
  nativeRuntime,
  wasmRuntime,
  webgpuRuntime,
  type Backend,
  type RuntimeOptions,
} from "./runtime.js";
export { environmentSettings, parseBackend, parseBytes, parseThreads, type DeviceSettings } from "./settings.js";
export { diskFiles } from "./files.js";
export { exportMerged } from "./export.js";
