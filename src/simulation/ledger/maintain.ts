/** Looking after ledgers: verify, summarise, merge. */
import { sha256Of } from "../hash.js";
import { IndexTable } from "./index-table.js";
import { checkHeader } from "./ledger.js";
import { keysOf, readLine } from "./line.js";
import type { LedgerHeader, LedgerStore } from "./types.js";

export interface LedgerProblem {
  line: number;
  message: string;
}

export interface LedgerSummary {
  header: LedgerHeader;
  answers: number;
  people: number;
  /** By model: answers, tokens, cost. */
  models: { model: string; answers: number; promptTokens: number; answerTokens: number; costUSD: number }[];
  missing: number;
  first?: string;
  last?: string;
  problems: LedgerProblem[];
}

/** Reads a whole ledger, checking every line, in memory that does not grow with it. */
export async function inspectLedger(store: LedgerStore): Promise<LedgerSummary> {
  let header: LedgerHeader | undefined;
  const problems: LedgerProblem[] = [];
  const people = store.index?.() ?? new IndexTable();
  const models = new Map<string, LedgerSummary["models"][number]>();
  const summary = { answers: 0, missing: 0 } as { answers: number; missing: number; first?: string; last?: string };
  for await (const { line, number } of store.lines()) {
    if (number === 1) {
      header = checkHeader(line, store.name);
      continue;
    }
    const entry = readLine(line);
    if ("wrong" in entry) {
      problems.push({ line: number, message: entry.wrong });
      continue;
    }
    // What a coder made of an answer is no answer of its own.
    const coding = entry.elicitation === "coding";
    if (!coding) summary.answers++;
    if (!coding && entry.value === null) summary.missing++;
    people.set(sha256Of(entry.person), number, 0);
    summary.first ??= entry.time;
    summary.last = entry.time;
    let model = models.get(entry.model);
    if (!model)
      models.set(
        entry.model,
        (model = { model: entry.model, answers: 0, promptTokens: 0, answerTokens: 0, costUSD: 0 }),
      );
    if (!coding) model.answers++;
    model.promptTokens += entry.tokens[0];
    model.answerTokens += entry.tokens[1];
    model.costUSD += entry.costUSD;
  }
  const { size } = people;
  people.close();
  if (!header) throw new Error(`${store.name} is empty`);
  return { header, people: size, models: [...models.values()], ...summary, problems };
}

/** Copies answers that the target lacks; both must be of the same study and version. Damaged lines are left out and counted. */
export async function mergeLedger(
  target: LedgerStore,
  source: LedgerStore,
): Promise<{ copied: number; known: number; damaged: number }> {
  const counts = { copied: 0, known: 0, damaged: 0 };
  const keys = target.index?.() ?? new IndexTable();
  let header: LedgerHeader | undefined;
  for await (const { line, number } of target.lines()) {
    if (number === 1) header = checkHeader(line, target.name);
    else {
      const [key] = keysOf(line);
      if (key) keys.set(key, number, 0);
    }
  }
  for await (const { line, number } of source.lines()) {
    if (number === 1) {
      const other = checkHeader(line, source.name, header && { name: header.study, version: header.studyVersion });
      if (!header) {
        target.append(line);
        header = other;
      }
      continue;
    }
    const entry = readLine(line);
    if ("wrong" in entry) counts.damaged++;
    else if (keys.get(entry.key)) counts.known++;
    else {
      target.append(line);
      keys.set(entry.key, number, 0);
      counts.copied++;
    }
  }
  keys.close();
  await target.flush();
  return counts;
}
