/** Whether a simulated person is the same person when asked again. */
import { isOrdered, scoreOf } from "../study/scale.js";
import { result } from "../study/index.js";
import type { Simulated, Value } from "../study/index.js";
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

/**
 * Self-consistency of simulated people over several draws (`simulation.run(…, { draws: 2 })` or more), by item and, in
 * `all`, for whole interviews: the agreement beyond chance, as Cohen's κ with the marginals of all draws pooled
 * (Scott 1955, π). People asked twice are not perfectly consistent either; compare with a retest where there is one.
 */
export function consistency(run: SimulationRun) {
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
  return result({
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
      "Missing answers are left out. Chance is the agreement of different people's answers; π = (same − chance) / (1 − chance), Scott 1955.",
    ],
    provenance: [`simulated by ${run.simulation.model}`],
  });
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
