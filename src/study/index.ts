// Who was asked what: codebook, respondents, readers, splits. The browser-safe core; files are in node/.
export type * from "./types.js";
export { Respondents, Simulated } from "./respondents.js";
export type { Origin, Row, SimulationOrigin } from "./respondents.js";
export { result, registerDisplay, formatTable, formatValue, jupyterDisplay } from "./result.js";
export type { Column, Format, MimeBundle, Result } from "./result.js";
export { formatProgress, onProgressEvent, startProgress } from "./progress.js";
export type { LongWork, OnProgress, Progress, ProgressEvent } from "./progress.js";
export { random } from "./random.js";
export type { Random } from "./random.js";
