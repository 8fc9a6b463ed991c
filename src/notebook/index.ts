// Notebooks: run, freeze, export.
export { parseNotebook, readNotebook, text, writeNotebook } from "./nbformat.js";
export type { Cell, CodeCell, MultilineString, Notebook, Output, TextCell } from "./nbformat.js";
export { notebookToHtml, titleOf } from "./html.js";
export type { HtmlOptions } from "./html.js";
export { provenanceOf } from "./freeze.js";
export type { Provenance } from "./freeze.js";
export { notebookToAppendix } from "./appendix.js";
export type { AppendixOptions } from "./appendix.js";
export { runNotebook } from "./run.js";
export type { RunOptions, RunProgress, RunResult } from "./run.js";
export { studentVersion } from "./student.js";
