/**
 * Which picture belongs to which kind of result, and how both are shown in a notebook. The composition root calls
 * `attachDisplays()`; rooms that make results know nothing of it.
 */
import type { Coherence, CompareRow, Heterogeneity } from "../alignment/index.js";
import type { FinetunedModel } from "../finetuning/index.js";
import type { Recovered } from "../regression/index.js";
import type { CoverageRow as SampleCoverageRow } from "../sampling/index.js";
import { registerDisplay } from "../study/index.js";
import type { MimeBundle, Result } from "../study/index.js";
import { samplingCoverage } from "./coverage.js";
import { divergenceByGroup } from "./divergence.js";
import type { DivergenceRow } from "./divergence.js";
import { beliefActionFlows } from "./flows.js";
import { forest } from "./forest.js";
import type { FigureOptions } from "./frame.js";
import { finite } from "./input.js";
import { learningCurve } from "./learning.js";
import { rarefaction } from "./rarefaction.js";
import { htmlTable } from "./table.js";
import { trainingCurves } from "./training.js";

type Drawer = (result: any, options: FigureOptions) => SVGSVGElement;

/** The figure of each kind of result. */
const drawers: Readonly<Record<string, Drawer>> = {
  "alignment.compare": (r: Result<CompareRow> & { model: string }, o) =>
    divergenceByGroup(distances(r.rows, r.model), o),
  "alignment.heterogeneity": (r: Heterogeneity, o) => rarefaction(r.curves, o),
  "alignment.coherence": (r: Coherence, o) => beliefActionFlows(r.flows, o),
  "regression.recover": (r: Recovered, o) =>
    forest(r.forest, { n: Object.fromEntries(r.forest.map((f) => [f.source, Math.max(...r.n)])), ...o }),
  "finetuning.run": (r: FinetunedModel, o) => trainingCurves(losses(r), { n: r.trainedOn.ids.length, ...o }),
  "sampling.coverage": (r: Result<SampleCoverageRow>, o) =>
    samplingCoverage(
      r.rows.map((c) => ({
        attribute: c.item,
        category: c.level,
        sample: c.pilot,
        everyone: c.population,
        n: c.count,
      })),
      o,
    ),
  "report.learningCurve": (r: Result<LearningPoint>, o) => curve(r.rows, o),
};

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
      ? `${figure.outerHTML}\n${result.rows.length > 15 ? folded(result.rows.length, table) : table}`
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

/** Mean over beliefs where there is one, else the first item, for everyone and by group; baselines beside everyone. */
function distances(rows: readonly CompareRow[], model: string): DivergenceRow[] {
  const item = rows.some((r) => r.item === "mean of beliefs") ? "mean of beliefs" : rows[0]?.item;
  return rows
    .filter((r) => r.item === item && finite(r.distance))
    .flatMap((r): DivergenceRow[] => {
      const group = r.by ? `${r.by}: ${r.group}` : "everyone";
      const own: DivergenceRow = { group, variant: model, value: r.distance!, n: r.n };
      if (r.interval) [own.low, own.high] = r.interval;
      if (finite(r.floor)) own.floor = r.floor;
      if (r.floorInterval) [own.floorLow, own.floorHigh] = r.floorInterval;
      const baselines = r.by ? [] : baselineNames.filter(([name]) => finite(r[name]));
      return [own, ...baselines.map(([name, variant]) => ({ group, variant, value: r[name] as number }))];
    });
}

function losses(model: Pick<FinetunedModel, "history">) {
  return model.history.flatMap((h) => [
    { step: h.step, loss: h.loss, series: "training" },
    ...(h.validationLoss === null ? [] : [{ step: h.step, loss: h.validationLoss, series: "validation" }]),
  ]);
}

interface LearningPoint {
  n: number;
  variant: string;
  metric: string;
  mean: number;
  sd: number;
}

/** The distance of beliefs against n; the halves of the people are the floor. */
function curve(rows: readonly LearningPoint[], options: FigureOptions) {
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
