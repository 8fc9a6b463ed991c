/** Whether a simulated person is the same person when asked again. */
import { isOrdered, scoreOf } from "../study/scale.js";
import { result } from "../study/index.js";
import type { Item, Respondents, Result, Simulated, Value } from "../study/index.js";
import type { SimulationRun } from "./types.js";

export interface ConsistencyRow {
  item: string;
  /** Share of pairs of draws of one person that are the same answer. */
  same: number;
  /** The same share for draws of different people: what chance alone gives. */
  chance: number;
  /** (same − chance) / (1 − chance): 0 as strangers, 1 always the same; NaN where all give one answer. */
  agreement: number;
  /** Mean distance of two draws of one person in steps of the scale; null for unordered items. */
  distance: number | null;
}

/** How two items hang together: Pearson correlations of ordered answers and of two options; NaN where one does not vary. */
export interface PairRow {
  first: string;
  second: string;
  /** Of answers in the same interview. */
  within: number;
  /** Of one item in one draw with the other in another draw of the same person: what attributes alone explain. */
  across: number;
  /** Among people, where given; null otherwise. */
  people: number | null;
}

export interface ConsistencyOptions {
  /** People with answers, beside whose correlations between items the simulation's stand. */
  people?: Respondents;
}

/**
 * Self-consistency of simulated people over several draws (`simulation.run(…, { draws: 2 })` or more), by item and for
 * whole interviews: the agreement beyond chance, as Cohen's κ with the marginals of all draws pooled (Scott 1955, π).
 * People asked twice are not perfectly consistent either; compare with a retest where there is one. `pairs` has
 * consistency across items: answers that hang together within an interview no more than over two interviews are drawn
 * anew for each question.
 */
export function consistency(run: SimulationRun, options: ConsistencyOptions = {}) {
  const { draws } = run;
  if (draws.length < 2)
    throw new Error("consistency needs at least two draws: simulation.run(people, { draws: 2, … })");
  const items = run.codebook.items.filter(
    (i) => (i.role === "belief" || i.role === "action") && !i.derived && run.has(i.name),
  );
  const rows = items.map((item): ConsistencyRow => {
    const answers = draws.map((d) => d.column(item.name));
    const score = isOrdered(item) ? (v: Value) => scoreOf(item, v) : undefined;
    return { item: item.name, ...agreementOf(answers, score) };
  });
  const interviews = draws.map((d) =>
    d.ids.map((_, i) =>
      whole(
        d,
        items.map((item) => item.name),
        i,
      ),
    ),
  );
  rows.push({ item: "whole interview", ...agreementOf(interviews) });
  const provenance = [`simulated by ${run.simulation.model}`];
  const pairs = pairsOf(draws, items, options.people, provenance);
  return result(
    {
      kind: "simulation.consistency",
      title: `Self-consistency of ${run.n} simulated respondents over ${draws.length} draws`,
      rows,
      columns: [
        { name: "item" },
        { name: "same", format: "percent" },
        { name: "chance", format: "percent" },
        { name: "agreement", title: "beyond chance (π)" },
        { name: "distance", title: "mean distance" },
      ],
      notes: [
        ...(pairs.rows.length ? [acrossItems(pairs.rows)] : []),
        "Missing answers are left out. Chance is the agreement of different people's answers; π = (same − chance) / (1 − chance), Scott 1955.",
      ],
      provenance,
    },
    { pairs },
  );
}

/** Each two items whose answers can be numbers. */
function pairsOf(
  draws: readonly Simulated[],
  items: readonly Item[],
  people: Respondents | undefined,
  provenance: string[],
): Result<PairRow> {
  const scored = items.filter((item) => isOrdered(item) || optionsIn(item)?.length === 2);
  const scores = draws.map((d) => new Map(scored.map((item) => [item.name, numbersOf(d, item)])));
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const rows = scored.flatMap((a, i) =>
    scored.slice(i + 1).map((b): PairRow => {
      const across = scores.flatMap((d) =>
        scores.flatMap((e) => (d === e ? [] : [correlation(d.get(a.name)!, e.get(b.name)!)])),
      );
      const known = people?.has(a.name) && people.has(b.name);
      return {
        first: a.name,
        second: b.name,
        within: mean(scores.map((d) => correlation(d.get(a.name)!, d.get(b.name)!))),
        across: mean(across),
        people: known ? correlation(numbersOf(people!, a), numbersOf(people!, b)) : null,
      };
    }),
  );
  return result({
    kind: "simulation.consistency",
    title: "How items hang together in simulated interviews",
    rows,
    columns: [
      { name: "first" },
      { name: "second" },
      { name: "within", title: "same interview (r)" },
      { name: "across", title: "two interviews of a person" },
      ...(people ? [{ name: "people" as const }] : []),
    ],
    notes: ["Pearson correlations over people, mean over draws; two interviews of a person share attributes only."],
    provenance,
  });
}

function acrossItems(rows: readonly PairRow[]): string {
  const mean = (pick: (row: PairRow) => number | null) => {
    const known = rows.map(pick).filter((v): v is number => v !== null && !Number.isNaN(v));
    return known.length ? (known.reduce((sum, v) => sum + Math.abs(v), 0) / known.length).toFixed(2) : "–";
  };
  const people = rows.some((r) => r.people !== null) ? `, among people ${mean((r) => r.people)}` : "";
  return (
    `Across items: mean |r| of two answers ${mean((r) => r.within)} in the same interview, ` +
    `${mean((r) => r.across)} in two interviews of the same person${people}; each pair is in pairs.`
  );
}

const optionsIn = ({ scale }: Item) => ("options" in scale ? scale.options : undefined);

/** Answers as numbers, missing as NaN: scores of ordered items, places of two options. */
function numbersOf(people: Respondents, item: Item): number[] {
  return people.column(item.name).map((value) => {
    if (value === null) return NaN;
    return isOrdered(item) ? scoreOf(item, value) : optionsIn(item)!.findIndex((o) => o.value === value);
  });
}

/** Pearson's r over the pairs that are both known. */
function correlation(x: readonly number[], y: readonly number[]): number {
  const both = x.flatMap((a, i) => (Number.isNaN(a) || Number.isNaN(y[i]!) ? [] : [[a, y[i]!] as const]));
  const mx = both.reduce((sum, [a]) => sum + a, 0) / both.length;
  const my = both.reduce((sum, [, b]) => sum + b, 0) / both.length;
  let [sxx, syy, sxy] = [0, 0, 0];
  for (const [a, b] of both) {
    sxx += (a - mx) ** 2;
    syy += (b - my) ** 2;
    sxy += (a - mx) * (b - my);
  }
  return sxx > 0 && syy > 0 ? sxy / Math.sqrt(sxx * syy) : NaN;
}

/** An interview as one value; null where an answer is missing. */
function whole(draw: Simulated, names: readonly string[], i: number): Value {
  const values = names.map((name) => draw.column(name)[i] ?? null);
  return values.includes(null) ? null : JSON.stringify(values);
}

function agreementOf(answers: readonly (readonly Value[])[], score?: (value: Value) => number) {
  let pairs = 0;
  let same = 0;
  let distance = 0;
  const counts = new Map<Value, number>();
  let total = 0;
  for (const column of answers)
    for (const value of column) {
      if (value === null) continue;
      counts.set(value, (counts.get(value) ?? 0) + 1);
      total++;
    }
  for (let i = 0; i < answers[0]!.length; i++)
    for (let a = 0; a < answers.length; a++)
      for (let b = a + 1; b < answers.length; b++) {
        const [x, y] = [answers[a]![i] ?? null, answers[b]![i] ?? null];
        if (x === null || y === null) continue;
        pairs++;
        if (x === y) same++;
        if (score) distance += Math.abs(score(x) - score(y));
      }
  const chance = [...counts.values()].reduce((sum, n) => sum + (n / total) ** 2, 0);
  const share = pairs ? same / pairs : NaN;
  return {
    same: share,
    chance,
    agreement: chance < 1 ? (share - chance) / (1 - chance) : NaN,
    distance: score && pairs ? distance / pairs : null,
  };
}
