/** `regression.recover`: does a simulation of people give the regression that the people themselves give? */
import { marks, result, sourceName, type Respondents, type Result, type Simulated } from "../study/index.js";
import { alignById } from "./align.js";
import { compareFormula } from "./compare-formula.js";
import { EstimationError } from "./errors.js";
import type { RecoverOptions, RecoveryDetails, RecoveryRow } from "./recovery-types.js";
import { verdictOf } from "./recovery-verdict.js";
import { countSigns, rates, sayRates } from "./signs.js";

export type Recovered = Result<RecoveryRow> & RecoveryDetails;

/**
 * Fits the same regression to people and to simulations of them, matched by id, and compares coefficient by coefficient.
 *
 * Errors default to HC3 for least squares and to the classical ones for maximum likelihood. Simulated coefficients
 * that cannot be estimated (all answers alike, separation, a column that never varies) are reported and count as not
 * significant. Throws where the people's own regression cannot be estimated.
 */
export function recover(
  human: Respondents,
  simulated: Simulated | readonly Simulated[],
  options: RecoverOptions = {},
): Recovered {
  const alpha = options.alpha ?? 0.05;
  if (!(alpha > 0 && alpha < 1))
    throw new EstimationError("formula", `alpha is ${alpha}; expected a number between 0 and 1`);
  if (options.difference !== undefined && options.difference !== "joint" && options.difference !== "bootstrap")
    throw new EstimationError(
      "formula",
      `difference: expected "joint" or "bootstrap", found "${String(options.difference)}"`,
    );
  const seeds = (Array.isArray(simulated) ? simulated : [simulated]) as Simulated[];
  if (!seeds.length)
    throw new EstimationError("too-few", "there is no simulation to compare with; give one or several");
  seeds.forEach((s, i) => {
    if (!Array.isArray(s?.ids))
      throw new EstimationError(
        "too-few",
        `simulation ${i + 1}: expected simulated respondents, as simulation.run gives them, found ${String(s)}`,
      );
  });
  const pairs = alignById(human, seeds);
  const formulas =
    options.formula === undefined
      ? [human.codebook.defaults.formula]
      : typeof options.formula === "string"
        ? [options.formula]
        : options.formula;
  const weights = personWeights(human, pairs.human, options.weights);
  const parts = formulas.map((formula) =>
    compareFormula(
      pairs.human,
      pairs.simulated,
      formula,
      alpha,
      weights === undefined ? options : { ...options, weights },
    ),
  );
  const rows = parts.flatMap((p) => p.rows);
  const perSeed = parts.flatMap((p) => p.seeds);
  const signs = countSigns(perSeed.flatMap((s) => s.rows));
  const combined = countSigns(rows);
  const significant = rows.filter((r) => r.humanSign !== "0" && r.estimable);
  const estimable = rows.filter((r) => r.estimable);
  const warnings = [...new Set([...pairs.notes, ...parts.flatMap((p) => p.warnings)])];
  const mean = (v: number[]) => (v.length ? v.reduce((a, b) => a + b, 0) / v.length : null);
  const simulatedName =
    seeds.length === 1
      ? sourceName(seeds[0]!)
      : `${[...new Set(seeds.map((s) => s.simulation.model))].join(", ")} (${seeds.length} simulations)`;
  const details: RecoveryDetails = {
    ...rates(signs),
    alpha,
    families: [...new Set(parts.map((p) => p.family))],
    n: parts.map((p) => p.n),
    signs,
    combinedSigns: { ...combined, ...rates(combined) },
    seeds: perSeed.map((s) => ({
      source: s.source,
      formula: s.formula,
      ...countSigns(s.rows),
      ...rates(countSigns(s.rows)),
    })),
    counts: sayRates(signs),
    meanOverlap: mean(estimable.map((r) => r.overlap)),
    coverage: mean(estimable.map((r) => +r.covers)),
    equivalentShare: mean(rows.map((r) => +r.equivalent)) ?? 0,
    magnitudeRatio: significant.length ? median(significant.map((r) => Math.abs(r.ratio))) : null,
    wald: parts.map((p) => p.wald),
    forest: rows.flatMap((r) => [
      { term: r.term, source: sourceName(human), estimate: r.human, low: r.humanLow, high: r.humanHigh },
      ...(r.estimable
        ? [
            {
              term: r.term,
              source: simulatedName,
              estimate: r.simulated,
              low: r.simulatedLow,
              high: r.simulatedHigh,
              recovery: r.recovery,
            },
          ]
        : []),
    ]),
    verdict: "",
    warnings,
  };
  details.verdict = verdictOf(rows, details);
  return result<RecoveryRow, RecoveryDetails>(
    {
      kind: "regression.recover",
      title: `Regression recovery: ${formulas.join(" | ")} (${details.families.join(", ")}, n = ${parts.map((p) => p.n).join(", ")}${seeds.length > 1 ? `, ${seeds.length} simulations` : ""})`,
      rows,
      columns: [
        ...(formulas.length > 1 ? [{ name: "formula" as const, format: "text" as const }] : []),
        { name: "term", title: "", format: "text" },
        { name: "human", title: "human" },
        { name: "humanInterval", title: `${percent(1 - alpha)}`, format: "interval" },
        { name: "simulated", title: "simulated" },
        { name: "simulatedInterval", title: `${percent(1 - alpha)}`, format: "interval" },
        { name: "recovery", format: "text" },
        { name: "overlap", format: "number", digits: 2 },
        { name: "differenceP", title: "p(diff.)", format: "p" },
        { name: "equivalenceP", title: "p(TOST)", format: "p" },
        { name: "ratio", title: "sim./human", digits: 2 },
      ],
      notes: notes(details, rows, parts, seeds.length, options),
      provenance: marks(human, ...seeds),
    },
    details,
  );
}

const percent = (v: number): string => `${Number((100 * v).toPrecision(4))}%`;

/** Weights belong to persons: simulations of them carry the same, and people left out take theirs along. */
function personWeights(all: Respondents, kept: Respondents, weights: RecoverOptions["weights"]): number[] | undefined {
  if (weights === undefined || (typeof weights === "string" && weights !== "inclusion")) return undefined;
  const values = weights === "inclusion" ? all.weights : (weights as ArrayLike<number>);
  if (!values)
    throw new EstimationError(
      "weights",
      "these respondents have no inclusion weights: their sampling does not define them",
    );
  if (values.length !== all.n)
    throw new EstimationError("weights", `${values.length} weights for ${all.n} people; one a person is needed`);
  const of = new Map(all.ids.map((id, i) => [id, values[i]!]));
  return kept.ids.map((id) => of.get(id)!);
}

function median(v: number[]): number {
  const s = [...v].sort((a, b) => a - b);
  const m = Math.floor(s.length / 2);
  return s.length % 2 ? s[m]! : (s[m - 1]! + s[m]!) / 2;
}

function notes(
  d: RecoveryDetails,
  rows: readonly RecoveryRow[],
  parts: ReturnType<typeof compareFormula>[],
  seeds: number,
  options: RecoverOptions,
): string[] {
  const several = seeds > 1 || parts.length > 1;
  const tested = d.wald.filter((w) => w.df > 0);
  return [
    d.verdict,
    `Signs at α = ${d.alpha}, ${d.signs.terms} coefficients${several ? ` (${parts.length > 1 ? `${parts.length} formulas × ` : ""}${seeds} simulation${seeds > 1 ? "s" : ""}, each judged alone)` : ""}, intercept excluded: ${d.counts}. TP ${d.signs.truePositives}, FP ${d.signs.falsePositives}, FN ${d.signs.falseNegatives}, TN ${d.signs.trueNegatives}; ${d.signs.flipped} of opposite sign, counted as FP and FN.`,
    ...(several
      ? [
          `Rows: ${seeds > 1 ? "simulations combined as partially synthetic data (Reiter 2003)" : "all formulas"}; ${sayRates(d.combinedSigns)}.`,
          ...(seeds > 1 && seeds < 5
            ? [
                `${seeds} simulations tell little of how much a further one would differ (${seeds - 1} degree${seeds > 2 ? "s" : ""} of freedom): five or more are better.`,
              ]
            : []),
        ]
      : []),
    ...(rows.some((r) => r.estimable)
      ? [
          `Mean interval overlap ${d.meanOverlap!.toFixed(2)}; ${rows.filter((r) => r.covers).length} of ${rows.length} human estimates lie inside the simulated interval; ${rows.filter((r) => r.equivalent).length} of ${rows.length} equivalent within the margin (TOST${options.margin === undefined ? ", ±0.1 standardised" : ""}); ${d.magnitudeRatio === null ? "size ratio undefined: no human coefficient is significant" : `median size ${d.magnitudeRatio.toFixed(2)} × the human one where that is significant`}.`,
        ]
      : []),
    ...tested.map(
      (w) =>
        `All slopes equal${parts.length > 1 ? ` (${w.formula})` : ""}: Wald χ²(${w.df}) = ${w.statistic.toFixed(2)}, p ${w.p < 0.001 ? "< .001" : `= ${w.p.toFixed(3).replace(/^0/, "")}`} (persons are shared: ${options.difference === "bootstrap" ? "paired bootstrap of persons × seeds" : "joint covariance"}).`,
    ),
    `Standard errors: ${[...new Set(parts.map((p) => p.covariance))].join(", ")}.`,
    ...new Set(parts.flatMap((p) => p.humanNotes)),
    ...d.warnings,
  ];
}
