/** What a learning curve measures of one set of simulated people against the people they stand for. */
import { jsDistance, rarefy } from "../../alignment/index.js";
import { impliedAction, supportOf } from "../../study/index.js";
import type { Item, Respondents } from "../../study/index.js";

export interface Measures {
  /** Mean Jensen–Shannon distance (base 2) over belief items. */
  beliefDistance: number;
  /** The same over action items. */
  actionDistance: number;
  /** Of belief structures: of the tuple of all beliefs. */
  jointDistance: number;
  /** Unique belief structures at equal n, relative to people's (1 is as many). */
  structures: number;
  /** Belief–action gap; NaN without a rule or a definite implied action. */
  gap: number;
  /** The gap less that of the people. */
  gapDifference: number;
}

export function measures(human: Respondents, simulated: Respondents): Measures {
  const beliefs = human.items("belief"),
    actions = human.items("action");
  const gap = gapOf(simulated);
  const counts = [human, simulated].map((people) => [...structureCounts(people, beliefs).values()]);
  const n = Math.min(...counts.map((c) => c.reduce((a, b) => a + b, 0)));
  const unique = counts.map((c) => (n ? rarefy(c, [n])[0]!.expected : NaN));
  return {
    beliefDistance: meanDistance(human, simulated, beliefs),
    actionDistance: meanDistance(human, simulated, actions),
    jointDistance: jointDistance(human, simulated, beliefs),
    structures: unique[1]! / unique[0]!,
    gap,
    gapDifference: gap - gapOf(human),
  };
}

function meanDistance(a: Respondents, b: Respondents, items: readonly Item[]): number {
  if (!items.length) return NaN;
  let total = 0;
  for (const item of items) {
    const options = supportOf(item, [...a.column(item.name), ...b.column(item.name)]).map(String);
    total += jsDistance(tally(a, item, options), tally(b, item, options));
  }
  return total / items.length;
}

function tally(people: Respondents, item: Item, options: readonly string[]): number[] {
  const index = new Map(options.map((option, k) => [option, k]));
  const counts = options.map(() => 0);
  for (const value of people.column(item.name)) {
    const k = value === null ? undefined : index.get(String(value));
    if (k !== undefined) counts[k]!++;
  }
  return counts;
}

/** How many people hold each combination of beliefs; those who left one out hold none. */
function structureCounts(people: Respondents, beliefs: readonly Item[]): Map<string, number> {
  const columns = beliefs.map((item) => people.column(item.name));
  const counts = new Map<string, number>();
  people.ids.forEach((_, i) => {
    const answers = columns.map((column) => column[i]);
    if (answers.some((v) => v === null || v === undefined)) return;
    const key = JSON.stringify(answers);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  return counts;
}

function jointDistance(a: Respondents, b: Respondents, beliefs: readonly Item[]): number {
  if (!beliefs.length) return NaN;
  const [p, q] = [structureCounts(a, beliefs), structureCounts(b, beliefs)];
  const keys = [...new Set([...p.keys(), ...q.keys()])];
  return jsDistance(
    keys.map((key) => p.get(key) ?? 0),
    keys.map((key) => q.get(key) ?? 0),
  );
}

export function gapOf(people: Respondents): number {
  const { rule } = people.codebook;
  if (!rule) return NaN;
  const acted = people.column(rule.action);
  let definite = 0,
    otherwise = 0;
  impliedAction(people).forEach((implied, i) => {
    if (implied === null || implied === undefined || acted[i] === null) return;
    definite++;
    if (String(implied) !== String(acted[i])) otherwise++;
  });
  return definite ? otherwise / definite : NaN;
}
