/** Dividing a pilot between finetuning and rectifying. */
import { random, type Respondents } from "../study/index.js";
import { InferenceError } from "./errors.js";

export interface DivideOptions {
  /** Share of the pilot, strictly between 0 and 1, or a number of people from 1 up, that the model is finetuned on (default 0.5; Krsteski et al. found 0.2 best). */
  finetune?: number;
  /** Seed of the draw (default 1). */
  seed?: number;
}

/**
 * Splits a pilot at random into people to finetune on and people to rectify with. The two are disjoint, which is what
 * makes prediction-powered inference valid: a person the model has learned from says nothing of its error on others.
 * Inclusion weights are kept.
 */
export function divide(
  pilot: Respondents,
  options: DivideOptions = {},
): { finetune: Respondents; rectify: Respondents } {
  const { finetune = 0.5, seed = 1 } = options;
  const size = finetune < 1 ? Math.round(finetune * pilot.n) : finetune;
  if (!(finetune > 0) || !Number.isInteger(size))
    throw new InferenceError(
      "too-few",
      `finetune is ${finetune}; expected a share between 0 and 1 or a whole number of people`,
    );
  if (size < 1 || pilot.n - size < 2)
    throw new InferenceError(
      "too-few",
      `a pilot of ${pilot.n} gives ${size} people to finetune on and ${pilot.n - size} to rectify with; at least 1 and 2 are needed`,
    );
  const order = random(seed, "divide").permutation(pilot.n);
  const ascending = (list: number[]) => list.sort((a, b) => a - b);
  const origin = {
    method: `random division of the ${pilot.origin.part}${pilot.origin.method ? ` (${pilot.origin.method})` : ""}`,
    seed,
  };
  return {
    finetune: pilot.take(ascending(order.slice(0, size)), { ...origin, part: "finetune" }),
    rectify: pilot.take(ascending(order.slice(size)), { ...origin, part: "rectify" }),
  };
}
