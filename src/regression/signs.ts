/** Which signs a simulation recovers, counted. */

export type Sign = "+" | "−" | "0";

/** What became of a human coefficient in the simulation. */
export type Recovery = "recovered" | "true null" | "false positive" | "false negative" | "sign flipped";

export interface SignCounts {
  /** Coefficients compared, intercepts and thresholds left out. */
  terms: number;
  /** Significant with the same sign in both. */
  truePositives: number;
  /** Significant in the simulation only, or with the opposite sign. */
  falsePositives: number;
  /** Significant in the people only, or with the opposite sign in the simulation. */
  falseNegatives: number;
  /** Not significant in either. */
  trueNegatives: number;
  /** Significant in both with opposite signs; counted among false positives and among false negatives. */
  flipped: number;
  /** Not significant in the people, and of these significant in the simulation. */
  humanNull: number;
  falseAlarms: number;
  /** Simulated coefficients that could not be estimated; they count as not significant. */
  notEstimable: number;
}

export interface SignRates {
  /** TP / (TP + FP); null is 0/0, as below. */
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Human not significant and simulated significant, over human not significant. */
  falsePositiveRate: number | null;
}

/** The sign of an interval: 0 where it holds zero. */
export const signOf = (low: number, high: number): Sign => (low > 0 ? "+" : high < 0 ? "−" : "0");

export function recoveryOf(human: Sign, simulated: Sign): Recovery {
  if (human === "0") return simulated === "0" ? "true null" : "false positive";
  if (simulated === "0") return "false negative";
  return human === simulated ? "recovered" : "sign flipped";
}

export function countSigns(rows: readonly { recovery: Recovery; estimable: boolean }[]): SignCounts {
  const of = (r: Recovery) => rows.filter((row) => row.recovery === r).length;
  const flipped = of("sign flipped");
  return {
    terms: rows.length,
    truePositives: of("recovered"),
    falsePositives: of("false positive") + flipped,
    falseNegatives: of("false negative") + flipped,
    trueNegatives: of("true null"),
    flipped,
    humanNull: of("true null") + of("false positive"),
    falseAlarms: of("false positive"),
    notEstimable: rows.filter((r) => !r.estimable).length,
  };
}

const share = (a: number, b: number): number | null => (b === 0 ? null : a / b);

export const rates = (c: SignCounts): SignRates => ({
  precision: share(c.truePositives, c.truePositives + c.falsePositives),
  recall: share(c.truePositives, c.truePositives + c.falseNegatives),
  f1: share(2 * c.truePositives, 2 * c.truePositives + c.falsePositives + c.falseNegatives),
  falsePositiveRate: share(c.falseAlarms, c.humanNull),
});

/** The rates with their counts, 0/0 said. */
export function sayRates(c: SignCounts): string {
  const r = rates(c);
  const rate = (name: string, v: number | null, a: number, b: number) =>
    `${name} ${v === null ? "undefined (0/0)" : `${v.toFixed(3)} (${a}/${b})`}`;
  return [
    rate("sign precision", r.precision, c.truePositives, c.truePositives + c.falsePositives),
    rate("recall", r.recall, c.truePositives, c.truePositives + c.falseNegatives),
    rate("F1", r.f1, 2 * c.truePositives, 2 * c.truePositives + c.falsePositives + c.falseNegatives),
    rate("false-positive rate", r.falsePositiveRate, c.falseAlarms, c.humanNull),
  ].join(", ");
}
