/** Looking after ledgers: verify, summarise, merge. */
import { checkHeader } from "./ledger.js";
import { keyOf, readLine } from "./line.js";
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

/** Reads a whole ledger, checking every line, in flat memory but for the ids of people. */
export async function inspectLedger(store: LedgerStore): Promise<LedgerSummary> {
  let header: LedgerHeader | undefined;
  const problems: LedgerProblem[] = [];
  const people = new Set<string>();
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
    summary.answers++;
    if (entry.value === null) summary.missing++;
    people.add(entry.person);
    summary.first ??= entry.time;
    summary.last = entry.time;
    let model = models.get(entry.model);
    if (!model)
      models.set(
        entry.model,
        (model = { model: entry.model, answers: 0, promptTokens: 0, answerTokens: 0, costUSD: 0 }),
      );
    model.answers++;
    model.promptTokens += entry.tokens[0];
    model.answerTokens += entry.tokens[1];
    model.costUSD += entry.costUSD;
  }
  if (!header) throw new Error(`${store.name} is empty`);
  return { header, people: people.size, models: [...models.values()], ...summary, problems };
}

/** Copies answers that the target lacks; both must be of the same study and version. Damaged lines are left out and counted. */
export async function mergeLedger(
  target: LedgerStore,
  source: LedgerStore,
): Promise<{ copied: number; known: number; damaged: number }> {
  const counts = { copied: 0, known: 0, damaged: 0 };
  const keys = new Set<string>();
  let header: LedgerHeader | undefined;
  for await (const { line, number } of target.lines()) {
    if (number === 1) header = checkHeader(line, target.name);
    else keys.add(keyOf(line) ?? "");
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
    else if (keys.has(entry.key)) counts.known++;
    else {
      target.append(line);
      keys.add(entry.key);
      counts.copied++;
    }
  }
  await target.flush();
  return counts;
}
