/** From a formula and data to a matrix of named columns. */
import { EstimationError } from "./errors.js";
import { encoder, type CategoricalEncoder, type Encoder } from "./encode.js";
import { evaluate, namesIn, show } from "./expression.js";
import { parseFormula, type Formula } from "./formula.js";
import { frame as toFrame, type Data, type Frame } from "./frame.js";

export interface DesignMatrix {
  formula: Formula;
  /** Names of the columns: "(Intercept)", "age", "message[both]", "PID:age", "poly(age, 2)[1]". */
  names: string[];
  /** n × k values, column after column. */
  x: Float64Array;
  n: number;
  k: number;
  /** Index of the intercept's column, or −1. */
  intercept: number;
  /** Which columns each term of the formula makes. */
  terms: { name: string; columns: number[] }[];
  /** Sum of the offset() terms, one a row; undefined where there are none. */
  offset?: Float64Array;
  /** Index, in the data, of each row of the matrix. */
  rows: Int32Array;
  /** Rows left out because a column that the model reads is missing there: column → rows. */
  missing: Map<string, number>;
  omitted: number;
  notes: string[];
  frame: Frame;
  encoders: ReadonlyMap<string, Encoder>;
  /** The same columns for other rows: levels, polynomials and scales stay as learned. */
  apply(data: Data | Frame, rows?: Int32Array): { x: Float64Array; rows: Int32Array; n: number; offset?: Float64Array };
}

/** A column of the matrix: a product of numeric columns and of one column of each categorical factor. */
interface Part {
  name: string;
  numeric: { encoder: string; column: number }[];
  levels: { encoder: string; values: Float64Array }[];
}

/** The design matrix of a formula. `also` names further columns (weights, clusters) in which a row must not be missing. */
export function design(data: Data | Frame, source: string, also: readonly string[] = []): DesignMatrix {
  const formula = parseFormula(source);
  const frame = isFrame(data) ? data : toFrame(data);
  const missing = new Map<string, number>();
  const rows = complete(frame, [...new Set([...formula.columns, ...also])], missing);
  const omitted = frame.n - rows.length;
  if (!rows.length)
    throw new EstimationError(
      "too-few",
      frame.n === 0
        ? "the data have no rows"
        : `no row has all of ${formula.columns.join(", ")}; missing: ${[...missing].map(([c, m]) => `${c} in ${m} of ${frame.n} rows`).join(", ")}`,
      [...missing.keys()],
    );
  const notes: string[] = [];
  const encoders = new Map<string, Encoder>();
  for (const term of formula.terms)
    for (const f of term.factors) {
      const code = show(f);
      if (encoders.has(code)) continue;
      const e = encoder(f, frame, rows);
      encoders.set(code, e);
      if (e.kind === "categorical") {
        const unused = frame.levels(e.column).filter((l) => !e.levels.some((m) => m.value === l.value));
        if (unused.length)
          notes.push(`${e.column}: no column for ${unused.map((l) => l.label).join(", ")}, which no row holds.`);
        if (e.levels.length < 2)
          throw new EstimationError(
            "constant",
            `column ${e.column} has one level only (${e.levels[0]?.label}) in the ${rows.length} rows used; it cannot be a predictor`,
            [e.column],
          );
      }
    }
  const parts: Part[] = formula.intercept ? [{ name: "(Intercept)", numeric: [], levels: [] }] : [];
  const terms: DesignMatrix["terms"] = [];
  const used = new Map<string, Set<string>>([["", new Set(formula.intercept ? [""] : [])]]);
  for (const term of formula.terms) {
    const made = codeTerm(term.factors.map(show), encoders, used);
    terms.push({ name: term.name, columns: made.map((_, i) => parts.length + i) });
    parts.push(...made);
  }
  const apply = (other: Data | Frame, which?: Int32Array) => {
    const f = isFrame(other) ? other : toFrame(other);
    // A new row needs the predictors, not the outcome.
    const needs = [
      ...new Set([...formula.terms.flatMap((t) => t.factors.flatMap(namesIn)), ...formula.offsets.flatMap(namesIn)]),
    ];
    const at = which ?? complete(f, needs, new Map());
    return { ...fill(f, at, formula, parts, encoders), rows: at, n: at.length };
  };
  const { x, offset } = fill(frame, rows, formula, parts, encoders);
  return {
    formula,
    names: parts.map((p) => p.name),
    x,
    n: rows.length,
    k: parts.length,
    intercept: formula.intercept ? 0 : -1,
    terms,
    ...(offset ? { offset } : {}),
    rows,
    missing,
    omitted,
    notes,
    frame,
    encoders,
    apply,
  };
}

const isFrame = (d: Data | Frame): d is Frame =>
  typeof (d as Frame).numbers === "function" && typeof (d as Frame).levels === "function";

function complete(frame: Frame, columns: readonly string[], missing: Map<string, number>): Int32Array {
  const gone = new Uint8Array(frame.n);
  for (const name of columns) {
    const numbers = frame.numbers(name);
    let count = 0;
    const values = numbers ? undefined : frame.values(name);
    for (let i = 0; i < frame.n; i++)
      if (numbers ? Number.isNaN(numbers[i]!) : values![i] === null) {
        gone[i] = 1;
        count++;
      }
    if (count) missing.set(name, count);
  }
  let n = 0;
  for (let i = 0; i < frame.n; i++) if (!gone[i]) n++;
  const rows = new Int32Array(n);
  for (let i = 0, j = 0; i < frame.n; i++) if (!gone[i]) rows[j++] = i;
  return rows;
}

/**
 * The columns of a term. A categorical factor is coded by contrasts where the term without it is already spanned,
 * by one column a level where it is not (patsy's algorithm: all subsets of the term's categorical factors that are
 * not yet spanned, merged pairwise).
 */
function codeTerm(codes: string[], encoders: ReadonlyMap<string, Encoder>, used: Map<string, Set<string>>): Part[] {
  const numeric = codes.filter((c) => encoders.get(c)!.kind === "numeric");
  const categorical = codes.filter((c) => encoders.get(c)!.kind === "categorical");
  const key = [...numeric].sort().join(":");
  const spanned = used.get(key) ?? used.set(key, new Set()).get(key)!;
  type Sub = Map<string, boolean>; // factor → full coding?
  let subs: Sub[] = [];
  for (let mask = 0; mask < 1 << categorical.length; mask++) {
    const subset = categorical.filter((_, i) => mask & (1 << i));
    const name = [...subset].sort().join(":");
    if (spanned.has(name)) continue;
    spanned.add(name);
    subs.push(new Map(subset.map((c) => [c, false])));
  }
  subs.sort((a, b) => a.size - b.size);
  merging: for (;;) {
    for (const a of subs)
      for (const b of subs) {
        const extra = [...b.keys()].filter((c) => !a.has(c));
        if (
          b.size !== a.size + 1 ||
          extra.length !== 1 ||
          b.get(extra[0]!) ||
          ![...a].every(([c, full]) => b.get(c) === full)
        )
          continue;
        subs = subs.filter((s) => s !== a && s !== b);
        subs.push(new Map([...b].map(([c, full]) => [c, c === extra[0] ? true : full])));
        subs.sort((p, q) => p.size - q.size);
        continue merging;
      }
    break;
  }
  return subs.flatMap((sub) => {
    let parts: Part[] = [{ name: "", numeric: [], levels: [] }];
    for (const code of codes) {
      const e = encoders.get(code)!;
      if (e.kind === "categorical" && !sub.has(code)) continue;
      const options: { name: string; add: (p: Part) => void }[] =
        e.kind === "numeric"
          ? e.suffixes.map((s, column) => ({ name: code + s, add: (p) => p.numeric.push({ encoder: code, column }) }))
          : contrasts(e, sub.get(code)!).map(({ name, values }) => ({
              name,
              add: (p) => p.levels.push({ encoder: code, values }),
            }));
      // The first factor varies fastest, as in R.
      parts = options.flatMap((o) =>
        parts.map((p) => {
          const q: Part = {
            name: p.name ? `${p.name}:${o.name}` : o.name,
            numeric: [...p.numeric],
            levels: [...p.levels],
          };
          o.add(q);
          return q;
        }),
      );
    }
    return parts;
  });
}

/** Value of each contrast column at each level. */
function contrasts(e: CategoricalEncoder, full: boolean): { name: string; values: Float64Array }[] {
  const label = (i: number) => `${e.column}[${e.levels[i]!.value}]`;
  const last = e.levels.length - 1;
  const which = e.levels
    .map((_, i) => i)
    .filter((i) => full || (e.contrast === "sum" ? i !== last : i !== e.reference));
  return which.map((i) => ({
    name: !full && e.contrast === "sum" ? `${e.column}[sum ${e.levels[i]!.value}]` : label(i),
    values: Float64Array.from(e.levels, (_, l) => (l === i ? 1 : !full && e.contrast === "sum" && l === last ? -1 : 0)),
  }));
}

function fill(frame: Frame, rows: Int32Array, formula: Formula, parts: Part[], encoders: ReadonlyMap<string, Encoder>) {
  const n = rows.length;
  const x = new Float64Array(n * parts.length);
  const numeric = new Map<string, Float64Array[]>();
  const codes = new Map<string, Int32Array>();
  for (const [code, e] of encoders)
    if (e.kind === "numeric") numeric.set(code, e.columns(frame));
    else codes.set(code, e.codes(frame, rows));
  parts.forEach((part, j) => {
    const column = x.subarray(j * n, (j + 1) * n).fill(1);
    for (const { encoder: code, column: c } of part.numeric) {
      const values = numeric.get(code)![c]!;
      for (let i = 0; i < n; i++) column[i]! *= values[rows[i]!]!;
    }
    for (const { encoder: code, values } of part.levels) {
      const level = codes.get(code)!;
      for (let i = 0; i < n; i++) column[i]! *= values[level[i]!]!;
    }
    for (let i = 0; i < n; i++)
      if (!Number.isFinite(column[i]!))
        throw new EstimationError(
          "column",
          `${part.name} is ${column[i]} for ${frame.row(rows[i]!)}; expected a finite number (is a logarithm or root of an impossible value taken?)`,
          [part.name],
        );
  });
  let offset: Float64Array | undefined;
  for (const e of formula.offsets) {
    const values = evaluate(
      e,
      frame.n,
      (name) => need(frame, name),
      (name) => frame.values(name),
    );
    offset ??= new Float64Array(n);
    for (let i = 0; i < n; i++) offset[i]! += values[rows[i]!]!;
  }
  return { x, ...(offset ? { offset } : {}) };
}

function need(frame: Frame, name: string): Float64Array {
  const numbers = frame.numbers(name);
  if (!numbers)
    throw new EstimationError("column", `offset(${name}): ${name} is categorical; an offset is a number`, [name]);
  return numbers;
}
