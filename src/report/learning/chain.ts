/**
 * The regression a model has to beat: each item regressed on attributes, treatments and the answers before it
 * (proportional odds, McCullagh 1980; multinomial logit for unordered options), with a ridge penalty chosen by
 * five-fold cross-validation, answers drawn or scored one after the other.
 */
import { impliedAction } from "../../study/rule.js";
import { optionsOf, random, Respondents, Simulated } from "../../study/index.js";
import type { Item, Value } from "../../study/index.js";
import { optionIndex, positionOf } from "./position.js";
import { fitMultinomial, fitOrdered, type Predictor } from "./ridge.js";

export interface RegressionChain {
  /** Answers drawn for these people, who need attributes only. */
  simulate(people: Respondents, seed: number): Simulated;
  /** Mean log-likelihood of these people's answers, nats an answer, given the answers before each. */
  logLikelihood(people: Respondents): number;
}

const penalties = [0.5, 1, 2, 5, 10, 20];
/** Shares of the smoothed pilot margin mixed in, so that an option nobody chose is never impossible. */
const mixtures = [0.03, 0.15, 0.4];

export function regressionChain(pilot: Respondents): RegressionChain {
  const items = pilot.items("belief", "action");
  const given = pilot.items("attribute", "treatment");
  const models = items.map((item, k) => fitItem(pilot, item, given, items.slice(0, k)));
  return {
    simulate(people, seed) {
      const draw = random(seed, "regression chain");
      let columns = new Map(given.map((item) => [item.name, people.column(item.name)]));
      for (const [k, item] of items.entries()) {
        const so = new Respondents({ codebook: people.codebook, ids: people.ids, columns });
        const options = optionsOf(item);
        const answers: Value[] = models[k]!(so).map((shares) => options[draw.weighted(shares)]!.value);
        columns = new Map([...columns, [item.name, answers]]);
      }
      return new Simulated({
        codebook: people.codebook,
        ids: people.ids,
        columns,
        origin: people.origin,
        simulation: {
          model: "regression chain",
          provider: "baseline",
          seed,
          trainedOn: pilot.ids,
          ledgerKey: `baseline:chain:${seed}`,
          elicitation: "none",
        },
      });
    },
    logLikelihood(people) {
      let total = 0,
        answers = 0;
      for (const [k, item] of items.entries()) {
        const shares = models[k]!(people);
        people.column(item.name).forEach((value, i) => {
          const index = optionIndex(item, value);
          if (index < 0) return;
          total += Math.log(shares[i]![index]!);
          answers++;
        });
      }
      return total / answers;
    },
  };
}

/** Probabilities of an item's options for each person, from what was given and answered before. */
type ItemModel = (people: Respondents) => number[][];

function fitItem(pilot: Respondents, item: Item, given: Item[], before: Item[]): ItemModel {
  const options = optionsOf(item).length;
  const known = pilot.column(item.name).map((value) => optionIndex(item, value));
  const rows = known.flatMap((index, i) => (index < 0 ? [] : [i]));
  if (!rows.length) throw new Error(`item ${item.name}: nobody in the pilot answered it`);
  const people = pilot.take(rows);
  const answers = rows.map((i) => known[i]!);
  const features = featuresOf(people, item, given, before);
  const x = features(people);
  const margin = new Float64Array(options).fill(0.5);
  for (const k of answers) margin[k]! += 1;
  const total = answers.length + 0.5 * options;
  for (let k = 0; k < options; k++) margin[k]! /= total;
  const fit = item.scale.kind === "nominal" && options > 2 ? fitMultinomial : fitOrdered;
  const [penalty, mixture] = choose(fit, x, answers, margin);
  const predict = mixed(fit(x, answers, options, penalty), margin, mixture);
  return (those) => features(those).map(predict);
}

const mixed = (predict: Predictor, margin: Float64Array, share: number) => (x: Float64Array) =>
  predict(x).map((p, k) => (1 - share) * p + share * margin[k]!);

function choose(
  fit: typeof fitOrdered,
  x: Float64Array[],
  y: number[],
  margin: Float64Array,
): [penalty: number, mixture: number] {
  const folds = Math.min(5, y.length);
  if (folds < 2) return [20, 0.4];
  let best: [number, number] = [penalties.at(-1)!, mixtures.at(-1)!],
    least = Infinity;
  for (const penalty of penalties) {
    const loss = mixtures.map(() => 0);
    for (let fold = 0; fold < folds; fold++) {
      const train = y.flatMap((_, i) => (i % folds === fold ? [] : [i]));
      const predict = fit(
        train.map((i) => x[i]!),
        train.map((i) => y[i]!),
        margin.length,
        penalty,
      );
      y.forEach((k, i) => {
        if (i % folds !== fold) return;
        const p = predict(x[i]!)[k]!;
        mixtures.forEach((share, m) => (loss[m]! -= Math.log((1 - share) * p + share * margin[k]!)));
      });
    }
    loss.forEach((value, m) => {
      if (value < least) [least, best] = [value, [penalty, mixtures[m]!]];
    });
  }
  return best;
}

/** Standardised features: positions on ordered scales, dummies of unordered ones, for the action what the beliefs imply. */
function featuresOf(pilot: Respondents, item: Item, given: Item[], before: Item[]) {
  const parts: ((people: Respondents) => number[])[] = [];
  for (const cause of [...given, ...before]) {
    if (cause.scale.kind !== "nominal" || cause.scale.options.length === 2)
      parts.push((people) => people.column(cause.name).map((value) => positionOf(cause, value)));
    else
      for (const option of cause.scale.options.slice(1))
        parts.push((people) =>
          people
            .column(cause.name)
            .map((value) => (value === null ? NaN : String(value) === String(option.value) ? 1 : 0)),
        );
  }
  const { rule } = pilot.codebook;
  if (rule?.action === item.name) {
    const implied = (people: Respondents) => impliedAction(people);
    for (const option of optionsOf(item).slice(item.scale.kind === "nominal" && optionsOf(item).length > 2 ? 0 : 1))
      parts.push((people) =>
        implied(people).map((action) =>
          action === null || action === undefined ? 0 : String(action) === String(option.value) ? 1 : -1,
        ),
      );
  }
  const scaled = parts.map((part) => {
    const values = part(pilot).filter((v) => !Number.isNaN(v));
    const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
    const sd = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / Math.max(1, values.length)) || 1;
    // A missing attribute says nothing: it sits at the mean.
    return (people: Respondents) => part(people).map((v) => (Number.isNaN(v) ? 0 : (v - mean) / sd));
  });
  return (people: Respondents): Float64Array[] => {
    const columns = scaled.map((part) => part(people));
    return people.ids.map((_, i) => Float64Array.from(columns, (column) => column[i]!));
  };
}
