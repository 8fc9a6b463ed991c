/** Coefficients of the humans' regression beside those of simulations of them. */
import { axisX, axisY, dot, gridX, link, ruleX, text } from "@observablehq/plot";
import { frame, labelMargin, wrapLabel } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, rowsOf, sizes, sourcesInOrder, unique, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { keyed } from "./linked.js";
import { appearances, isHuman, symbolScale } from "./theme.js";

/** One coefficient. `recovery` says in words what became of the human coefficient ("recovered", "sign flipped", "false positive" …). */
export interface ForestRow {
  term: string;
  source: string;
  estimate: number;
  low?: number;
  high?: number;
  recovery?: string;
}

export interface ForestOptions extends FigureOptions {
  /** What the coefficients are: "log-odds", "units of vote" (default "estimate"). */
  scale?: string;
  /** Coverage of the intervals (0.95). */
  level?: number;
  /** Observations of each source, for the subtitle. */
  n?: Readonly<Record<string, number>>;
}

/** The sign that stands beside each outcome of recovery; a reader without colour sees it too. */
export const recoveryMarks: Readonly<Record<string, string>> = {
  recovered: "✓",
  "true positive": "✓",
  "true null": "○",
  "true negative": "○",
  "false positive": "+",
  "false negative": "−",
  "sign flipped": "⇄",
  "sign flip": "⇄",
};

/** A forest plot: terms in rows, one symbol a source with its interval, a mark for what was recovered. */
export function forest(input: FigureInput<ForestRow>, options: ForestOptions = {}): SVGSVGElement {
  const rows = rowsOf(input, "forest").filter((r) => finite(r.estimate));
  if (!rows.length) throw new Error("forest has nothing to draw: no row has a finite estimate");
  const sources = sourcesInOrder(
    rows.map((r) => r.source),
    isHuman,
  );
  const looks = appearances(sources);
  const terms = unique(rows.map((r) => r.term));
  const at = (r: ForestRow) =>
    terms.indexOf(r.term) + (sources.length > 1 ? (sources.indexOf(r.source) / (sources.length - 1) - 0.5) * 0.4 : 0);
  const scale = options.scale ?? "estimate";
  const marginLeft = labelMargin(terms, options.width);
  const marked = rows.filter((r) => r.recovery);
  const outcomes = unique(marked.map((r) => r.recovery!));
  const ends = rows.flatMap((r) => [r.estimate, r.low ?? r.estimate, r.high ?? r.estimate]).filter(finite);
  const [low, high] = clip(ends, rows);
  const within = (x: number) => Math.max(low, Math.min(high, x));
  const clipped = rows.some((r) => (r.low ?? r.estimate) < low || (r.high ?? r.estimate) > high);
  const byTerm = keyed((d: ForestRow) => d.term);
  const n = options.n
    ? `; ${sizes(sources.flatMap((s) => (finite(options.n![s]) ? [[s, options.n![s]] as const] : [])))}`
    : "";
  return frame(
    {
      title: "Coefficients, human and simulated",
      subtitle: `${scale} with ${options.level ? `${Number((100 * options.level).toPrecision(4))}% ` : ""}confidence intervals${n}`,
      description: terms
        .map(
          (t) =>
            `${t}: ${rows
              .filter((r) => r.term === t)
              .map((r) => `${r.source} ${r.estimate.toPrecision(3)}${r.recovery ? ` (${r.recovery})` : ""}`)
              .join(", ")}`,
        )
        .join(". "),
      legend: [
        ...sources.map((s) => ({ label: s, ...looks.get(s)!, as: "both" as const, dash: "" })),
        ...outcomes.map((o) => ({ label: `${recoveryMarks[o] ?? "·"} ${o}`, as: "none" as const })),
      ],
      plots: [
        {
          height: 50 + terms.length * Math.max(24, sources.length * 12),
          marginLeft,
          marginRight: marked.length ? 40 : 16,
          marginTop: 6,
          marginBottom: 38,
          x: { label: null, domain: [low, high] },
          y: { domain: [terms.length - 0.5, -0.5], label: null },
          symbol: symbolScale(looks),
          marks: [
            gridX({ strokeOpacity: 0.15 }),
            axisX({ label: scale }),
            axisY({
              ticks: terms.map((_, i) => i),
              tickFormat: (i: number) => wrapLabel(terms[i]!, marginLeft),
              tickSize: 0,
              label: null,
            }),
            ruleX([0], { stroke: "currentColor", strokeDasharray: "2 2" }),
            link(
              rows.filter((r) => finite(r.low) && finite(r.high)),
              {
                x1: (d: ForestRow) => within(d.low!),
                x2: (d: ForestRow) => within(d.high!),
                y1: at,
                y2: at,
                stroke: (d: ForestRow) => looks.get(d.source)!.color,
                strokeWidth: 1.6,
                ...byTerm,
              },
            ),
            dot(rows, {
              x: (d: ForestRow) => within(d.estimate),
              y: at,
              symbol: "source",
              fill: (d: ForestRow) => looks.get(d.source)!.color,
              r: 4.5,
              ...byTerm,
              title: (d: ForestRow) =>
                `${d.term}, ${d.source}: ${d.estimate.toPrecision(4)}${finite(d.low) ? ` [${d.low.toPrecision(4)}, ${d.high!.toPrecision(4)}]` : ""}${d.recovery ? `: ${d.recovery}` : ""}`,
            }),
            text(marked, {
              y: at,
              text: (d: ForestRow) => recoveryMarks[d.recovery!] ?? "·",
              fill: (d: ForestRow) => looks.get(d.source)!.color,
              frameAnchor: "right",
              dx: 20,
              fontSize: 13,
              fontWeight: 700,
              title: "recovery",
              ...byTerm,
            }),
          ],
        },
      ],
    },
    clipped
      ? {
          ...withMarks(input, options),
          notes: [
            ...(options.notes ?? []),
            "Intervals that reach beyond the frame are cut at its edge; the table has them in full.",
          ],
        }
      : withMarks(input, options),
  );
}

/** The range shown: all of it, unless a few intervals (a separated logit) would squeeze the rest to nothing. */
function clip(ends: number[], rows: readonly ForestRow[]): [number, number] {
  const [min, max] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const estimates = rows.map((r) => Math.abs(r.estimate)).sort((a, b) => a - b);
  const typical = estimates[Math.floor(estimates.length * 0.75)]! * 6;
  const pad = (max - min) * 0.04 || 1;
  if (!(typical > 0)) return [min - pad, max + pad];
  return [
    Math.max(min - pad, -Math.max(typical, estimates.at(-1)! * 1.2)),
    Math.min(max + pad, Math.max(typical, estimates.at(-1)! * 1.2)),
  ];
}
