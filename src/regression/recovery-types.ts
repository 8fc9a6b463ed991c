/** What a recovery is asked for and what it gives. */
import type { FitOptions } from "./fit.js";
import type { Recovery, Sign, SignCounts, SignRates } from "./signs.js";

export interface RecoverOptions extends Pick<FitOptions, "family" | "covariance" | "weights" | "replicates" | "seed"> {
  /** One formula or several; by default the codebook's. Sign counts are summed over formulas. */
  formula?: string | readonly string[];
  /** Level of significance and 1 − coverage of the intervals (default 0.05). */
  alpha?: number;
  /** Column of clusters of persons. */
  cluster?: string;
  /**
   * Equivalence margin: a number in coefficient units, one a term, or { standardised } (default { standardised: 0.1 }):
   * that many standard deviations of the outcome (logit: of the latent outcome, π/√3; probit: 1) for one standard
   * deviation of the column. 0.1 is Cohen's small correlation.
   */
  margin?: number | Readonly<Record<string, number>> | { standardised: number };
  /** Covariance of the paired differences: "joint" (stacked scores, default) or "bootstrap" (persons × seeds). */
  difference?: "joint" | "bootstrap";
}

/** One coefficient of the people's regression and what the simulation makes of it. */
export interface RecoveryRow {
  formula: string;
  term: string;
  human: number;
  humanSe: number;
  humanLow: number;
  humanHigh: number;
  humanP: number;
  humanSign: Sign;
  /** Mean over seeds, with an interval for partially synthetic data (Reiter 2003, `combine`); where it cannot be estimated (`estimable` is false), NaN here and in all that compares with it. */
  simulated: number;
  simulatedSe: number;
  simulatedLow: number;
  simulatedHigh: number;
  simulatedP: number;
  simulatedSign: Sign;
  estimable: boolean;
  recovery: Recovery;
  humanInterval: [number, number];
  simulatedInterval: [number, number];
  /** Overlap of the two intervals as a share of their lengths, mean of the two shares (Karr et al. 2006); 0 when apart. */
  overlap: number;
  /** The simulated interval holds the human estimate. */
  covers: boolean;
  /** Simulated minus human, with the standard error of persons shared by both. */
  difference: number;
  differenceSe: number;
  differenceP: number;
  /** Equivalence margin and TOST p: below alpha the two are equal up to the margin. */
  margin: number;
  equivalenceP: number;
  equivalent: boolean;
  /** Simulated over human. */
  ratio: number;
}

/** What figures.forest draws. */
export interface RecoveryForestRow {
  term: string;
  source: string;
  estimate: number;
  low: number;
  high: number;
  recovery?: Recovery;
}

export interface RecoveryDetails extends SignRates {
  alpha: number;
  /** Model family of each formula, without repeats: "ols", "logit" … */
  families: string[];
  /** Respondents in the regression of each formula, the same people simulated as asked. */
  n: number[];
  /** Signs of each simulation alone, summed over formulas and seeds; the rates above are of these. */
  signs: SignCounts;
  /** Signs of the rows: simulations of several seeds combined first. */
  combinedSigns: SignCounts & SignRates;
  /** Each formula and simulation by itself. */
  seeds: ({ source: string; formula: string } & SignCounts & SignRates)[];
  /** The rates with their counts, in words. */
  counts: string;
  /** Mean interval overlap, and share of human estimates inside the simulated interval; null where nothing is estimable. */
  meanOverlap: number | null;
  coverage: number | null;
  /** Share of coefficients that are equivalent. */
  equivalentShare: number;
  /** Median of |simulated / human| over the coefficients significant in the people; null where there are none. */
  magnitudeRatio: number | null;
  /** Joint Wald test that all slopes are equal, one a formula; df 0 where nothing could be tested. */
  wald: { formula: string; statistic: number; df: number; p: number }[];
  forest: RecoveryForestRow[];
  /** In a few sentences, by stated rules. */
  verdict: string;
  warnings: string[];
}
