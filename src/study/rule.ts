/** The belief–action rule of a codebook, evaluated. Missing answers make a three-valued logic (Kleene's strong tables). */
import type { Respondents } from "./respondents.js";
import { scoreOf } from "./scale.js";
import type { BeliefActionRule, Condition, Expression, Value } from "./types.js";

/** A respondent's answers; `score` gives the numeric position of an answer to an ordered item (NaN for missing). */
interface Lookup {
  (item: string): Value;
  score?(item: string): number;
}

/** The value of an expression; `undefined` where an answer it needs is missing. */
export function evaluate(expression: Expression, lookup: Lookup): number | string | undefined {
  if (typeof expression === "number") return expression;
  if ("item" in expression) return lookup(expression.item) ?? undefined;
  if ("value" in expression) return expression.value;
  if ("score" in expression) {
    if (!lookup.score) throw new Error(`no scores are known here for ${expression.score}`);
    const score = lookup.score(expression.score);
    return Number.isNaN(score) ? undefined : score;
  }
  const number = (e: Expression): number | undefined => {
    const v = evaluate(e, lookup);
    if (typeof v === "string")
      throw new Error(
        `the belief–action rule computes with ${JSON.stringify(v)}; arithmetic needs numbers: use { "score": item } for ordered words`,
      );
    return v;
  };
  const fold = (parts: readonly Expression[], combine: (values: number[]) => number) => {
    const values = parts.map(number);
    return values.includes(undefined) ? undefined : combine(values as number[]);
  };
  if ("abs" in expression) return fold([expression.abs], ([x]) => Math.abs(x!));
  if ("add" in expression) return fold(expression.add, (v) => v.reduce((a, b) => a + b, 0));
  if ("subtract" in expression) return fold(expression.subtract, ([a, b]) => a! - b!);
  if ("multiply" in expression) return fold(expression.multiply, (v) => v.reduce((a, b) => a * b, 1));
  if ("min" in expression) return fold(expression.min, (v) => Math.min(...v));
  return fold(expression.max, (v) => Math.max(...v));
}

/** Whether a condition holds; `undefined` where a missing answer leaves it open. */
export function holds(condition: Condition, lookup: Lookup): boolean | undefined {
  if ("all" in condition) {
    const parts = condition.all.map((c) => holds(c, lookup));
    return parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
  }
  if ("any" in condition) {
    const parts = condition.any.map((c) => holds(c, lookup));
    return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
  }
  if ("not" in condition) {
    const part = holds(condition.not, lookup);
    return part === undefined ? undefined : !part;
  }
  const [operator, [left, right]] = Object.entries(condition)[0] as [string, [Expression, Expression]];
  const a = evaluate(left, lookup),
    b = evaluate(right, lookup);
  if (a === undefined || b === undefined) return undefined;
  if (operator === "eq") return a === b;
  if (typeof a === "string" || typeof b === "string")
    throw new Error(
      `the belief–action rule compares ${JSON.stringify(a)} with ${JSON.stringify(b)} by size; words have none: use { "score": item } for ordered ones`,
    );
  if (operator === "lt") return a < b;
  if (operator === "le") return a <= b;
  if (operator === "gt") return a > b;
  return a >= b;
}

/** What one respondent's beliefs imply: an action, `null` for indifference, `undefined` where a belief is missing. */
export function impliedBy(rule: BeliefActionRule, lookup: Lookup): Value | undefined {
  for (const { when, implies } of rule.cases) {
    const h = holds(when, lookup);
    if (h === undefined) return undefined;
    if (h) return implies;
  }
  return null;
}

/**
 * The action that each respondent's beliefs imply by the codebook's rule, in the order of `ids`: a value of the
 * action, `null` when they imply none (indifference), `undefined` when an answer the rule needs is missing.
 */
export function impliedAction(respondents: Respondents): (Value | undefined)[] {
  const { rule } = respondents.codebook;
  if (!rule)
    throw new Error(
      `the codebook of ${respondents.codebook.name} has no belief–action rule; add "rule" to say which action beliefs imply`,
    );
  const columns = new Map(itemsOfRule(rule).map((name) => [name, respondents.column(name)]));
  const items = new Map([...columns.keys()].map((name) => [name, respondents.item(name)]));
  let row = 0;
  const lookup = Object.assign((name: string) => columns.get(name)![row] ?? null, {
    score: (name: string) => scoreOf(items.get(name)!, columns.get(name)![row] ?? null),
  });
  return respondents.ids.map((_, i) => {
    row = i;
    return impliedBy(rule, lookup);
  });
}

/** Names of the items a rule's conditions look at. */
export function itemsOfRule(rule: BeliefActionRule): string[] {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (node && typeof node === "object") {
      if ("item" in node && typeof node.item === "string") names.add(node.item);
      else if ("score" in node && typeof node.score === "string") names.add(node.score);
      else Object.values(node).forEach(walk);
    }
  };
  walk(rule.cases.map((c) => c.when));
  return [...names];
}
