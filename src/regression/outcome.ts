/** The left-hand side of a formula, as each family needs it. */
import type { DesignMatrix } from "./design.js";
import { EstimationError } from "./errors.js";
import type { Family } from "./estimate.js";
import { evaluate, show, type Expression } from "./expression.js";
import type { Level } from "./frame.js";

export interface Outcome {
  name: string;
  y: Float64Array;
  /** Levels of a categorical outcome in their order; `y` holds their indices. */
  levels?: Level[];
  notes: string[];
}

/** Values of the outcome for the rows of a design. */
export function outcome(d: DesignMatrix, family: Family): Outcome {
  const e = d.formula.response;
  if (!e) throw new EstimationError("formula", `formula "${d.formula.source}" has no outcome; write it left of ~`);
  return outcomeOf(e, d.frame, d.rows, family);
}

/** Values of an outcome expression for given rows. */
export function outcomeOf(e: Expression, frame: DesignMatrix["frame"], rows: Int32Array, family: Family): Outcome {
  const name = show(e);
  const categorical = family === "mlogit" || family === "ologit" || family === "oprobit";
  if (e.kind === "name" && (categorical || !frame.numbers(e.name))) return levelsOf(e.name, frame, rows, family);
  const all = evaluate(
    e,
    frame.n,
    (column) => {
      const numbers = frame.numbers(column);
      if (!numbers)
        throw new EstimationError(
          "outcome",
          `the outcome ${name} computes with the categorical column ${column}; compare it with a level: I(${column} == '${frame.levels(column)[0]?.value}')`,
          [column],
        );
      return numbers;
    },
    (column) => frame.values(column),
  );
  const y = Float64Array.from({ length: rows.length }, (_, i) => all[rows[i]!]!);
  for (let i = 0; i < y.length; i++) {
    const v = y[i]!;
    const where = `outcome ${name}, ${frame.row(rows[i]!)}:`;
    if (!Number.isFinite(v)) throw new EstimationError("outcome", `${where} ${v}; expected a finite number`, [name]);
    if ((family === "logit" || family === "probit" || family === "lpm") && v !== 0 && v !== 1)
      throw new EstimationError(
        "outcome",
        `${where} found ${v}; a ${family} model needs 0 and 1. Write I(${name} == …) for one of the answers, or use ols, ordered or multinomial`,
        [name],
      );
    if (family === "poisson" && (v < 0 || !Number.isInteger(v)))
      throw new EstimationError("outcome", `${where} found ${v}; a Poisson model needs counts 0, 1, 2 …`, [name]);
  }
  if (!categorical) return { name, y, notes: [] };
  const levels = [...new Set(y)].sort((a, b) => a - b).map((value) => ({ value, label: String(value) }));
  return { name, y: y.map((v) => levels.findIndex((l) => l.value === v)), levels, notes: [] };
}

function levelsOf(name: string, frame: DesignMatrix["frame"], rows: Int32Array, family: Family): Outcome {
  const values = frame.values(name);
  const present = new Set<string>();
  for (const i of rows) present.add(String(values[i]));
  const known = frame.levels(name);
  let levels = known.filter((l) => present.has(String(l.value)));
  const numbers = frame.numbers(name);
  if (numbers && (family === "ologit" || family === "oprobit")) {
    const score = new Map([...rows].map((i) => [String(values[i]), numbers[i]!]));
    levels = levels.sort((a, b) => score.get(String(a.value))! - score.get(String(b.value))!);
  }
  const at = new Map(levels.map((l, i) => [String(l.value), i]));
  const y = Float64Array.from({ length: rows.length }, (_, i) => at.get(String(values[rows[i]!]))!);
  if (family === "mlogit" || family === "ologit" || family === "oprobit") {
    if (levels.length < 2)
      throw new EstimationError(
        "constant",
        `all ${rows.length} rows have ${name} = ${levels[0]?.label}; the model needs at least two answers`,
        [name],
      );
    const never = known.filter((l) => !levels.includes(l));
    return {
      name,
      y,
      levels,
      notes: never.length ? [`${name}: ${never.map((l) => l.label).join(", ")} is never answered.`] : [],
    };
  }
  // Two answers in the codebook: the second is the event, also where one of them does not occur.
  const two = known.length === 2 ? known : levels;
  if (two.length !== 2 || family === "ols" || family === "wls" || family === "poisson") {
    if (two.length === 2 && known.every((l) => typeof l.value === "number"))
      return { name, y: Float64Array.from({ length: rows.length }, (_, i) => values[rows[i]!] as number), notes: [] };
    throw new EstimationError(
      "outcome",
      `the outcome ${name} is categorical (${known.map((l) => l.value).join(", ")}); ${family} needs ${family === "logit" || family === "probit" || family === "lpm" ? `two answers: write I(${name} == '${known[0]?.value}') ~ …, or use multinomial` : "a number: use logit or multinomial, or compare it with an answer"}`,
      [name],
    );
  }
  return {
    name,
    y: Float64Array.from({ length: rows.length }, (_, i) => +(String(values[rows[i]!]) === String(two[1]!.value))),
    notes: [`The event is ${name} = ${two[1]!.label}.`],
  };
}
