// People → prompts → answers: templates, elicitation, the runner and the answer ledger.
export { run } from "./run.js";
export { preview } from "./preview.js";
export type { PreviewOptions, PreviewRow } from "./preview.js";
export { renderConversation, renderInterview, optionOrder } from "./prompt.js";
export type { RenderOptions } from "./prompt.js";
export { checkTemplate } from "./template.js";
export type { Answered, AnswerForm, Template } from "./template.js";
export { templateOf, templates } from "./templates/index.js";
export { templateHash } from "./hash.js";
export { openLedger } from "./ledger/ledger.js";
export type { Ledger } from "./ledger/ledger.js";
export { memoryStore } from "./ledger/memory-store.js";
export { useLedgerStores } from "./ledger/open.js";
export type { LedgerEntry, LedgerHeader, LedgerStore } from "./ledger/types.js";
export type { ElicitationName, RawReply } from "./elicitation/index.js";
export { Stopped } from "./runner/sender.js";
export type { ItemReport, ModelReference, SimulationOptions, SimulationReport, SimulationRun } from "./types.js";
