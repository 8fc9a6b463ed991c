import type { Respondents, Result } from "../study/index.js";
import { coverage, type CoverageRow, type Margins } from "./coverage.js";

/** Options that every strategy takes. */
export interface SamplingOptions {
  /** Seed of the draw (default 1); the same seed gives the same people. */
  seed?: number;
  /** Shares of a population that the pilot is compared with in the report: item → level → share. */
  margins?: Margins;
  /** Items whose coverage is reported (default: attributes and treatments). */
  cover?: readonly string[];
}

export interface Split {
  /** Whom the model may learn from. Weights are inverse inclusion probabilities where the method defines them. */
  pilot: Respondents;
  /** Everyone else. */
  rest: Respondents;
  /** How well the pilot covers the people it was drawn from, and the given margins. */
  report: Result<CoverageRow> & { n: number; missing: string[] };
}

/** Checks that `n` people can be drawn. */
export function checkSize(respondents: Respondents, n: number, what = "n"): void {
  if (!Number.isInteger(n) || n < 1) throw new Error(`${what}: expected a whole number of at least 1, found ${n}`);
  if (n > respondents.n) throw new Error(`${what} is ${n}, but there are only ${respondents.n} respondents`);
}

/** A split from the drawn indices; `inclusion` is each drawn person's probability to be drawn, in the same order. */
export function split(
  respondents: Respondents,
  drawn: readonly number[],
  init: SamplingOptions & {
    method: string;
    inclusion?: readonly number[];
    weights?: readonly number[];
    notes?: string[];
  },
): Split {
  const order = drawn.map((_, k) => k).sort((a, b) => drawn[a]! - drawn[b]!);
  const indices = order.map((k) => drawn[k]!);
  const own = respondents.weights;
  const base = init.weights ?? init.inclusion?.map((p) => 1 / p);
  const weights = base && order.map((k, j) => base[k]! * (own && !init.weights ? own[indices[j]!]! : 1));
  const seed = init.seed ?? 1;
  const origin = { method: init.method, seed };
  const pilot = respondents.take(indices, { ...origin, part: "pilot" }, weights);
  const chosen = new Set(drawn);
  const rest = respondents.take(
    respondents.ids.map((_, i) => i).filter((i) => !chosen.has(i)),
    { ...origin, part: "rest" },
  );
  const report = coverage(pilot, respondents, {
    ...(init.margins ? { margins: init.margins } : {}),
    ...(init.cover ? { items: init.cover } : {}),
    notes: [`${init.method}, seed ${seed}`, ...(init.notes ?? []), weights ? known : unknown],
  });
  return { pilot, rest, report };
}

const known = "inclusion probabilities are known: the pilot carries their inverse as weights";
const unknown =
  "inclusion probabilities are not defined by this method: estimates for the population assume that, given the items it looked at, who was drawn has nothing to do with the answers";
