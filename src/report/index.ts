// What may be concluded, in words and on paper.
export { verdict } from "./verdict.js";
export type { Verdict, VerdictOptions } from "./verdict.js";
export { defaultThresholds } from "./rules.js";
export type { Criterion, GroupFailure, Level, RecoveryNumbers, Thresholds } from "./rules.js";
export { methods } from "./methods.js";
export type { MethodsInput } from "./methods.js";
export { bibtex, citationKeys, citedIn } from "./citations.js";
// Tables for papers.
export { escapeLatex, latexTable, markdownTable } from "./tables.js";
export type { TableOptions } from "./tables.js";
// One self-contained page.
export { escapeHtml, html, resultHtml } from "./html.js";
export type { HtmlFigure, HtmlOptions, HtmlSection } from "./html.js";
// The paper's table.
export { replicate, replicationPlan } from "./replication/index.js";
export type { Outcome, PlanSettings, Replication, ReplicationOptions, TableRow } from "./replication/index.js";
export type { Plan as ReplicationPlan, Variant as ReplicationVariant } from "./replication/index.js";
