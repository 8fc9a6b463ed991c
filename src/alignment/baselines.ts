/**
 * What a model has to beat: respondents made without one. Each takes the pilot and the people to stand in for and
 * returns simulated respondents, so that every measure applied to a model can be applied to them.
 */
import { random, Simulated, supportOf } from "../study/index.js";
import type { Item, Random, Respondents, Value } from "../study/index.js";
import { gaussianCopula } from "./copula.js";

export interface BaselineOptions {
  /** Seed of the draws (default 1). */
  seed?: number;
  /** Names of the items to answer (default: all beliefs and actions of the pilot). */
  items?: readonly string[];
}

export type BaselineName = "uniform" | "marginalBootstrap" | "rowBootstrap" | "copula";

/** Every option equally likely, each item on its own: knows nothing. */
export function uniform(pilot: Respondents, people: Respondents, options: BaselineOptions = {}): Simulated {
  return made("uniform", pilot, people, options);
}

/** Each answer drawn from the pilot's answers to that item, items independent: knows the margins. */
export function marginalBootstrap(pilot: Respondents, people: Respondents, options: BaselineOptions = {}): Simulated {
  return made("marginalBootstrap", pilot, people, options);
}

/** All answers of one pilot member drawn at random: knows margins and how answers hang together, and invents nobody. */
export function rowBootstrap(pilot: Respondents, people: Respondents, options: BaselineOptions = {}): Simulated {
  return made("rowBootstrap", pilot, people, options);
}

/** Drawn from a Gaussian copula fitted on the pilot, given each person's attributes and treatment. */
export function copula(pilot: Respondents, people: Respondents, options: BaselineOptions = {}): Simulated {
  return made("copula", pilot, people, options);
}

export const baselineTitles: Record<BaselineName, string> = {
  uniform: "uniform answers",
  marginalBootstrap: "pilot, marginal bootstrap",
  rowBootstrap: "pilot, row bootstrap",
  copula: "pilot, Gaussian copula",
};

/** A baseline made ready: each call draws answers for all people, as `encode` writes the pilot's answers (by default as they are). */
export function prepareBaseline<T = Value>(
  name: BaselineName,
  pilot: Respondents,
  people: Respondents,
  items: readonly Item[],
  encode: (item: Item) => (value: Value) => T = () => (value) => value as T,
): (random: Random) => Map<string, readonly T[]> {
  if (!pilot.n) throw new Error(`baseline ${name}: the pilot is empty`);
  if (name === "copula") return gaussianCopula(pilot, people, items, encode);
  const draw = (choose: (item: Item) => (random: Random, row: number) => T) => {
    const choices = items.map((item) => [item.name, choose(item)] as const);
    return (r: Random) => {
      const rows = name === "rowBootstrap" ? people.ids.map(() => r.integer(pilot.n)) : [];
      return new Map(choices.map(([item, of]) => [item, people.ids.map((_, i) => of(r, rows[i] ?? i))]));
    };
  };
  if (name === "uniform")
    return draw((item) => {
      const options = supportOf(item, pilot.column(item.name)).map(encode(item));
      if (!options.length) throw new Error(`item ${item.name}: the pilot has no answers, so its options are unknown`);
      return (r) => options[r.integer(options.length)]!;
    });
  if (name === "rowBootstrap")
    return draw((item) => {
      const column = pilot.column(item.name).map(encode(item));
      return (_, row) => column[row]!;
    });
  return draw((item) => {
    const answered = pilot
      .column(item.name)
      .filter((v) => v !== null)
      .map(encode(item));
    if (!answered.length) throw new Error(`item ${item.name}: nobody in the pilot answered it`);
    return (r) => answered[r.integer(answered.length)]!;
  });
}

function made(name: BaselineName, pilot: Respondents, people: Respondents, options: BaselineOptions): Simulated {
  const { seed = 1 } = options;
  const items = options.items?.map((item) => pilot.item(item)) ?? pilot.items("belief", "action");
  if (!items.length)
    throw new Error(`baseline ${name}: the pilot has no beliefs or actions; it has ${pilot.names.join(", ")}`);
  const drawn = prepareBaseline(name, pilot, people, items)(random(seed, "baseline", name));
  const kept = people.names.filter((n) => !["belief", "action"].includes(people.item(n).role));
  return new Simulated({
    codebook: people.codebook,
    ids: people.ids,
    columns: new Map([...kept.map((n) => [n, people.column(n)] as const), ...drawn]),
    origin: people.origin,
    simulation: {
      model: baselineTitles[name],
      provider: "baseline",
      seed,
      trainedOn: name === "uniform" ? [] : pilot.ids,
      ledgerKey: `baseline:${name}:${seed}`,
      elicitation: "none",
    },
  });
}
