/** Whether simulated people give a regression's coefficients the signs that people give them. */
import { fit } from "../../regression/index.js";
import type { Respondents } from "../../study/index.js";

/**
 * Sign F1 of the codebook's default regression at level alpha: a coefficient is positive, negative or not significant;
 * a true positive is significant with the same sign in both, an opposite sign counts as false positive and as false
 * negative; intercepts and thresholds are left out. NaN where either side cannot be fitted or nothing is significant.
 */
export function signRecovery(human: Respondents, simulated: Respondents, alpha = 0.05): number {
  let signs: Map<string, number>[];
  try {
    signs = [human, simulated].map((people) => {
      const { rows } = fit(people as never, { covariance: "classical", alpha });
      return new Map(
        rows
          .filter((row) => !/intercept|threshold|\|/i.test(row.term))
          .map((row) => [row.term, row.p < alpha ? Math.sign(row.estimate) : 0]),
      );
    });
  } catch {
    return NaN;
  }
  let both = 0,
    falsePositive = 0,
    falseNegative = 0;
  for (const [term, people] of signs[0]!) {
    const model = signs[1]!.get(term) ?? 0;
    if (people && model === people) both++;
    else {
      if (model) falsePositive++;
      if (people) falseNegative++;
    }
  }
  const total = 2 * both + falsePositive + falseNegative;
  return total ? (2 * both) / total : NaN;
}
