import { exportMerged as exportFiles, type ExportOptions } from "../export.js";
import { diskFiles } from "./files.js";

/** Writes a model folder with an adapter's change added to its base's weights (see `exportMergedFiles`). */
export const exportMerged = (paths: { base: string; adapter: string; output: string }, options?: ExportOptions) =>
  exportFiles(diskFiles(), paths, options);
