import { random } from "../study/index.js";
import type { Item, Respondents, Value } from "../study/index.js";
import { baselineTitles, prepareBaseline } from "./baselines.js";
import type { BaselineName } from "./baselines.js";
import type { Group } from "./groups.js";
import { meanName } from "./items.js";
import type { CodedItem } from "./items.js";
import { countDistance } from "./counts.js";
import type { CountDistance, Measure } from "./counts.js";

/** Distances to people of answers made without a model: the mean over several draws of as many answers. Null where not available. */
export interface BaselineDistances {
  uniform: number | null;
  /** Answers drawn from the margins of all these people: what ignoring the groups costs. Not available to anyone without their answers. */
  humanMarginal: number | null;
  marginalBootstrap: number | null;
  rowBootstrap: number | null;
  copula: number | null;
}

type Column = keyof BaselineDistances;

/** For each group, the baselines' distances by item. */
export function baselineDistances(
  human: Respondents,
  coded: readonly CodedItem[],
  items: readonly Item[],
  cells: readonly Group[],
  pilot: Respondents | undefined,
  draws: number,
  seed: number,
  measure: Measure,
  weights: Float64Array | undefined,
): Map<string, BaselineDistances>[] {
  const empty = { uniform: null, humanMarginal: null, marginalBootstrap: null, rowBootstrap: null, copula: null };
  const beliefs = coded.filter((item) => item.kind === "belief");
  const names = [...coded.map((i) => i.name), ...(beliefs.length > 1 ? [meanName] : [])];
  const out = cells.map(() => new Map<string, BaselineDistances>(names.map((name) => [name, { ...empty }])));
  if (!draws) return out;
  const by = countDistance(measure, human.n, weights !== undefined);
  const makers: [Column, BaselineName, Respondents][] = [
    ["uniform", "uniform", human],
    ["humanMarginal", "marginalBootstrap", human],
  ];
  if (pilot)
    makers.push(
      ["marginalBootstrap", "marginalBootstrap", pilot],
      ["rowBootstrap", "rowBootstrap", pilot],
      ["copula", "copula", pilot],
    );
  for (const [column, name, from] of makers) {
    const make = prepareBaseline(name, from, human, items);
    const generator = random(seed, "baseline", column);
    for (let d = 0; d < draws; d++) {
      const columns = make(generator);
      const codes = coded.map((item) => item.code((n) => columns.get(n)! as readonly Value[], human.ids));
      cells.forEach((cell, c) => {
        const distances = coded.map((item, j) => distance(item, codes[j]!, cell.people, by, weights));
        const add = (key: string, x: number) => {
          const row = out[c]!.get(key)!;
          row[column] = (row[column] ?? 0) + x / draws;
        };
        coded.forEach((item, j) => {
          if (!Number.isNaN(distances[j])) add(item.name, distances[j]!);
        });
        const of = coded.flatMap((item, j) => (item.kind === "belief" ? [distances[j]!] : []));
        if (of.length > 1 && !of.some(Number.isNaN)) add(meanName, of.reduce((a, b) => a + b, 0) / of.length);
      });
    }
  }
  return out;
}

const none = new Float64Array(0);

/** Distance of two columns of places; the joint item's baselines may use combinations that no person has. */
function distance(
  item: CodedItem,
  baseline: Int32Array,
  people: Int32Array,
  by: CountDistance,
  weights?: Float64Array,
): number {
  const human = item.codes[0]!;
  let size = 0,
    n = 0;
  for (const i of people)
    if (human[i]! >= 0 && baseline[i]! >= 0) {
      size = Math.max(size, human[i]! + 1, baseline[i]! + 1);
      n++;
    }
  if (!n) return NaN;
  const counts = weights ? new Float64Array(2 * size) : new Int32Array(2 * size);
  for (const i of people)
    if (human[i]! >= 0 && baseline[i]! >= 0) {
      const weight = weights ? weights[i]! : 1;
      counts[human[i]!]! += weight;
      counts[size + baseline[i]!]! += weight;
    }
  return by(counts, 0, counts, size, size, item.support?.positions ?? none);
}

/** Says for everyone where the model does no better than a baseline. */
export function baselineNotes(
  rows: readonly ({ by: string; item: string; distance: number | null } & BaselineDistances)[],
  pilot: Respondents | undefined,
): string[] {
  const overall = rows.filter((r) => r.by === "");
  const row = overall.find((r) => r.item === meanName) ?? overall[0];
  if (!row || row.distance === null) return [];
  const columns: BaselineName[] = pilot ? ["uniform", "marginalBootstrap", "rowBootstrap", "copula"] : ["uniform"];
  return columns.flatMap((name) => {
    const x = row[name];
    if (x === null || row.distance! < x) return [];
    return [
      `the model does not beat this baseline: ${baselineTitles[name]} is at ${x.toFixed(3)}, the model at ` +
        `${row.distance!.toFixed(3)} (${row.item})`,
    ];
  });
}
