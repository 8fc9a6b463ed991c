/** The numbers a prediction-powered estimate is made of, from people and simulations, after every check of validity. */
import { originalIds, type Respondents, scoresOf, optionsOf, Simulated } from "../study/index.js";
import { design, type DesignMatrix } from "../regression/design.js";
import { frame } from "../regression/frame.js";
import { outcomeOf } from "../regression/outcome.js";
import { InferenceError } from "./errors.js";
import { describe, type Estimand } from "./estimands.js";

/** Rows of a sample: predictors (n × k, column after column) and an outcome. */
export interface Part {
  n: number;
  x: Float64Array;
  y: Float64Array;
  /** Weights with mean one, or undefined. */
  w?: Float64Array;
}

export interface Sample {
  terms: string[];
  k: number;
  /** The rectifying people as they answered. */
  human: Part;
  /** The same people as simulated. */
  hat: Part;
  /** The target population as simulated. */
  target: Part;
  /** Predictors of `hat` equal those of `human`: nothing on the right-hand side is simulated. */
  samePredictors: boolean;
  notes: string[];
}

export interface Inputs {
  human: Respondents;
  simulatedHuman: Simulated | readonly Simulated[];
  simulated: Simulated | readonly Simulated[];
}

const list = (s: Simulated | readonly Simulated[]): readonly Simulated[] =>
  (Array.isArray(s) ? s : [s]) as readonly Simulated[];

/** Throws where the same person has finetuned a model and rectifies it; early-stopping rows count as finetuned. */
export function checkLeakage(human: Respondents, simulated: readonly Simulated[]): void {
  const ids = new Set(originalIds(human));
  for (const s of simulated) {
    const leaked = s.simulation.trainedOn.filter((id) => ids.has(id));
    if (leaked.length)
      throw new InferenceError(
        "leakage",
        `${leaked.length} of ${human.n} rectifying respondents (${leaked.slice(0, 5).join(", ")}${leaked.length > 5 ? ", …" : ""}) were among the ${s.simulation.trainedOn.length} that ${s.simulation.model} was finetuned on (people used for early stopping count). ` +
          `Its error on them says nothing of its error on others. Divide the pilot first (inference.divide) or cross-fit (method: "cross")`,
        leaked,
      );
  }
}

/** Brings people and simulations together; `fold` is for cross-fitting, where each model simulates only its own fold. */
export function sample(estimand: Estimand, inputs: Inputs, cross: boolean): Sample {
  const { human } = inputs;
  const hats = list(inputs.simulatedHuman);
  const targets = list(inputs.simulated);
  if (!hats.length || !targets.length)
    throw new InferenceError(
      "pairing",
      "give a simulation of the rectifying people (simulatedHuman) and one of the target population (simulated)",
    );
  if (hats.length !== targets.length)
    throw new InferenceError(
      "pairing",
      `${hats.length} simulations of the rectifying people and ${targets.length} of the target; each model simulates both`,
    );
  hats.forEach((h, m) => {
    const t = targets[m]!;
    const [a, b] = [h.simulation, t.simulation];
    if (a.model !== b.model || a.finetuningSeed !== b.finetuningSeed)
      throw new InferenceError(
        "model",
        `the rectifying people were simulated by ${a.model} and the target by ${b.model}; the error of one model does not rectify another`,
      );
  });
  if (cross) hats.forEach((h) => checkLeakage(h, [h]));
  else checkLeakage(human, [...hats, ...targets]);
  const notes: string[] = [];
  const hat = cross ? joinFolds(human, hats) : hats.map((h) => inOrder(human, h));
  const rectifying = new Set(human.ids);
  const inBoth = targets[0]!.ids.filter((id) => rectifying.has(id)).length;
  if (inBoth)
    notes.push(
      `${inBoth} rectifying people are also in the target population; they are few beside it or the interval is slightly too wide.`,
    );
  for (const t of targets)
    if (t.ids.length !== targets[0]!.ids.length || t.ids.some((id, i) => id !== targets[0]!.ids[i]))
      throw new InferenceError(
        "pairing",
        "the simulations of the target population do not hold the same people in the same order",
      );
  return build(estimand, human, hat, targets, notes);
}

/** A simulation's rows in the order of the people. */
function inOrder(human: Respondents, s: Simulated): Simulated {
  const at = new Map(s.ids.map((id, i) => [id, i]));
  const lost = human.ids.filter((id) => !at.has(id));
  if (lost.length)
    throw new InferenceError(
      "pairing",
      `${lost.length} of ${human.n} rectifying respondents have no simulation (${lost.slice(0, 3).join(", ")}${lost.length > 3 ? ", …" : ""}); simulate the same people: simulation.run(rectify, { model })`,
      lost,
    );
  return s.take(human.ids.map((id) => at.get(id)!));
}

/** Cross-fitting: one table in which each person is simulated by the model that did not learn from them. */
function joinFolds(human: Respondents, folds: readonly Simulated[]): Simulated[] {
  const where = new Map<string, [number, number]>();
  folds.forEach((f, m) =>
    f.ids.forEach((id, i) => {
      if (where.has(id))
        throw new InferenceError(
          "pairing",
          `respondent ${id} is in two folds; each person is simulated once, by the model not finetuned on them`,
          [id],
        );
      where.set(id, [m, i]);
    }),
  );
  const lost = human.ids.filter((id) => !where.has(id));
  if (lost.length)
    throw new InferenceError(
      "pairing",
      `${lost.length} of ${human.n} people are in no fold (${lost.slice(0, 3).join(", ")}${lost.length > 3 ? ", …" : ""})`,
      lost,
    );
  const first = folds[0]!;
  const columns = new Map(
    first.names.map((name) => [
      name,
      human.ids.map((id) => {
        const [m, i] = where.get(id)!;
        return folds[m]!.column(name)[i]!;
      }),
    ]),
  );
  const probabilities = folds.every((f) => f.probabilities)
    ? new Map(
        [...first.probabilities!.keys()].map((name) => [
          name,
          human.ids.map((id) => {
            const [m, i] = where.get(id)!;
            return folds[m]!.probabilities!.get(name)?.[i] ?? null;
          }),
        ]),
      )
    : undefined;
  return [
    new Simulated({
      codebook: human.codebook,
      ids: human.ids,
      columns,
      origin: human.origin,
      simulation: first.simulation,
      ...(probabilities ? { probabilities } : {}),
    }),
  ];
}

/** Weights scaled to mean one over the rows used. */
function normalised(w: Float64Array): Float64Array {
  let total = 0;
  for (const v of w) {
    if (!Number.isFinite(v) || v < 0)
      throw new InferenceError("weights", `an inclusion weight is ${v}; weights are finite and not negative`);
    total += v;
  }
  if (!(total > 0)) throw new InferenceError("weights", "all inclusion weights are zero");
  return w.map((v) => (v * w.length) / total);
}

function build(
  estimand: Estimand,
  human: Respondents,
  hats: readonly Simulated[],
  targets: readonly Simulated[],
  notes: string[],
): Sample {
  const regression = estimand.kind === "ols" || estimand.kind === "logit";
  const source = regression ? estimand.formula : `${quoted(estimand.item)} ~ 1`;
  const d = design(human, source);
  const response = d.formula.response;
  if (!response)
    throw new InferenceError("estimand", `${describe(estimand)}: the formula has no outcome; write it left of ~`);
  const usable = completeRows(d, hats, human);
  const rows = Int32Array.from(usable);
  if (rows.length < Math.max(2, d.k + 1))
    throw new InferenceError(
      "too-few",
      `${rows.length} rectifying people with complete answers for ${d.k} coefficient${d.k > 1 ? "s" : ""}; at least ${Math.max(2, d.k + 1)} are needed`,
    );
  if (rows.length < human.n)
    notes.push(`${human.n - rows.length} of ${human.n} rectifying people left out for missing answers.`);
  // Either all predictions are expected answers or none is: a rectifier of the one does not fit the other.
  const name = response.kind === "name" ? response.name : "";
  const expected =
    estimand.kind !== "quantile" &&
    [...hats, ...targets].every((s) => s.probabilities?.get(name)?.every((p) => p !== null));
  const values = (r: Respondents, at: Int32Array): Float64Array => outcomeValues(estimand, r, at, response, expected);
  const mean = (parts: Float64Array[]): Float64Array =>
    parts[0]!.map((_, i) => parts.reduce((a, p) => a + p[i]!, 0) / parts.length);
  const x = d.apply(human, rows).x;
  const xHat = mean(hats.map((h) => d.apply(h, rows).x));
  const samePredictors = xHat.every((v, i) => v === x[i]);
  if (!samePredictors && hats.length + targets.length > 2)
    throw new InferenceError(
      "estimand",
      `${describe(estimand)}: a predictor is itself simulated, which cannot be averaged over models; use one model, or observed predictors`,
    );
  const all = Int32Array.from(completeTarget(d, targets));
  if (all.length < 2)
    throw new InferenceError(
      "too-few",
      "fewer than two people of the target population have complete simulated answers",
    );
  if (all.length < targets[0]!.n)
    notes.push(`${targets[0]!.n - all.length} of ${targets[0]!.n} simulated people left out for missing answers.`);
  if (!samePredictors)
    notes.push("A predictor is itself simulated in the target population; it is rectified with the outcome.");
  const w = human.weights ? normalised(Float64Array.from(rows, (i) => human.weights![i]!)) : undefined;
  const wt = targets[0]!.weights ? normalised(Float64Array.from(all, (i) => targets[0]!.weights![i]!)) : undefined;
  notes.push(
    w
      ? "Rectifying people are weighted by their inclusion weights."
      : `Assumed: the rectifying people are a simple random sample of the target population${human.origin.method ? ` (they came by: ${human.origin.method})` : ""}; their sampling gives no inclusion weights.`,
  );
  const n = rows.length;
  const sampleOf: Sample = {
    terms: regression ? d.names : [describe(estimand)],
    k: d.k,
    human: { n, x, y: values(human, rows), ...(w ? { w } : {}) },
    hat: { n, x: samePredictors ? x : xHat, y: mean(hats.map((h) => values(h, rows))), ...(w ? { w } : {}) },
    target: {
      n: all.length,
      x: d.apply(targets[0]!, all).x,
      y: mean(targets.map((t) => values(t, all))),
      ...(wt ? { w: wt } : {}),
    },
    samePredictors,
    notes,
  };
  if (expected)
    notes.push("Predictions are expected answers under the model's option probabilities, not single draws.");
  return sampleOf;
}

const quoted = (name: string): string => (/^[\p{L}_.][\p{L}\p{N}_.]*$/u.test(name) ? name : `\`${name}\``);

/** Rows of the people in which both the people's and every simulated answer is there. */
function completeRows(d: DesignMatrix, hats: readonly Simulated[], human: Respondents): number[] {
  const columns = d.formula.columns;
  for (const name of columns)
    for (const h of hats)
      if (!h.has(name))
        throw new InferenceError(
          "column",
          `the simulation by ${h.simulation.model} has no column ${name}; it has ${h.names.join(", ")}`,
        );
  return [...d.rows].filter((i) =>
    columns.every((c) => human.column(c)[i] !== null && hats.every((h) => h.column(c)[i] !== null)),
  );
}

function completeTarget(d: DesignMatrix, targets: readonly Simulated[]): number[] {
  for (const name of d.formula.columns)
    for (const t of targets)
      if (!t.has(name))
        throw new InferenceError(
          "column",
          `the simulated target population has no column ${name}; it has ${t.names.join(", ")}`,
        );
  return [...targets[0]!.ids.keys()].filter((i) =>
    d.formula.columns.every((c) => targets.every((t) => t.column(c)[i] !== null)),
  );
}

/** The outcome as numbers: answers, or expected answers where a simulation holds the options' probabilities. */
function outcomeValues(
  estimand: Estimand,
  r: Respondents,
  rows: Int32Array,
  response: NonNullable<DesignMatrix["formula"]["response"]>,
  expected: boolean,
): Float64Array {
  const item = response.kind === "name" ? r.codebook.items.find((i) => i.name === response.name) : undefined;
  const probabilities = item && expected ? (r as Simulated).probabilities?.get(item.name) : undefined;
  // An interval item's options are a grid that may have millions of steps: it is listed only where probabilities need it.
  const listed = item?.scale.kind === "nominal" || item?.scale.kind === "ordinal" || probabilities !== undefined;
  const score = item && listed ? optionScores(estimand, item) : undefined;
  if (score && probabilities)
    return Float64Array.from(rows, (i) => probabilities[i]!.reduce((a, p, o) => a + p * score[o]!, 0));
  if (item && score && (estimand.kind === "proportion" || item.scale.kind === "nominal")) {
    const at = new Map(optionsOf(item).map((o, k) => [o.value, score[k]!]));
    return Float64Array.from(rows, (i) => at.get(r.column(item.name)[i]!)!);
  }
  if (estimand.kind === "proportion") {
    const wanted = estimand.answer ?? 1;
    return Float64Array.from(rows, (i) => +(String(r.column(estimand.item)[i]) === String(wanted)));
  }
  return outcomeOf(response, frame(r), rows, estimand.kind === "logit" ? "logit" : "ols").y;
}

/** The number each option of an item counts as, or undefined where the item has no list of options. */
function optionScores(estimand: Estimand, item: Respondents["codebook"]["items"][number]): number[] | undefined {
  if (item.scale.kind === "count" && item.scale.max === undefined) return undefined;
  const options = optionsOf(item);
  if (estimand.kind === "proportion") {
    const wanted = estimand.answer ?? 1;
    const hit = options.map((o) => +(String(o.value) === String(wanted) || o.label === String(wanted)));
    if (!hit.includes(1))
      throw new InferenceError(
        "estimand",
        `${item.name} has no answer ${JSON.stringify(wanted)}; its answers are ${options
          .slice(0, 12)
          .map((o) => o.value)
          .join(", ")}`,
      );
    return hit;
  }
  const scores = scoresOf(item);
  if (scores) return scores;
  if (options.length === 2)
    return options.every((o) => typeof o.value === "number") && estimand.kind !== "logit"
      ? options.map((o) => o.value as number)
      : [0, 1];
  throw new InferenceError(
    "estimand",
    `${describe(estimand)}: ${item.name} is nominal and its answers are no numbers; use inference.proportion("${item.name}", ${JSON.stringify(options[0]!.value)}) or I(${item.name} == '${options[0]!.value}')`,
  );
}
