// Notebooks: run, freeze, export.
export { parseNotebook, readNotebook, text, writeNotebook } from "./nbformat.js";
export type { Cell, CodeCell, MultilineString, Notebook, Output, TextCell } from "./nbformat.js";
export { notebookToHtml, titleOf } from "./html.js";
export type { HtmlOptions } from "./html.js";
export { provenanceOf } from "./freeze.js";
export type { Provenance } from "./freeze.js";
