/**
 * R-style formulas: `vote ~ PID * age + C(educ, ref=4) + poly(income, 2) + I(age^2) + offset(z) - 1`.
 * Operators as in R and patsy: + − : * / ^ and parentheses; 0 or −1 removes the intercept.
 * Source: Chambers & Hastie (1992), Statistical Models in S, chapter 2.
 */
import { EstimationError } from "./errors.js";
import { Cursor, namesIn, show, type Expression } from "./expression.js";

/** A product of factors, in the order first written; no factors is the intercept. */
export interface Term {
  factors: Expression[];
  /** Canonical name: factors joined by ":". */
  name: string;
}

export interface Formula {
  source: string;
  /** The left-hand side; undefined for a one-sided formula. */
  response?: Expression;
  intercept: boolean;
  /** Without the intercept; main effects first, then by degree, as R sorts them. */
  terms: Term[];
  offsets: Expression[];
  /** All columns that the formula reads, the response's first. */
  columns: string[];
}

interface Terms {
  intercept: boolean | undefined;
  terms: Term[];
}

const cache = new Map<string, Formula>();

/** Reads a formula. Throws an EstimationError that names the character where reading failed. */
export function parseFormula(source: string): Formula {
  const known = cache.get(source);
  if (known) return known;
  const formula = read(source);
  cache.set(source, formula);
  return formula;
}

function read(source: string): Formula {
  const cursor = new Cursor(source);
  const response = cursor.is("~") ? undefined : cursor.arithmetic();
  cursor.expect("~");
  const offsets: Expression[] = [];
  const right = sum(cursor, offsets);
  if (cursor.token.type !== "end") throw cursor.error("+, -, *, :, / or the end");
  const terms = right.terms
    .map((t, i) => ({ t, i }))
    .sort((a, b) => a.t.factors.length - b.t.factors.length || a.i - b.i)
    .map(({ t }) => t);
  const reads = [
    response ? namesIn(response) : [],
    terms.flatMap((t) => t.factors.flatMap(namesIn)),
    offsets.flatMap(namesIn),
  ];
  return {
    source,
    ...(response ? { response } : {}),
    intercept: right.intercept ?? true,
    terms,
    offsets,
    columns: [...new Set(reads.flat())],
  };
}

/** a + b − c: the loosest level. */
function sum(cursor: Cursor, offsets: Expression[]): Terms {
  let out: Terms = { intercept: undefined, terms: [] };
  let sign = cursor.take("+", "-") ?? "+";
  for (;;) {
    const next = product(cursor, offsets);
    if (sign === "+") out = { intercept: next.intercept ?? out.intercept, terms: union(out.terms, next.terms) };
    else
      out = {
        intercept: next.intercept === undefined ? out.intercept : !next.intercept,
        terms: out.terms.filter((t) => !next.terms.some((d) => d.name === t.name)),
      };
    const op = cursor.take("+", "-");
    if (!op) return out;
    sign = op;
  }
}

/** a * b = a + b + a:b, and a / b = a + a:b (b within a). */
function product(cursor: Cursor, offsets: Expression[]): Terms {
  let left = interaction(cursor, offsets);
  let op: string | undefined;
  while ((op = cursor.take("*", "/"))) {
    const right = interaction(cursor, offsets);
    const crossed = cross(op === "/" ? [all(left.terms)] : left.terms, right.terms);
    left = {
      intercept: left.intercept,
      terms: union(op === "*" ? union(left.terms, right.terms) : left.terms, crossed),
    };
  }
  return left;
}

function interaction(cursor: Cursor, offsets: Expression[]): Terms {
  let left = power(cursor, offsets);
  while (cursor.take(":")) left = { intercept: undefined, terms: cross(left.terms, power(cursor, offsets).terms) };
  return left;
}

/** (a + b + c)^2: all terms and interactions up to that degree. */
function power(cursor: Cursor, offsets: Expression[]): Terms {
  const base = factor(cursor, offsets);
  if (!cursor.take("^", "**")) return base;
  const { type, text } = cursor.token;
  const degree = type === "number" ? Number(text) : NaN;
  if (!Number.isInteger(degree) || degree < 1) throw cursor.error("a whole number after ^ (use I(x^2) for a square)");
  cursor.position++;
  let terms = base.terms;
  for (let i = 1; i < degree; i++) terms = union(terms, cross(terms, base.terms));
  return { ...base, terms };
}

function factor(cursor: Cursor, offsets: Expression[]): Terms {
  if (cursor.take("(")) {
    const inner = sum(cursor, offsets);
    cursor.expect(")");
    return inner;
  }
  const { type, text } = cursor.token;
  if (type === "number") {
    if (text !== "0" && text !== "1")
      throw cursor.error("0 or 1 (the intercept), or a column; arithmetic stands in I(…)");
    cursor.position++;
    return { intercept: text === "1", terms: [] };
  }
  if (type === "name" && text === ".")
    throw cursor.error(
      'the names of the columns (R\'s "." for all others is not used here: a study also holds outcomes)',
    );
  const e = cursor.primary();
  if (e.kind === "string" || e.kind === "list") throw cursor.error("a column");
  if (e.kind === "call" && e.name === "offset") {
    if (e.args.length !== 1) throw new EstimationError("formula", `offset() takes one argument, found ${show(e)}`);
    offsets.push(e.args[0]!);
    return { intercept: undefined, terms: [] };
  }
  return { intercept: undefined, terms: [{ factors: [e], name: show(e) }] };
}

const union = (a: Term[], b: Term[]): Term[] => [...a, ...b.filter((t) => !a.some((s) => same(s, t)))];

const same = (a: Term, b: Term): boolean =>
  a.factors.length === b.factors.length && a.factors.every((f) => b.factors.some((g) => show(f) === show(g)));

const term = (factors: Expression[]): Term => ({ factors, name: factors.map(show).join(":") });

/** All products of one term of each side; a factor that occurs twice counts once. */
function cross(a: Term[], b: Term[]): Term[] {
  return a.flatMap((s) => b.map((t) => all([s, t]))).reduce<Term[]>((out, t) => union(out, [t]), []);
}

const all = (terms: Term[]): Term =>
  term(terms.flatMap((t) => t.factors).filter((f, i, list) => list.findIndex((g) => show(g) === show(f)) === i));
