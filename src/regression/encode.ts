/** How one factor of a formula becomes numbers. What is learned from the data (levels, polynomial coefficients, means) is kept, so that new rows are encoded alike. */
import { EstimationError } from "./errors.js";
import { evaluate, show, type Expression } from "./expression.js";
import type { Frame, Level } from "./frame.js";

export type Encoder = NumericEncoder | CategoricalEncoder;

export interface NumericEncoder {
  kind: "numeric";
  /** Canonical text of the factor. */
  code: string;
  /** Suffix of each column: [""] for one, ["[1]", "[2]"] for a polynomial. */
  suffixes: string[];
  /** One array a column, one value a row of the frame; missing is NaN. */
  columns(frame: Frame): Float64Array[];
}

export interface CategoricalEncoder {
  kind: "categorical";
  code: string;
  /** The column of the data. */
  column: string;
  levels: Level[];
  /** Index of the reference level in `levels`. */
  reference: number;
  contrast: "treatment" | "sum";
  /** Level of each row; −1 is missing. Throws for a value that is not among the levels. */
  codes(frame: Frame, rows: ArrayLike<number>): Int32Array;
}

const numbersOf = (frame: Frame) => (name: string) => {
  const numbers = frame.numbers(name);
  if (!numbers)
    throw new EstimationError(
      "column",
      `column ${name} is categorical and stands in arithmetic; use C(${name}) or compare it with a level: I(${name} == '${frame.levels(name)[0]?.value}')`,
      [name],
    );
  return numbers;
};

/** The encoder of a factor, learned from these rows of the frame. */
export function encoder(e: Expression, frame: Frame, rows: ArrayLike<number>): Encoder {
  if (e.kind === "name") {
    const numbers = frame.numbers(e.name);
    return numbers
      ? { kind: "numeric", code: show(e), suffixes: [""], columns: (f) => [numbersOf(f)(e.name)] }
      : categorical(e, e.name, frame, rows, {});
  }
  if (e.kind === "call" && e.name === "C") return categoricalCall(e, frame, rows);
  if (e.kind === "call" && e.name === "poly") return polynomial(e, frame, rows);
  if (e.kind === "call" && (e.name === "center" || e.name === "scale")) return standardised(e, frame, rows);
  return {
    kind: "numeric",
    code: show(e),
    suffixes: [""],
    columns: (f) => [evaluate(e, f.n, numbersOf(f), (name) => f.values(name))],
  };
}

/** C(name, ref='x', levels=['x', 'y'], contrast='sum'), and patsy's C(name, Treatment('x')) and C(name, Sum). */
function categoricalCall(e: Expression & { kind: "call" }, frame: Frame, rows: ArrayLike<number>): CategoricalEncoder {
  const [first, second] = e.args;
  if (first?.kind !== "name") throw new EstimationError("formula", `${show(e)}: C() takes the name of a column first`);
  const literal = (x: Expression | undefined): string | number | undefined =>
    x === undefined
      ? undefined
      : x.kind === "number" || x.kind === "string"
        ? x.value
        : x.kind === "name"
          ? x.name
          : x.kind === "unary" && x.of.kind === "number"
            ? -x.of.value
            : undefined;
  const named = e.named;
  for (const key of Object.keys(named))
    if (!["ref", "reference", "levels", "contrast"].includes(key))
      throw new EstimationError("formula", `${show(e)}: C() knows ref, levels and contrast, not ${key}`);
  let contrast = literal(named.contrast);
  let ref = literal(named.ref ?? named.reference);
  if (second?.kind === "call" && second.name === "Treatment") ref = literal(second.args[0] ?? second.named.reference);
  else if (second && /^sum$/i.test(String(literal(second) ?? ""))) contrast = "sum";
  else if (second && !/^treatment$/i.test(String(literal(second) ?? "")))
    throw new EstimationError("formula", `${show(e)}: expected ref=…, Treatment(…) or Sum as second argument`);
  if (contrast !== undefined && contrast !== "sum" && contrast !== "treatment")
    throw new EstimationError("formula", `${show(e)}: contrast is "treatment" or "sum", found "${contrast}"`);
  const order = named.levels?.kind === "list" ? named.levels.items.map((x) => literal(x)!) : undefined;
  return categorical(e, first.name, frame, rows, {
    ...(ref === undefined ? {} : { ref }),
    ...(order ? { order } : {}),
    ...(contrast ? { contrast: contrast as "sum" | "treatment" } : {}),
  });
}

function categorical(
  e: Expression,
  column: string,
  frame: Frame,
  rows: ArrayLike<number>,
  options: { ref?: string | number; order?: (string | number)[]; contrast?: "treatment" | "sum" },
): CategoricalEncoder {
  const known = frame.levels(column);
  const named = (wanted: string | number, list: Level[]): number => {
    const byValue = list.findIndex((l) => String(l.value) === String(wanted));
    const at = byValue >= 0 ? byValue : list.findIndex((l) => l.label === String(wanted));
    if (at < 0)
      throw new EstimationError(
        "level",
        `${show(e)}: column ${column} has no level ${JSON.stringify(wanted)} here; it has ${list.map((l) => l.value).join(", ") || "none"}`,
        [column],
      );
    return at;
  };
  const ordered = options.order ? options.order.map((v) => known[named(v, known)]!) : known;
  const values = frame.values(column);
  const present = new Set<string>();
  for (let i = 0; i < rows.length; i++) present.add(String(values[rows[i]!]));
  const levels = ordered.filter((l) => present.has(String(l.value)));
  const at = new Map(levels.map((l, i) => [String(l.value), i]));
  return {
    kind: "categorical",
    code: show(e),
    column,
    levels,
    reference: options.ref === undefined ? 0 : named(options.ref, levels),
    contrast: options.contrast ?? "treatment",
    codes: (f, which) => {
      const data = f.values(column);
      return Int32Array.from({ length: which.length }, (_, i) => {
        const v = data[which[i]!] ?? null;
        if (v === null) return -1;
        const code = at.get(String(v));
        if (code === undefined)
          throw new EstimationError(
            "level",
            `column ${column}, ${f.row(which[i]!)}: the level "${v}" does not occur in the rows the design was made from (${levels.map((l) => l.value).join(", ")})`,
            [column],
          );
        return code;
      });
    },
  };
}

/** poly(x, d): orthogonal polynomials by the three-term recurrence, as R's poly(); poly(x, d, raw=TRUE): x, x², … */
function polynomial(e: Expression & { kind: "call" }, frame: Frame, rows: ArrayLike<number>): NumericEncoder {
  const [of, by] = e.args;
  const degree = by?.kind === "number" ? by.value : NaN;
  if (!of || !Number.isInteger(degree) || degree < 1)
    throw new EstimationError("formula", `${show(e)}: poly() takes a column and a whole degree, as poly(age, 2)`);
  const flag = e.named.raw;
  const raw = flag !== undefined && /^(true|t|1)$/i.test(flag.kind === "name" ? flag.name : show(flag));
  const code = show(e);
  const values = (f: Frame) => evaluate(of, f.n, numbersOf(f), (name) => f.values(name));
  const suffixes = Array.from({ length: degree }, (_, k) => `[${k + 1}]`);
  if (raw)
    return {
      kind: "numeric",
      code,
      suffixes,
      columns: (f) => suffixes.map((_, k) => values(f).map((v) => v ** (k + 1))),
    };
  const all = values(frame);
  const x = Float64Array.from({ length: rows.length }, (_, i) => all[rows[i]!]!);
  if (new Set(x).size <= degree)
    throw new EstimationError(
      "collinear",
      `${code}: a polynomial of degree ${degree} needs more than ${degree} distinct values, found ${new Set(x).size}`,
      [show(of)],
    );
  // p₀ = 1, p₁ = x − α₀, p_{k+1} = (x − α_k) p_k − (‖p_k‖²/‖p_{k−1}‖²) p_{k−1}; Kennedy & Gentle (1980), 343–344.
  const alpha: number[] = [];
  const norm: number[] = [x.length];
  const next = (v: ArrayLike<number>, k: number, p: Float64Array, before: Float64Array | undefined): Float64Array =>
    p.map((q, i) => (v[i]! - alpha[k]!) * q - (before ? (norm[k]! / norm[k - 1]!) * before[i]! : 0));
  let p = new Float64Array(x.length).fill(1);
  let before: Float64Array | undefined;
  for (let k = 0; k < degree; k++) {
    let s = 0;
    for (let i = 0; i < x.length; i++) s += x[i]! * p[i]! * p[i]!;
    alpha[k] = s / norm[k]!;
    const q = next(x, k, p, before);
    before = p;
    p = q as Float64Array<ArrayBuffer>;
    norm[k + 1] = p.reduce((a, v) => a + v * v, 0);
  }
  return {
    kind: "numeric",
    code,
    suffixes,
    columns: (f) => {
      const v = values(f);
      let last: Float64Array | undefined;
      let here: Float64Array = new Float64Array(v.length).fill(1);
      return suffixes.map((_, k) => {
        const q = next(v, k, here, last);
        last = here;
        here = q;
        return q.map((u) => u / Math.sqrt(norm[k + 1]!));
      });
    },
  };
}

/** center(x): minus the mean; scale(x): also divided by the standard deviation (n − 1). */
function standardised(e: Expression & { kind: "call" }, frame: Frame, rows: ArrayLike<number>): NumericEncoder {
  const of = e.args[0];
  if (!of || e.args.length !== 1) throw new EstimationError("formula", `${show(e)}: ${e.name}() takes one column`);
  const values = (f: Frame) => evaluate(of, f.n, numbersOf(f), (name) => f.values(name));
  const all = values(frame);
  let mean = 0;
  for (let i = 0; i < rows.length; i++) mean += all[rows[i]!]! / rows.length;
  let sd = 1;
  if (e.name === "scale") {
    let s = 0;
    for (let i = 0; i < rows.length; i++) s += (all[rows[i]!]! - mean) ** 2;
    sd = Math.sqrt(s / (rows.length - 1));
    if (!(sd > 0))
      throw new EstimationError("constant", `${show(e)}: all values are equal, so they have no scale`, [show(of)]);
  }
  return { kind: "numeric", code: show(e), suffixes: [""], columns: (f) => [values(f).map((v) => (v - mean) / sd)] };
}
