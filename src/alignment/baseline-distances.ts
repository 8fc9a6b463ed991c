import { random } from "../study/index.js";
import type { Item, Respondents } from "../study/index.js";
import { baselineTitles, prepareBaseline } from "./baselines.js";
import type { BaselineName } from "./baselines.js";
import type { Group } from "./groups.js";
import { meanName } from "./items.js";
import type { CodedItem } from "./items.js";
import { countDistance } from "./counts.js";
import type { CountDistance, Counts, Measure } from "./counts.js";

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
  const supports = new Map(coded.flatMap((item) => (item.support ? [[item.name, item.support]] : [])));
  // All draws first: the joint item may take combinations that no person has, and its histograms have to hold them.
  const drawn = makers.map(([column, name, from]) => {
    const make = prepareBaseline(name, from, human, items, (item) => {
      const support = supports.get(item.name);
      return (value) => support?.place(value, `of ${from === human ? "the people" : "the pilot"}`) ?? -1;
    });
    const generator = random(seed, "baseline", column);
    return Array.from({ length: draws }, () => {
      const columns = make(generator);
      const codes = coded.map((item) => (item.combine ? undefined : Int32Array.from(columns.get(item.name)!)));
      const of = coded.flatMap((item, j) => (item.kind === "belief" ? [codes[j]!] : []));
      return coded.map((item, j) => codes[j] ?? item.combine!(of));
    });
  });
  const by = countDistance(measure, human.n, weights !== undefined);
  const places = coded.map((item) => new Histograms(item, weights));
  cells.forEach((cell, c) => {
    const people = places.map((of) => of.people(cell.people));
    makers.forEach(([column], k) => {
      for (const codes of drawn[k]!) {
        const distances = places.map((of, j) => of.distance(people[j]!, codes[j]!, cell.people, by));
        const add = (key: string, x: number) => {
          const row = out[c]!.get(key)!;
          row[column] = (row[column] ?? 0) + x / draws;
        };
        coded.forEach((item, j) => {
          if (!Number.isNaN(distances[j])) add(item.name, distances[j]!);
        });
        const of = coded.flatMap((item, j) => (item.kind === "belief" ? [distances[j]!] : []));
        if (of.length > 1 && !of.some(Number.isNaN)) add(meanName, of.reduce((a, b) => a + b, 0) / of.length);
      }
    });
  });
  return out;
}

const none = new Float64Array(0);

/** Histograms of one item, people's beside a baseline's. */
class Histograms {
  readonly #human: Int32Array;
  readonly #own: Counts;
  readonly #other: Counts;
  readonly #labels: Int32Array | undefined;

  constructor(
    readonly item: CodedItem,
    readonly weights: Float64Array | undefined,
  ) {
    this.#human = item.codes[0]!;
    this.#labels = item.combined && new Int32Array(item.combined()).fill(-1);
    this.#own = this.#empty();
    this.#other = this.#empty();
  }

  #empty(): Counts {
    const size = Math.max(this.item.size, this.item.combine ? 2 * this.#human.length : 0);
    return this.weights ? new Float64Array(size) : new Int32Array(size);
  }

  /** The joint item has far more places than people: only those that occur are counted, numbered as they come. */
  #sparse(baseline: Int32Array, people: Int32Array, by: CountDistance): number {
    const labels = this.#labels!,
      human = this.#human,
      { weights } = this;
    let size = 0;
    this.#own.fill(0, 0, 2 * people.length);
    this.#other.fill(0, 0, 2 * people.length);
    for (const [codes, counts] of [
      [human, this.#own],
      [baseline, this.#other],
    ] as const)
      for (const i of people) {
        const place = codes[i]!;
        if (labels[place]! < 0) labels[place] = size++;
        counts[labels[place]!]! += weights ? weights[i]! : 1;
      }
    for (const i of people) labels[human[i]!] = labels[baseline[i]!] = -1;
    return people.length ? by(this.#own, 0, this.#other, 0, size, none) : NaN;
  }

  /** The people's histogram, where all of them answered. */
  people(people: Int32Array): Counts | undefined {
    if (this.#labels) return people.some((i) => this.#human[i]! < 0) ? undefined : this.#own;
    const counts = this.#empty();
    for (const i of people) {
      if (this.#human[i]! < 0) return undefined;
      counts[this.#human[i]!]! += this.weights ? this.weights[i]! : 1;
    }
    return counts;
  }

  /** Distance of the people from a baseline's answers for them, over those where neither is missing. */
  distance(whole: Counts | undefined, baseline: Int32Array, people: Int32Array, by: CountDistance): number {
    const human = this.#human,
      own = this.#own,
      other = this.#other.fill(0),
      { weights, item } = this,
      positions = item.support?.positions ?? none;
    let missing = whole === undefined;
    if (this.#labels) {
      for (let k = 0; k < people.length && !missing; k++) if (baseline[people[k]!]! < 0) missing = true;
    } else if (!missing)
      for (let k = 0; k < people.length && !missing; k++) {
        const i = people[k]!,
          place = baseline[i]!;
        if (place < 0) missing = true;
        else other[place]! += weights ? weights[i]! : 1;
      }
    if (!missing && this.#labels) return this.#sparse(baseline, people, by);
    if (!missing) return people.length ? by(whole!, 0, other, 0, item.size, positions) : NaN;
    own.fill(0);
    other.fill(0);
    let n = 0;
    for (const i of people)
      if (human[i]! >= 0 && baseline[i]! >= 0) {
        const weight = weights ? weights[i]! : 1;
        own[human[i]!]! += weight;
        other[baseline[i]!]! += weight;
        n++;
      }
    return n ? by(own, 0, other, 0, item.size, positions) : NaN;
  }
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
