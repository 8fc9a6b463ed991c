/**
 * Ways of asking that protect respondents, and their estimators: what share holds of a sensitive statement when nobody
 * has to admit it. Each returns an estimate, its standard error and a normal interval, all as shares (0 … 1); estimates
 * outside 0 … 1 are returned as they are, with a warning, because cutting them off would hide that a design failed.
 */
import { checkLevel } from "../study/index.js";
import { normalQuantile } from "./normal.js";

export interface ShareEstimate {
  method: string;
  estimate: number;
  se: number;
  interval: [number, number];
  /** Respondents used. */
  n: number;
  /** What speaks against the estimate. */
  warnings: string[];
}

export interface EstimateOptions {
  /** Coverage of the interval (default .95). */
  level?: number;
}

/**
 * List experiment (item count technique; Miller 1984): the difference between the mean counts of those whose list held
 * the sensitive statement and of those whose list did not. Standard error: Welch's, unequal variances.
 *
 * @param counts number of statements that are true of each respondent
 * @param treated whether the respondent's list held the sensitive statement
 * @param options `length`: statements in the short list; with it, a test of a design effect is made (Blair & Imai 2012:
 *   no estimated share of a respondent type may be negative)
 */
export function listExperiment(
  counts: ArrayLike<number>,
  treated: ArrayLike<boolean | number>,
  options: EstimateOptions & { length?: number } = {},
): ShareEstimate {
  sameLength(counts, treated, "counts", "treated");
  const [long, short] = [1, 0].map((arm) => pick(counts, (i) => Number(treated[i]) === arm));
  if (long!.length < 2 || short!.length < 2)
    throw new Error(
      `a list experiment needs two respondents or more in each arm, found ${long!.length} and ${short!.length}`,
    );
  const a = moments(long!),
    b = moments(short!);
  const warnings: string[] = [];
  const { length } = options;
  if (length !== undefined) {
    for (const [arm, values, most] of [
      ["long", long!, length + 1],
      ["short", short!, length],
    ] as const)
      for (const v of values)
        if (!Number.isInteger(v) || v < 0 || v > most)
          throw new Error(`count ${v} in the ${arm} list: expected a whole number from 0 to ${most}`);
    const bad = designEffect(long!, short!, length);
    if (bad.length)
      warnings.push(`design effect suspected: the estimated share of ${bad.join(", ")} is negative beyond chance`);
  }
  return estimate(
    "list experiment",
    a.mean - b.mean,
    Math.sqrt(a.variance / a.n + b.variance / b.n),
    a.n + b.n,
    warnings,
    options,
  );
}

/**
 * Double list experiment (Droitcour et al. 1991): each respondent answers two lists, one of them with the sensitive
 * statement. The mean of the two differences, with the standard error of within-person sums kept.
 *
 * @param first counts in the first list, @param second counts in the second
 * @param inFirst whether the sensitive statement stood in the respondent's first list
 */
export function doubleListExperiment(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  inFirst: ArrayLike<boolean | number>,
  options: EstimateOptions = {},
): ShareEstimate {
  sameLength(first, second, "first", "second");
  sameLength(first, inFirst, "first", "inFirst");
  // Half the difference of first and second list: its contrast between arms is the mean of the two list differences.
  const half = Float64Array.from(first, (x, i) => (x - second[i]!) / 2);
  const a = moments(pick(half, (i) => Boolean(Number(inFirst[i])))),
    b = moments(pick(half, (i) => !Number(inFirst[i])));
  if (a.n < 2 || b.n < 2)
    throw new Error(`a double list experiment needs two respondents or more in each arm, found ${a.n} and ${b.n}`);
  return estimate(
    "double list experiment",
    a.mean - b.mean,
    Math.sqrt(a.variance / a.n + b.variance / b.n),
    a.n + b.n,
    [],
    options,
  );
}

/**
 * Randomised response. `design: "warner"` (Warner 1965): with probability p the respondent answers the sensitive
 * statement, otherwise its negation. `"forced"`: with probability p the truth, otherwise a forced yes with probability
 * `yes`, or a forced no. `"unrelated"` (Greenberg et al. 1969): with probability p the sensitive question, otherwise an
 * unrelated one of known prevalence `unrelated`.
 *
 * @param answers 1 or true for yes
 */
export function randomisedResponse(
  answers: ArrayLike<boolean | number>,
  options: EstimateOptions & {
    design?: "warner" | "forced" | "unrelated";
    p: number;
    yes?: number;
    unrelated?: number;
  },
): ShareEstimate {
  const { design = "warner", p } = options;
  const n = answers.length;
  if (!n) throw new Error("randomised response: there are no answers");
  if (!(p > 0 && p <= 1)) throw new Error(`p: expected a probability above 0, found ${p}`);
  let yes = 0;
  for (let i = 0; i < n; i++) {
    const a = Number(answers[i]);
    if (a !== 0 && a !== 1) throw new Error(`answer ${answers[i]} at position ${i}: expected yes or no (1 or 0)`);
    yes += a;
  }
  const observed = yes / n;
  let slope: number, offset: number;
  if (design === "warner") {
    if (Math.abs(2 * p - 1) < 1e-9)
      throw new Error("p = .5 makes yes equally likely whatever the truth: Warner's design identifies nothing there");
    [slope, offset] = [2 * p - 1, 1 - p];
  } else if (design === "forced") {
    const forced = options.yes ?? NaN;
    if (!(forced >= 0 && p + forced <= 1))
      throw new Error(`yes: expected a probability of at most 1 − p, found ${options.yes}`);
    [slope, offset] = [p, forced];
  } else if (design === "unrelated") {
    const other = options.unrelated ?? NaN;
    if (!(other >= 0 && other <= 1))
      throw new Error(`unrelated: expected a known prevalence from 0 to 1, found ${options.unrelated}`);
    [slope, offset] = [p, (1 - p) * other];
  } else throw new Error(`invalid design: ${String(design)}; expected "warner", "forced" or "unrelated"`);
  return estimate(
    `randomised response (${design})`,
    (observed - offset) / slope,
    Math.sqrt((observed * (1 - observed)) / n) / Math.abs(slope),
    n,
    [],
    options,
  );
}

/**
 * Forced-choice contrast: respondents choose between the sensitive statement and one of equal desirability; the share
 * that chooses it less the share that endorses it when asked directly, in two independent groups of respondents.
 * Above 0: more choose it than admit it.
 *
 * @param chosen 1 where the sensitive statement was chosen from the pair, @param direct 1 where it was endorsed directly
 */
export function forcedChoiceContrast(
  chosen: ArrayLike<boolean | number>,
  direct: ArrayLike<boolean | number>,
  options: EstimateOptions = {},
): ShareEstimate {
  const [a, b] = [chosen, direct].map((x, k) => {
    if (!x.length) throw new Error(`${k ? "direct" : "chosen"}: there are no answers`);
    const share = moments(Float64Array.from(x as ArrayLike<number>, Number)).mean;
    return { share, n: x.length };
  });
  const variance = (g: { share: number; n: number }) => (g.share * (1 - g.share)) / g.n;
  return estimate(
    "forced-choice contrast",
    a!.share - b!.share,
    Math.sqrt(variance(a!) + variance(b!)),
    a!.n + b!.n,
    [],
    options,
    [-1, 1],
  );
}

function estimate(
  method: string,
  value: number,
  se: number,
  n: number,
  warnings: string[],
  { level = 0.95 }: EstimateOptions,
  range: [number, number] = [0, 1],
): ShareEstimate {
  checkLevel(level);
  const z = normalQuantile((1 + level) / 2);
  if (value < range[0] || value > range[1])
    warnings.push(
      `the estimate ${value.toFixed(3)} is not a possible share: sampling error, or the design did not work`,
    );
  return { method, estimate: value, se, interval: [value - z * se, value + z * se], n, warnings };
}

/** Respondent types whose estimated share is negative by more than 1.96 standard errors. */
function designEffect(long: Float64Array, short: Float64Array, length: number): string[] {
  const below = (values: Float64Array, y: number) => values.filter((v) => v <= y).length / values.length;
  const out: string[] = [];
  const check = (name: string, a: number, b: number) => {
    const se = Math.sqrt((a * (1 - a)) / long.length + (b * (1 - b)) / short.length);
    return (value: number) => {
      if (value < -1.96 * se - 1e-12) out.push(name);
    };
  };
  for (let y = 0; y <= length; y++) {
    const t = below(long, y),
      c = below(short, y),
      before = y === 0 ? 0 : below(short, y - 1);
    check(`those with ${y} other statements and the sensitive one`, t, c)(c - t);
    check(`those with ${y} other statements without the sensitive one`, t, before)(t - before);
  }
  return out;
}

function moments(values: Float64Array): { mean: number; variance: number; n: number } {
  const n = values.length;
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) throw new Error(`value ${v} at position ${i}: leave missing answers out first`);
  });
  const mean = values.reduce((a, b) => a + b, 0) / n;
  return { mean, variance: values.reduce((a, v) => a + (v - mean) ** 2, 0) / (n - 1), n };
}

const pick = (values: ArrayLike<number>, keep: (i: number) => boolean) =>
  Float64Array.from(Array.from(values).filter((_, i) => keep(i)));

function sameLength(a: ArrayLike<unknown>, b: ArrayLike<unknown>, nameA: string, nameB: string): void {
  if (a.length !== b.length)
    throw new Error(`${nameA} has ${a.length} values and ${nameB} ${b.length}: one each a respondent`);
}
