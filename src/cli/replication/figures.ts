// The replication's pictures, from its results.
import type { Coherence, Comparison, Heterogeneity } from "../../alignment/index.js";
import * as figures from "../../figures/node/index.js";
import type { FinetunedModel } from "../../finetuning/index.js";
import { impliedAction, labelOf, marks, type Respondents } from "../../study/index.js";
import type { CoverageRow } from "../../sampling/index.js";
import { provenanceOf } from "../../report/replication/provenance.js";
import type { Recovered } from "../../regression/index.js";
import type { Result } from "../../study/index.js";

export interface Drawn {
  /** File name without extension. */
  name: string;
  svg: string;
  caption: string;
}

const drawn = (name: string, caption: string, svg: SVGSVGElement): Drawn => ({
  name,
  caption,
  svg: figures.toSvg(svg),
});

export function drawCoverage(report: Result<CoverageRow>): Drawn {
  const rows = report.rows.map((r) => ({
    attribute: r.item,
    category: r.level,
    sample: r.pilot,
    everyone: r.population,
    n: r.count,
  }));
  return drawn(
    "sampling",
    "Who was drawn, beside everyone",
    figures.samplingCoverage(rows, { provenance: report.provenance }),
  );
}

export function drawTraining(model: FinetunedModel): Drawn {
  const rows = model.history.flatMap((h) => [
    { step: h.step, loss: h.loss, series: "training" },
    ...(h.validationLoss === null ? [] : [{ step: h.step, loss: h.validationLoss, series: "validation" }]),
  ]);
  return drawn(
    "training",
    `Loss while ${model.base} learned from ${model.trainedOn.ids.length} people`,
    figures.trainingCurves(rows, { n: model.trainedOn.ids.length, provenance: model.provenance }),
  );
}

export function drawBeliefs(sets: Record<string, Respondents>): Drawn {
  return drawn(
    "beliefs",
    "Distribution of each belief",
    figures.beliefDistributions(sets, { provenance: marks(...Object.values(sets)) }),
  );
}

/** Distances by group and variant, with the floor: the paper's figure. */
export function drawDistances(compared: { label: string; comparison: Comparison }[], by: string, title: string): Drawn {
  const rows = compared.flatMap(({ label, comparison }) =>
    comparison.rows
      .filter((r) => r.by === by && r.item === comparison.row().item && r.distance !== null)
      .map((r) => ({
        group: r.group,
        variant: label,
        value: r.corrected ?? r.distance!, // the intervals are around the corrected distance
        n: r.n,
        ...(r.interval ? { low: r.interval[0], high: r.interval[1] } : {}),
        ...(r.floor !== null ? { floor: r.floor } : {}),
      })),
  );
  return drawn(
    `distance-by-${by || "everyone"}`,
    `Jensen–Shannon distance to the people by ${title}, mean over beliefs, corrected for its small-sample bias. The floor (two random halves of the people) is at half the size and not corrected: a variant left of it is not nearer to people than they are to each other; the tables have both at one size`,
    figures.divergenceByGroup(rows, { provenance: provenanceOf(compared.map((c) => c.comparison)) }),
  );
}

export function drawRarefaction(heterogeneity: { label: string; result: Heterogeneity }[]): Drawn {
  // Each result has the people's curve first; one of them is enough, and of several seeds the first stands for all.
  const rows = heterogeneity.flatMap(({ label, result }, i) => {
    const [human, model] = [...new Set(result.curves.map((c) => c.source))];
    return result.curves
      .filter((c) => c.source === model || (i === 0 && c.source === human))
      .map((c) => ({ ...c, source: c.source === human ? "human" : label }));
  });
  const provenance = provenanceOf(heterogeneity.map((h) => h.result));
  return drawn(
    "structures",
    "Belief structures at equal numbers of respondents",
    figures.rarefaction(rows, { provenance }),
  );
}

export function drawFlows(sets: Record<string, Respondents>, coherence: Coherence): Drawn {
  const rows: { source: string; implied: string; action: string; count: number }[] = [];
  for (const [source, people] of Object.entries(sets)) {
    const action = people.item(people.codebook.rule!.action);
    const done = people.column(action.name);
    const counts = new Map<string, number>();
    impliedAction(people).forEach((implied, i) => {
      const did = done[i];
      if (did === null || did === undefined || implied === undefined) return;
      const key = JSON.stringify([implied === null ? "indifferent" : labelOf(action, implied), labelOf(action, did)]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
    for (const [key, count] of counts) {
      const [implied, did] = JSON.parse(key) as [string, string];
      rows.push({ source, implied, action: did, count });
    }
  }
  return drawn(
    "actions",
    "From what beliefs imply to what was done",
    figures.beliefActionFlows(rows, { provenance: coherence.provenance }),
  );
}

export function drawForest(recovery: Recovered): Drawn {
  return drawn(
    "regression",
    "Coefficients of people and of their simulations",
    figures.forest(recovery.forest, { provenance: recovery.provenance }),
  );
}
