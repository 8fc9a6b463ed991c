// The study module in Node: everything of the core, and files.
export * from "../index.js";
export { dataFolder, loadStudy, readCodebook, shippedStudies } from "./load.js";
export type { LoadOptions } from "./load.js";
export { showInTerminal } from "./terminal.js";
export { draft, writeDraft } from "./draft.js";
export type { DraftOptions, Written } from "./draft.js";
