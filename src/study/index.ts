// Who was asked what: codebook, respondents, readers, splits. The browser-safe core; files are in node/.
export type * from "./types.js";
export { Respondents, Simulated } from "./respondents.js";
export type { Origin, Row, SimulationOrigin } from "./respondents.js";
export { marks, modelMark, sourceName } from "./marks.js";
export { result, registerDisplay, formatTable, formatValue, jupyterDisplay } from "./result.js";
export type { Column, Format, MimeBundle, Result } from "./result.js";
export { formatProgress, onProgressEvent, startProgress } from "./progress.js";
export type { LongWork, OnProgress, Progress, ProgressEvent } from "./progress.js";
export { random } from "./random.js";
export { recordUse } from "./used.js";
export type { Used } from "./used.js";
export type { Random } from "./random.js";
export { parseCodebook } from "./codebook.js";
export { codebookSchema } from "./schema.js";
export { checkChoice, checkCounts, checkLevel } from "./check.js";
export { StudyError } from "./errors.js";
export type { Problem } from "./errors.js";
export { evaluate, holds, impliedAction, impliedBy, itemsOfRule } from "./rule.js";
export {
  describeScale,
  fits,
  isOrdered,
  isShown,
  labelOf,
  midpoint,
  optionsOf,
  parseAnswer,
  scoreOf,
  scoresOf,
  supportOf,
} from "./scale.js";
export { card } from "./card.js";
export type { CardRow } from "./card.js";
export { Study, studyFrom } from "./study.js";
export { checkTable, respondentsFrom } from "./table.js";
export type { CheckOptions, RawTable } from "./table.js";
export { deidentify } from "./deidentify.js";
export type { AnonymityRow, Deidentified, DeidentifyOptions } from "./deidentify.js";
export { originalIds } from "./identities.js";
export { withArm } from "./arm.js";
export type { ArmOptions } from "./arm.js";
export { draftCodebook } from "./draft.js";
export type { Draft, DraftRow } from "./draft.js";
export { from, rawTable } from "./from.js";
export type { ArqueroTable, DanfoFrame, RowLike } from "./from.js";
export { toDanfo } from "./danfo.js";
export { readDelimited } from "./delimited.js";
export { formatOf, readTable } from "./read.js";
export type { FileFormat, ReadOptions } from "./read.js";
