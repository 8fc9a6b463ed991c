import { result, type Respondents, type Result } from "../study/index.js";
import { cephes } from "./cephes.js";
import { levels, treatmentItems } from "./levels.js";
import { assurance } from "./power.js";

export interface PrototypeRow {
  assumption: string;
  /** Difference of the arms' means in the outcome's units. */
  effect: number;
  /** Standard deviation of what the effect may really be. */
  uncertainty: number;
  /** Probability that a study with `n` people an arm finds the effect, in the simulated direction. */
  power: number;
  /** People an arm for the wanted power; null where no number up to a million gives it. */
  needed: number | null;
}

export interface ModelError {
  /** Standard deviation of the model's error in the mean of an arm, over arms, beyond sampling noise. */
  sd: number;
  /** Mean error over arms; it cancels in differences of arms. */
  bias: number;
  arms: number;
}

/**
 * How far the model is off in the mean of a treatment arm: simulated minus human mean in every arm that humans were
 * in, with the variance that sampling alone explains taken off (method of moments, as DerSimonian & Laird 1986).
 * Needs people of at least three arms with their simulations, matched by id.
 */
export function modelError(
  human: Respondents,
  simulated: Respondents,
  options: { outcome?: string; value?: string | number; by?: string | readonly string[] } = {},
): ModelError {
  const outcome = options.outcome ?? human.codebook.defaults.outcome;
  const place = new Map(simulated.ids.map((id, i) => [id, i]));
  const y = scores(human, outcome, options.value),
    x = scores(simulated, outcome, options.value);
  const arms = levels(human, options.by ?? treatmentItems(human));
  const differences: number[][] = arms.labels.map(() => []);
  human.ids.forEach((id, i) => {
    const j = place.get(id);
    if (j === undefined) return;
    const d = x[j]! - y[i]!;
    if (!Number.isNaN(d)) differences[arms.codes[i]!]!.push(d);
  });
  const usable = differences.filter((d) => d.length > 1);
  if (usable.length < 3)
    throw new Error(
      `the model's error needs at least three arms with people and their simulations; there are ${usable.length}. Give error: { sd } from another study`,
    );
  const means = usable.map(mean);
  const noise = mean(usable.map((d) => variance(d) / d.length));
  return { sd: Math.sqrt(Math.max(0, variance(means) - noise)), bias: mean(means), arms: usable.length };
}

/**
 * Power of the real study of a prototype: two arms were simulated, and humans are to be asked. Taken at its word, the
 * simulated difference gives one power; carrying along the model's known error in arm means, the effect is uncertain
 * with standard deviation √(2 sd² + standard error²), and power is averaged over it (assurance; O'Hagan, Stevens &
 * Campbell 2005). Only effects in the simulated direction count. With an error that is large beside the effect,
 * assurance stays low however many people are asked: then a pilot with humans comes first.
 */
export function powerFromPrototype(options: {
  /** Simulated answers in the control arm and in the new arm (simulation.run of study.withArm). */
  control: Respondents;
  arm: Respondents;
  outcome?: string;
  /** For a nominal outcome: the answer whose share is compared. */
  value?: string | number;
  /** The model's known error: from `modelError`, or from another study. */
  error: Pick<ModelError, "sd">;
  /** People an arm (default 100). */
  n?: number;
  alpha?: number;
  /** Wanted power (default 0.8). */
  power?: number;
}): Result<PrototypeRow> & { assurance: number; effect: number } {
  const { control, arm, error, n = 100, alpha = 0.05, power: wanted = 0.8 } = options;
  if (!(wanted > 0 && wanted < 1)) throw new Error(`power: expected a probability between 0 and 1, found ${wanted}`);
  if (!(error.sd >= 0)) throw new Error(`error.sd: expected a standard deviation of 0 or more, found ${error.sd}`);
  const outcome = options.outcome ?? control.codebook.defaults.outcome;
  const a = present(control, outcome, options.value),
    b = present(arm, outcome, options.value);
  const effect = mean(b) - mean(a);
  const sd = Math.sqrt(((a.length - 1) * variance(a) + (b.length - 1) * variance(b)) / (a.length + b.length - 2));
  if (!(sd > 0))
    throw new Error(
      `outcome ${outcome}: all simulated answers are equal, so that no effect can be scaled; ask for draws, not modes`,
    );
  const uncertainty = Math.sqrt(2 * error.sd ** 2 + noise(control, arm, outcome, options.value));
  const direction = effect < 0 ? -1 : 1;
  const found = (people: number, spread: number) =>
    assurance({
      effect: (direction * effect) / sd,
      uncertainty: spread / sd,
      n: people,
      alpha: alpha / 2,
      alternative: "larger",
    });
  const needed = (spread: number) => {
    let high = 4;
    while (found(high, spread) < wanted) if ((high *= 2) > 1e6) return null;
    let low = high / 2;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (found(middle, spread) < wanted) low = middle;
      else high = middle;
    }
    return high;
  };
  const row = (assumption: string, spread: number): PrototypeRow => ({
    assumption,
    effect,
    uncertainty: spread,
    power: found(n, spread),
    needed: needed(spread),
  });
  const rows = [row("the simulation taken at its word", 0), row("with the model's known error", uncertainty)];
  const limit = cephes.ndtr(Math.abs(effect) / uncertainty);
  return result(
    {
      kind: "sampling.powerFromPrototype",
      title: `Power of the real study: ${outcome}${options.value === undefined ? "" : ` = ${options.value}`}, ${n} people an arm`,
      rows,
      columns: [
        { name: "assumption" },
        { name: "effect", format: "number" },
        { name: "uncertainty", title: "uncertainty (sd)", format: "number" },
        { name: "power", format: "percent" },
        { name: "needed", title: `people an arm for ${(100 * wanted).toFixed(0)}%`, format: "integer" },
      ],
      notes: [
        `simulated: ${b.length} in the new arm, ${a.length} in the control arm; standard deviation ${sd.toPrecision(3)}; model error in an arm's mean ${error.sd.toPrecision(3)}`,
        `with endless humans the probability to find an effect in this direction is ${(100 * limit).toFixed(0)}%, since the model may be wrong about its sign`,
        ...(effect === 0
          ? ["the simulated arms do not differ at all: the model may not take notice of this treatment"]
          : []),
        "a prototype says what to try, not what is true: its effect is simulated",
      ],
      provenance: ["simulated data", ...(control.codebook.provenance === "synthetic" ? ["synthetic data"] : [])],
    },
    { assurance: rows[1]!.power, effect },
  );
}

/** Variance of the simulated effect: of differences within people where the same people stand in both arms. */
function noise(control: Respondents, arm: Respondents, outcome: string, value?: string | number): number {
  const a = scores(control, outcome, value),
    b = scores(arm, outcome, value);
  const place = new Map(control.ids.map((id, i) => [id, i]));
  if (arm.n === control.n && arm.ids.every((id) => place.has(id))) {
    const differences = arm.ids.map((id, j) => b[j]! - a[place.get(id)!]!).filter((d) => !Number.isNaN(d));
    return variance(differences) / differences.length;
  }
  const own = (values: Float64Array) => {
    const given = [...values].filter((v) => !Number.isNaN(v));
    return variance(given) / given.length;
  };
  return own(a) + own(b);
}

/** Numeric positions of the answers, or 1 and 0 for one answer of a nominal item. */
function scores(people: Respondents, outcome: string, value?: string | number): Float64Array {
  if (value === undefined) {
    if (people.item(outcome).scale.kind === "nominal" && people.column(outcome).some((v) => typeof v === "string"))
      throw new Error(`outcome ${outcome} is nominal; say which answer's share is meant with value`);
    return people.numbers(outcome);
  }
  const item = people.item(outcome);
  if (item.scale.kind === "nominal" || item.scale.kind === "ordinal") {
    const known = item.scale.options.map((o) => o.value);
    if (!known.includes(value))
      throw new Error(`value: ${outcome} has no answer ${JSON.stringify(value)}; its answers are ${known.join(", ")}`);
  }
  return Float64Array.from(people.column(outcome), (v) => (v === null ? NaN : v === value ? 1 : 0));
}

function present(people: Respondents, outcome: string, value?: string | number): number[] {
  const out = [...scores(people, outcome, value)].filter((v) => !Number.isNaN(v));
  if (out.length < 2)
    throw new Error(`outcome ${outcome}: expected at least two simulated answers an arm, found ${out.length}`);
  return out;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
function variance(values: readonly number[]): number {
  const m = mean(values);
  return values.reduce((s, v) => s + (v - m) ** 2, 0) / (values.length - 1);
}
