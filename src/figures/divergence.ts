/** How far simulated answers are from human ones, group by group and variant by variant, beside what humans differ among themselves. */
import { axisX, axisY, dot, gridX, link, rect, ruleX } from "@observablehq/plot";
import { frame, labelMargin, wrapLabel } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, rowsOf, unique, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { keyed } from "./linked.js";
import { appearances, symbolScale } from "./theme.js";

/** One distance. `floor` is that between halves of the humans themselves at matched n, where known. */
export interface DivergenceRow {
  group: string;
  variant: string;
  value: number;
  low?: number;
  high?: number;
  /** The distance less its small-sample bias, where the interval is around that. */
  corrected?: number;
  floor?: number;
  floorLow?: number;
  floorHigh?: number;
  /** Humans in the group. */
  n?: number;
}

export interface DivergenceOptions extends FigureOptions {
  /** Name of the measure on the axis (default "Jensen–Shannon distance (base 2)"). */
  measure?: string;
  /** What was answered: an item, "mean of 3 beliefs". */
  of?: string;
  /** Coverage of the intervals (0.95). */
  level?: number;
}

/** Distance by group (rows) and variant (symbols), with intervals; the grey band is the human–human floor. */
export function divergenceByGroup(input: FigureInput<DivergenceRow>, options: DivergenceOptions = {}): SVGSVGElement {
  const rows = rowsOf(input, "divergenceByGroup").filter((r) => finite(r.value));
  if (!rows.length) throw new Error("divergenceByGroup has nothing to draw: no row has a finite value");
  const measure = options.measure ?? "Jensen–Shannon distance (base 2)";
  const intervals = rows.filter((r) => finite(r.low) && finite(r.high));
  const level = options.level ? `${Number((100 * options.level).toPrecision(4))}% ` : "";
  const corrected = intervals.filter((r) => finite(r.corrected));
  const groups = unique(rows.map((r) => r.group));
  const variants = unique(rows.map((r) => r.variant));
  const looks = appearances(variants);
  const size = new Map(rows.filter((r) => finite(r.n)).map((r) => [r.group, r.n]));
  const label = (g: string) => (finite(size.get(g)) ? `${g} (n = ${size.get(g)!.toLocaleString("en-US")})` : g);
  // Variants of a group stand below one another, so that intervals do not cover each other.
  const within = new Map(
    groups.map((g) => [g, variants.filter((v) => rows.some((r) => r.group === g && r.variant === v))]),
  );
  const marginLeft = Math.min(labelMargin(groups.map(label), options.width), 0.36 * (options.width ?? 640));
  const labels = groups.map((g) =>
    wrapLabel(g, marginLeft, finite(size.get(g)) ? `(n = ${size.get(g)!.toLocaleString("en-US")})` : "", 3),
  );
  // A group is as high as its label and its variants need; places are in pixels.
  const heights = groups.map((g, i) =>
    Math.max(12 + 13 * labels[i]!.split("\n").length, 12 + 12 * within.get(g)!.length),
  );
  const middles = heights.map((h, i) => heights.slice(0, i).reduce((a, b) => a + b, 0) + h / 2);
  const total = heights.reduce((a, b) => a + b, 0);
  const at = (r: DivergenceRow) => {
    const own = within.get(r.group)!;
    return middles[groups.indexOf(r.group)]! + (own.indexOf(r.variant) - (own.length - 1) / 2) * 12;
  };
  const floors = groups.flatMap((g) => {
    const row = rows.find((r) => r.group === g && finite(r.floor));
    const i = groups.indexOf(g);
    return row ? [{ ...row, from: middles[i]! - heights[i]! / 2 + 3, to: middles[i]! + heights[i]! / 2 - 3 }] : [];
  });
  const byGroup = keyed((d: DivergenceRow) => d.group);
  const top = Math.max(...rows.flatMap((r) => [r.value, r.high ?? 0, r.floorHigh ?? 0, r.floor ?? 0]).filter(finite));
  return frame(
    {
      title: "Distance from the humans, by group",
      subtitle: [
        `${measure}${options.of ? `, ${options.of}` : ""}`,
        "0 is the same distribution",
        ...(intervals.length && !corrected.length ? [`lines are ${level}intervals`] : []),
      ].join("; "),
      description: `${variants
        .map((v) => {
          const own = rows.filter((r) => r.variant === v);
          return `${v}: ${own.map((r) => `${r.group} ${r.value.toFixed(3)}`).join(", ")}`;
        })
        .join(
          ". ",
        )}.${floors.length ? ` Human–human floor: ${floors.map((f) => `${f.group} ${f.floor!.toFixed(3)}`).join(", ")}.` : ""}`,
      legend: [
        ...variants.map((v) => ({ label: v, ...looks.get(v)!, as: "symbol" as const })),
        ...(floors.length ? [{ label: "human–human floor", as: "area" as const }] : []),
        ...(corrected.length
          ? [{ label: `| corrected for small samples, with its ${level}interval`, as: "none" as const }]
          : []),
      ],
      plots: [
        {
          height: 44 + total,
          marginLeft,
          marginRight: 16,
          marginTop: 6,
          marginBottom: 38,
          x: { domain: [0, top * 1.05 || 1], label: null },
          y: { domain: [total, 0], label: null },
          symbol: symbolScale(looks),
          marks: [
            gridX({ strokeOpacity: 0.15 }),
            axisX({ label: measure }),
            axisY({
              ticks: middles,
              tickFormat: (_: number, i: number) => labels[i]!,
              tickSize: 0,
              label: null,
            }),
            rect(floors, {
              x1: (d: DivergenceRow) => d.floorLow ?? Math.max(0, d.floor! - top / 300),
              x2: (d: DivergenceRow) => d.floorHigh ?? d.floor! + top / 300,
              y1: "from",
              y2: "to",
              fill: "currentColor",
              fillOpacity: 0.18,
              ...byGroup,
              title: (d: DivergenceRow) => `${d.group}: human–human floor ${d.floor!.toFixed(3)}`,
            }),
            link(floors, {
              x1: "floor",
              x2: "floor",
              y1: "from",
              y2: "to",
              stroke: "currentColor",
              strokeDasharray: "3 2",
              ...byGroup,
            }),
            link(intervals, {
              x1: "low",
              x2: "high",
              y1: at,
              y2: at,
              stroke: (d: DivergenceRow) => looks.get(d.variant)!.color,
              strokeWidth: 1.6,
              ...byGroup,
            }),
            link(corrected, {
              x1: "corrected",
              x2: "corrected",
              y1: (d: DivergenceRow) => at(d) - 5,
              y2: (d: DivergenceRow) => at(d) + 5,
              stroke: (d: DivergenceRow) => looks.get(d.variant)!.color,
              strokeWidth: 1.6,
              title: (d: DivergenceRow) => `${d.group}, ${d.variant}: ${d.corrected!.toFixed(3)} corrected`,
              ...byGroup,
            }),
            dot(rows, {
              x: "value",
              y: at,
              symbol: "variant",
              fill: (d: DivergenceRow) => looks.get(d.variant)!.color,
              stroke: (d: DivergenceRow) => looks.get(d.variant)!.color, // a plus has no area to fill
              strokeWidth: 1,
              r: 4.5,
              ...byGroup,
              title: (d: DivergenceRow) =>
                `${d.group}, ${d.variant}: ${d.value.toFixed(3)}${finite(d.low) ? ` [${d.low.toFixed(3)}, ${d.high!.toFixed(3)}]` : ""}`,
            }),
            ruleX([0], { stroke: "currentColor" }),
          ],
        },
      ],
    },
    withMarks(input, options),
  );
}
