/**
 * Which picture belongs to which kind of result, and how both are shown in a notebook. The composition root calls
 * `attachDisplays()`; rooms that make results know nothing of it.
 */
import type { Coherence, Comparison, CompareRow, Heterogeneity, IntervalKind, Measure } from "../alignment/index.js";
import type { FinetunedModel } from "../finetuning/index.js";
import type { Recovered, RecoveryRow } from "../regression/index.js";
import type { CoverageRow as SampleCoverageRow } from "../sampling/index.js";
import { registerDisplay } from "../study/index.js";
import type { MimeBundle, Result } from "../study/index.js";
import { coverageKey, samplingCoverage } from "./coverage.js";
import { divergenceByGroup } from "./divergence.js";
import type { DivergenceRow } from "./divergence.js";
import { beliefActionFlows } from "./flows.js";
import { forest } from "./forest.js";
import { figureHtml } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite } from "./input.js";
import { learningCurve } from "./learning.js";
import type { LearningOptions } from "./learning.js";
import { rarefaction } from "./rarefaction.js";
import { htmlTable } from "./table.js";
import { epochKey, trainingCurves } from "./training.js";

type Drawer = (result: any, options: FigureOptions) => SVGSVGElement;

/** The figure of each kind of result. */
const drawers: Readonly<Record<string, Drawer>> = {
  "alignment.compare": (r: Comparison, o) =>
    divergenceByGroup(distances(r.rows, r.model, r.options.interval), {
      measure: measureNames[r.options.measure],
      of: comparedItem(r.rows),
      level: r.options.level,
      ...o,
    }),
  "alignment.heterogeneity": (r: Heterogeneity, o) => rarefaction(r.curves, o),
  "alignment.coherence": (r: Coherence, o) => beliefActionFlows(r.flows, o),
  "regression.recover": (r: Recovered, o) =>
    forest(r.forest, {
      n: Object.fromEntries(r.forest.map((f) => [f.source, Math.max(...r.n)])),
      scale: scaleOf(r.families),
      level: 1 - r.alpha,
      ...o,
    }),
  "finetuning.run": (r: FinetunedModel, o) => trainingCurves(losses(r), { n: r.trainedOn.ids.length, ...o }),
  "sampling.coverage": (r: Result<SampleCoverageRow>, o) =>
    samplingCoverage(
      r.rows.map((c) => ({
        attribute: c.label,
        category: c.level,
        sample: c.pilot,
        everyone: c.population,
        n: c.count,
      })),
      o,
    ),
  "report.learningCurve": (r: Result<LearningPoint> & { heldOut?: number }, o) =>
    curve(r.rows, { ...(r.heldOut === undefined ? {} : { heldOut: r.heldOut }), ...o }),
};

/** Which drawn elements (`data-row`) belong to a row of a result's table. */
const rowKeys: Readonly<Record<string, (row: never) => string>> = {
  "alignment.compare": groupName,
  "alignment.heterogeneity": (r: { source: string }) => r.source,
  "regression.recover": (r: RecoveryRow) => r.term,
  "finetuning.run": (r: { epoch: number }) => epochKey(r),
  "simulation.run": (r: { item: string }) => r.item,
  "sampling.coverage": (r: SampleCoverageRow) => coverageKey({ attribute: r.label, category: r.level }),
};

/** The key by which a row of this result's table and what is drawn of it know each other; undefined where nothing is. */
export function rowKeyOf(result: Result<any>): ((row: any) => string) | undefined {
  return rowKeys[result.kind] as ((row: any) => string) | undefined;
}

/** The figure of a result, or undefined where its kind has none (or this one nothing to draw). */
export function figureOf(result: Result<any>, options: FigureOptions = {}): SVGSVGElement | undefined {
  const draw = drawers[result.kind];
  if (!draw) return undefined;
  try {
    return draw(result, { provenance: result.provenance, ...options });
  } catch (error) {
    // A result of nobody has a table that says so; a missing picture must not hide it.
    if (error instanceof Error && /nothing to draw/.test(error.message)) return undefined;
    throw error;
  }
}

/** Shows results in notebooks as figure and table; results without a figure as a table. */
export function attachDisplays(): void {
  const show = (result: Result<any>): MimeBundle => {
    const figure = figureOf(result);
    const table = htmlTable(result);
    const html = figure
      ? `${figureHtml(figure)}\n${result.rows.length > 15 ? folded(result.rows.length, table) : table}`
      : table;
    return { "text/plain": result.toString(), "text/html": html };
  };
  registerDisplay("*", show);
  for (const kind of Object.keys(drawers)) registerDisplay(kind, show);
}

const folded = (n: number, table: string) => `<details><summary>Table (${n} rows)</summary>${table}</details>`;

const baselineNames: readonly [keyof CompareRow, string][] = [
  ["rowBootstrap", "pilot, rows resampled"],
  ["marginalBootstrap", "pilot, margins resampled"],
  ["copula", "pilot, Gaussian copula"],
  ["uniform", "uniform answers"],
];

const measureNames: Readonly<Record<Measure, string>> = {
  jensenShannon: "Jensen–Shannon distance (base 2)",
  totalVariation: "total variation distance",
  wasserstein: "Wasserstein-1 distance (units of the items)",
  kolmogorovSmirnov: "Kolmogorov–Smirnov statistic",
  energy: "energy distance",
};

/** The item that is drawn: the mean over beliefs where there is one, else the first. */
function comparedItem(rows: readonly CompareRow[]): string {
  return rows.some((r) => r.item === "mean of beliefs") ? "mean of beliefs" : (rows[0]?.item ?? "");
}

function groupName(r: Pick<CompareRow, "by" | "group">): string {
  return r.by ? `${r.by}: ${r.group}` : "everyone";
}

/** "log-odds", "probits", "units of the outcome". */
function scaleOf(families: readonly string[]): string {
  const scales: Partial<Record<string, string>> = {
    ...{ logit: "log-odds", mlogit: "log-odds", ologit: "log-odds", probit: "probits", oprobit: "probits" },
    ...{ ols: "units of the outcome", wls: "units of the outcome", lpm: "probability", poisson: "log counts" },
  };
  return families.length === 1 ? (scales[families[0]!] ?? "estimate") : "estimate";
}

/** Distances for everyone and by group; baselines beside everyone. */
function distances(rows: readonly CompareRow[], model: string, interval: IntervalKind): DivergenceRow[] {
  const item = comparedItem(rows);
  return rows
    .filter((r) => r.item === item && finite(r.distance))
    .flatMap((r): DivergenceRow[] => {
      const group = groupName(r);
      const own: DivergenceRow = { group, variant: model, value: r.distance!, n: r.n };
      if (r.interval) [own.low, own.high] = r.interval;
      if (r.interval && interval === "corrected" && finite(r.corrected)) own.corrected = r.corrected;
      if (finite(r.floor)) own.floor = r.floor;
      if (r.floorInterval) [own.floorLow, own.floorHigh] = r.floorInterval;
      const baselines = r.by ? [] : baselineNames.filter(([name]) => finite(r[name]));
      return [own, ...baselines.map(([name, variant]) => ({ group, variant, value: r[name] as number }))];
    });
}

function losses(model: Pick<FinetunedModel, "history">) {
  // The embedded engine counts epochs from 0; people count from 1.
  const first = Math.min(...model.history.map((h) => h.epoch));
  return model.history.flatMap((h) => {
    const at = { step: h.step, epoch: Math.floor(h.epoch - first) + 1 };
    const valid = h.validationLoss === null ? [] : [{ ...at, loss: h.validationLoss, series: "validation" }];
    return [{ ...at, loss: h.loss, series: "training" }, ...valid];
  });
}

interface LearningPoint {
  n: number;
  variant: string;
  metric: string;
  mean: number;
  sd: number;
}

/** The distance of beliefs against n; the halves of the people are the floor. */
function curve(rows: readonly LearningPoint[], options: LearningOptions) {
  const own = rows.filter((r) => r.metric === "beliefDistance");
  const floors = own.filter((r) => r.variant === "people").map((r) => r.mean);
  const points = own
    .filter((r) => r.variant !== "people")
    .map((r) => ({
      n: r.n,
      variant: r.variant,
      value: r.mean,
      ...(finite(r.sd) ? { low: r.mean - r.sd, high: r.mean + r.sd } : {}),
    }));
  return learningCurve(points, {
    measure: "Jensen–Shannon distance of beliefs, mean ± sd between pilots",
    ...(floors.length ? { floor: floors.reduce((a, b) => a + b, 0) / floors.length } : {}),
    ...options,
  });
}
