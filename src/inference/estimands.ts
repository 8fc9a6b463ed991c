/** What is to be estimated about the target population. */
import { parseFormula } from "../regression/index.js";
import { InferenceError } from "./errors.js";

export type Estimand =
  | { kind: "mean"; item: string }
  /** Share of people whose answer is `answer` (a value or its label); for a 0/1 item the share of 1. */
  | { kind: "proportion"; item: string; answer?: number | string }
  | { kind: "quantile"; item: string; q: number }
  | { kind: "ols"; formula: string }
  | { kind: "logit"; formula: string };

/** The mean of an item (its numeric values or scores). */
export const mean = (item: string): Estimand => ({ kind: "mean", item });

/** The share of people who give an answer (a value of the item or its label; by default 1 of a 0/1 item). */
export const proportion = (item: string, answer?: number | string): Estimand => ({
  kind: "proportion",
  item,
  ...(answer === undefined ? {} : { answer }),
});

/** A quantile of an item: the smallest answer that at least the share `q` of people do not exceed. 0 < q < 1; 0.5 is the median. */
export function quantile(item: string, q: number): Estimand {
  if (!(q > 0 && q < 1))
    throw new InferenceError("estimand", `quantile(${item}, ${q}): q lies strictly between 0 and 1`);
  return { kind: "quantile", item, q };
}

/** Coefficients of a least squares regression in the population. */
export function ols(formula: string): Estimand {
  parseFormula(formula);
  return { kind: "ols", formula };
}

/** Coefficients of a logistic regression in the population. */
export function logit(formula: string): Estimand {
  parseFormula(formula);
  return { kind: "logit", formula };
}

/** The estimand in words. */
export function describe(e: Estimand): string {
  switch (e.kind) {
    case "mean":
      return `mean of ${e.item}`;
    case "proportion":
      return `share of ${e.item} = ${e.answer ?? 1}`;
    case "quantile":
      return e.q === 0.5 ? `median of ${e.item}` : `${e.q} quantile of ${e.item}`;
    case "ols":
      return `OLS ${e.formula}`;
    case "logit":
      return `logit ${e.formula}`;
  }
}
