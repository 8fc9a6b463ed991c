/** `inference.ppi`: an estimate for the target population from a few people and many simulations. */
import { marks, result, type Result, type Simulated } from "../study/index.js";
import { normalQuantile, tQuantile } from "../regression/distributions.js";
import { InferenceError } from "./errors.js";
import { describe, type Estimand } from "./estimands.js";
import { plain, ppboot } from "./ppboot.js";
import { rectifiedQuantile } from "./quantiles.js";
import { rectify, type Rectified } from "./rectify.js";
import { sample, type Inputs, type Sample } from "./sample.js";

export type PpiMethod = "ppi" | "ppi++" | "ppboot" | "cross";

export interface PpiOptions extends Inputs {
  /** What to estimate: inference.mean("vote"), .proportion, .quantile, .ols, .logit. */
  estimand: Estimand;
  /**
   * - "ppi++" (default): the simulation is used as far as it helps (λ tuned for each coefficient).
   * - "ppi": it is used fully (λ = 1); can be less precise than the people alone.
   * - "ppboot": bootstrap of people and target, for estimands whose predictors are themselves simulated.
   * - "cross": cross-fitting. `human` is the whole pilot; `simulatedHuman` holds one simulation a fold, each by a model
   *   finetuned on the other folds; `simulated` the target by each of these models, in the same order.
   */
  method?: PpiMethod;
  /** Intervals cover 1 − alpha (default 0.05). */
  alpha?: number;
  /** λ in [0, 1] instead of the method's own. */
  lambda?: number;
  /** "t" (default): Satterthwaite's degrees of freedom and errors corrected for small samples, for least squares HC3; "normal": as in ppi_py. Of no effect for quantiles and ppboot. */
  interval?: "t" | "normal";
  /** Draws of ppboot (default 1000) and their seed (default 1). */
  replicates?: number;
  seed?: number;
}

/** One coefficient by one method. */
export interface PpiRow {
  term: string;
  /** "ppi++" (or the method chosen), "people only", "simulation only". */
  method: string;
  estimate: number;
  /** NaN for quantiles, and for the simulation alone, whose error is bias and not known from it. */
  se: number;
  low: number;
  high: number;
  interval: [number, number];
  /** Share of the simulation used; NaN where it does not apply. */
  lambda: number;
  /** People alone who would be as precise; NaN for quantiles' own rows and the simulation alone. */
  effectiveN: number;
}

export interface PpiDetails {
  estimand: Estimand;
  method: PpiMethod;
  alpha: number;
  /** Rectifying people and simulated people used. */
  n: number;
  N: number;
  /** Correlation of people's answers and predictions (means and shares); NaN elsewhere. */
  correlation: number;
  /** The first row of the method, for one-number estimands. */
  estimate: number;
  low: number;
  high: number;
  se: number;
}

export type Ppi = Result<PpiRow> & PpiDetails;

/**
 * Prediction-powered inference for the target population. Valid whatever the quality of the simulation, as long as the
 * rectifying people are a random (or correctly weighted) sample of the target population and the model has not seen
 * them; a bad simulation costs precision, not validity. The target population needs attributes only, no answers.
 *
 * Throws where a rectifying respondent finetuned the model (`problem: "leakage"`), where people and simulations do not
 * match, and where the estimate does not exist.
 */
export function ppi(options: PpiOptions): Ppi {
  const { estimand, method = "ppi++", alpha = 0.05 } = options;
  if (!["ppi", "ppi++", "ppboot", "cross"].includes(method))
    throw new InferenceError("estimand", `unknown method "${method}"; known are ppi, ppi++, ppboot, cross`);
  if (!(alpha > 0 && alpha < 1))
    throw new InferenceError("estimand", `alpha is ${alpha}; expected a number between 0 and 1`);
  if (options.interval !== undefined && options.interval !== "t" && options.interval !== "normal")
    throw new InferenceError("estimand", `interval: expected "t" or "normal", found "${String(options.interval)}"`);
  if (method === "ppboot" && options.replicates !== undefined)
    if (!Number.isInteger(options.replicates) || options.replicates < 10)
      throw new InferenceError(
        "estimand",
        `replicates: expected a whole number of 10 or more, found ${options.replicates}`,
      );
  if (options.lambda !== undefined && !(options.lambda >= 0 && options.lambda <= 1))
    throw new InferenceError("estimand", `lambda is ${options.lambda}; expected a number from 0 to 1`);
  const s = sample(estimand, options, method === "cross");
  const lambda = options.lambda ?? (method === "ppi" || method === "cross" ? 1 : "tuned");
  const notes = [...s.notes];
  const rows: PpiRow[] = [];
  const critical = (df: number) =>
    options.interval === "normal" ? -normalQuantile(alpha / 2) : -tQuantile(alpha / 2, df);
  const row = (
    term: string,
    name: string,
    estimate: number,
    se: number,
    low: number,
    high: number,
    l: number,
    effective: number,
  ): PpiRow => ({
    term,
    method: name,
    estimate,
    se,
    low,
    high,
    interval: [low, high],
    lambda: l,
    effectiveN: effective,
  });
  const small = options.interval !== "normal";
  const simulationOnly = plain(estimand, s.target, s.k);
  if (estimand.kind === "quantile" && method !== "ppboot") {
    const z = -normalQuantile(alpha / 2);
    const own = rectifiedQuantile(s, estimand.q, lambda, z);
    const alone = rectifiedQuantile(s, estimand.q, 0, z);
    const gain = alone.seOfShare > 0 && own.seOfShare > 0 ? s.human.n * (alone.seOfShare / own.seOfShare) ** 2 : NaN;
    rows.push(row(s.terms[0]!, method, own.estimate, NaN, own.low, own.high, own.lambda, gain));
    rows.push(row(s.terms[0]!, "people only", alone.estimate, NaN, alone.low, alone.high, 0, s.human.n));
    rows.push(simulated(s.terms[0]!, simulationOnly?.[0]));
  } else {
    const link = estimand.kind === "logit" ? "logit" : "identity";
    const alone =
      estimand.kind === "quantile"
        ? undefined
        : rectify(s, link, 0, small).map((r) => ({
            ...r,
            low: r.estimate - critical(r.df) * r.se,
            high: r.estimate + critical(r.df) * r.se,
          }));
    if (method === "ppboot") {
      const boot = ppboot(estimand, s, {
        lambda,
        replicates: options.replicates ?? 1000,
        seed: options.seed ?? 1,
        alpha,
      });
      if (boot.failed) notes.push(`${boot.failed} bootstrap draws had no estimate and are left out.`);
      boot.estimates.forEach((b, j) => {
        const people = alone?.[j];
        rows.push(
          row(
            s.terms[j]!,
            method,
            b.estimate,
            b.se,
            b.low,
            b.high,
            b.lambda,
            people ? s.human.n * ((people.high - people.low) / (b.high - b.low)) ** 2 : NaN,
          ),
        );
        if (people)
          rows.push(row(s.terms[j]!, "people only", people.estimate, people.se, people.low, people.high, 0, s.human.n));
        rows.push(simulated(s.terms[j]!, simulationOnly?.[j]));
      });
    } else {
      rectify(s, link, lambda, small).forEach((r: Rectified, j) => {
        const people = alone![j]!;
        const c = critical(r.df);
        rows.push(
          row(
            s.terms[j]!,
            method,
            r.estimate,
            r.se,
            r.estimate - c * r.se,
            r.estimate + c * r.se,
            r.lambda,
            people.se === r.se ? s.human.n : s.human.n * (people.se / r.se) ** 2,
          ),
        );
        rows.push(row(s.terms[j]!, "people only", people.estimate, people.se, people.low, people.high, 0, s.human.n));
        rows.push(simulated(s.terms[j]!, simulationOnly?.[j]));
      });
    }
  }
  const own = rows.filter((r) => r.method === method);
  const worse = own.filter((r) => r.effectiveN < s.human.n);
  if (worse.length)
    notes.push(
      `For ${worse.map((r) => r.term).join(", ")} the simulation does not help: the people alone are as precise or more.`,
    );
  if (s.human.n > 1 && s.human.y.every((y) => y === s.human.y[0]))
    notes.push(
      `All ${s.human.n} rectifying people answered alike: how much people vary is unknown, and no interval here shows it; ask more people.`,
    );
  if (s.human.n < 30)
    notes.push(
      `Only ${s.human.n} rectifying people: intervals rest on a normal approximation and may cover less than stated.`,
    );
  notes.push(`"simulation only" has no interval: its error is bias, which simulations of any number do not show.`);
  const targets = (Array.isArray(options.simulated) ? options.simulated : [options.simulated]) as Simulated[];
  const first = own[0]!;
  return result<PpiRow, PpiDetails>(
    {
      kind: "inference.ppi",
      title: `${describe(estimand)}, ${s.human.n} people and ${s.target.n} simulations`,
      rows,
      columns: [
        ...(s.terms.length > 1 ? [{ name: "term" as const, title: "", format: "text" as const }] : []),
        { name: "method", format: "text" },
        { name: "estimate", digits: 4 },
        { name: "se", title: "std. err.", digits: 4 },
        { name: "interval", title: `${Number((100 * (1 - alpha)).toPrecision(4))}%`, format: "interval" },
        { name: "lambda", title: "λ", digits: 2 },
        { name: "effectiveN", title: "effective n", digits: 0 },
      ],
      notes,
      provenance: marks(options.human, ...targets),
    },
    {
      estimand,
      method,
      alpha,
      n: s.human.n,
      N: s.target.n,
      correlation: ["mean", "proportion"].includes(estimand.kind) ? correlation(s) : NaN,
      estimate: first.estimate,
      low: first.low,
      high: first.high,
      se: first.se,
    },
  );
}

const simulated = (term: string, estimate: number | undefined): PpiRow => ({
  term,
  method: "simulation only",
  estimate: estimate ?? NaN,
  se: NaN,
  low: NaN,
  high: NaN,
  interval: [NaN, NaN],
  lambda: NaN,
  effectiveN: NaN,
});

function correlation({ human, hat }: Sample): number {
  const mean = (v: Float64Array) => v.reduce((a, x) => a + x, 0) / v.length;
  const [a, b] = [mean(human.y), mean(hat.y)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < human.n; i++) {
    ab += (human.y[i]! - a) * (hat.y[i]! - b);
    aa += (human.y[i]! - a) ** 2;
    bb += (hat.y[i]! - b) ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}
