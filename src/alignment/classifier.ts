import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { checkCounts, checkLevel, isOrdered, marks, random, result, sourceName } from "../study/index.js";
import type { Item, Respondents, Result } from "../study/index.js";
import { groups } from "./groups.js";
import type { By, Group } from "./groups.js";
import { chooseItems, codeItem } from "./items.js";
import { pair } from "./pairs.js";
import type { Simulations } from "./pairs.js";
import { Drawer, percentileInterval } from "./resample.js";
import { support } from "./support.js";

export interface ClassifierOptions {
  /** Groupings besides everyone (default: none; each group has its own classifier). */
  by?: By;
  /** Names of the items the classifier sees (default: all beliefs and actions). */
  items?: readonly string[];
  /** Whether it sees how answers go with people's attributes and treatment (default true): then it notices simulations that ignore them. */
  attributes?: boolean;
  /** Folds of the cross-validation; a pair is never divided (default 5). */
  folds?: number;
  /** Exchanges within pairs for p, and bootstrap resamples of pairs for the interval (default 500). */
  replicates?: number;
  /** Seed (default 1). */
  seed?: number;
  level?: number;
}

export interface ClassifierRow {
  by: string;
  group: string;
  source: string;
  /** Pairs. */
  n: number;
  features: number;
  /** Area under the ROC curve on pairs not learned from: .5 cannot tell, 1 tells every time. */
  auc: number;
  interval: [number, number];
  /** Share of held-out answers told right. */
  accuracy: number;
  p: number;
}

/**
 * Classifier two-sample test (Lopez-Paz & Oquab 2017): if simulations were like people, no classifier could tell them
 * apart. A ridge-regularised linear discriminant sees every option of every item, how items go together, and how they go
 * with attributes; it is scored on pairs that it has not learned from, and p comes from exchanging answers within pairs.
 */
export function classifierTest(
  human: Respondents,
  simulated: Simulations,
  options: ClassifierOptions = {},
): Result<ClassifierRow> {
  const { attributes = true, folds = 5, replicates = 500, seed = 1, level = 0.95 } = options;
  const pairs = pair(human, simulated);
  const notes = [...pairs.notes];
  const items = chooseItems(pairs.human, pairs.simulated, options.items, notes);
  checkCounts({ folds }, 2);
  checkCounts({ replicates }, 1);
  checkLevel(level);
  const one = (group: Group, s: Respondents, k: number): ClassifierRow | undefined => {
    const rows = Array.from(group.people);
    const { x, people } = features(items, pairs.human.take(rows), s.take(rows), attributes);
    const n = people.length;
    if (n < 2 * folds) {
      const where = group.by ? `${group.by} = ${group.group}` : sourceName(s);
      const message = `${where}: ${n} pairs answered everything; ${folds} folds need ${2 * folds} or more`;
      if (!group.by) throw new Error(message);
      notes.push(message);
      return undefined;
    }
    const drawer = new Drawer(random(seed, "classifier", k, group.by, group.group));
    const model = discriminant(x, n, folds, drawer.shuffle(Int32Array.from({ length: n }, (_, i) => i)));
    const scores = model(new Uint8Array(n));
    const auc = areaUnder(scores, undefined);
    const boot = new Float64Array(replicates),
      drawn = new Int32Array(n),
      coins = new Int32Array(n);
    for (let r = 0; r < replicates; r++) boot[r] = areaUnder(scores, drawer.indices(n, drawn));
    let extreme = 1;
    for (let r = 0; r < replicates; r++)
      if (areaUnder(model(Uint8Array.from(drawer.indices(2, coins))), undefined) >= auc - 1e-12) extreme++;
    let right = 0;
    for (let i = 0; i < n; i++) right += Number(scores[2 * i]! > 0) + Number(scores[2 * i + 1]! < 0);
    return {
      by: group.by,
      group: group.group,
      source: sourceName(s),
      n,
      features: x[0]!.length,
      auc,
      interval: percentileInterval(boot, level),
      accuracy: right / (2 * n),
      p: extreme / (replicates + 1),
    };
  };
  const rows = groups(pairs.human, options.by ?? [], notes).flatMap((group) =>
    pairs.simulated.flatMap((s, k) => one(group, s, k) ?? []),
  );
  notes.push(
    `linear discriminant on ${items.map((i) => i.name).join(", ")}${attributes ? " and how they go with attributes" : ""}; ${folds}-fold cross-validation by pairs`,
    `.5: people and simulations cannot be told apart; p: ${replicates} exchanges within pairs, the classifier trained anew each time` +
      `${rows.length > 1 ? ", not adjusted for the number of rows" : ""}; interval: ${replicates} bootstrap resamples of pairs with ` +
      `the classifier as trained; seed ${seed}`,
  );
  return result({
    kind: "alignment.classifierTest",
    title: "Classifier two-sample test",
    rows,
    columns: [
      ...(rows.some((r) => r.by) ? ([{ name: "by" }, { name: "group" }] as const) : []),
      { name: "source" },
      { name: "n", format: "integer" },
      { name: "features", format: "integer" },
      { name: "auc", title: "AUC" },
      { name: "interval", title: `${Number((100 * level).toFixed(1))}% interval`, format: "interval" },
      { name: "accuracy", format: "percent" },
      { name: "p", format: "p" },
    ],
    notes,
    provenance: marks(pairs.human, ...pairs.simulated),
  });
}

/** Rows 2i (person) and 2i + 1 (simulation) of each complete pair; columns standardised. */
function features(items: readonly Item[], human: Respondents, simulated: Respondents, attributes: boolean) {
  const coded = items.map((item) => codeItem(item, [human, simulated]));
  const people = human.ids.map((_, i) => i).filter((i) => coded.every((c) => c.codes.every((s) => s[i]! >= 0)));
  const rows: number[][] = people.flatMap(() => [[], []]);
  const push = (column: Float64Array) => {
    const m = column.reduce((a, b) => a + b, 0) / column.length;
    const sd = Math.sqrt(column.reduce((a, v) => a + (v - m) ** 2, 0) / column.length);
    if (sd > 1e-9) column.forEach((v, r) => rows[r]!.push((v - m) / sd));
  };
  const both = (f: (person: number, source: number) => number) =>
    Float64Array.from({ length: 2 * people.length }, (_, r) => f(people[r >> 1]!, r & 1));
  for (const c of coded)
    if (c.size <= 41) for (let o = 1; o < c.size; o++) push(both((i, s) => Number(c.codes[s]![i] === o)));
  const positions = coded.map((c) => standardised(both((i, s) => c.codes[s]![i]!)));
  positions.forEach((a, j) => {
    push(a.map((v) => v * v));
    positions.slice(0, j).forEach((b) => push(a.map((v, r) => v * b[r]!)));
  });
  if (attributes)
    for (const item of human.items("attribute", "treatment")) {
      const column = human.column(item.name),
        s = support(item, [human]);
      const indicators = isOrdered(item)
        ? [both((i) => s.score(column[i]!))]
        : Array.from({ length: Math.max(0, s.size - 1) }, (_, o) =>
            both((i) => Number(s.place(column[i]!, human.ids[i]!) === o + 1)),
          );
      for (const z of indicators.map(standardised)) for (const a of positions) push(a.map((v, r) => v * z[r]!));
    }
  return { x: rows, people };
}

/** Mean 0, standard deviation 1, missing at the mean. */
function standardised(column: Float64Array): Float64Array {
  const known = column.filter((v) => !Number.isNaN(v));
  const m = known.reduce((a, b) => a + b, 0) / Math.max(1, known.length);
  const sd = Math.sqrt(known.reduce((a, v) => a + (v - m) ** 2, 0) / Math.max(1, known.length)) || 1;
  return column.map((v) => (Number.isNaN(v) ? 0 : (v - m) / sd));
}

/**
 * Scores of all rows by discriminants learned on the other folds, for any exchange of labels within pairs. The features'
 * cross-products do not depend on the labels, so each fold is decomposed once.
 */
function discriminant(x: readonly number[][], pairs: number, folds: number, order: Int32Array) {
  const d = x[0]!.length;
  const fold = new Int32Array(pairs);
  order.forEach((i, place) => (fold[i] = place % folds));
  const solvers = Array.from({ length: folds }, (_, f) => {
    const gram = Array.from({ length: d }, () => new Float64Array(d));
    let n = 0;
    for (let r = 0; r < x.length; r++) {
      if (fold[r >> 1] === f) continue;
      n++;
      const row = x[r]!;
      for (let a = 0; a < d; a++) {
        const v = row[a]!,
          to = gram[a]!;
        for (let b = a; b < d; b++) to[b]! += v * row[b]!;
      }
    }
    // A ridge of a hundredth of each (standardised) column keeps collinear indicators apart.
    const full = Matrix.zeros(d, d);
    for (let a = 0; a < d; a++)
      for (let b = a; b < d; b++) {
        full.set(a, b, gram[a]![b]! + (a === b ? 0.01 * n + 1 : 0));
        full.set(b, a, full.get(a, b));
      }
    return new CholeskyDecomposition(full);
  });
  return (exchanged: Uint8Array): Float64Array => {
    const scores = new Float64Array(x.length);
    solvers.forEach((solver, f) => {
      const target = new Float64Array(d);
      for (let i = 0; i < pairs; i++) {
        if (fold[i] === f) continue;
        const sign = exchanged[i] ? -1 : 1,
          one = x[2 * i]!,
          other = x[2 * i + 1]!;
        for (let a = 0; a < d; a++) target[a]! += sign * (one[a]! - other[a]!);
      }
      const w = solver.solve(Matrix.columnVector(target as unknown as number[])).to1DArray();
      for (let i = 0; i < pairs; i++) {
        if (fold[i] !== f) continue;
        // What stands first is labelled human: exchanged pairs stand the other way round.
        for (let s = 0; s < 2; s++) {
          const row = x[2 * i + (exchanged[i] ? 1 - s : s)]!;
          let sum = 0;
          for (let a = 0; a < d; a++) sum += w[a]! * row[a]!;
          scores[2 * i + s] = sum;
        }
      }
    });
    return scores;
  };
}

/** Area under the ROC curve by mid-ranks, for the pairs drawn (all by default). */
function areaUnder(scores: Float64Array, drawn: Int32Array | undefined): number {
  const n = drawn?.length ?? scores.length / 2;
  const values = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const i = drawn ? drawn[k]! : k;
    values[k] = scores[2 * i]!;
    values[n + k] = scores[2 * i + 1]!;
  }
  const human = values.slice(0, n).sort(),
    other = values.slice(n).sort();
  let area = 0,
    below = 0,
    upto = 0;
  for (const h of human) {
    while (below < n && other[below]! < h) below++;
    while (upto < n && other[upto]! <= h) upto++;
    area += (below + upto) / 2;
  }
  return area / (n * n);
}
