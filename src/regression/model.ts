/** From data and options to an estimate: rows, weights, offset, clusters, and the family's estimator. */
import { Respondents } from "../study/index.js";
import { design, type DesignMatrix } from "./design.js";
import { EstimationError } from "./errors.js";
import type { Estimate, Family, Problem } from "./estimate.js";
import { firthLogit } from "./firth.js";
import { parseFormula } from "./formula.js";
import { frame, type Data, type Frame } from "./frame.js";
import { indexModel } from "./index-models.js";
import { leastSquares } from "./least-squares.js";
import { multinomialModel } from "./multinomial.js";
import { orderedModel } from "./ordered.js";
import { outcome, type Outcome } from "./outcome.js";

export interface ModelOptions {
  /** R-style formula; by default the codebook's. */
  formula?: string;
  /** Kind of model; by default the codebook's for its own outcome, else by the outcome's scale. */
  family?: Family;
  /** Weights: a column, one number a row of the data, or "inclusion" for the respondents' inclusion weights. Rows of weight 0 are left out. */
  weights?: string | ArrayLike<number>;
  /** Added to the linear predictor with coefficient 1: a column or one number a row; beside offset() in the formula. */
  offset?: string | ArrayLike<number>;
  /** One or two columns (or arrays of one code a row) within which rows are dependent. */
  cluster?: string | ArrayLike<unknown> | readonly [string | ArrayLike<unknown>, string | ArrayLike<unknown>];
  /** Linearly dependent columns: "error" (default) names them; "drop" leaves them out and says so. */
  collinear?: "error" | "drop";
  /** "firth": logit with Firth's penalty, finite also where a predictor separates the outcome. */
  penalty?: "firth";
}

export interface Model {
  penalty?: ModelOptions["penalty"];
  estimate: Estimate;
  design: DesignMatrix;
  outcome: Outcome;
  problem: Problem;
  /** Index, in the data, of each row used. */
  rows: Int32Array;
  clusters: { name: string; codes: Int32Array; count: number }[];
  dropped: { name: string; reason: string }[];
  notes: string[];
  family: Family;
}

/** The codebook's clusters, where data have them and the call says nothing of clusters or errors. */
export function withClusters<T extends Pick<ModelOptions, "cluster"> & { covariance?: unknown }>(
  data: Data,
  options: T,
): T {
  if (options.cluster !== undefined || options.covariance !== undefined || !(data instanceof Respondents))
    return options;
  const { cluster } = data.codebook.defaults;
  return cluster !== undefined && data.has(cluster) ? { ...options, cluster } : options;
}

/** Estimates a model. */
export function estimateModel(data: Data | Frame, options: ModelOptions): Model {
  const f = typeof (data as Frame).numbers === "function" && "levels" in data ? (data as Frame) : frame(data as Data);
  const defaults = f.respondents?.codebook.defaults;
  const formula = options.formula ?? defaults?.formula;
  if (!formula)
    throw new EstimationError(
      "formula",
      'a formula is needed, as "vote ~ age + PID" (only respondents with a codebook have a default one)',
    );
  const family = options.family ?? familyOf(f, formula);
  const ways = clusterWays(options.cluster);
  const also = [options.weights, options.offset, ...ways].filter(
    (v): v is string => typeof v === "string" && v !== "inclusion",
  );
  const d = design(f, formula, also);
  const weights = weightsOf(f, d.rows, options.weights);
  const kept = weights ? [...d.rows.keys()].filter((i) => weights[i]! > 0) : undefined;
  const part = kept && kept.length < d.n ? kept : undefined;
  const y = outcome(d, family);
  const rows = part ? Int32Array.from(part, (i) => d.rows[i]!) : d.rows;
  const n = rows.length;
  const pick = (v: Float64Array): Float64Array => (part ? Float64Array.from(part, (i) => v[i]!) : v);
  let x = d.x;
  if (part) {
    x = new Float64Array(n * d.k);
    for (let j = 0; j < d.k; j++) x.set(pick(d.x.subarray(j * d.n, (j + 1) * d.n)), j * n);
  }
  const offset = offsetOf(f, d, options.offset);
  let problem: Problem = {
    x,
    n,
    k: d.k,
    intercept: d.intercept,
    names: d.names,
    y: pick(y.y),
    outcome: y.name,
    ...(weights ? { w: pick(weights) } : {}),
    ...(offset ? { offset: pick(offset) } : {}),
    ...(y.levels ? { levels: y.levels } : {}),
  };
  const dropped: Model["dropped"] = [];
  const notes = [...y.notes, ...d.notes];
  if (d.omitted)
    notes.push(
      `${d.omitted} of ${f.n} rows left out for missing values (${[...d.missing].map(([c, m]) => `${c} ${m}`).join(", ")}).`,
    );
  if (part) notes.push(`${d.n - n} rows of weight 0 left out.`);
  if (f.weights && weights === undefined && new Set(f.weights).size > 1)
    notes.push(
      'Inclusion weights exist and are not used: weights: "inclusion" estimates the population they were drawn from.',
    );
  for (;;) {
    try {
      const estimate = run(family, problem, options.penalty);
      const clusters = ways.map((way) => codesOf(f, rows, way));
      return {
        ...(options.penalty ? { penalty: options.penalty } : {}),
        estimate,
        design: d,
        outcome: y,
        problem,
        rows,
        clusters,
        dropped,
        notes,
        family,
      };
    } catch (e) {
      const name = e instanceof EstimationError && e.columns[0];
      const column = name ? problem.names.indexOf(name) : -1;
      if (
        options.collinear !== "drop" ||
        !(e instanceof EstimationError) ||
        !["collinear", "constant"].includes(e.problem) ||
        column < 0
      )
        throw e;
      dropped.push({ name: e.columns[0]!, reason: e.message.split(";")[0]! });
      problem = without(problem, column);
    }
  }
}

/** The codebook's family for its default outcome; else by the outcome's scale: nominal logit or multinomial, all other least squares. */
function familyOf(f: Frame, formula: string): Family {
  const codebook = f.respondents?.codebook;
  const { response } = parseFormula(formula);
  if (!codebook || response?.kind !== "name") return "ols";
  if (response.name === codebook.defaults.outcome) return codebook.defaults.family;
  const scale = codebook.items.find((i) => i.name === response.name)?.scale;
  return scale?.kind === "nominal" ? (scale.options.length === 2 ? "logit" : "mlogit") : "ols";
}

function without(p: Problem, column: number): Problem {
  const keep = [...Array(p.k).keys()].filter((j) => j !== column);
  const x = new Float64Array(p.n * keep.length);
  keep.forEach((j, c) => x.set(p.x.subarray(j * p.n, (j + 1) * p.n), c * p.n));
  return { ...p, x, k: keep.length, names: keep.map((j) => p.names[j]!), intercept: keep.indexOf(p.intercept) };
}

/** The estimator of a family. */
export function run(family: Family, problem: Problem, penalty?: ModelOptions["penalty"]): Estimate {
  if (penalty !== undefined && (penalty !== "firth" || family !== "logit"))
    throw new EstimationError("formula", `penalty "${penalty}" for ${family}: the only penalty is "firth", for logit`);
  if (problem.k === 0)
    throw new EstimationError("formula", "the formula has no columns at all: neither an intercept nor a predictor");
  switch (family) {
    case "ols":
    case "wls":
    case "lpm":
      return leastSquares(problem, family);
    case "logit":
      return penalty ? firthLogit(problem) : indexModel(family, problem);
    case "probit":
    case "poisson":
      return indexModel(family, problem);
    case "mlogit":
      return multinomialModel(problem);
    case "ologit":
    case "oprobit":
      return orderedModel(family, problem);
    default:
      throw new EstimationError(
        "formula",
        `unknown family "${String(family)}"; known are ols, wls, lpm, logit, probit, poisson, mlogit, ologit, oprobit`,
      );
  }
}

function weightsOf(f: Frame, rows: Int32Array, weights: ModelOptions["weights"]): Float64Array | undefined {
  if (weights === undefined) return undefined;
  let all: ArrayLike<number>;
  let name = "weights";
  if (weights === "inclusion") {
    if (!f.weights)
      throw new EstimationError(
        "weights",
        "these respondents have no inclusion weights: their sampling does not define them",
      );
    all = f.weights;
  } else if (typeof weights === "string") {
    name = `column ${weights}`;
    const numbers = f.numbers(weights);
    if (!numbers) throw new EstimationError("weights", `column ${weights} holds text; weights are numbers`, [weights]);
    all = numbers;
  } else all = weights;
  if (all.length !== f.n)
    throw new EstimationError("weights", `${all.length} weights for ${f.n} rows; one a row is needed`);
  const out = Float64Array.from({ length: rows.length }, (_, i) => all[rows[i]!]!);
  let any = false;
  out.forEach((v, i) => {
    if (!Number.isFinite(v) || v < 0)
      throw new EstimationError(
        "weights",
        `${name}, ${f.row(rows[i]!)}: the weight is ${v}; weights are finite and not negative`,
        typeof weights === "string" ? [weights] : [],
      );
    if (v > 0) any = true;
  });
  if (!any)
    throw new EstimationError(
      "weights",
      `${name}: all weights are zero, so no row is left`,
      typeof weights === "string" ? [weights] : [],
    );
  return out;
}

function offsetOf(f: Frame, d: DesignMatrix, offset: ModelOptions["offset"]): Float64Array | undefined {
  if (offset === undefined) return d.offset;
  const all = typeof offset === "string" ? f.numbers(offset) : offset;
  if (!all)
    throw new EstimationError("column", `offset: column ${offset} holds text; an offset is a number`, [String(offset)]);
  if (all.length !== f.n)
    throw new EstimationError("column", `offset: ${all.length} values for ${f.n} rows; one a row is needed`);
  return Float64Array.from(d.rows, (r, i) => {
    const v = all[r]! + (d.offset?.[i] ?? 0);
    if (!Number.isFinite(v)) throw new EstimationError("column", `offset, ${f.row(r)}: ${v}; expected a finite number`);
    return v;
  });
}

function clusterWays(cluster: ModelOptions["cluster"]): (string | ArrayLike<unknown>)[] {
  if (cluster === undefined) return [];
  if (typeof cluster === "string") return [cluster];
  const list = cluster as ArrayLike<unknown>;
  const two =
    list.length === 2 &&
    [0, 1].every(
      (i) => typeof list[i] === "string" || typeof (list[i] as ArrayLike<unknown> | null)?.length === "number",
    );
  return two ? (Array.from(list) as (string | ArrayLike<unknown>)[]) : [list];
}

function codesOf(
  f: Frame,
  rows: Int32Array,
  way: string | ArrayLike<unknown>,
): { name: string; codes: Int32Array; count: number } {
  const name = typeof way === "string" ? way : "cluster";
  const values = typeof way === "string" ? f.values(way) : way;
  if (values.length !== f.n)
    throw new EstimationError("cluster", `${values.length} cluster codes for ${f.n} rows; one a row is needed`);
  const seen = new Map<unknown, number>();
  const codes = Int32Array.from(rows, (r) => {
    const v = values[r];
    if (v === null || v === undefined)
      throw new EstimationError("cluster", `cluster ${name}, ${f.row(r)}: the cluster is missing`);
    if (!seen.has(v)) seen.set(v, seen.size);
    return seen.get(v)!;
  });
  return { name, codes, count: seen.size };
}
