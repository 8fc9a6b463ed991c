// What a replication leaves behind: tables, figures, one HTML report.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Papa from "papaparse";
import type { Comparison } from "../../alignment/index.js";
import { html, type HtmlSection, type Verdict } from "../../report/index.js";
import type { Ppi } from "../../inference/index.js";
import { labelOf } from "../../study/index.js";
import {
  drawBeliefs,
  drawCoverage,
  drawDistances,
  drawFlows,
  drawForest,
  drawRarefaction,
  drawTraining,
  type Drawn,
} from "./figures.js";
import { flatGroups } from "../../report/replication/tables.js";
import type { Replication } from "../../report/replication/index.js";
import type { Plan } from "../../report/replication/plan.js";
import type { Outcome } from "../../report/replication/run.js";

export interface Findings {
  plan: Plan;
  outcomes: Outcome[];
  /** The finetuned variant of which the report tells most. */
  main: Outcome;
  tables: Replication;
  /** The main variant by the codebook's groups, with baselines. */
  detailed: Comparison;
  verdict: Verdict;
  ppi?: Ppi;
  warnings: string[];
}

/** Written whole or not at all, so that a killed run leaves no torn file. */
async function write(path: string, content: string): Promise<void> {
  await writeFile(`${path}.tmp`, content);
  await rename(`${path}.tmp`, path);
}

/** Writes everything under `folder`; returns the report's path. */
export async function writeFindings(folder: string, findings: Findings): Promise<{ report: string; figures: Drawn[] }> {
  const { tables, plan } = findings;
  await mkdir(join(folder, "figures"), { recursive: true });
  await mkdir(join(folder, "tables"), { recursive: true });
  const figures = draw(findings);
  for (const figure of figures) await write(join(folder, "figures", `${figure.name}.svg`), figure.svg);
  await write(
    join(folder, "tables", "comparison.csv"),
    Papa.unparse(
      tables.rows.map(({ byGroup, ...r }) => ({
        ...r,
        jsdInterval: r.jsdInterval?.join(" to "),
        gapInterval: r.gapInterval?.join(" to "),
        ...flatGroups(byGroup),
      })),
    ) + "\n",
  );
  await write(join(folder, "tables", "jsd-by-group.csv"), Papa.unparse([...tables.byVariant.rows]) + "\n");
  const { title, provenance, notes } = tables;
  await write(
    join(folder, "tables", "comparison.json"),
    JSON.stringify({ title, provenance, notes, rows: tables.rows }, null, 2) + "\n",
  );
  await write(
    join(folder, "tables", "groups.csv"),
    Papa.unparse(
      findings.outcomes.flatMap((o) => o.measures.compare.rows.map((r) => ({ variant: o.row.variant, ...flat(r) }))),
    ) + "\n",
  );
  const respondents = findings.main.simulated[0]!;
  await write(
    join(folder, "tables", "simulated.csv"),
    Papa.unparse(respondents.rows.map((r) => ({ ...r, provenance: `simulated by ${respondents.simulation.model}` }))) +
      "\n",
  );
  await write(join(folder, "tables", "comparison.txt"), `${tables}\n\n${tables.byVariant}\n`);
  const report = join(folder, "report.html");
  await write(
    report,
    html({
      title: `${plan.study.codebook.title}: can a model stand in for people?`,
      subtitle: `${findings.main.row.variant}: ${findings.verdict.level}. ${plan.rest.n} people to answer for, ${plan.pilot.n} to learn from.`,
      provenance,
      sections: sectionsOf(findings, figures),
    }),
  );
  return { report, figures };
}

const flat = (row: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([k, v]) => [k, Array.isArray(v) ? v.join(" to ") : v]));

/** A picture that cannot be drawn (a single group, no rule) is left out; its numbers are in the tables. */
function draw({ plan, outcomes, main, detailed }: Findings): Drawn[] {
  const base = outcomes.find((o) => o.variant.kind === "base");
  const shown = outcomes.filter((o) => o.variant.kind !== "baseline");
  const sets = {
    human: plan.rest,
    ...(base ? { "base model": base.simulated[0]! } : {}),
    finetuned: main.simulated[0]!,
  };
  const groups = plan.study.codebook.defaults.groups;
  const labelled = [
    ...shown.map((o) => ({ label: o.row.variant, comparison: o.measures.compare })),
    ...outcomes
      .filter((o) => o.variant.name === "marginalBootstrap")
      .map((o) => ({ label: o.row.variant, comparison: o.measures.compare })),
  ];
  const attempts: (() => Drawn)[] = [
    () => drawCoverage(plan.sampling.report),
    () => drawTraining(main.models[0]!),
    () => drawBeliefs(sets),
    () => drawDistances(labelled, "", "variant"),
    ...groups.map((by) => () => drawDistances(labelled, by, plan.study.item(by).label)),
    () => drawRarefaction(shown.map((o) => ({ label: o.row.variant, result: o.measures.heterogeneity }))),
  ];
  const { coherence, recover } = main.measures;
  if (coherence) attempts.push(() => drawFlows(sets, coherence));
  if (!("error" in recover)) attempts.push(() => drawForest(recover));
  void detailed;
  return attempts.flatMap((attempt) => {
    try {
      return [attempt()];
    } catch (error) {
      console.error(`  one figure could not be drawn: ${(error as Error).message}`);
      return [];
    }
  });
}

function sectionsOf(findings: Findings, figures: Drawn[]): HtmlSection[] {
  const { plan, outcomes, main, tables, detailed, verdict, ppi, warnings } = findings;
  const pick = (...names: string[]) => figures.filter((f) => names.some((n) => f.name.startsWith(n)));
  const { codebook } = plan.study;
  const sections: HtmlSection[] = [
    {
      title: "Verdict",
      text: [
        ...verdict.text.split("\n").filter(Boolean),
        ...warnings.filter((w) => w.includes("NOT")).map((w) => `**Note.** ${w}`),
      ],
      results: verdict,
    },
    {
      title: "The comparison",
      text: [
        `${plan.rest.n} people answered for by each row; none of them was learned from. ${plan.sampling.pilot.n} were drawn: ${plan.pilot.n} to learn from, ${plan.rectify.n} kept to rectify with.`,
      ],
      results: [tables, tables.groups, tables.behaviour],
      figures: pick("distance-by-everyone", "structures"),
    },
    { title: "Whom the model learned from", results: [plan.sampling.report], figures: pick("sampling", "training") },
    { title: "Answers beside the people's", text: exampleOf(findings), figures: pick("beliefs") },
    {
      title: "By group",
      results: [tables.byVariant, detailed],
      figures: figures.filter((f) => f.name.startsWith("distance-by-") && f.name !== "distance-by-everyone"),
    },
    { title: "How varied", results: main.measures.heterogeneity },
  ];
  if (main.measures.coherence)
    sections.push({ title: "Belief and action", results: main.measures.coherence, figures: pick("actions") });
  const { recover } = main.measures;
  sections.push(
    "error" in recover
      ? { title: "Regression", text: `The regression could not be estimated on the simulations: ${recover.error}` }
      : { title: "Regression", text: recover.verdict, results: recover, figures: pick("regression") },
  );
  if (ppi) sections.push({ title: "What may still be concluded", results: ppi });
  sections.push({
    title: "How this was made",
    text: [
      `**Study.** ${codebook.title}. ${codebook.description}`,
      `**Source.** ${codebook.citation} ${codebook.licence}.`,
      ...(codebook.caveats ?? []).map((c) => `**Caveat.** ${c}.`),
    ],
    results: outcomes.flatMap((o) => o.reports.slice(0, 1)),
    folded: [
      { title: "Methods section", text: verdict.methods },
      { title: "BibTeX", text: verdict.bibtex },
    ],
  });
  return sections;
}

/** One person of the holdout, in words: what they said and what was said for them. */
function exampleOf({ plan, main }: Findings): string {
  const person = plan.rest.row(0),
    simulated = main.simulated[0]!.row(0);
  const items = plan.study.items("belief", "action");
  const say = (row: typeof person) =>
    items.map((i) => `${i.label}: ${row[i.name] === null ? "no answer" : labelOf(i, row[i.name]!)}`).join("; ");
  return `For example the person with id ${person.id} said ${say(person)}. The model, which knew only the attributes, said ${say(simulated)}.`;
}
