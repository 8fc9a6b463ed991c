/** What happened on the way: counts by item, requests, tokens, cost; a missing answer is never silent. */
import { result } from "../study/index.js";
import { priceSource, type Price } from "../provider/index.js";
import type { Answer } from "./ask.js";
import type { ElicitationName } from "./elicitation/index.js";
import type { Ledger } from "./ledger/ledger.js";
import type { Plan } from "./plan.js";
import type { Counts } from "./runner/sender.js";
import type { ItemReport, SimulationReport } from "./types.js";

export interface Tally {
  add(answer: Answer): void;
  row(): ItemReport;
}

export function tally(item: string, elicitation: ElicitationName): Tally {
  let example: string | undefined;
  const counts = { answers: 0, found: 0, missing: 0, malformed: 0, refused: 0, ignoredSchema: 0 };
  let mass = 0;
  let withMass = 0;
  return {
    add(answer) {
      counts.answers++;
      if (answer.found) counts.found++;
      if (answer.value === null) counts.missing++;
      counts.malformed += answer.malformed;
      counts.refused += answer.refused;
      example ??= answer.detail;
      if (answer.ignoredSchema) counts.ignoredSchema++;
      if (answer.mass === undefined) return;
      mass += answer.mass;
      withMass++;
    },
    row: () => ({
      item,
      elicitation,
      ...counts,
      mass: withMass ? mass / withMass : null,
      ...(example === undefined ? {} : { example }),
    }),
  };
}

export function makeReport(
  plan: Plan,
  tallies: readonly Tally[],
  counts: Counts,
  run: { seconds: number; ledger: Ledger; shown: number; price: Price | undefined },
): SimulationReport {
  const rows = tallies.map((t) => t.row());
  const sum = (name: "answers" | "found" | "missing" | "ignoredSchema") =>
    rows.reduce((total, row) => total + row[name], 0);
  const notes = [
    `${sum("answers")} answers, ${sum("found")} of them found in the ledger; ${counts.requests} requests in ${run.seconds.toFixed(1)} s, ` +
      `${counts.promptTokens} prompt and ${counts.answerTokens} answer tokens` +
      (!run.price
        ? `; what they cost is unknown: no price is known for ${plan.model.id} at ${plan.provider.name}.`
        : run.price.input || run.price.output
          ? `, $${counts.costUSD.toFixed(4)} ${priceSource(run.price)}.`
          : "."),
    ...plan.notes,
    `Template ${plan.template.name}, seed ${plan.seed}, ledger ${fileName(run.ledger.name)}.`,
  ];
  if (counts.retries)
    notes.push(
      `${counts.retries} requests were sent again: ${[...counts.reasons].map(([why, n]) => `${why} ${n}×`).join(", ")}.`,
    );
  if (counts.lostUSD)
    notes.push(`Up to $${counts.lostUSD.toFixed(4)} more may have been billed for replies that were lost on the way.`);
  if (sum("missing"))
    notes.push(
      `${sum("missing")} answers are missing: malformed or refused as counted, asked again by policy, then left empty.`,
    );
  for (const { item, malformed, refused, example } of rows)
    if (example !== undefined)
      notes.push(
        `${item}: ${malformed} malformed and ${refused} refused, the first: ${example.replaceAll(/\s+/g, " ").slice(0, 160)}`,
      );
  if (sum("ignoredSchema"))
    notes.push(
      `The server did not keep to the JSON schema in ${sum("ignoredSchema")} answers that could be read all the same.`,
    );
  const damaged = run.ledger.corrupt;
  if (damaged.length)
    notes.push(
      `The ledger has ${damaged.length} damaged line(s) (line ${damaged.slice(0, 5).join(", ")}${damaged.length > 5 ? " …" : ""}); their answers were asked again.`,
    );
  if (plan.examples.length)
    notes.push(
      `${run.shown} of ${plan.examples.length} people shown as examples` +
        (run.shown < plan.examples.length ? "; more do not fit the model's context." : "."),
    );
  const low = rows.filter((row) => row.mass !== null && row.mass < 0.5);
  if (low.length)
    notes.push(
      `Of ${low.map((r) => r.item).join(", ")} less than half of the model's probability is on the options: it would rather answer something else.`,
    );
  return result(
    {
      kind: "simulation.run",
      title: `Simulation of ${plan.people.n} respondents of ${plan.people.codebook.name} by ${plan.model.id}`,
      rows,
      columns: [
        { name: "item" },
        { name: "elicitation" },
        { name: "answers", format: "integer" },
        { name: "found", title: "from ledger", format: "integer" },
        { name: "missing", format: "integer" },
        { name: "malformed", format: "integer" },
        { name: "refused", format: "integer" },
        { name: "mass", title: "mass on options", digits: 3, format: "number" },
      ],
      notes,
      provenance: plan.provenance,
    },
    {
      requests: counts.requests,
      retries: counts.retries,
      promptTokens: counts.promptTokens,
      answerTokens: counts.answerTokens,
      costUSD: counts.costUSD,
      seconds: run.seconds,
      ledger: run.ledger.name,
    },
  );
}

/** Notes are published: the ledger's folder, which names the reader's machine, is in `report.ledger` only. */
const fileName = (path: string): string =>
  path
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.jsonl$/, "");
