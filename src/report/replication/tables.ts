// The replication's tables: the same rows, one a variant or baseline, by what is asked of them.
import { result, type Column, type Item, type Result } from "../../study/index.js";
import type { GroupMean, TableRow } from "./measure.js";
import type { Plan } from "./plan.js";
import type { Outcome } from "./run.js";

export interface Tables {
  /** Everything, one row a variant; written to files. */
  rows: TableRow[];
  distances: Result<TableRow>;
  groups: Result<Record<string, unknown>>;
  behaviour: Result<TableRow>;
  /** The paper's figure as numbers: one row a group, one column a variant. */
  byVariant: Result<Record<string, unknown>>;
}

export function tablesOf(
  plan: Plan,
  outcomes: readonly Outcome[],
  main: Outcome,
  init: { warnings: string[]; provenance: string[] },
): Tables {
  const { study } = plan;
  const { codebook } = study;
  const rows = [humanRow(main), ...outcomes.map((o) => o.row)];
  const { provenance } = init;
  const title = `${codebook.title}: who can stand in for ${plan.rest.n} people?`;
  const distances = result({
    kind: "replication",
    title: `${title} How near`,
    rows,
    columns: distanceColumns,
    notes: [
      "JSD: Jensen–Shannon distance to the people (0 same, 1 nothing in common), mean over beliefs, with a bootstrap interval around its bias-corrected value",
      "floor: the distance of two random halves of the people; beside it belongs at n/2, the model's distance at that size",
      "pilot resampled: what bootstrapping this row's own pilot reaches, the better of margins and whole people; a model that learned from them has to beat it",
      `learned from: people finetuned on, shown or resampled; seeds ${plan.variants.at(-1)!.seeds.join(", ")} of finetuning, ${plan.seed} of everything else`,
      ...plan.notes,
      ...init.warnings,
    ],
    provenance,
  });
  const behaviour = result({
    kind: "replication",
    title: `${title} How varied, how coherent, what a regression finds`,
    rows,
    columns: behaviourColumns,
    notes: [
      "structures: different combinations of beliefs among equally many respondents; the aim is the people's number, not more",
      `gap: share with a definite implied action who act otherwise (${codebook.rule?.text ?? "no rule in this study"}); indiff.: share without one`,
      `sign F1, FPR: recovery of ${codebook.defaults.formula} (${codebook.defaults.family}), α = .05, over all seeds: TP of the people's significant coefficients, false positives of their others`,
    ],
    provenance,
  });
  return {
    rows,
    distances,
    behaviour,
    groups: groupTable(
      title,
      rows,
      codebook.defaults.groups.map((by) => study.item(by)),
      (by) => new Set(main.measures.compare.rows.filter((r) => r.by === by).map((r) => r.group)).size,
      provenance,
    ),
    byVariant: groupByVariant(plan, outcomes, provenance),
  };
}

const who: Column<TableRow>[] = [
  { name: "variant", title: "who answers" },
  { name: "trainedOn", title: "learned from", format: "integer" },
  { name: "seeds", format: "integer" },
];

const distanceColumns: Column<TableRow>[] = [
  ...who,
  { name: "jsd", title: "JSD" },
  { name: "jsdInterval", title: "95%", format: "interval", digits: 3 },
  { name: "matched", title: "at n/2" },
  { name: "floor", title: "floor" },
  { name: "resampled", title: "pilot resampled" },
  { name: "jsdJoint", title: "joint JSD" },
  { name: "jsdAction", title: "action JSD" },
];

const behaviourColumns: Column<TableRow>[] = [
  ...who,
  { name: "structures", format: "integer" },
  { name: "structuresHuman", title: "people's", format: "integer" },
  { name: "gap", format: "percent" },
  { name: "gapInterval", title: "95%", format: "interval", digits: 3 },
  { name: "gapHuman", title: "people's", format: "percent" },
  { name: "indifferent", title: "indiff.", format: "percent" },
  { name: "signF1", title: "sign F1 (TP/real)" },
  { name: "falsePositives", title: "FPR (FP/null)" },
];

/** The people's own numbers, as the reference in the first line. */
function humanRow(main: Outcome): TableRow {
  const human = main.measures.heterogeneity.rows[0]!;
  const gap = main.measures.coherence?.rows.find((r) => r.by === "");
  const nothing = { jsd: null, matched: null, resampled: null };
  return {
    ...main.row,
    ...nothing,
    variant: "the people themselves",
    kind: "human",
    trainedOn: null,
    seeds: 0,
    structures: human.rarefied,
    jsdInterval: null,
    byGroup: main.row.byGroup.map((g) => ({ ...g, ...nothing })),
    jsdJoint: null,
    jsdAction: null,
    gap: gap?.humanGap ?? null,
    gapInterval: gap?.humanInterval ?? null,
    indifferent: gap?.humanIndifferent ?? null,
    signF1: "",
    falsePositives: "",
  };
}

/** Each grouping's columns as properties of one flat row. */
export const flatGroups = (groups: readonly GroupMean[]): Record<string, number | null> =>
  Object.fromEntries(
    groups.flatMap(({ by, jsd, matched, floor, resampled }) => [
      [`jsd by ${by}`, jsd],
      [`at n/2 by ${by}`, matched],
      [`floor by ${by}`, floor],
      [`pilot resampled by ${by}`, resampled],
    ]),
  );

function groupTable(
  title: string,
  rows: readonly TableRow[],
  by: readonly Item[],
  known: (by: string) => number,
  provenance: string[],
) {
  const columns: Column<Record<string, unknown>>[] = [
    { name: "variant", title: "who answers" },
    ...by.flatMap(({ name, label }): Column<Record<string, unknown>>[] => [
      { name: `jsd by ${name}`, title: `JSD by ${label}`, format: "number" },
      { name: `at n/2 by ${name}`, title: "at n/2", format: "number" },
      { name: `floor by ${name}`, title: "floor", format: "number" },
      { name: `pilot resampled by ${name}`, title: "pilot resampled", format: "number" },
    ]),
  ];
  return result({
    kind: "replication",
    title: `${title} By group`,
    rows: rows.map((row): Record<string, unknown> => ({ variant: row.variant, ...flatGroups(row.byGroup) })),
    columns,
    notes: [
      "means over the groups of each grouping that are large enough to be halved, each counted alike; small groups are far from anything by chance alone, so look at n/2 beside the floor",
      `groups counted: ${by.map(({ name, label }, i) => `${label} ${rows[1]!.byGroup[i]!.groups} of ${known(name)}`).join(", ")}; each group by itself is in tables/jsd-by-group.csv, the figures and the report`,
    ],
    provenance,
  });
}

/** Distances by group (rows) and variant (columns). */
function groupByVariant(plan: Plan, outcomes: readonly Outcome[], provenance: string[]) {
  const first = outcomes[0]!.measures.compare;
  const belief = first.row().item;
  const known = first.rows.filter((r) => r.item === belief);
  const rows = known.map(({ by, group, n, floor }): Record<string, unknown> => {
    const row: Record<string, unknown> = { by: by && plan.study.item(by).label, group, n, floor };
    for (const { variant, measures } of outcomes)
      row[variant.name] =
        measures.compare.rows.find((r) => r.by === by && r.group === group && r.item === belief)?.distance ?? null;
    return row;
  });
  return result({
    kind: "replication",
    title: "Jensen–Shannon distance to the people, by group and variant, mean over beliefs",
    rows,
    columns: [
      { name: "by" },
      { name: "group" },
      { name: "n", format: "integer" },
      { name: "floor", format: "number" },
      ...outcomes.map(({ variant }) => ({ name: variant.name, format: "number" as const })),
    ],
    notes: [
      outcomes.map(({ variant }) => `${variant.name}: ${variant.label}`).join("; "),
      "floor: the distance of two random halves of the group",
    ],
    provenance,
  });
}
