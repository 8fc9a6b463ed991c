/** What more people buy: a measure against the number of people learned from. */
import { areaY, axisX, axisY, dot, gridY, line, ruleY } from "@observablehq/plot";
import type { PlotOptions } from "@observablehq/plot";
import { frame } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, rowsOf, unique, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { appearances } from "./theme.js";

/** A measure of one variant after learning from `n` people, mean over draws with an interval where known. */
export interface LearningRow {
  n: number;
  variant: string;
  value: number;
  low?: number;
  high?: number;
  /** Which measure this is, where there are several: each gets a panel of its own. Default: the option `measure`. */
  measure?: string;
}

export interface LearningOptions extends FigureOptions {
  /** Name of the measure (default "Jensen–Shannon distance (base 2)"). */
  measure?: string;
  /** People not learned from, whom the measure is of; for the subtitle. */
  heldOut?: number;
  /** The human–human floor, drawn as a line; by measure where there are several. */
  floor?: number | Readonly<Record<string, number>>;
}

/** Learning curves over n, with baselines as further variants and the human–human floor; several measures below one another. */
export function learningCurve(input: FigureInput<LearningRow>, options: LearningOptions = {}): SVGSVGElement {
  const given = rowsOf(input, "learningCurve").filter((r) => finite(r.n) && finite(r.value));
  if (!given.length) throw new Error("learningCurve has nothing to draw: no row has a finite n and value");
  const { measure: only = "Jensen–Shannon distance (base 2)", floor } = options;
  const rows = given.map((row) => ({ ...row, measure: row.measure ?? only }));
  const variants = unique(rows.map((r) => r.variant));
  const looks = appearances(variants);
  const sizes = unique(rows.map((r) => r.n)).sort((a, b) => a - b);
  const panels = unique(rows.map((r) => r.measure)).map((measure) => ({
    measure,
    rows: rows.filter((r) => r.measure === measure),
    floor: typeof floor === "object" ? floor[measure] : floor,
  }));
  const several = panels.length > 1;
  return frame(
    {
      title: "What more people buy",
      subtitle: `${several ? `${panels.length} measures` : panels[0]!.measure} after learning from n people (${sizes.join(", ")})${finite(options.heldOut) ? `, of at most ${options.heldOut.toLocaleString("en-US")} others` : ""}`,
      description: panels
        .map(
          (panel) =>
            `${several ? `${panel.measure}. ` : ""}${variants
              .map((v) => ({ v, own: panel.rows.filter((r) => r.variant === v).sort((a, b) => a.n - b.n) }))
              .filter(({ own }) => own.length)
              .map(({ v, own }) => `${v}: ${own.map((r) => `${r.value.toFixed(3)} at ${r.n}`).join(", ")}`)
              .join("; ")}.${finite(panel.floor) ? ` Human–human floor ${panel.floor.toFixed(3)}.` : ""}`,
        )
        .join(" "),
      legend: [
        ...variants.map((v) => ({ label: v, ...looks.get(v)!, as: "both" as const })),
        ...(panels.some((p) => finite(p.floor))
          ? [{ label: "human–human floor", as: "line" as const, dash: "1 3" }]
          : []),
      ],
      plots: panels.map((panel) => curves(panel, variants, looks, sizes)),
    },
    withMarks(input, options),
  );
}

interface Panel {
  measure: string;
  rows: LearningRow[];
  floor: number | undefined;
}

function curves(
  { measure, rows, floor }: Panel,
  variants: readonly string[],
  looks: ReturnType<typeof appearances>,
  sizes: readonly number[],
): PlotOptions {
  // Spread out sizes (10, 30, 100, 300) are read best on a logarithmic axis.
  const log = sizes[0]! > 0 && sizes.at(-1)! / sizes[0]! >= 8;
  return {
    height: 280,
    marginLeft: 48,
    marginRight: 20,
    marginTop: 24,
    marginBottom: 38,
    x: { label: null, type: log ? "log" : "linear", ...(sizes.length > 1 && { domain: [sizes[0]!, sizes.at(-1)!] }) },
    y: { label: null, nice: true, zero: rows.every((r) => (r.low ?? r.value) >= 0) },
    symbol: { domain: [...variants], range: variants.map((v) => looks.get(v)!.symbol) },
    marks: [
      gridY({ strokeOpacity: 0.15 }),
      axisX({
        label: "people learned from",
        ticks: sizes.length > 8 ? 6 : [...sizes],
        // Not tickFormat: a logarithmic scale would leave out the labels of sizes that are no round powers.
        text: (v: number) => String(v),
      }),
      axisY({ label: measure, ticks: 5 }),
      areaY(
        rows.filter((r) => finite(r.low) && finite(r.high)),
        {
          x: "n",
          y1: "low",
          y2: "high",
          z: "variant",
          fill: (d: LearningRow) => looks.get(d.variant)!.color,
          fillOpacity: 0.13,
        },
      ),
      ...variants.map((v) =>
        line(
          rows.filter((r) => r.variant === v),
          {
            x: "n",
            y: "value",
            sort: "n",
            stroke: looks.get(v)!.color,
            strokeDasharray: looks.get(v)!.dash || undefined,
            strokeWidth: 2,
          },
        ),
      ),
      dot(rows, {
        x: "n",
        y: "value",
        symbol: "variant",
        fill: (d: LearningRow) => looks.get(d.variant)!.color,
        r: 4.5,
        title: (d: LearningRow) => `${d.variant}, n = ${d.n}: ${d.value.toFixed(3)}`,
      }),
      ...(finite(floor) ? [ruleY([floor], { stroke: "currentColor", strokeDasharray: "1 3" })] : []),
    ],
  };
}
